"""Start the live demo and open it in a browser: `python -m demo`.

It listens on this machine only, unless `--ip` says otherwise. Every visitor gets a process, which ends when
the page is closed.
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
IDLE_SECONDS = 300  # idle timeout for closed pages whose browser did not report it
SWEEP_SECONDS = 30
# With this policy the browser refuses to contact any other machine.
CONTENT_POLICY = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; frame-ancestors 'self'"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the server until it is interrupted."""
    options = parse(arguments)
    try:
        from tornado.ioloop import PeriodicCallback
        from voila.app import Voila
    except ImportError:
        sys.exit("Voila is not installed; the demo needs it: pip install 'brainlab[app]'")
    if options.ip not in LOOPBACK:
        print(f"Anyone who can reach {options.ip} can use the demo; there is no password.", flush=True)
    root = new_root()
    os.environ[SESSIONS] = str(root)
    os.environ[MODELS] = os.pathsep.join(map(str, options.models or []))
    # The kernels import this brainlab and find the page's template, even if brainlab is not installed.
    for name, first in {"PYTHONPATH": HERE.parent, "JUPYTER_PATH": HERE / "share"}.items():
        os.environ[name] = os.pathsep.join(filter(None, [str(first), os.environ.get(name)]))
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # torch's idle threads sleep instead of spinning
    try:
        server = Voila(config=settings(options), config_file_paths=[])  # ignore the user's own settings
        server.initialize([str(HERE / "page.ipynb")])
        # Kernels run this Python, not another one that is registered under the same name.
        base = server.voila_configuration.kernel_spec_manager_class
        this_python = type("ThisPython", (base,), {"kernel_dirs": []})
        server.voila_configuration.kernel_spec_manager_class = this_python
        PeriodicCallback(lambda: sweep(root), 1000 * SWEEP_SECONDS).start()
        server.start()
        server.kernel_manager.context.destroy(linger=0)  # otherwise it waits 20 s for ended kernels
    finally:
        shutil.rmtree(root, ignore_errors=True)


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="demo", description=__doc__.splitlines()[0])
    parser.add_argument("--ip", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--port", type=int, default=8866)
    parser.add_argument(
        "--models",
        type=Path,
        action="append",
        help=f"folder of networks; may be repeated (default: {models_folder()} and the shipped networks)",
    )
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    return parser.parse_args(arguments)


def settings(options: argparse.Namespace) -> "Config":  # noqa: F821
    """Return Voila's settings: one page, no requests to other machines, no code from visitors."""
    from traitlets.config import Config

    config = Config()
    config.Voila.ip, config.Voila.port = options.ip, options.port
    config.Voila.open_browser = not options.no_browser
    config.VoilaConfiguration.template = "brainlab"
    config.VoilaConfiguration.allow_template_override = "NO"
    config.VoilaConfiguration.allow_theme_override = "NO"
    config.VoilaConfiguration.file_allowlist = []  # serve no files
    config.VoilaConfiguration.extension_allowlist = [
        "@voila-dashboards/widgets-manager8", "@jupyter-widgets/jupyterlab-manager", "anywidget",
    ]  # fmt: skip
    config.Voila.tornado_settings = {
        "headers": {"Content-Security-Policy": CONTENT_POLICY},
        # Only needed for other machines. Without it, the host name is checked (against DNS rebinding).
        "allow_remote_access": options.ip not in LOOPBACK,
    }
    config.MappingKernelManager.cull_idle_timeout = IDLE_SECONDS
    config.MappingKernelManager.cull_interval = SWEEP_SECONDS
    config.ZMQChannelsWebsocketConnection.limit_rate = False  # volumes exceed the limit for printed lines
    return config


if __name__ == "__main__":
    main()
