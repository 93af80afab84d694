"""Run a network without training it."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


@contextmanager
def evaluating(model: nn.Module) -> Iterator[nn.Module]:
    """Put `model` into evaluation mode without gradients, and every part back into its own mode afterwards.

    Batch normalisation then uses its running averages and dropout does nothing. Parts are remembered one by
    one, because some may be frozen in evaluation mode while the others train.
    """
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.no_grad():
            yield model
    finally:
        for module, training in modes:
            module.training = training


def forward(model: nn.Module, images: Tensor, batch_size: int = 16) -> Tensor:
    """Run images (N, C, H, W) through `model` in batches, on its device: (N, K, H', W') float32 on the CPU.

    Raises
    ------
    ValueError
        If there is no image, or `batch_size` is below 1.
    """
    if len(images) == 0 or batch_size < 1:
        raise ValueError(f"{len(images)} images in batches of {batch_size}; expected at least one of each")
    weight = next(model.parameters(), None)
    device = torch.device("cpu") if weight is None else weight.device
    # On a CPU convolutions are faster with the channels of a pixel side by side; the result is the same.
    layout = torch.channels_last if device.type == "cpu" else torch.contiguous_format
    with evaluating(model):
        batches = images.split(batch_size)
        outputs = [
            model(batch.to(device).contiguous(memory_format=layout)).float().cpu() for batch in batches
        ]
    return torch.cat(outputs).contiguous()
