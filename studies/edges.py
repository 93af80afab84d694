"""An edge map as an additional input channel, computed from the image alone.

Computed from FLAIR and contrast-enhanced T1, because the borders between the labels show there: FLAIR
changes where oedema meets healthy tissue, T1c at both sides of the enhancing rim. T1 and T2 would mostly add
the folds of the cortex. Labels are not used: an edge map of the true mask would leak the answer into the
input.

Sobel 1968 for the gradient; joined over the modalities as in Di Zenzo 1986, "A note on the gradient of a
multi-image" (doi:10.1016/0734-189X(86)90223-9), but by the sum of squares alone, without its direction. The
Gaussian is a normalised convolution (Knutsson and Westin 1993, doi:10.1109/CVPR.1993.341081): voxels outside
the brain are ignored, so that the border of the brain is no edge.
"""

import numpy as np
import torch
from scipy.ndimage import gaussian_filter, sobel
from torch import Tensor
from torch.utils.data import Dataset

from brainlab.labels import MODALITIES

EDGES_OF = ("t2f", "t1c")
_CHANNELS = [MODALITIES.index(name) for name in EDGES_OF]


def edge_map(image: Tensor, sigma: float = 1.0) -> Tensor:
    """Return the strength of the edges of one slice.

    The gradient's magnitude by Sobel after a small Gaussian, the root of the sum of squares over FLAIR and
    T1c. It is z-scored inside the brain of this slice and 0 outside, like the modalities.

    Parameters
    ----------
    image : Tensor
        Shape (4, H, W), float; z-scored modalities in the order of `brainlab.labels.MODALITIES`, 0 outside
        the brain.
    sigma : float
        Standard deviation of the Gaussian, in pixels.

    Returns
    -------
    Tensor
        Shape (1, H, W), float32. All 0 where there is no brain or no edge.

    Raises
    ------
    ValueError
        If the image has another shape or `sigma` is not positive.
    """
    shape = tuple(image.shape)
    if len(shape) != 3 or shape[0] != len(MODALITIES):
        raise ValueError(
            f"image has shape {shape}; expected ({len(MODALITIES)}, H, W): "
            "is it a batch, or was the edge map added before?"
        )
    if not sigma > 0:
        raise ValueError(f"sigma={sigma}; expected more than 0 pixels")
    channels = np.asarray(image, dtype=np.float32)[_CHANNELS]  # (2, H, W)
    edges = np.sqrt(sum(_squared_gradient(channel, sigma) for channel in channels))  # (H, W)
    brain = (channels != 0).any(axis=0)
    inside = edges[brain]
    scored = np.zeros_like(edges)
    if inside.size and inside.std() > 1e-4:  # of the image's standard deviation a pixel: below is rounding
        scored[brain] = (inside - inside.mean()) / inside.std()
    return torch.from_numpy(scored)[None]


class WithEdges(Dataset):
    """A data set of slices with the edge map as its last channel: (4, H, W) becomes (5, H, W).

    The map is computed from the image as the data set returns it, after augmentation. All other attributes
    (`index`, `set_epoch`, `augment`, ...) are those of the data set.

    Parameters
    ----------
    dataset : Dataset
        Items (image (4, H, W), labels (H, W)), such as `brainlab.data.slices.SliceDataset`.
    sigma : float
        As in `edge_map`.

    Examples
    --------
    `image, labels = WithEdges(SliceDataset(cached))[0]`: image (5, size, size), for `UNet(in_channels=5)`.
    """

    def __init__(self, dataset: Dataset, sigma: float = 1.0) -> None:
        self.dataset, self.sigma = dataset, sigma

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, item: int) -> tuple[Tensor, Tensor]:
        image, labels = self.dataset[item]
        return torch.cat([image, edge_map(image, self.sigma)]), labels  # (5, H, W), (H, W)

    def __getattr__(self, name: str):
        # Only called for what is not found here. While a copy is unpickled there is no `dataset` yet.
        if name == "dataset" or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.dataset, name)

    def preload(self) -> "WithEdges":
        """Read all slices into memory and return self."""
        self.dataset.preload()
        return self


def _squared_gradient(channel: np.ndarray, sigma: float) -> np.ndarray:
    """Return the squared magnitude (H, W) of the gradient of one modality (H, W), 0 outside its brain."""
    brain = (channel != 0).astype(np.float32)
    weight = gaussian_filter(brain, sigma)  # the fraction of the Gaussian inside the brain
    smooth = gaussian_filter(channel, sigma) / np.maximum(weight, 1e-6)
    # Outside the brain the smoothed image continues its border, as far as the Gaussian reaches.
    return brain * (sobel(smooth, axis=0) ** 2 + sobel(smooth, axis=1) ** 2) / 64  # Sobel weighs 8 a pixel
