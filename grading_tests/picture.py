"""The expected image beside the answer's, for gaps whose result is an image: shows a shift or a flip."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from grading_tests.gap import Gap, plain
from grading_tests.running import limit, quiet, state_kept

SECONDS = 10.0  # a right answer takes milliseconds; the machine may be busy


def head(size: int = 64) -> tuple[Tensor, Tensor]:
    """Return an asymmetric test slice (size, size) in 0..1 and its labels 0 to 3."""
    y, x = torch.meshgrid(torch.linspace(-1, 1, size), torch.linspace(-1, 1, size), indexing="ij")
    brain = (x / 0.7) ** 2 + (y / 0.9) ** 2 < 1
    labels = torch.zeros(size, size, dtype=torch.int64)
    for label, radius in ((2, 0.35), (3, 0.22), (1, 0.1)):
        labels[brain & ((x - 0.3).square() + (y + 0.35).square() < radius**2)] = label
    image = 0.5 * brain + 0.1 * brain * torch.sin(9 * x) + 0.35 * (labels == 3) - 0.3 * (labels == 1)
    return image.clamp(0, 1), labels


def image_of(gap: Gap, answer: Any) -> np.ndarray | None:
    """Return the image that an answer makes, (H, W) or (H, W, 3); None if it makes none."""
    try:
        with quiet(), state_kept(), torch.no_grad(), limit(SECONDS):
            array = plain(gap.scene(answer))
    except KeyboardInterrupt:
        raise
    except BaseException:  # the message of the check reports it
        return None
    fits = array is not None and array.dtype.kind in "biuf" and np.isfinite(array).any()
    return array.astype(float) if fits and array.ndim == 2 + (array.shape[-1:] == (3,)) else None


def beside(gap: Gap, answer: Any) -> Any:
    """Return a figure of the expected image and the answer's, or None if they look the same."""
    if gap.scene is None:
        return None
    right, yours = image_of(gap, gap.reference), image_of(gap, answer)
    if right is None or yours is None:
        return None
    if right.shape == yours.shape and np.allclose(right, yours, rtol=1e-3, atol=1e-3):
        return None  # the mistake is not visible in this image
    from matplotlib.figure import Figure  # a slow import

    from brainlab import view

    low, high = float(right.min()), float(right.max())
    fig = Figure(figsize=(5, 2.6), layout="constrained")
    for ax, (title, image) in zip(
        fig.subplots(1, 2), {"expected": right, "yours": yours}.items(), strict=True
    ):
        ax.imshow(image if image.ndim == 2 else image.clip(0, 1), cmap="gray", vmin=low, vmax=high)
        ax.set(title=title, xticks=[], yticks=[])
    return view.show(fig, alt=f"What {gap.answer} should make of a test image, and what yours makes", dpi=70)
