"""The overlap-tile strategy: segment an image of any size tile by tile.

Each tile includes a border of context, whose output is discarded; beyond its border the image is mirrored.
Ronneberger, Fischer and Brox 2015 (arXiv:1505.04597), figure 2.

Not in the figure: max pooling works on blocks of ``2**depth`` pixels, so that tiles give the same output as
the whole image only if they start at multiples of ``2**depth``. The paper's output tile of 388 pixels would
have to advance by 384.
"""

import math

import torch
from torch import Tensor, nn

from brainlab.inference.predict import forward, mirror_pad, whole_image


def predict_logits(model: nn.Module, images: Tensor, tile: int | None = None, batch_size: int = 16) -> Tensor:
    """Return logits (B, K, H, W), float32 on the CPU, of images (B, C, H, W).

    The model runs in evaluation mode without gradients; its mode is restored afterwards. For an unpadded
    `UNet` the images are mirrored at their borders, so that the output has their size too.

    Parameters
    ----------
    model : nn.Module
    images : Tensor
    tile : int, optional
        Compute in tiles of this size with `overlap_tile`, for images that are too large for one pass.
    batch_size : int
        Images, or tiles, per forward pass.

    Raises
    ------
    ValueError
        If the images do not fit the model.
    """
    if tile is not None:
        return overlap_tile(model, images, tile, batch_size=batch_size)
    return whole_image(model, images, batch_size)


def overlap_tile(
    model: nn.Module,
    image: Tensor,
    tile: int,
    margin: int | None = None,
    multiple: int | None = None,
    batch_size: int = 4,
) -> Tensor:
    """Return logits (B, K, H, W) of images (B, C, H, W) of any size, computed tile by tile.

    Equal to the output for the whole mirrored image, for an unpadded network and for a padded one with the
    default `margin`; with a smaller margin, seams between the tiles may be visible.

    Parameters
    ----------
    model : nn.Module
        Images to logits; for other networks than `UNet` pass `margin` and `multiple`.
    image : Tensor
    tile : int
        Height and width of an input tile.
    margin : int, optional
        Pixels at each side of a tile whose output is discarded. By default those that an unpadded network
        loses, or half of the receptive field of a padded one.
    multiple : int, optional
        Tiles start at multiples of this: ``2**depth`` for a network with an attribute `depth`, otherwise 16.
    batch_size : int
        Tiles per forward pass.

    Raises
    ------
    ValueError
        If the tile is too small for its margins, or does not fit the network.
    """
    if image.ndim != 4:
        raise ValueError(f"image has shape {tuple(image.shape)}; expected (B, C, H, W): add a batch axis?")
    multiple = multiple or 2 ** getattr(model, "depth", 4)
    kept_by_model = _output_size(model, image, tile)
    lost = (tile - kept_by_model) // 2
    if margin is None:
        margin = getattr(model, "margin", lost) if lost else _margin_of_padded(model, multiple)
    if margin < lost:
        raise ValueError(f"margin is {margin}; expected at least {lost}: the network itself loses as much")
    step = (tile - 2 * margin) // multiple * multiple
    if step < 1:
        raise ValueError(
            f"tile is {tile}; expected at least {2 * margin + multiple}: {margin} pixels at each side are "
            f"context, and tiles advance by multiples of {multiple}"
        )
    if lost == 0 and (tile % multiple or margin % multiple):
        raise ValueError(
            f"tile is {tile} and margin {margin}; expected multiples of {multiple}: pooling would look at "
            "other blocks than in the whole image"
        )

    H, W = image.shape[-2:]
    tops, lefts = range(0, H, step), range(0, W, step)
    after = (tops[-1] + tile - margin - H, lefts[-1] + tile - margin - W)
    wide = mirror_pad(image, (margin, margin), after)
    rows = []
    cut = margin - lost  # output pixels at each side that are discarded
    for top in tops:
        strip = []
        for left in lefts:
            padded_tile = wide[..., top : top + tile, left : left + tile]  # (B, C, tile, tile)
            logits = forward(model, padded_tile, batch_size)[..., cut : cut + step, cut : cut + step]
            strip.append(logits[..., : H - top, : W - left])  # (B, K, step, step) or less at the end
        rows.append(torch.cat(strip, dim=-1))
    return torch.cat(rows, dim=-2)


def _output_size(model: nn.Module, image: Tensor, tile: int) -> int:
    output_size = getattr(model, "output_size", None)
    if output_size is not None:
        return output_size(tile)
    probe = image.new_zeros(1, image.shape[1], tile, tile)  # a network of a student: try it
    return forward(model, probe).shape[-1]


def _margin_of_padded(model: nn.Module, multiple: int) -> int:
    field = getattr(model, "receptive_field", None)
    if field is None:
        raise ValueError(
            "margin is None; expected a number of pixels: the network is padded and has no attribute "
            "receptive_field"
        )
    if math.isinf(field):
        raise ValueError(
            "margin is None; expected a number of pixels: the network looks at the whole image, so tiles "
            "cannot give exactly the same output"
        )
    # Half of the receptive field, plus its shift within a pooling block, in whole blocks.
    return -(-(field + multiple) // (2 * multiple)) * multiple
