"""Write the files of one cached case: crop to the brain, order by slices, keep the numbers.

What the files hold is described where they are read, in `brainlab.data.cached`.
"""

import json
import warnings
from pathlib import Path

import numpy as np

from brainlab.data.cached import PERCENTILES
from brainlab.data.case import Case
from brainlab.data.counts import label_counts
from brainlab.labels import MODALITIES


def write_entry(case: Case, folder: Path) -> None:
    """Write `image.npy`, `labels.npy` (with a segmentation) and `case.json` into an existing folder.

    Raises
    ------
    ValueError
        If a file cannot be read (`VolumeError`), or if there is no brain in it.
    """
    image = case.image()  # (4, X, Y, Z)
    brain = image != 0  # (4, X, Y, Z)
    seg = case.seg()  # (X, Y, Z) or None
    # Labels outside the brain are odd, but the cache loses nothing.
    content = brain.any(axis=0) if seg is None else brain.any(axis=0) | (seg > 0)  # (X, Y, Z)
    box = _bounding_box(content, case.id)
    crop = tuple(slice(start, stop) for start, stop in box)
    image, brain = image[(slice(None), *crop)], brain[(slice(None), *crop)]  # (4, x, y, z)

    slices = np.ascontiguousarray(_smallest(image).transpose(3, 0, 1, 2))  # (Z, 4, x, y)
    np.save(folder / "image.npy", slices)
    counts = None
    if seg is not None:
        labels = np.ascontiguousarray(seg[crop].transpose(2, 0, 1))  # (Z, x, y)
        np.save(folder / "labels.npy", labels)
        counts = label_counts(labels).tolist()  # (Z, 4)
    facts = {
        "id": case.id,
        "patient": case.patient,
        "box": box,
        "full_shape": [int(n) for n in case.shape],
        "affine": np.asarray(case.affine, dtype=float).tolist(),
        "spacing": np.asarray(case.spacing, dtype=float).tolist(),
        "label_counts": counts,
        **_statistics(image, brain, case),
        "warnings": list(case.warnings),
    }
    # Last, so that a folder with a case.json is whole.
    (folder / "case.json").write_text(json.dumps(facts), encoding="utf-8")


def _statistics(image: np.ndarray, brain: np.ndarray, case: Case) -> dict[str, list]:
    """Return mean, std and percentiles of every modality inside its own brain, as lists for JSON."""
    statistics: dict[str, list] = {"mean": [], "std": [], "percentiles": []}
    for name, channel, mask in zip(MODALITIES, image, brain, strict=True):
        # A modality without a brain is all background: say 0 rather than the mean of nothing.
        values = channel[mask].astype(np.float64) if mask.any() else np.zeros(1)  # (voxels,)
        if values.std() == 0:
            note = f"{name}: constant inside the brain, so its z-score is 0"
            case.warn([note])
            warnings.warn(f"{case.id}: {note}", stacklevel=5)
        statistics["mean"].append(float(values.mean()))
        statistics["std"].append(float(values.std()))
        statistics["percentiles"].append(np.percentile(values, PERCENTILES).tolist())
    return statistics


def _bounding_box(mask: np.ndarray, case_id: str) -> list[tuple[int, int]]:
    """Return (start, stop) along every axis of the smallest box around a mask."""
    if not mask.any():
        raise ValueError(f"{case_id} is empty: every voxel is 0; was the mask multiplied away?")
    box = []
    for axis in range(mask.ndim):
        filled = np.flatnonzero(mask.any(axis=tuple(a for a in range(mask.ndim) if a != axis)))
        box.append((int(filled[0]), int(filled[-1]) + 1))
    return box


def _smallest(image: np.ndarray) -> np.ndarray:
    """Return the image as int16 if that loses nothing, else as float32."""
    limits = np.iinfo(np.int16)
    if image.min() < limits.min or image.max() > limits.max:
        return image.astype(np.float32, copy=False)
    whole = image.astype(np.int16)
    return whole if np.array_equal(whole, image) else image.astype(np.float32, copy=False)
