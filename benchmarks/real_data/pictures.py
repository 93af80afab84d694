"""Pages of the worst cases and films, with the outlines of truth and prediction, in the radiological view."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from brainlab import view
from brainlab.data.cached import CachedCase
from brainlab.data.images import ImageDataset
from brainlab.home import replace_file
from brainlab.labels import MODALITIES, MODALITY_NAMES, REGIONS
from brainlab.metrics import dice
from brainlab.recipes import segmentation as recipe
from brainlab.view.slices import legend_below, outline_handles

DPI = 110
# Modality and region of each picture of the slice with most true tumour.
PANELS = (("t2f", "WT"), ("t1c", "TC"), ("t1c", "ET"))


def slice_with_most(mask: np.ndarray) -> int:
    """Return the axial slice in which a mask (X, Y, Z) has most voxels; the middle one if it is empty."""
    return view.largest_slice(mask.astype(np.uint8), (1,))


def case_page(cases: Sequence[tuple[CachedCase, np.ndarray]], titles: Sequence[str]) -> Figure:
    """Draw one row per case with whole tumour, core and enhancing tumour, and where the whole tumour fails.

    The first three pictures are of the slice with most true tumour (most predicted, if there is no true one);
    then come the slice with most tumour that was not found, and that with most predicted where there is none.

    Parameters
    ----------
    cases : sequence of (CachedCase, ndarray (X, Y, Z))
        Labelled cases and their predicted labels.
    titles : sequence of str
        One per row.
    """
    fig = Figure(figsize=(2.6 * 5, 2.95 * len(cases) + 0.4), layout="constrained")
    for axes, (case, predicted), title in zip(
        fig.subplots(len(cases), 5, squeeze=False), cases, titles, strict=True
    ):
        truth = recipe.truth_of(case)
        assert truth is not None, f"{case.id} has no labels"
        pred, true = predicted > 0, truth > 0
        most = slice_with_most(true if true.any() else pred)
        panels = [(*panel, most) for panel in PANELS]
        panels += [("t2f", "WT", slice_with_most(mask)) for mask in (true & ~pred, pred & ~true)]
        heads = [title, "", "", "most not found", "most false"]
        for ax, (modality, region, z), head in zip(axes, panels, heads, strict=True):
            channel = case.image[:, MODALITIES.index(modality)]
            plane = case.to_full(np.asarray(channel))[:, :, z]
            name = f"{MODALITY_NAMES[modality]}, {region}, slice {z}"
            view.draw(ax, plane, case.affine, title=f"{head}\n{name}", window=case.window(modality))
            masks = (
                view.oriented(np.isin(labels[:, :, z], REGIONS[region]), case.affine)
                for labels in (truth, predicted)
            )
            view.outline(ax, view.oriented(plane, case.affine), *masks)
    legend_below(fig, outline_handles())
    return fig


def case_picture(case: CachedCase, predicted: np.ndarray) -> bytes:
    """Return a PNG of the slice with most predicted tumour: four modalities, mask, prediction."""
    z = view.largest_slice(predicted)
    image = np.stack([case.to_full(case.image[:, channel]) for channel in range(4)])  # (4, X, Y, Z)
    truth = recipe.truth_of(case)
    masks = [None] * 4 + ([] if truth is None else [truth[:, :, z]]) + [predicted[:, :, z]]
    flair = image[3, :, :, z]
    planes = [*image[:, :, :, z], *[flair] * (len(masks) - 4)]
    titles = ["T1", "T1 + contrast", "T2", "FLAIR", *([] if truth is None else ["mask"]), "prediction"]
    fig = view.mosaic(planes, [case.affine] * len(planes), masks, titles, columns=len(planes))
    return view.show(fig, alt=f"{case.id}, slice {z}").png


def film_page(films: ImageDataset, predicted: np.ndarray, numbers: Sequence[int]) -> Figure:
    """Draw X-rays of a data set with the outlines of true and predicted lungs.

    Parameters
    ----------
    films : ImageDataset
    predicted : ndarray (N, H, W)
        Masks of all X-rays of the data set.
    numbers : sequence of int
        Which to draw.
    """
    images = [films[number][0][0].numpy() for number in numbers]
    truths = [films[number][1].numpy() == 1 for number in numbers]
    masks = [predicted[number] for number in numbers]
    scores = [dice(*pair) for pair in zip(masks, truths, strict=True)]
    titles = [f"{films.pairs[n].id}, Dice {score:.3f}" for n, score in zip(numbers, scores, strict=True)]
    return view.outlines(images, truths, masks, titles)


def write_page(path: Path, page: Figure) -> Path:
    """Write a page as PNG and return where it is."""
    png = view.show(page, dpi=DPI).png
    replace_file(path, lambda part: part.write_bytes(png))
    return path
