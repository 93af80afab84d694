"""Draw synthetic beside real cases, in radiological orientation: the patient's right on the left.

    python benchmarks/phantom_figure.py --cases 6 --out phantom.png

Real cases are read from BRAINLAB_REAL_DATA, by default ../shared/data; without them, only synthetic ones are
drawn.
"""

import argparse
import os
import tempfile
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap

from brainlab.data.case import Case
from brainlab.data.layouts import find_cases
from brainlab.labels import LABELS, MODALITIES, MODALITY_NAMES
from brainlab.synth.phantom import make_cohort

REAL = Path(
    os.environ.get("BRAINLAB_REAL_DATA", Path(__file__).resolve().parents[1].parent / "shared" / "data")
)


def slice_to_show(case: Case) -> int:
    """Return the slice with the most tumour or, without a segmentation, the most bright FLAIR."""
    seg = case.seg()
    if seg is not None and seg.any():
        return int((seg > 0).sum((0, 1)).argmax())
    flair = case.modality("t2f")
    bright = flair > np.percentile(flair[flair > 0], 98)
    return int(bright.sum((0, 1)).argmax())


def draw_row(axes: np.ndarray, case: Case, z: int, name: str) -> None:
    """Draw four modalities, and the FLAIR with labels."""
    step = max(1, round(case.spacing[0]))
    crop = (slice(30 // step, 210 // step), slice(14 // step, 230 // step), z)
    colours = ListedColormap([label.colour for label in LABELS])
    for ax, modality in zip(axes, (*MODALITIES, "t2f"), strict=True):
        volume = case.modality(modality)
        top = np.percentile(volume[volume > 0], 99.7)
        ax.imshow(volume[crop].T, cmap="gray", vmin=0, vmax=top)
        ax.set_title(f"{name} {MODALITY_NAMES[modality]}", fontsize=7)
        ax.axis("off")
    seg = case.seg()
    if seg is not None:
        shown = np.ma.masked_equal(seg[crop].T, 0)
        axes[-1].imshow(shown, cmap=colours, vmin=-0.5, vmax=3.5, alpha=0.6, interpolation="nearest")


def main() -> None:
    """Make the cases and the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=6)
    parser.add_argument("--first", type=int, default=0, help="number of the first synthetic case")
    parser.add_argument("--spacing", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="of the cohort (default: temporary)")
    parser.add_argument("--out", type=Path, default=Path("phantom.png"))
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp())
    last = options.first + options.cases
    synthetic = find_cases(make_cohort(last, options.seed, folder, options.spacing))[options.first : last]
    real = list(find_cases(REAL)) if REAL.exists() else []
    every = max(1, len(synthetic) // max(1, len(real)))  # number of synthetic cases per real one
    rows = []
    for number, case in enumerate(synthetic, start=1):
        rows.append((case, f"synthetic {case.id[10:15]}"))
        if number % every == 0 and real:
            rows.append((real.pop(0), "real"))
    figure, axes = plt.subplots(len(rows), 5, figsize=(11, 2.6 * len(rows)), squeeze=False)
    for line, (case, name) in zip(axes, rows, strict=True):
        z = slice_to_show(case)
        draw_row(line, case, z, f"{name} z={z}")
    figure.tight_layout(pad=0.3)
    figure.savefig(options.out, dpi=75)
    print(options.out)


if __name__ == "__main__":
    main()
