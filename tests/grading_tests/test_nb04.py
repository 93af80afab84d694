"""What is special to notebook 04; every answer of its bank is tried in test_banks.py."""

import numpy as np
import pytest
import torch

from brainlab.data.degradations import kspace_crop
from grading_tests.bank.nb04 import WRONG
from grading_tests.core import grade
from grading_tests.gap import Wrong
from grading_tests.nb04 import GAPS
from grading_tests.nb04_blocks import residual_like, residual_values
from grading_tests.nb04_kspace import ways


def test_the_notebook_fits_into_two_hours():
    assert len(GAPS) <= 12
    assert sum(gap.minutes for gap in GAPS) <= 85  # the rest is for reading, running and looking
    assert len({gap.id for gap in GAPS}) == len(GAPS)


@pytest.mark.parametrize("gap_id", WRONG)
def test_wrong_answers_stay_wrong_in_other_years(gap_id, monkeypatch):
    points = next(gap.points for gap in GAPS if gap.id == gap_id)
    for year in ("2027", "2028"):
        monkeypatch.setenv("BRAINLAB_GRADE_SEED", year)
        assert [item.name for item in WRONG[gap_id] if grade(gap_id, item.answer) >= points] == []


@pytest.mark.parametrize(("shape", "size"), [((2, 1, 12, 12), 6), ((1, 1, 9, 14), 5), ((1, 1, 11, 8), 4)])
def test_the_waves_drawn_one_by_one_are_the_library_s_fourier_transform(shape, size):
    hr = 0.3 + 0.4 * torch.rand(shape)
    torch.testing.assert_close(ways(hr, size)[1].float(), kspace_crop(hr, size))


def test_the_two_magnitudes_differ_for_even_sizes_only():
    hr = 0.3 + 0.4 * torch.rand(1, 1, 12, 12)
    for size, alike in ((6, False), (5, True)):
        one, two = ways(hr, size)
        assert torch.allclose(one, two, atol=1e-6) == alike


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
