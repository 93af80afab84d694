"""Start a real JupyterLab and a real Chromium for the tests, run notebooks in them, and collect errors."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
NO_CHROMIUM = "there is no chromium: apt install chromium"
REPO = Path(__file__).resolve().parents[2]
QUIET_PAGE = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}


def write_notebook(path: Path, *cells: str) -> None:
    """Write a notebook of code cells."""
    written = [
        {
            "cell_type": "code",
            "id": f"cell{n}",
            "source": cell,
            "metadata": {},
            "outputs": [],
            "execution_count": None,
        }
        for n, cell in enumerate(cells)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"cells": written, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook))


def free_port() -> int:
    """Return a port that is free."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextmanager
def server(folder: Path, kind: str = "jupyterlab", python: str | Path = sys.executable, **settings: str):
    """Run a server on a folder, with a configuration of its own; yields its address.

    Parameters
    ----------
    kind : str
        "jupyterlab", "voila" or "notebook" (the classic one).
    python : str or Path
        The interpreter of the environment in which the server is installed.
    **settings : str
        Environment variables for its kernels.
    """
    home = folder / ".jupyter-home"
    config = home / "labconfig"
    config.mkdir(parents=True)
    (config / "page_config.json").write_text(json.dumps(QUIET_PAGE))
    port = free_port()
    environment = {
        **os.environ,
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(home),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "PYTHONPATH": os.pathsep.join((str(REPO), str(REPO / "tests" / "browser"))),
        "OMP_NUM_THREADS": "1",
        **settings,
    }
    flags = {
        "jupyterlab": ["--allow-root", "--ip=127.0.0.1", "--IdentityProvider.token="],
        "notebook": ["--allow-root", "--ip=127.0.0.1", "--NotebookApp.token="],
        "voila": ["--Voila.ip=127.0.0.1"],
    }[kind]
    flags += ["--no-browser", f"--port={port}"]
    log = (home / "log").open("w")
    process = subprocess.Popen(
        [str(python), "-m", kind, *flags], cwd=folder, env=environment, stdout=log, stderr=log
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address + "/api/status", process, home / "log")
        yield address
    finally:
        process.terminate()  # it stops its kernels
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
        log.close()


def _wait_for(url: str, process: subprocess.Popen, log: Path, seconds: float = 240) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(url, timeout=20).close()
            return
        except urllib.error.HTTPError:
            return  # any answer will do: Voila has no status page
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.2)
    raise RuntimeError(f"the Jupyter server does not answer:\n{log.read_text()[-2000:]}")


@contextmanager
def browser():
    """Start Chromium; yields a Playwright browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        try:
            yield chromium
        finally:
            chromium.close()


# What anywidget reports on a loaded machine; the viewer stays connected all the same (js/link.js).
TOO_SLOW = "[anywidget] Failed to initialize model."


def watch(page, address: str) -> dict[str, list[str]]:
    """Set long timeouts; return the lists of requests to other machines and of errors, which fill later."""
    page.set_default_timeout(180_000)  # a loaded machine needs minutes to show JupyterLab
    seen: dict[str, list[str]] = {"foreign": [], "errors": []}
    own = (address, address.replace("http", "ws"), "data:", "blob:")
    page.on("request", lambda r: None if r.url.startswith(own) else seen["foreign"].append(r.url))
    page.on("websocket", lambda s: None if s.url.startswith(own) else seen["foreign"].append(s.url))

    def failed(text: str) -> None:
        if TOO_SLOW not in text:
            seen["errors"].append(text[:300])

    page.on("console", lambda message: failed(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: failed(str(error)))
    return seen


def open_in_lab(page, address: str, notebook: str) -> None:
    """Open a notebook in JupyterLab and wait for its kernel."""
    page.goto(f"{address}/lab/tree/{notebook}?reset", wait_until="domcontentloaded")
    page.wait_for_selector(".jp-Notebook", timeout=300_000)
    # The page shows "idle" before there is a kernel, and Run All would then ask for one: ask the server.
    end = time.monotonic() + 300
    while not _idle(address, notebook):
        if time.monotonic() > end:
            raise RuntimeError("the kernel did not start")
        page.wait_for_timeout(200)


def eventually(condition, seconds: float = 120) -> bool:
    """Return whether a condition becomes true in time: a loaded machine draws late."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def run_all(page) -> None:
    """Run all cells of the open notebook."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()


def run_cell(page, number: int) -> None:
    """Run one code cell of the open notebook."""
    page.locator(".jp-CodeCell").nth(number).locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")


def _idle(address: str, notebook: str) -> bool:
    sessions = json.load(urllib.request.urlopen(f"{address}/api/sessions", timeout=30))
    return any(s["path"] == notebook and s["kernel"]["execution_state"] == "idle" for s in sessions)
