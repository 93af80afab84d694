"""What a viewer shows, painted: one slice of one modality, or of each modality, or of each view."""

from typing import TYPE_CHECKING

import numpy as np

from brainlab.view.viewer.frame import VIEWS
from brainlab.view.viewer.paint import layers, paint

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
