"""What a viewer shows, painted: one slice of one modality, or of each modality, or of each view.

What a viewer shows as a Matplotlib figure, with marks and a legend, for a report or a static page.
"""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from brainlab.data.display import VIEWS
from brainlab.view.figures import label_legend
from brainlab.view.viewer.paint import ERRORS, layers, paint

if TYPE_CHECKING:
    from brainlab.view.viewer.state import ViewerState


def views_of(viewer: "ViewerState") -> list[str]:
    """Return the view of each picture."""
    many = len(viewer.source.titles) if viewer.side_by_side else 1
    return list(VIEWS) if viewer.three_views else [viewer.view] * many


def pictures_of(viewer: "ViewerState") -> dict[str, np.ndarray]:
    """Return title -> RGB (rows, columns, 3) in [0, 1]."""
    if viewer.three_views:
        slices = {view: viewer.voxel[viewer.frame.axis(view)] for view in VIEWS}
        return {
            f"{view} slice {index}": _picture(viewer, viewer.modality, view, index)
            for view, index in slices.items()
        }
    titles = viewer.source.titles
    names = titles if viewer.side_by_side else [viewer.modality]
    return {titles[name]: _picture(viewer, name, viewer.view, viewer.slice) for name in names}


def _picture(viewer: "ViewerState", modality: str, view: str, index: int) -> np.ndarray:
    source = viewer.source

    def cut(volume: np.ndarray) -> np.ndarray:
        return viewer.frame.plane(volume, view, index)

    low, high = source.window(modality)
    black = low + (viewer.level - viewer.window / 2) * (high - low)
    white = black + viewer.window * (high - low)
    truth, prediction = (
        cut(viewer.maps[name]) if name in viewer.maps else None for name in ("truth", "prediction")
    )
    over = layers(truth, prediction, viewer.overlay, viewer.labels, viewer.alpha, viewer.contour)
    # Both images on one grey scale, or they could not be compared.
    after = (cut(source.after(modality)), viewer.wipe) if source.has_after else None
    return paint(cut(source.volume(modality)), (black, white), over, after)


if TYPE_CHECKING:
    from brainlab.view.viewer.state import ViewerState

LEGEND = 5.4  # inches that the names of the labels need


def figure_of(viewer: "ViewerState") -> Figure:
    """Draw the pictures of a viewer in a row, in their true proportions."""
    pictures, views = viewer.pictures(), views_of(viewer)
    size = {view: viewer.frame.pixel_size(view) for view in views}  # height, width of a pixel
    box = {view: viewer.boxes[view] for view in views}
    high = {view: (low - top) * size[view][0] for view, (top, low, _, _) in box.items()}  # mm
    wide = {view: (far - near) * size[view][1] for view, (_, _, near, far) in box.items()}
    inches = 3.2 if len(pictures) > 1 else 4.6
    scale = inches / max(*high.values(), *wide.values())
    across = sum(wide[view] * scale + 0.1 for view in views)
    fig = Figure(figsize=(max(across, LEGEND), max(high.values()) * scale + 0.9), layout="constrained")
    axes = fig.subplots(1, len(views), squeeze=False, width_ratios=[wide[view] for view in views])[0]
    for ax, view, (title, rgb) in zip(axes, views, pictures.items(), strict=True):
        height, width = size[view]
        top, bottom, left, right = box[view]
        ax.imshow(rgb, aspect=height / width, interpolation="nearest")
        ax.set_xlim(left - 0.5, right - 0.5)
        ax.set_ylim(bottom - 0.5, top - 0.5)
        ax.set_title(title, fontsize=9)
        ax.set_xticks([])
        ax.set_yticks([])
        _mark(ax, viewer.frame.marks(view))
        if viewer.crosshair:
            row, column = viewer.frame.pixel(view, viewer.voxel)
            ax.axvline(column, color="white", linewidth=0.6, alpha=0.5)
            ax.axhline(row, color="white", linewidth=0.6, alpha=0.5)
    if viewer.overlay == "errors":
        patches = [Patch(color=colour, label=name) for name, colour in ERRORS[1:]]
        fig.legend(handles=patches, loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    elif viewer.overlay != "none" and viewer.labels:
        label_legend(fig, viewer.labels)
    place = f"{viewer.view} slice {viewer.slice}"
    told = viewer.modalities[viewer.modality] if viewer.three_views else place
    fig.suptitle(f"{viewer.source.name}  {told}".strip(), fontsize=10)
    return fig


def _mark(ax: Axes, marks: str) -> None:
    places = ((0.02, 0.5, "left"), (0.98, 0.5, "right"), (0.5, 0.97, "center"), (0.5, 0.03, "center"))
    for letter, (x, y, side) in zip(marks, places, strict=False):
        ax.text(
            x, y, letter, transform=ax.transAxes, color="white", fontsize=8, ha=side, va="center", alpha=0.8
        )
