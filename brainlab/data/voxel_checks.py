"""What may be wrong inside an image: mended where one answer is right, told where it needs a person.

Mended: NaN, negative voxels from resampling, a background that is not 0. Told: an empty or oddly bright
modality, brain masks that differ, and an affine that the brain itself contradicts. Nothing is ever flipped.
"""

import numpy as np

from brainlab.data.volume import Header, orientation, voxel_to_mm
from brainlab.labels import MODALITIES

# Thresholds lie between what sound cases show and the defects seen in real files.
FEW_NEGATIVE = 0.05  # resampling leaves up to 1 % of the brain's voxels below 0
OUTLIER = 8.0  # times the median; the brightest vessel of a sound T1c is at 5 to 6
SAME_MASK = 0.98  # of the union; sound cases have .997 or more
BRAIN_MM = 100.0  # smaller objects are not judged as a head
NOSE = 0.55  # where the lowest fifth of a brain lies, from back 0 to front 1: .34 to .36 in sound cases


def clean(raw: np.ndarray, name: str) -> tuple[np.ndarray, list[str]]:
    """Return a modality (X, Y, Z) as float32 with background 0, and notes on what was mended or looks odd."""
    image, notes = raw.astype(np.float32), []
    broken = ~np.isfinite(image)
    if broken.any():
        image[broken] = 0
        notes.append(f"{name}: {broken.sum():,} voxels that are not numbers set to 0")
    corners = image[:: image.shape[0] - 1 or 1, :: image.shape[1] - 1 or 1, :: image.shape[2] - 1 or 1]
    background = corners.flat[0]
    if background != 0 and (corners == background).all() and background <= image.min():
        image -= background
        notes.append(f"{name}: background was {background:.3g}, now 0: it was normalised with its background")
    negative = image < 0
    if negative.any():
        if negative.sum() < FEW_NEGATIVE * np.count_nonzero(image):
            told = f"{negative.sum():,} negative voxels (lowest {image.min():.4g})"
            notes.append(f"{name}: {told} set to 0: traces of resampling")
            image[negative] = 0
        else:
            notes.append(f"{name}: many negative voxels (lowest {image.min():.4g}) left: already normalised?")
    sample = image[::2, ::2, ::2]  # an eighth is enough for a median
    bright = sample[sample > 0]
    if not bright.size:
        notes.append(
            f"{name}: empty, no voxel differs from the background"
            if not image.any()
            else f"{name}: nearly empty"
        )
    elif image.max() > OUTLIER * np.median(bright):
        times = image.max() / np.median(bright)
        notes.append(
            f"{name}: the brightest voxel is {times:.0f} times the median; use percentiles to scale a display"
        )
    return image, notes


def compare(image: np.ndarray, header: Header) -> list[str]:
    """Return notes on the modalities (4, X, Y, Z) of one case taken together."""
    brain = image != 0
    union = brain.any(axis=0)  # (X, Y, Z)
    whole = np.count_nonzero(union)
    if not whole:
        return []
    notes = []
    shares = [np.count_nonzero(mask) / whole for mask in brain]
    if np.count_nonzero(brain.all(axis=0)) < SAME_MASK * whole and min(shares) > 0:
        told = ", ".join(f"{name} {share:.0%}" for name, share in zip(MODALITIES, shares, strict=True))
        notes.append(f"the brain masks differ ({told} of their union): skull stripped one by one?")
    front = lowest_part_in_front(union, header.affine)
    if front is not None and front > NOSE:
        notes.append(
            f"the affine says {orientation(header.affine)}, but then the cerebellum lies in front: "
            "the affine does not fit the voxels, so left and right cannot be trusted"
        )
    return notes


def lowest_part_in_front(brain: np.ndarray, affine: np.ndarray) -> float | None:
    """Return where the lowest fifth of a brain mask (X, Y, Z) lies from back (0) to front (1), by its affine.

    In a head the lowest fifth is mostly cerebellum and lies at the back. None if the mask is too small for a
    brain.
    """
    mm = voxel_to_mm(np.argwhere(brain[::2, ::2, ::2]) * 2, affine)  # (N, 3)
    if not len(mm) or (np.ptp(mm, axis=0) < BRAIN_MM).any():
        return None
    (_, back, bottom), (_, front, top) = mm.min(axis=0), mm.max(axis=0)
    low = mm[mm[:, 2] < bottom + 0.2 * (top - bottom)]
    return float((low[:, 1].mean() - back) / (front - back))


def atlas_note(header: Header) -> str | None:
    """Return a note if a 240 x 240 x 155 volume of 1 mm does not lie where all BraTS volumes since 2017 lie.

    The grid is that of the SRI24 atlas (Rohlfing et al. 2010, doi:10.1002/hbm.20906) in LPS order; a right
    reorientation of the array keeps the box in mm, a wrong affine moves it.
    """
    if tuple(header.shape[:3]) != (240, 240, 155):
        return None
    ends = voxel_to_mm([(0, 0, 0), [n - 1 for n in header.shape[:3]]], header.affine)
    low, high = ends.min(axis=0), ends.max(axis=0)
    if np.allclose([low, high], [(-239, 0, 0), (0, 239, 154)], atol=1):
        return None
    box = ", ".join(f"{axis} {a:.0f} to {b:.0f}" for axis, a, b in zip("xyz", low, high, strict=True))
    return (
        f"the affine ({orientation(header.affine)}) puts the volume at {box} mm; the BraTS grid is x -239 "
        "to 0, y 0 to 239, z 0 to 154: left and right cannot be trusted (array or affine turned alone?)"
    )
