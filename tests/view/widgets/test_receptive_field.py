import itertools

import numpy as np
import pytest
import torch

from brainlab.view import ReceptiveField


def paths(kernel, dilations):
    """Count the paths from each input pixel to the output, along one axis, by enumeration."""
    taps = [range(-(kernel // 2), kernel // 2 + 1)] * len(dilations)
    places = [sum(t * d for t, d in zip(steps, dilations, strict=True)) for steps in itertools.product(*taps)]
    return np.bincount(np.array(places) - min(places))


@pytest.mark.parametrize(
    ("layers", "kernel", "dilation", "doubled", "dilations"),
    [
        (1, 3, 1, False, [1]),
        (3, 3, 1, False, [1, 1, 1]),
        (2, 3, 4, False, [4, 4]),
        (3, 3, 1, True, [1, 2, 4]),
        (2, 5, 2, True, [2, 4]),
    ],
)
def test_the_field_is_that_of_the_closed_formula(layers, kernel, dilation, doubled, dilations):
    shown = ReceptiveField(layers=layers, kernel=kernel, dilation=dilation, doubled=doubled)
    assert shown.dilations == dilations
    field = shown.field()
    assert field.shape == (1 + (kernel - 1) * sum(dilations),) * 2
    count = paths(kernel, dilations)
    np.testing.assert_allclose(field, np.outer(count, count) / kernel ** (2 * layers), rtol=1e-4, atol=1e-9)


def test_dilation_widens_and_leaves_holes():
    shown = ReceptiveField(layers=2, dilation=1)
    assert (len(shown.field()), np.count_nonzero(shown.field())) == (5, 25)
    shown.dilation = 4
    assert (len(shown.field()), np.count_nonzero(shown.field())) == (17, 25)
    assert "17 x 17 pixels and uses 8.7 %" in shown.describe()
    assert "without dilation it sees 5 x 5" in shown.describe()


def test_a_training_beside_it_draws_the_same_numbers():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    shown = ReceptiveField(layers=2, kernel=5, dilation=2, doubled=True)
    shown.network()
    assert torch.equal(torch.rand(3), expected)
