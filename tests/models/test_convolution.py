"""The arithmetic of one convolution, against torch's own convolution."""

import itertools

import pytest
import torch
from torch import nn

from brainlab.models.sizes import conv_output_size, influence
from brainlab.models.unet import UNet

GRID = [
    (size, kernel, padding, stride, dilation)
    for size, kernel, padding, stride, dilation in itertools.product(
        (7, 12), (1, 2, 3, 5), (0, 1, 3), (1, 2, 3), (1, 2)
    )
    if dilation * (kernel - 1) + 1 <= size + 2 * padding
]


@pytest.mark.parametrize(("size", "kernel", "padding", "stride", "dilation"), GRID)
def test_size_is_that_of_torch(size, kernel, padding, stride, dilation):
    convolution = nn.Conv1d(1, 1, kernel, stride, padding, dilation)
    expected = convolution(torch.zeros(1, 1, size)).shape[-1]
    assert conv_output_size(size, kernel, padding, stride, dilation) == expected


def test_kernel_wider_than_the_image():
    with pytest.raises(ValueError, match="covers 9 pixels and the padded image has 8"):
        conv_output_size(8, 3, dilation=4)


@pytest.mark.parametrize(("dilation", "width"), [(1, 5), (2, 9), (3, 13)])
def test_influence_ends_at_the_receptive_field(dilation, width):
    torch.manual_seed(0)
    two = nn.Sequential(nn.Conv2d(2, 3, 3, dilation=dilation), nn.Conv2d(3, 1, 3, dilation=dilation))
    field = influence(two, 21, channels=2)
    rows = torch.nonzero(field.sum(dim=1))
    assert field.shape == (21, 21)
    assert int(rows.max() - rows.min()) + 1 == width


def test_influence_of_a_unet_is_its_receptive_field():
    torch.manual_seed(0)
    model = UNet(1, 2, width=4, depth=1).eval()
    # Which output pixel is in the middle decides where in its block of 2 it lies; the widest is what counts.
    widths = []
    for size in (40, 42):
        rows = torch.nonzero(influence(model, size).sum(dim=1))
        widths.append(int(rows.max() - rows.min()) + 1)
    assert max(widths) == model.receptive_field
