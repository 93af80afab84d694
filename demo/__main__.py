"""Start the live demo and open it in a browser: `python -m demo`.

It listens on this machine only, unless told otherwise with `--ip`. Whoever opens the page gets a process of
their own, which ends with the page.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from demo.places import MODELS, SESSIONS, models_folder
from demo.session import new_root, sweep

HERE = Path(__file__).parent
LOOPBACK = ("127.0.0.1", "::1", "localhost")
IDLE_SECONDS = 300  # after which a page that broke off, without a goodbye, loses its process
SWEEP_SECONDS = 30
# The browser itself refuses to ask another machine for anything.
ONLY_US = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; frame-ancestors 'self'"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the server until it is interrupted."""
    options = parse(arguments)
    try:
        from tornado.ioloop import PeriodicCallback
        from voila.app import Voila
    except ImportError:
        sys.exit("Voila is not installed; the demo needs it: pip install 'brainlab[app]'")
    if options.ip not in LOOPBACK:
        print(f"Everybody who can reach {options.ip} can use the demo: there is no password.", flush=True)
    root = new_root()
    os.environ[SESSIONS] = str(root)
    os.environ[MODELS] = os.pathsep.join(map(str, options.models or []))
    # The kernels find this brainlab and its page's template, also where it is not installed.
    for name, first in {"PYTHONPATH": HERE.parents[1], "JUPYTER_PATH": HERE / "share"}.items():
        os.environ[name] = os.pathsep.join(filter(None, [str(first), os.environ.get(name)]))
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # torch's idle threads sleep
    try:
        server = Voila(config=settings(options), config_file_paths=[])  # nobody else's settings
        server.initialize([str(HERE / "page.ipynb")])
        # The kernels are this Python, not another one that is registered under the same name.
        of_everybody = server.voila_configuration.kernel_spec_manager_class
        only_this = type("ThisPython", (of_everybody,), {"kernel_dirs": []})
        server.voila_configuration.kernel_spec_manager_class = only_this
        PeriodicCallback(lambda: sweep(root), 1000 * SWEEP_SECONDS).start()
        server.start()
        server.kernel_manager.context.destroy(linger=0)  # or it waits 20 s for kernels that are gone
    finally:
        shutil.rmtree(root, ignore_errors=True)


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="demo", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--ip", default="127.0.0.1", help="address to listen on; by default this machine only"
    )
    parser.add_argument("--port", type=int, default=8866)
    parser.add_argument(
        "--models",
        type=Path,
        action="append",
        help=f"folder of networks, may be given again ({models_folder()}, and those that come along)",
    )
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    return parser.parse_args(arguments)


def settings(options: argparse.Namespace) -> "Config":  # noqa: F821
    """Return Voila's settings: one page, no other machine asked, no code of a visitor run."""
    from traitlets.config import Config

    config = Config()
    config.Voila.ip, config.Voila.port = options.ip, options.port
    config.Voila.open_browser = not options.no_browser
    config.VoilaConfiguration.template = "brainlab"
    config.VoilaConfiguration.allow_template_override = "NO"
    config.VoilaConfiguration.allow_theme_override = "NO"
    config.VoilaConfiguration.file_allowlist = []  # no file is served
    config.VoilaConfiguration.extension_allowlist = [
        "@voila-dashboards/widgets-manager8", "@jupyter-widgets/jupyterlab-manager", "anywidget",
    ]  # fmt: skip
    config.Voila.tornado_settings = {
        "headers": {"Content-Security-Policy": ONLY_US},
        # On this machine only: a page elsewhere cannot reach us under a name of its own (DNS rebinding).
        "allow_remote_access": options.ip not in LOOPBACK,
    }
    config.MappingKernelManager.cull_idle_timeout = IDLE_SECONDS
    config.MappingKernelManager.cull_interval = SWEEP_SECONDS
    config.ZMQChannelsWebsocketConnection.limit_rate = False  # a volume is more than a printed line
    return config


if __name__ == "__main__":
    main()
