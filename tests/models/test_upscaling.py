"""Resampling against Pillow, without a shift; factors that are powers of two."""

import numpy as np
import pytest
import torch
from PIL import Image

from brainlab.models.upscaling import mean_of_four, resample, upscaling_stages


@pytest.mark.parametrize("size", [(128, 128), (28, 28), (40, 71), (32, 20)])
def test_resampling_is_pillows(size):
    x = torch.rand(1, 1, 28, 30, generator=torch.Generator().manual_seed(0))
    expected = Image.fromarray(x[0, 0].numpy()).resize(size[::-1], Image.Resampling.BICUBIC)
    np.testing.assert_allclose(resample(x, size)[0, 0], np.asarray(expected), atol=1e-5)


def test_the_mean_of_four_by_hand():
    x = torch.rand(2, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    for row in range(4):
        for column in range(5):
            rows, columns = (max(row - 1, 0), row), (max(column - 1, 0), column)
            wanted = sum(x[:, :, i, j] for i in rows for j in columns) / 4
            torch.testing.assert_close(mean_of_four(x)[:, :, row, column], wanted)


def test_resampling_keeps_the_middle_and_a_slope():
    x = torch.arange(28.0).expand(1, 1, 28, 28)
    large = resample(x, 128)
    torch.testing.assert_close(large, 27 - large.flip(-1))
    centres = (torch.arange(128) + 0.5) * 28 / 128 - 0.5
    torch.testing.assert_close(large[0, 0, 0, 16:-16], centres[16:-16])


def test_its_own_size_or_none_is_left_alone():
    x = torch.rand(2, 1, 5, 6)
    assert resample(x, None) is x
    assert resample(x, (5, 6)) is x


def test_stages():
    assert [upscaling_stages(scale) for scale in (2, 4, 8)] == [1, 2, 3]
    for wrong in (0, 1, 3, 12):
        with pytest.raises(ValueError, match=f"scale is {wrong}; expected 2, 4 or 8"):
            upscaling_stages(wrong)
