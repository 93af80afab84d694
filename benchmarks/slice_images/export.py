"""Export slices of cases as PNG with COCO annotations, in the folder layout of Roboflow.

    PYTHONPATH=benchmarks python -m slice_images.export FOLDER

    FOLDER/{train,valid,test}/CASE_zNNN.png                  the slice, 8-bit grey
    FOLDER/{train,valid,test}/masks/CASE_zNNN_mask.png       0 and 255
    FOLDER/{train,valid,test}/_annotations.coco.json         connected components of the region, as RLE

`read_coco(FOLDER)` and `find_pairs(FOLDER)` both read it. Each patient is in one subset only. Pictures are in
radiological orientation, like the figures of the course: front or top up, the patient's left on the right.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from brainlab.data.cached import CachedCase
from brainlab.data.display import VIEWS
from brainlab.data.images.coco import NAME, read_coco
from brainlab.data.split import split_by_patient
from brainlab.home import replace_folder
from brainlab.labels import MODALITIES, REGIONS
from slice_images.coco_writer import objects_of, write_coco
from slice_images.slice_picture import plane_axis, slice_mask, slice_picture, tumour_areas

SETTINGS = "export.json"  # marks a folder as an export and records its settings
PARTS = {"train": "train", "val": "valid", "test": "test"}  # Roboflow's names


def export_slices(
    cached_cases: Sequence[CachedCase],
    folder: Path | str,
    size: int = 256,
    modality: str = "t1c",
    region: str | Sequence[int] = "WT",
    step: int = 1,
    min_area: float = 0.0,
    val: float = 0.2,
    test: float = 0.2,
    seed: int = 0,
    plane: str = "axial",
) -> Path:
    """Export slices of cases as PNG with masks and COCO annotations.

    The folder appears whole or not at all (`brainlab.home.replace_folder`). An existing export with the same
    settings is kept, one with other settings is replaced.

    Parameters
    ----------
    cached_cases : sequence of CachedCase
        With labels.
    folder : Path or str
        Must be new, empty, or an earlier export.
    size : int
        Edge of the pictures in pixels, which show 256 mm; see `slice_picture`.
    modality : str
        One of t1n, t1c, t2w, t2f.
    region : str or labels
        Region of the mask: WT, TC, ET, or labels such as (1, 3).
    step, min_area : int, float
        Keep every `step`-th slice of those with at least `min_area` mm2 of tumour; 0 keeps all.
    val, test, seed : float, float, int
        As `split_by_patient`.
    plane : str
        axial, coronal or sagittal; its pixels must be square.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ValueError
        If a case has no labels, or modality, region or plane is unknown.
    FileExistsError
        If the folder holds other files.
    """
    folder, labels = Path(folder).expanduser(), _labels_of(region)
    if modality not in MODALITIES:
        raise ValueError(f"modality {modality!r} is unknown; expected one of {', '.join(MODALITIES)}")
    if step < 1:
        raise ValueError(f"step={step}; expected at least 1")
    if plane not in VIEWS:
        raise ValueError(f"plane {plane!r} is unknown; expected one of {', '.join(VIEWS)}")
    unlabelled = [case.id for case in cached_cases if not case.has_labels]
    if unlabelled:
        raise ValueError(f"{unlabelled[0]} has no segmentation, so it has no masks: leave the case out")
    settings = {
        "size": size,
        "modality": modality,
        "plane": plane,
        "labels": list(labels),
        "step": step,
        "min_area": min_area,
        "split": [val, test, seed],
        "cases": sorted(case.folder.name for case in cached_cases),  # the name contains a hash of the content
    }
    if folder.exists() and any(folder.iterdir()):
        if not (folder / SETTINGS).is_file():
            raise FileExistsError(
                f"{folder} holds other files; expected a new or empty folder, or an export: a typo?"
            )
        if (folder / SETTINGS).read_text(encoding="utf-8") == json.dumps(settings):
            return folder
    split = split_by_patient(cached_cases, val, test, seed)

    def write(new: Path) -> None:
        for field, part in PARTS.items():
            if cases := getattr(split, field):
                _write_part(cases, new / part, settings)
        (new / SETTINGS).write_text(json.dumps(settings), encoding="utf-8")

    replace_folder(folder, write)
    return folder


def _labels_of(region: str | Sequence[int]) -> tuple[int, ...]:
    if isinstance(region, str) and region in REGIONS:
        return REGIONS[region]
    if isinstance(region, str) or not set(region) or not set(region) <= {1, 2, 3}:
        raise ValueError(f"region {region!r}; expected one of {', '.join(REGIONS)}, or labels from 1 to 3")
    return tuple(sorted(set(region)))


def _write_part(cases: Sequence[CachedCase], folder: Path, settings: dict[str, Any]) -> None:
    """Write the slices and annotations of one subset."""
    (folder / "masks").mkdir(parents=True)
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    size, plane = settings["size"], settings["plane"]
    for case in cases:
        axis = plane_axis(case, plane)
        chosen = np.flatnonzero(tumour_areas(case, plane) >= settings["min_area"])
        for n in chosen[:: settings["step"]].tolist():
            name = f"{case.id}_{'xyz'[axis]}{n + case.box[axis][0]:03d}"  # slice number of the source
            picture = slice_picture(case, n, size, settings["modality"], plane)
            mask = slice_mask(case, n, size, settings["labels"], plane)
            Image.fromarray(picture).save(folder / f"{name}.png")
            Image.fromarray(mask.astype(np.uint8) * 255).save(folder / "masks" / f"{name}_mask.png")
            number = len(images)
            images.append(
                {
                    "id": number,
                    "file_name": f"{name}.png",
                    "height": size,
                    "width": size,
                    "patient": case.patient,
                }
            )
            annotations += objects_of(mask, number, len(annotations))
    write_coco(folder / NAME, images, annotations, "tumour", json.dumps(settings))


def main() -> None:
    """Run the command."""
    from brainlab.data.cache import cache_cases
    from brainlab.lab import open_cases

    parser = argparse.ArgumentParser(
        description="Export slices of cases as PNG and COCO; without --source, of the built-in cohort."
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--source", help="folder of cases in any layout")
    parser.add_argument("--patients", type=int)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--modality", choices=MODALITIES, default="t1c")
    parser.add_argument("--plane", choices=VIEWS, default="axial")
    parser.add_argument("--region", choices=REGIONS, default="WT")
    parser.add_argument("--step", type=int, default=4, help="keep every Nth slice; neighbours are similar")
    parser.add_argument("--min-area", type=float, default=0.0, help="minimum tumour per slice in mm2")
    options = parser.parse_args()
    cases = [case for case in open_cases(options.source, options.patients) if case.has_seg]
    folder = export_slices(
        cache_cases(cases),
        options.folder,
        options.size,
        options.modality,
        options.region,
        options.step,
        options.min_area,
        plane=options.plane,
    )
    print(read_coco(folder).report())


if __name__ == "__main__":
    main()
