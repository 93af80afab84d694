"""Make `brainlab/synth/phantom/anatomies.npz`, the tissue maps that the built-in cohort is drawn from.

Source: the ICBM 2009a nonlinear symmetric template (Fonov et al. 2011,
doi:10.1016/j.neuroimage.2010.07.033), which is part of nilearn's wheel. nilearn is needed for this script
only, not for the course::

    pip install nilearn
    python scripts/build_anatomies.py

The template is an average of 152 heads: a T1 image and the fractions of grey and white matter, with voxels
of 1 mm. This script crops it to the brain, reorients it as BraTS (x to the left, y to the back), quantises
it to few grey levels to keep the file small, and adds a map of regions (ventricles, deep grey matter, ...)
from simple boxes in the template's coordinates in mm. The same input gives the same bytes. The licence
notice of the template is in `ANATOMIES-NOTICE.txt`.
"""

import argparse
from importlib.util import find_spec
from pathlib import Path

import nibabel as nib
import numpy as np
from scipy import ndimage

from brainlab.home import replace_file

TARGET = Path(__file__).resolve().parents[1] / "brainlab" / "synth" / "phantom" / "anatomies.npz"
# Grey levels: sulci are sharpened from small differences of the T1, so it needs more of them.
LEVELS = {"t1": 63, "gm": 31, "wm": 31}


def template_folder() -> Path:
    """Return the folder of nilearn's template files, without importing nilearn and its dependencies."""
    spec = find_spec("nilearn")
    if spec is None:
        raise SystemExit("nilearn, which contains the template, is not installed: pip install nilearn")
    return Path(spec.submodule_search_locations[0]) / "datasets" / "data"


def load_template(folder: Path) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return t1, gm, wm in [0, 1], axes (left, posterior, superior), and the voxel of the MNI origin."""
    maps = {}
    for name in LEVELS:
        image = nib.load(next(folder.glob(f"mni_icbm152_{name}_tal_nlin_sym_09a*.nii.gz")))
        maps[name] = np.asarray(image.dataobj, dtype=np.float32)[::-1, ::-1] / 255  # RAS to LPS
    zero = -image.affine[:3, 3]
    zero[:2] = np.array(maps["t1"].shape[:2]) - 1 - zero[:2]
    return maps, zero


def brain_mask(t1: np.ndarray) -> np.ndarray:
    """Return the brain without the stumps of the optic nerves, (X, Y, Z) bool."""
    opened = ndimage.binary_opening(t1 > 0, iterations=2)
    parts, _ = ndimage.label(opened)
    largest = parts == np.bincount(parts.ravel())[1:].argmax() + 1
    return ndimage.binary_dilation(largest, iterations=2) & (t1 > 0)


def region_map(maps: dict[str, np.ndarray], brain: np.ndarray, zero: np.ndarray) -> np.ndarray:
    """Return the region of each voxel, uint8 (X, Y, Z).

    0 outside, 1 cerebrum, 2 ventricle, 3 deep grey, 4 pallidum, 5 stem, 6 cerebellum, 7 the part of the
    ventricles that holds choroid plexus.
    """
    left, back, up = np.meshgrid(*[np.arange(n) - zero[i] for i, n in enumerate(brain.shape)], indexing="ij")
    side, front = np.abs(left), -back
    csf = np.clip(brain - maps["gm"] - maps["wm"], 0, 1)
    depth = ndimage.distance_transform_edt(brain)
    # The tentorium, the roof of the cerebellum, slopes down to both sides.
    roof = -12 - 0.28 * np.clip(side - 12, 0, 22)
    cerebellum = ((up < roof) & (front < -36)) | ((up < -36) & (front < -30))
    stem = (side < 17) & (front > -42) & (front < -6) & (up < -8) & ~cerebellum
    box = (side < 36) & (front > -34) & (front < 24) & (up > -10) & (up < 20)
    deep = box & (depth > 24) & (maps["gm"] > maps["wm"]) & (csf < 0.5)
    pallidum = (side > 11) & (side < 24) & (front > -12) & (front < 9) & (up > -7) & (up < 6) & (csf < 0.5)
    # The ventricles are the three largest deep regions of fluid: the two lateral ones and the third.
    pools = (csf > 0.5) & (side < 34) & (front > -52) & (front < 38) & (up > -14) & (up < 34) & (depth > 18)
    parts, _ = ndimage.label(pools)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    ventricle = np.isin(parts, np.argsort(sizes)[-3:]) & ~((side < 3) & (up > 22))
    plexus = ventricle & (side > 9) & (front < -14) & (up < 20)

    region = np.zeros(brain.shape, dtype=np.uint8)
    for value, where in enumerate([brain, ventricle, deep, pallidum, stem, cerebellum, plexus], start=1):
        region[where & brain & ((value in (1, 2, 7)) | ~ventricle)] = value
    return region


def build(folder: Path, target: Path) -> None:
    """Write the archive: `region` (X, Y, Z); the maps, one value per brain voxel; levels; MNI origin."""
    maps, zero = load_template(folder)
    brain = brain_mask(maps["t1"])
    corners = [(where.min(), where.max() + 1) for where in np.nonzero(brain)]
    crop = tuple(slice(low, high) for low, high in corners)
    region = region_map(maps, brain, zero)[crop]
    arrays = {"region": region, "zero": zero - [low for low, _ in corners]}
    for name, levels in LEVELS.items():
        arrays[name] = np.rint(maps[name][crop][region > 0] * levels).astype(np.uint8)
        arrays[f"{name}_levels"] = np.array(levels)

    def write(path: Path) -> None:
        with path.open("wb") as file:  # given a name, savez_compressed would append .npz
            np.savez_compressed(file, **arrays)

    replace_file(target, write)
    volumes = np.bincount(region.ravel(), minlength=8)[1:] / 1000
    print(
        f"{target.name}: {target.stat().st_size / 1e6:.2f} MB, {region.shape}, "
        f"regions in cm3: {volumes.round(1).tolist()}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--template", type=Path, help="folder of the template files (default: nilearn's own)")
    parser.add_argument("--target", type=Path, default=TARGET)
    options = parser.parse_args()
    build(options.template or template_folder(), options.target)
