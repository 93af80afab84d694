"""Both readings of the paper's PReLU are accepted: one slope, or one for each channel."""

import numpy as np
import pytest
import torch

from grading_tests.checks.nb04.residual_block import GAP, residual_values
from grading_tests.gap import Wrong


@pytest.mark.parametrize("slopes", [1, 4])
def test_a_residual_block_may_have_one_slope_or_one_for_each_channel(slopes):
    def answer(num_feat):
        block = GAP.reference(num_feat)
        (name,) = [name for name, layer in block.named_modules() if isinstance(layer, torch.nn.PReLU)]
        block.set_submodule(name, torch.nn.PReLU(slopes))
        return block

    residual_values(answer, np.random.default_rng(0))


def test_no_network_is_no_residual_block():
    with pytest.raises(Wrong) as caught:
        residual_values(lambda num_feat: "a block", np.random.default_rng(0))
    assert caught.value.got == "a str"
