"""Turn cases into folders of slices, once, and open those folders from then on.

Each case is cropped to its brain and stored raw as (Z, 4, x, y); `brainlab.data.cached` describes the files.
An entry is found by what it was made from:

    <folder>/<case id>-<hash of the source's paths>/<hash of sizes, times and parameters>/

so a source file that changes is cached again. An entry is written under a temporary name and then renamed:
other processes see all of it or nothing. Nothing is lost: the voxels are those of the source, as int16 or
float32.
"""

import hashlib
import json
import re
import shutil
import sys
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import ndimage
from tqdm import tqdm

from brainlab.data.cached import PERCENTILES, CachedCase, brain_values, label_counts
from brainlab.data.case import Case
from brainlab.home import home_folder, replace_folder
from brainlab.labels import MODALITIES


def write_entry(case: Case, folder: Path) -> None:
    """Write `image.npy`, `labels.npy` (with a segmentation) and `case.json` into an existing folder.

    Raises
    ------
    ValueError
        If a file cannot be read (`VolumeError`), or if there is no brain in it.
    """
    image = case.image()  # (4, X, Y, Z)
    seg = case.seg()  # (X, Y, Z) or None
    content = np.asarray(image.any(axis=0))  # (X, Y, Z)
    if seg is not None:
        content |= seg > 0  # labels outside the brain are odd, but the cache loses nothing
    box = _bounding_box(content, case.id)
    crop = tuple(slice(start, stop) for start, stop in box)
    image = image[(slice(None), *crop)]  # (4, x, y, z)

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
        **_statistics(image, case),
        "warnings": list(case.warnings),
    }
    # Last, so that a folder with a case.json is whole.
    (folder / "case.json").write_text(json.dumps(facts), encoding="utf-8")


def _statistics(image: np.ndarray, case: Case) -> dict[str, list]:
    """Return mean, std and percentiles of every modality inside its own brain, as lists for JSON."""
    statistics: dict[str, list] = {"mean": [], "std": [], "percentiles": []}
    for name, channel in zip(MODALITIES, image, strict=True):
        values = brain_values(channel)  # (voxels,)
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
    return [(part.start, part.stop) for part in ndimage.find_objects(mask.astype(np.uint8))[0]]


def _smallest(image: np.ndarray) -> np.ndarray:
    """Return the image as int16 if that loses nothing, else as float32."""
    limits = np.iinfo(np.int16)
    if image.min() < limits.min or image.max() > limits.max:
        return image.astype(np.float32, copy=False)
    whole = image.astype(np.int16)
    return whole if np.array_equal(whole, image) else image.astype(np.float32, copy=False)


# Part of every key: raise it when what is stored, or how it is read, changes.
_FORMAT = 1
# A temporary folder that is older than this was left by a process that died.
_ABANDONED_SECONDS = 3600


def cache_folder() -> Path:
    """Return the default folder: `cache` in `BRAINLAB_HOME`, or in `~/.cache/brainlab`."""
    return home_folder() / "cache"


def cache_case(case: Case, folder: Path | str | None = None) -> CachedCase:
    """Open the cached slices of a case; make them first where they are missing, outdated or damaged.

    Parameters
    ----------
    case : Case
        With or without a segmentation.
    folder : Path, optional
        Where caches live; by default `cache_folder()`.

    Returns
    -------
    CachedCase

    Raises
    ------
    ValueError
        If a file cannot be read (`VolumeError`), or if there is no brain in it.
    """
    source, key = _source_and_key(case)
    name = re.sub(r"[^\w.-]", "_", case.id)
    home = Path(folder or cache_folder()) / f"{name}-{source}"
    entry = home / key
    cached = _open_or_none(entry)
    if cached is None:
        # Another process may do the same at the same moment: its entry is as good.
        replace_folder(
            entry, lambda fresh: write_entry(case, fresh), keep=lambda path: _open_or_none(path) is not None
        )
        cached = CachedCase(entry)
        _remove_outdated(home, keep=entry)
    return cached


def cache_cases(
    cases: Sequence[Case], folder: Path | str | None = None, progress: bool = True
) -> list[CachedCase]:
    """Cache many cases; one that cannot be read is left out with a warning that says why.

    Parameters
    ----------
    cases : sequence of Case
        Such as the `CaseList` of `brainlab.lab.open_cases`.
    folder : Path, optional
        Where caches live; by default `cache_folder()`.
    progress : bool
        Draw a progress bar.

    Returns
    -------
    list of CachedCase
        In the order of `cases`.

    Raises
    ------
    ValueError
        If no case at all could be read; the message is that of the first.
    """
    cached, first_error = [], None
    for case in tqdm(cases, desc="Caching slices", unit="case", disable=not progress, file=sys.stdout):
        try:
            cached.append(cache_case(case, folder))
        except ValueError as error:
            first_error = first_error or error
            warnings.warn(f"{case.id} is left out: {error}", stacklevel=2)
    if first_error and not cached:
        raise ValueError(f"none of the {len(cases)} cases could be read; the first: {first_error}")
    return cached


def _source_and_key(case: Case) -> tuple[str, str]:
    """Return two hashes: of where the case lies, and of everything that its cache entry depends on."""
    paths = [str(path.resolve()) for path in case.sources]
    states = [(path.stat().st_size, path.stat().st_mtime_ns) for path in case.sources]
    roles = {name: str(path.resolve()) for name, path in case.files.items()}
    key = [_FORMAT, PERCENTILES, case.id, case.patient, case.profile, case.channels, roles, paths, states]
    return _hash(paths), _hash(key)


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def _open_or_none(entry: Path) -> CachedCase | None:
    """Open an entry; None if it is missing or damaged."""
    try:
        return CachedCase(entry)
    except (OSError, EOFError, ValueError, KeyError, TypeError):
        return None


def _remove_outdated(home: Path, keep: Path) -> None:
    """Delete entries of this case that were made from older files, and what dead processes left."""
    for path in home.iterdir():
        try:
            young = time.time() - path.stat().st_mtime < _ABANDONED_SECONDS
        except OSError:
            continue
        if path != keep and not (path.name.startswith(".") and young):
            shutil.rmtree(path, ignore_errors=True)
