"""Both readings of the paper's PReLU are accepted: one slope, or one for each channel."""

import numpy as np
import pytest
import torch

from grading_tests.checks.nb04.residual_block import residual_like, residual_values
from grading_tests.gap import Wrong


@pytest.mark.parametrize("slopes", [1, 4])
def test_a_residual_block_may_have_one_slope_or_one_for_each_channel(slopes):
    def answer(num_feat):
        block = residual_like(lambda n: torch.nn.PReLU(slopes))(num_feat)
        assert block.block[2].num_parameters == slopes
        return block

    residual_values(answer, np.random.default_rng(0))


def test_no_network_is_no_residual_block():
    with pytest.raises(Wrong) as caught:
        residual_values(lambda num_feat: "a block", np.random.default_rng(0))
    assert caught.value.got == "str"
