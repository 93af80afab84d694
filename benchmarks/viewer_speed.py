"""Response time of the slice browser, compared with ipywidgets' `interact` and an inline Matplotlib figure.

    python benchmarks/viewer_speed.py                  a case of the built-in cohort, 240 x 240 x 155 x 4

Both run in the same JupyterLab, in the same notebook, in headless Chromium, on the same slices. A step is the
time in the page from the key press to the new picture. For the frame rate the key is held: it repeats 30
times per second, or as often as a loaded machine can. Bytes are those that the kernel sends.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "browser"))
from lab import CHROMIUM, NO_CHROMIUM, browser, open_in_lab, run_cell, server, write_notebook

from brainlab.lab import open_cases

SETUP = """
from brainlab.data.layouts import find_cases
case = find_cases({folder!r})[0]
image, seg, affine = case.image(), case.seg(), case.affine
"""
CANVAS = """
from brainlab.view import SliceViewer
SliceViewer(case, slice=60)
"""
FIGURE = """
%matplotlib inline
import matplotlib.pyplot as plt
from ipywidgets import IntSlider, interact
from brainlab.view import draw

def show(z):
    fig, ax = plt.subplots(figsize=(5, 5))
    draw(ax, image[3, :, :, z], affine, seg[:, :, z])
    plt.show()

interact(show, z=IntSlider(60, 0, image.shape[3] - 1));
"""
# Records the times of key presses and of changes of the picture in `cell`.
WATCH = """cell => {
  const seen = window.seen = { down: [], changed: [] };
  const picture = () => {
    const canvas = cell.querySelector("canvas.bl-canvas[data-drawn]");
    if (!canvas) return cell.querySelector("img")?.src ?? "";
    return canvas.getContext("2d").getImageData(0, canvas.height >> 1, canvas.width, 1).data.join();
  };
  let last = picture();
  window.stop?.();
  const key = () => seen.down.push(performance.now());
  const observer = new MutationObserver(async () => {
    const image = cell.querySelector("img");
    if (image) await image.decode().catch(() => {});
    const now = picture();
    if (now && now !== last) seen.changed.push(performance.now());
    last = now || last;
  });
  document.addEventListener("keydown", key, true);
  const attributeFilter = ["src", "data-drawn"];
  observer.observe(cell, { subtree: true, childList: true, attributes: true, attributeFilter });
  window.stop = () => { document.removeEventListener("keydown", key, true); observer.disconnect(); };
}"""


def step_times(page, handle, presses: int) -> list[float]:
    """Return the ms from each key press to the new picture."""
    times = []
    for _ in range(presses):
        page.evaluate("() => { seen.down.length = 0; seen.changed.length = 0; }")
        handle.press("ArrowRight")
        page.wait_for_function("() => seen.changed.length > 0", timeout=20_000)
        times.append(page.evaluate("() => seen.changed[0] - seen.down[0]"))
        page.wait_for_timeout(150)
    return times


def held_rate(page, seconds: float) -> tuple[float, float]:
    """Return new pictures and key repeats per second while a key is held."""
    page.evaluate("() => { seen.changed.length = 0; }")
    page.keyboard.down("ArrowLeft")  # back through the head: the slices outside it do not differ
    start = time.perf_counter()
    presses = int(30 * seconds)
    for number in range(presses):
        time.sleep(max(0, start + number / 30 - time.perf_counter()))
        page.keyboard.down("ArrowLeft")  # a repeat, as of a held key
    took = time.perf_counter() - start
    changed = page.evaluate("() => seen.changed.length")
    page.keyboard.up("ArrowLeft")
    return changed / took, presses / took


def measure(
    page, number: int, selector: str, received: list[int], arguments: argparse.Namespace
) -> tuple[float, float, float, float, int]:
    """Return ms per step, pictures and repeats per second, and bytes per step and at opening, of a cell."""
    before = sum(received)
    run_cell(page, number)
    cell = page.locator(".jp-CodeCell").nth(number)
    handle = cell.locator(selector)
    handle.wait_for(timeout=120_000)
    cell.locator("canvas[data-drawn], img").first.wait_for(timeout=60_000)
    page.wait_for_timeout(2000)
    opened = sum(received) - before
    cell.locator(".jp-Cell-outputWrapper").evaluate(WATCH)
    handle.focus()
    page.wait_for_timeout(500)
    before = sum(received)
    times = step_times(page, handle, arguments.presses)
    a_step = (sum(received) - before) / len(times)
    return statistics.median(times), *held_rate(page, arguments.seconds), a_step, opened


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--presses", type=int, default=25)
    parser.add_argument("--seconds", type=float, default=2.0)
    arguments = parser.parse_args()
    if CHROMIUM is None:
        print(f"skipped: {NO_CHROMIUM}")
        return
    case = open_cases(None, patients=1)[0]
    folder = str(case.sources[0].parent)
    received: list[int] = []  # bytes of each message to the page

    with (
        tempfile.TemporaryDirectory() as work,
        server(Path(work)) as address,
        browser() as chromium,
    ):
        write_notebook(Path(work) / "speed.ipynb", SETUP.format(folder=folder), CANVAS, FIGURE)
        page = chromium.new_page(viewport={"width": 1300, "height": 2400})
        page.on(
            "websocket", lambda socket: socket.on("framereceived", lambda data: received.append(len(data)))
        )
        open_in_lab(page, address, "speed.ipynb")
        run_cell(page, 0)
        page.get_by_text("[1]:").first.wait_for(timeout=120_000)
        rows = {
            "canvas": measure(page, 1, ".bl-stage", received, arguments),
            "interact + inline figure": measure(page, 2, ".noUi-handle", received, arguments),
        }

    shape = "x".join(map(str, case.shape))
    print(f"{case.id}, {shape} x 4, {arguments.presses} key presses")
    heads = ("ms median", "frames/s", "repeats/s", "kB per step", "MB opening")
    print(" " * 28 + "".join(f"{head:>11s}" for head in heads))
    for name, (median, rate, repeats, a_step, opened) in rows.items():
        print(
            f"  {name:26s}{median:11.1f}{rate:11.1f}{repeats:11.1f}{a_step / 1e3:11.1f}{opened / 1e6:11.2f}"
        )
    (ours, rate, _, _, opened), (theirs, *_) = rows.values()
    kept = theirs / ours >= 8 and rate >= 25 and opened <= 3e6
    print(f"  the canvas is {theirs / ours:.1f} times faster at the median")
    print(f"  goal: 8 times faster, 25 frames/s, 3 MB at opening: {'met' if kept else 'NOT met'}")


if __name__ == "__main__":
    main()
