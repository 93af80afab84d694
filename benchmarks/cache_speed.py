"""How long one random slice of four modalities takes: from .nii.gz with nibabel, and from the slice cache.

    python benchmarks/cache_speed.py                   a case of the built-in cohort
    python benchmarks/cache_speed.py FOLDER            the first case of a folder, of any layout in .nii.gz

Both are read in turn in the same run, with the files in the page cache already: the ratio says what
decompression costs, not the disk. Every access opens the files again, as the first access to a case has to.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np

from brainlab.data.cache import cache_case
from brainlab.data.cached import CachedCase
from brainlab.data.case import Case
from brainlab.lab import open_cases


def slice_from_nifti(case: Case, z: int) -> np.ndarray:
    """Return slice z of the source, shape (4, X, Y), by nibabel alone."""
    return np.stack([np.asarray(nib.load(path).dataobj[:, :, z]) for path in case.files.values()])


def slice_from_cache(folder: Path, z: int) -> np.ndarray:
    """Return slice z of the cached box, shape (4, x, y), raw."""
    return np.array(CachedCase(folder).image[z])


def seconds(read: Callable[[], object]) -> float:
    """Return how long one call takes."""
    start = time.perf_counter()
    read()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", help="cases to read; by default the built-in cohort")
    parser.add_argument("--repeats", type=int, default=15)
    arguments = parser.parse_args()
    case = open_cases(arguments.folder, patients=1)[0]

    with tempfile.TemporaryDirectory() as folder:
        build = seconds(lambda: cache_case(case, folder))
        cached = cache_case(case, folder)
        offset = cached.box[2][0]
        # The same numbers, or the comparison means nothing.
        (x0, x1), (y0, y1), _ = cached.box
        same = slice_from_nifti(case, offset + len(cached) // 2)[:, x0:x1, y0:y1]
        np.testing.assert_array_equal(
            same.clip(min=0), slice_from_cache(cached.folder, len(cached) // 2).clip(min=0)
        )

        times: dict[str, list[float]] = {"nibabel": [], "cache": [], "open": [], "scored": []}
        for z in np.random.default_rng(0).integers(len(cached), size=arguments.repeats).tolist():
            times["nibabel"].append(seconds(lambda z=z: slice_from_nifti(case, offset + z)))
            times["cache"].append(seconds(lambda z=z: slice_from_cache(cached.folder, z)))
            times["open"].append(seconds(lambda z=z: np.array(cached.image[z])))
            times["scored"].append(seconds(lambda z=z: cached.slice(z)))
        size = sum(path.stat().st_size for path in cached.folder.iterdir())

    ms = {name: 1000 * statistics.median(values) for name, values in times.items()}
    print(f"{case.id}, {arguments.repeats} random slices of 4 modalities, medians")
    print(f"  .nii.gz through nibabel          {ms['nibabel']:9.3f} ms")
    for name, text in (
        ("cache", "cache, case opened again"),
        ("open", "cache, case already open"),
        ("scored", "cache, already open, z-scored"),
    ):
        print(f"  {text:32s} {ms[name]:9.3f} ms   {ms['nibabel'] / ms[name]:7.0f} times faster")
    print(f"  building the cache once {build:.2f} s, {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
