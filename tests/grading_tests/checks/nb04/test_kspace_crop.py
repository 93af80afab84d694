"""The oracle of the k-space crop, which draws the waves one by one, against the library's FFT."""

import pytest
import torch

from brainlab.data import kspace_crop
from grading_tests.checks.nb04.kspace_crop import ways


@pytest.mark.parametrize(("shape", "size"), [((2, 1, 12, 12), 6), ((1, 1, 9, 14), 5), ((1, 1, 11, 8), 4)])
def test_the_oracle_agrees_with_the_library(shape, size):
    hr = 0.3 + 0.4 * torch.rand(shape)
    torch.testing.assert_close(ways(hr, size)[1].float(), kspace_crop(hr, size))


def test_the_two_magnitudes_differ_for_even_sizes_only():
    hr = 0.3 + 0.4 * torch.rand(1, 1, 12, 12)
    for size, alike in ((6, False), (5, True)):
        one, two = ways(hr, size)
        assert torch.allclose(one, two, atol=1e-6) == alike
