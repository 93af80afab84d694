"""The toy masks of notebook 03: their sizes, and the losses that follow from them."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from brainlab.losses import probabilities, soft_dice_loss
from brainlab.synth import toys


def test_bars_move_and_grow():
    truth = toys.bar()
    assert truth.shape == (1, 1, 128)
    assert truth.sum() == 8
    assert torch.equal(toys.bar(shift=3), truth.roll(3, dims=-1))
    assert toys.bar(12).sum() == 12
    assert (toys.bar(12) * truth).sum() == 8
    assert toys.bar(0).sum() == 0


def test_sure_logits_of_the_truth_have_no_loss():
    truth = toys.bar()
    assert soft_dice_loss(toys.sure(truth, 2), truth).item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("number", [0, 1, 100])
def test_false_pixels(number):
    guess, truth = toys.false_pixels(number)
    assert (guess != truth).sum() == number
    assert ((guess == 3) & (truth == 0))[0].sum() == number
    assert not (truth[0] == 3).any()


def test_spot():
    prob, one_hot = probabilities(*toys.spot(0.25))
    assert one_hot[:, 1].sum() == 16
    assert prob[:, 1][one_hot[:, 1] == 1].numpy() == pytest.approx(0.25)
    assert prob[:, 1][one_hot[:, 1] == 0].max() < 1e-6


def test_walls_keep_cells_apart():
    cells, walls = toys.touching_cells()
    assert np.unique(cells).tolist() == [0, 1, 2, 3, 4]
    corners = np.ones((3, 3))
    assert ndimage.label(cells > 0)[1] == 4
    assert ndimage.label((cells > 0) | walls, corners)[1] == 2
