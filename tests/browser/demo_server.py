"""Start the live demo as its command does, open its page and upload files."""

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from lab import REPO, _wait_for, free_port, watch

TEACHING = "For teaching, not a medical device"


@contextmanager
def demo(folder, *arguments):
    """Run the demo with home and temporary folders of its own; yields its address."""
    for name in ("home", "tmp"):
        (folder / name).mkdir(exist_ok=True)
    port = free_port()
    environment = {
        **os.environ,
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "BRAINLAB_HOME": str(folder / "home" / "brainlab"),
        "OMP_NUM_THREADS": "1",
    }
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "demo", "--no-browser", f"--port={port}", *arguments],
            cwd=REPO,
            env=environment,
            stdout=log,
            stderr=log,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(f"{address}/voila/files/no", process, folder / "log")
            yield address
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


def visit(chromium, address):
    """Open the page in a new session; returns it and what `lab.watch` collects."""
    page = chromium.new_page(viewport={"width": 1300, "height": 1000}, accept_downloads=True)
    seen = watch(page, address)
    page.goto(address, wait_until="domcontentloaded", timeout=300_000)
    assert page.locator("header").inner_text().replace("\n", " ").count(TEACHING) == 1, "while it loads, too"
    page.locator(".bl-drop").wait_for(timeout=300_000)
    return page, seen


def upload(page, *files):
    """Choose files, as (name, bytes) or paths, and wait until they are uploaded."""
    chosen = [
        str(f) if isinstance(f, Path) else {"name": f[0], "mimeType": "", "buffer": f[1]} for f in files
    ]
    page.locator(".bl-drop input").set_input_files(chosen)
    page.locator(".bl-upload progress[hidden]").wait_for(state="attached", timeout=120_000)
