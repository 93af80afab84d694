"""Print statistics of the built-in cohort beside their targets and, if available, those of real cases.

    python benchmarks/phantom_stats.py                  24 cases of 1 mm, about two minutes on one core
    python benchmarks/phantom_stats.py --spacing 2      voxels of 2 mm

Real cases are read from BRAINLAB_REAL_DATA, by default ../shared/data.
"""

import argparse
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from brainlab.data.case import Case
from brainlab.data.layouts import find_cases
from brainlab.synth.phantom.cohort import Job, claim_cohort, is_complete, write_case

REAL = Path(
    os.environ.get("BRAINLAB_REAL_DATA", Path(__file__).resolve().parents[1].parent / "shared" / "data")
)
THRESHOLDS = np.arange(0.5, 3.01, 0.1)  # of the z-scored FLAIR


def make_cases(folder: Path, n: int, seed: int, spacing: int) -> list[float]:
    """Make missing cases in this process, one after the other; return the CPU seconds of each."""
    claim_cohort(folder, seed, spacing)
    seconds = []
    for number in range(n):
        job = Job(folder, seed, number, spacing)
        if not is_complete(job):
            start = time.process_time()
            write_case(job)
            seconds.append(time.process_time() - start)
    return seconds


def threshold_dice(case: Case) -> np.ndarray:
    """Return the Dice of the whole tumour for each threshold of the FLAIR's z-score."""
    flair, tumour = case.modality("t2f"), case.seg() > 0
    brain = flair > 0
    z = (flair - flair[brain].mean()) / flair[brain].std()
    return np.array(
        [2 * (tumour & (z > t)).sum() / (tumour.sum() + (brain & (z > t)).sum()) for t in THRESHOLDS]
    )


def bicubic_psnr(case: Case) -> float:
    """Return the PSNR in dB of a FLAIR slice, downsampled by 4 and upsampled, in the brain's bounding box."""
    volume = case.modality("t2f")
    z = int((volume > 0).sum((0, 1)).argmax())
    rows, columns = np.nonzero(volume[:, :, z])
    box = volume[rows.min() : rows.max(), columns.min() : columns.max(), z]
    box = box[: box.shape[0] // 4 * 4, : box.shape[1] // 4 * 4]
    high = torch.from_numpy(np.clip(box / np.percentile(box, 99.5), 0, 1).astype(np.float32))[None, None]
    low = F.interpolate(high, scale_factor=0.25, mode="bicubic", antialias=True)
    again = F.interpolate(low, scale_factor=4, mode="bicubic").clamp(0, 1)
    return -10 * torch.log10((again - high).square().mean()).item()


def measure(cases: list[Case]) -> dict:
    """Return the statistics of cases with a segmentation."""
    counts = np.stack([np.bincount(case.seg().ravel(), minlength=4) for case in cases])
    cm3 = float(np.prod(cases[0].spacing)) / 1000
    whole = counts[:, 1:].sum(1) * cm3
    return {
        "shares": counts[:, 1:].sum(0) / counts[:, 1:].sum(),
        "volumes": np.percentile(whole, [10, 50, 90]),
        "dice": np.mean([threshold_dice(case) for case in cases], axis=0),
        "brain": np.median([(case.modality("t2f") > 0).sum() * cm3 for case in cases]),
        "psnr": np.percentile([bicubic_psnr(case) for case in cases], [10, 50, 90]),
        "without ET": (counts[:, 3] == 0).mean(),
    }


def main() -> None:
    """Make the cases, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=24)
    parser.add_argument("--spacing", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="where the cases are kept (default: a temporary folder)")
    options = parser.parse_args()
    torch.set_num_threads(1)
    folder = options.folder or Path(tempfile.mkdtemp())
    seconds = make_cases(folder, options.cases, options.seed, options.spacing)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e9 if sys.platform == "darwin" else 1e6)
    ours = measure(list(find_cases(folder))[: options.cases])
    real = measure([case for case in find_cases(REAL) if case.has_seg]) if REAL.exists() else None

    best = ours["dice"].argmax()
    rows = {
        "shares NCR/ED/ET": (".147/.665/.188 +-.05", lambda m: "/".join(f"{v:.3f}" for v in m["shares"])),
        "whole tumour p10/50/90 cm3": (
            "about 40/90/150",
            lambda m: "/".join(f"{v:.0f}" for v in m["volumes"]),
        ),
        f"WT Dice of FLAIR z > {THRESHOLDS[best]:.1f}": (".65 to .82", lambda m: f"{m['dice'][best]:.3f}"),
        "cases without ET": ("some", lambda m: f"{m['without ET']:.2f}"),
        "brain, median cm3": ("1240 to 1640", lambda m: f"{m['brain']:.0f}"),
        "x4 bicubic PSNR p10/50/90 dB": ("23 to 29", lambda m: "/".join(f"{v:.1f}" for v in m["psnr"])),
    }
    print(f"{'':32} {'target':24} {'cohort':24} real (low-grade, fused masks)")
    for name, (target, show) in rows.items():
        print(f"{name:32} {target:24} {show(ours):24} {show(real) if real else '-'}")
    if seconds:
        cpu = f"{np.mean(seconds):.1f} (max {max(seconds):.1f})"
        print(f"{'CPU seconds per case':32} {'5 (1 mm), 1 (2 mm)':24} {cpu}")
        print(f"{'peak memory GB':32} {'2.5':24} {peak:.2f}")


if __name__ == "__main__":
    main()
