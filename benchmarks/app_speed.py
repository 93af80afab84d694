"""Time the live demo: a case of 240 x 240 x 155 voxels, and one slice.

    python benchmarks/app_speed.py                synthetic patient of 1 mm, networks of the lesson budget
    python benchmarks/app_speed.py --no-browser   without a browser

The networks are untrained, which does not change the times. Without a browser each figure is the median of
several runs, and a case is segmented with an empty cache. In the browser it is one run, from click to result.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as the demo's server does, before torch is imported
sys.path += [
    str(Path(__file__).resolve().parents[1] / "tests" / folder) for folder in ("browser", "demo", "data")
]
import torch
from demo_server import demo, upload, visit
from lab import CHROMIUM, browser
from sending import send

from brainlab.labels import MODALITIES
from brainlab.models import SRResNet, UNet
from brainlab.models.saved import save_model
from demo.builtin import open_built_in
from demo.enlarge import enlarge_slice, slice_of
from demo.intake import Intake
from demo.networks import find_networks
from demo.segment import segment_case, segment_picture

WIDTH, NUM_FEAT, NUM_BLOCK = 16, 32, 4  # of the lesson budget


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--no-browser", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    case = open_built_in(0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        save_networks(folder / "models")
        shape = " x ".join(map(str, case.shape))
        print(f"{shape} voxels, {options.threads} threads, U-Net of width {WIDTH}, 2 mm a pixel")
        for what, seconds in in_process(case, folder, options.runs).items():
            print(f"{what:<58}{seconds:8.2f} s")
        if CHROMIUM and not options.no_browser:
            for what, seconds in in_browser(case, folder).items():
                print(f"{what:<58}{seconds:8.2f} s")


def save_networks(folder: Path) -> None:
    """Write untrained networks of the lesson budget."""
    for name, channels in (("case", 4), ("picture", 1)):
        options = {"width": WIDTH, "in_channels": channels}
        save_model(folder / f"{name}.pt", UNet(**options), options, pixel_mm=2.0)
    options = {"num_feat": NUM_FEAT, "num_block": NUM_BLOCK, "image_skip": True}
    save_model(folder / "srresnet.pt", SRResNet(**options), options)


def in_process(case, folder: Path, runs: int) -> dict[str, float]:
    """Time the work between a click and its result, without a browser."""
    networks = {network.name: network for network in find_networks([folder / "models"])[0]}
    models = {name: network.saved.build() for name, network in networks.items()}
    files = [case.files[name] for name in MODALITIES]
    pixels = slice_of(case, "t1c", 80)

    def read(run: int) -> None:
        intake = Intake(folder / f"session{run}")
        for path in files:
            send(intake, path.name, path.read_bytes())

    def whole(run: int) -> None:
        segment_case(models["case"], networks["case"], case, folder / f"cache{run}")

    return {
        "read and check four uploads": median(read, runs),
        "segment the case": median(whole, runs),
        "segment a slice (picture, 240 x 240)": median(
            lambda _: segment_picture(models["picture"], networks["picture"], pixels), runs
        ),
        "downsample a slice and enlarge it, 60 to 240": median(
            lambda _: enlarge_slice(pixels, models["srresnet"]), runs
        ),
        "enlarge a slice as it is, 240 to 960": median(
            lambda _: enlarge_slice(pixels, models["srresnet"], coarse=False), runs
        ),
    }


def median(act: Callable[[int], object], runs: int) -> float:
    """Return the median duration of several runs in seconds."""
    times = []
    for run in range(runs):
        start = time.perf_counter()
        act(run)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def in_browser(case, folder: Path) -> dict[str, float]:
    """Time each step once, in Chromium, from the click to the displayed result."""
    times = {}
    with demo(folder, "--models", str(folder / "models")) as address, browser() as chromium:
        start = time.perf_counter()
        page, _ = visit(chromium, address)
        times["browser: open the page"] = time.perf_counter() - start

        start = time.perf_counter()
        upload(page, *(case.files[name] for name in MODALITIES))
        page.locator("canvas[data-drawn]").first.wait_for()
        times["browser: upload four files, until they are drawn"] = time.perf_counter() - start

        for button, seen, what in (
            ("Segment", "Download the segmentation", "segment the case, until the table is there"),
            ("Enlarge this slice", "Download the slice", "enlarge a slice, until it is there"),
        ):
            start = time.perf_counter()
            page.get_by_role("button", name=button).click()
            page.get_by_text(seen).wait_for()
            times[f"browser: {what}"] = time.perf_counter() - start
        page.close()
    return times


if __name__ == "__main__":
    main()
