"""BraTS 2020 as on Kaggle: one HDF5 file per slice, `volume_1_slice_0.h5` ..., stacked to volumes.

Each file has `image` (X, Y, 4), float64, z-scored with the background, and `mask` (X, Y, 3), one-hot NCR, ED,
ET.

The order of the image channels is **not documented**. T1, T1c, T2, FLAIR is assumed, as most users do, and
checked: contrast agent makes the enhancing tumour brighter in T1c than in T1. There is no affine either; the
BraTS grid is assumed.
"""

from pathlib import Path

import numpy as np

from brainlab.data.volume import Header, problem, read_start

ORDER = ("t1n", "t1c", "t2w", "t2f")
BRATS_AFFINE = np.array([[-1.0, 0, 0, 0], [0, -1.0, 0, 239], [0, 0, 1.0, 0], [0, 0, 0, 1.0]])
SLICES = 155
NOTE = (
    "Kaggle h5 documents neither channel order (read as T1, T1c, T2, FLAIR) nor affine (BraTS grid assumed)"
)


def slice_header(paths: tuple[Path, ...]) -> Header:
    """Return the header of the volume that these slices make, from the first file."""
    image, _ = _read(paths[0])
    notes = [NOTE]
    if image.shape[:2] == (240, 240) and len(paths) != SLICES:
        notes.append(f"{len(paths)} slices; a BraTS volume has {SLICES}: were all files unpacked?")
    return Header((*image.shape[:2], len(paths)), BRATS_AFFINE, tuple(notes))


def read_slices(paths: tuple[Path, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Read slices in order of z.

    Returns
    -------
    image : numpy.ndarray
        (X, Y, Z, 4) float32, channels as in `ORDER`.
    labels : numpy.ndarray
        (X, Y, Z) uint8: 0, or 1 plus the number of the mask's channel.

    Raises
    ------
    VolumeError
        If a file is damaged or of another shape, or the mask's channels overlap.
    """
    slices = [_read(path) for path in paths]
    for path, (image, mask) in zip(paths, slices, strict=True):
        if image.shape != slices[0][0].shape:
            expected = f"{slices[0][0].shape} as in {paths[0].name}"
            raise problem(path, f"image {image.shape}", expected, "slices of two data sets mixed")
        if (mask.sum(axis=-1) > 1).any():
            cause = "nested regions (WT, TC, ET) instead of classes (NCR, ED, ET)"
            raise problem(path, "mask channels that overlap", "one class per voxel", cause)
    image = np.stack([image for image, _ in slices], axis=2)  # (X, Y, Z, 4)
    mask = np.stack([mask for _, mask in slices], axis=2)  # (X, Y, Z, 3)
    return image, (mask * np.arange(1, 4, dtype=np.uint8)).sum(axis=-1, dtype=np.uint8)


def order_note(image: np.ndarray, labels: np.ndarray) -> str | None:
    """Return a note if the enhancing tumour is darker in what is read as T1c than in T1.

    image (4, X, Y, Z), channels as in `ORDER`, background 0; labels (X, Y, Z).
    """
    enhancing, brain = labels == 3, (image != 0).all(axis=0)
    if not enhancing.any() or not brain.any():
        return None
    t1n, t1c = (channel[enhancing].mean() / max(channel[brain].mean(), 1e-6) for channel in image[:2])
    if t1c >= t1n:
        return None
    detail = f"{t1c:.2f} of the brain's mean in T1c but {t1n:.2f} in T1"
    return f"the enhancing tumour is {detail}: another channel order?"


def _read(path: Path) -> tuple[np.ndarray, np.ndarray]:
    import h5py

    read_start(path)  # absent, empty, a pointer
    try:
        with h5py.File(path) as file:
            missing = {"image", "mask"} - set(file)
            if missing:
                found = f"the entries {sorted(file)}"
                raise problem(path, found, "'image' and 'mask'", "another h5 data set with the same names")
            image, mask = file["image"][:].astype(np.float32), file["mask"][:]
    except OSError as error:
        found = f"HDF5 that does not read ({error})"
        raise problem(path, found, "a complete h5 file", "a cut download") from error
    if image.ndim != 3 or image.shape[-1] != 4 or mask.shape != (*image.shape[:2], 3):
        found = f"image {image.shape} and mask {mask.shape}"
        raise problem(path, found, "(X, Y, 4) and (X, Y, 3)", "another h5 data set with the same names")
    return image, (mask > 0.5).astype(np.uint8)
