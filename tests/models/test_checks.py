"""Every network names what is wrong with its input in the same words."""

import numpy as np
import pytest
import torch

from brainlab.models import AttentionUNet, ResUNetPlusPlus, UNet, UNet3Plus
from brainlab.models.blocks import check_counts, check_input

KINDS = [UNet, AttentionUNet, UNet3Plus, ResUNetPlusPlus]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((4, 32, 32), r"shape \(4, 32, 32\); expected \(B, 4, H, W\): a single image\? Add a batch axis"),
        ((1, 32, 32, 4), r"shape \(1, 32, 32, 4\); expected \(B, 4, H, W\): are the channels last"),
        ((1, 5, 32, 32), r"shape \(1, 5, 32, 32\); expected \(B, 4, H, W\): which modalities"),
        ((32, 32), r"shape \(32, 32\); expected \(B, 4, H, W\): is an axis missing"),
        ((1, 4, 32, 7), r"shape \(1, 4, 32, 7\), and along W size 7 does not fit .* at least"),
    ],
)
def test_wrong_input_is_named(kind, shape, message):
    with pytest.raises(ValueError, match=message):
        kind(width=2)(torch.zeros(shape))


@pytest.mark.parametrize("kind", KINDS)
def test_wrong_types_are_named(kind):
    model = kind(width=2)
    with pytest.raises(TypeError, match=r"input is a ndarray; expected a tensor"):
        model(np.zeros((1, 4, 32, 32), np.float32))
    with pytest.raises(ValueError, match=r"input is torch.int16; expected floating point"):
        model(torch.zeros(1, 4, 32, 32, dtype=torch.int16))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_every_floating_type_passes(dtype):
    check_input(torch.zeros(2, 3, 4, 5, dtype=dtype), 3, lambda size: size)


def test_first_count_below_one_is_named():
    check_counts(width=1, depth=2)
    with pytest.raises(ValueError, match="depth is -1; expected 1 or more"):
        check_counts(width=1, depth=-1, convs=0)
