"""From the stored slice to the input of a network, and back: one field of view for training and inference.

The field of view is a square of `size * pixel` voxels, centred on the brain box. It is padded with 0 where it
is larger than the box, and crops the box where it is smaller. Then `pixel` x `pixel` voxels become one pixel:
`size=96, pixel=2` covers 192 x 192 voxels with 96 x 96 pixels.
"""

import numpy as np
import torch
import torch.nn.functional as F

from brainlab.data.cached import CachedCase
from brainlab.labels import NUM_CLASSES


def covering_size(cached: CachedCase, pixel: int = 1, multiple: int = 16) -> int:
    """Return the smallest size in pixels whose field of view holds the whole brain.

    Parameters
    ----------
    cached : CachedCase
    pixel : int
        Voxels per pixel along an edge.
    multiple : int
        The size is a multiple of this; a padded U-Net of depth d needs a multiple of 2**d.
    """
    pixels = -(-max(cached.image.shape[2:]) // pixel)
    return -(-pixels // multiple) * multiple


def crop(array: np.ndarray, size: int, pixel: int = 1) -> np.ndarray:
    """Crop the field of view from an array in the grid of the brain box; 0 beyond the box.

    Parameters
    ----------
    array : np.ndarray
        Shape (..., x, y).
    size, pixel : int
        The field of view is size * pixel voxels wide and high.

    Returns
    -------
    np.ndarray
        Shape (..., size * pixel, size * pixel), the same type.

    Raises
    ------
    ValueError
        If size or pixel is below 1.
    """
    if size < 1 or pixel < 1:
        raise ValueError(f"size={size}, pixel={pixel}; expected both to be at least 1")
    (in_x, out_x), (in_y, out_y) = (_overlap(length, size * pixel) for length in array.shape[-2:])
    window = np.zeros((*array.shape[:-2], size * pixel, size * pixel), array.dtype)
    window[..., out_x, out_y] = array[..., in_x, in_y]
    return window


def pool_image(image: np.ndarray, pixel: int) -> np.ndarray:
    """Average a float image over `pixel` x `pixel` voxels: (..., H * pixel, W * pixel) -> (..., H, W)."""
    if pixel == 1:
        return image
    batch = torch.from_numpy(image).reshape(1, -1, *image.shape[-2:])  # (1, N, H * pixel, W * pixel)
    pooled = F.avg_pool2d(batch, pixel)  # (1, N, H, W)
    return pooled.reshape(*image.shape[:-2], *pooled.shape[-2:]).numpy()


def pool_labels(labels: np.ndarray, pixel: int) -> np.ndarray:
    """Take the most frequent label of `pixel` x `pixel` voxels, so that labels stay labels.

    In a tie the highest label wins: tumour over background, and the thin enhancing rim (3) over the rest.

    Parameters
    ----------
    labels : np.ndarray
        Shape (..., H * pixel, W * pixel), values 0 to 3.

    Returns
    -------
    np.ndarray
        Shape (..., H, W), the same type.
    """
    if pixel == 1:
        return labels
    # argmax takes the first of equals, so the classes are counted from the highest label down.
    classes = np.arange(NUM_CLASSES - 1, -1, -1, dtype=labels.dtype)
    one_hot = labels[..., None, :, :] == classes[:, None, None]  # (..., 4, H * pixel, W * pixel)
    share = pool_image(one_hot.astype(np.float32), pixel)  # (..., 4, H, W)
    return classes[share.argmax(axis=-3)]


def to_network(cached: CachedCase, z: int, size: int, pixel: int = 1) -> np.ndarray:
    """Return a slice as the input of a network.

    Returns
    -------
    np.ndarray
        Shape (4, size, size), float32: z-scored inside the brain, cropped or padded, averaged.
    """
    return pool_image(crop(cached.slice(z), size, pixel), pixel)


def labels_to_network(cached: CachedCase, z: int, size: int, pixel: int = 1) -> np.ndarray:
    """Return the labels that belong to `to_network`, shape (size, size), uint8."""
    return pool_labels(crop(cached.labels[z], size, pixel), pixel)


def from_network(
    array: np.ndarray | torch.Tensor, cached: CachedCase, size: int, pixel: int = 1, mode: str = "bilinear"
) -> np.ndarray | torch.Tensor:
    """Return an output of a network in the grid of the brain box: the inverse of `to_network`.

    Parameters
    ----------
    array : np.ndarray or torch.Tensor
        Shape (..., size, size): labels, logits or probabilities in the field of view of `to_network`.
    cached : CachedCase
        The case to which it belongs.
    size, pixel : int
        As in `to_network`.
    mode : {"bilinear", "nearest"}
        How a pixel becomes `pixel` x `pixel` voxels. Labels need "nearest"; for logits and probabilities
        "bilinear" is better, because the border is then decided voxel by voxel.

    Returns
    -------
    np.ndarray or torch.Tensor
        Shape (..., x, y); 0 where the field of view had cropped the box.

    Raises
    ------
    ValueError
        If the shape is not (..., size, size), the mode is unknown, or integers were to be interpolated.
    """
    tensor = torch.as_tensor(array)
    if tensor.shape[-2:] != (size, size):
        raise ValueError(
            f"array has shape {tuple(tensor.shape)}; expected (..., {size}, {size}): an unpadded network?"
        )
    if mode not in ("bilinear", "nearest"):
        raise ValueError(f"mode={mode!r}; expected 'bilinear' or 'nearest'")
    if mode == "nearest":
        fine = tensor.repeat_interleave(pixel, dim=-2).repeat_interleave(pixel, dim=-1)
    elif tensor.is_floating_point():
        fine = F.interpolate(tensor.reshape(1, -1, size, size), scale_factor=pixel, mode="bilinear")
        fine = fine.reshape(*tensor.shape[:-2], size * pixel, size * pixel)
    else:
        raise ValueError(f"array holds {tensor.dtype}; expected floats, or mode='nearest' for labels")

    x, y = cached.image.shape[2:]
    box = fine.new_zeros((*fine.shape[:-2], x, y))
    (in_x, out_x), (in_y, out_y) = (_overlap(length, size * pixel) for length in (x, y))
    box[..., in_x, in_y] = fine[..., out_x, out_y]
    return box if isinstance(array, torch.Tensor) else box.numpy()


def _overlap(length: int, window: int) -> tuple[slice, slice]:
    """Return the overlap of a centred window with an axis: as a slice of the axis, and of the window."""
    offset = (length - window) // 2  # where the window starts on the axis; negative if it is larger
    start, stop = max(0, offset), min(length, offset + window)
    return slice(start, stop), slice(start - offset, stop - offset)
