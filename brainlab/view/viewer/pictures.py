"""What a viewer shows, painted: one slice of one modality, or of each."""

from typing import TYPE_CHECKING

import numpy as np

from brainlab.view.viewer.paint import layers, paint

if TYPE_CHECKING:
    from brainlab.view.viewer.state import ViewerState


def pictures_of(viewer: "ViewerState") -> dict[str, np.ndarray]:
    """Return title -> RGB (rows, columns, 3) in [0, 1]."""
    titles = viewer.source.titles
    names = titles if viewer.side_by_side else [viewer.modality]
    return {titles[name]: _picture(viewer, name) for name in names}


def _picture(viewer: "ViewerState", modality: str) -> np.ndarray:
    source = viewer.source

    def cut(volume: np.ndarray) -> np.ndarray:
        return viewer.frame.plane(volume, viewer.view, viewer.slice)

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
