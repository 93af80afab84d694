"""Outlines of masks over pictures: the truth in orange, the prediction in blue and dashed.

Orange and blue differ for every kind of colour vision (the palette of Okabe and Ito 2008), and the dashes
tell them apart without any colour.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

TRUTH, PREDICTION = "#E69F00", "#56B4E9"
DASHES = (0, (3, 2))


def outlines(
    images: Sequence[np.ndarray],
    truths: Sequence[np.ndarray | None],
    predictions: Sequence[np.ndarray | None],
    titles: Sequence[str] | None = None,
    columns: int = 4,
) -> Figure:
    """Draw pictures with the outlines of the true and of the predicted mask.

    Parameters
    ----------
    images : sequence of ndarray (H, W)
        Grey values of any range, or (H, W, 3) in [0, 1]; the first row is the top.
    truths, predictions : sequences of ndarray (H, W) or None
        Masks of 0 and 1; None where there is none.
    titles : sequence of str, optional
        One per picture, such as its Dice.
    columns : int
        Pictures in a row.

    Raises
    ------
    ValueError
        If there is no picture, or a mask has not the shape of its picture.
    """
    if not len(images):
        raise ValueError("there is no picture to draw; expected at least one")
    titles = titles if titles is not None else [""] * len(images)
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    fig = Figure(figsize=(2.6 * columns, 2.85 * rows + 0.4), layout="constrained")
    axes = fig.subplots(rows, columns, squeeze=False).ravel()
    for ax in axes:
        ax.axis("off")
    for ax, image, truth, prediction, title in zip(axes, images, truths, predictions, titles, strict=False):
        ax.imshow(image, cmap="gray")
        ax.set_title(title, fontsize=9)
        outline(ax, image, truth, TRUTH, "-")
        outline(ax, image, prediction, PREDICTION, DASHES)
    handles = []
    if any(mask is not None for mask in truths):
        handles.append(Line2D([], [], color=TRUTH, label="truth"))
    if any(mask is not None for mask in predictions):
        handles.append(Line2D([], [], color=PREDICTION, linestyle=DASHES, label="prediction"))
    fig.legend(handles=handles, loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    return fig


def outline(
    ax: Axes, image: np.ndarray, mask: np.ndarray | None, colour: str, style: str | tuple[int, tuple]
) -> None:
    """Draw the border of a mask, if there is one; a mask that is all 0 or all 1 has no border."""
    if mask is None:
        return
    if mask.shape != image.shape[:2]:
        raise ValueError(
            f"mask has shape {mask.shape}, picture {image.shape[:2]}; expected the same: was one of them "
            "resized?"
        )
    if 0 < np.count_nonzero(mask) < mask.size:
        # Over a thin black line the colours stand out from bright bone too.
        ax.contour(mask, [0.5], colors="black", linewidths=2.4, alpha=0.5)
        ax.contour(mask, [0.5], colors=colour, linewidths=1.4, linestyles=[style])
