import numpy as np
import pytest
import torch
from scipy import ndimage

from brainlab import losses
from brainlab.view import LossExplorer
from brainlab.view.widgets.loss_explorer import every_loss, shown_name


def square(size=32):
    truth = np.zeros((size, size), bool)
    truth[10:20, 8:18] = True
    return truth


def test_every_loss_of_the_library_is_there():
    truth = np.zeros((8, 8), bool)
    truth[2:5, 2:5] = True
    assert every_loss(truth).keys() == {*map(shown_name, losses.ALL), "weighted cross entropy"}


def test_values_are_those_of_direct_calls():
    shown = LossExplorer(square(), right=3, down=-2, confidence=0.9)
    guess = np.roll(square(), (-2, 3), (0, 1))
    logits = torch.zeros(1, 2, 32, 32)
    logits[0, 1] = torch.from_numpy(np.where(guess, np.log(9.0), -np.log(9.0)))
    target = torch.from_numpy(square()).long()[None]
    balance = torch.tensor([1024 / 924, 1024 / 100]) / 2
    places = torch.from_numpy(losses.border_weight_map(ndimage.label(square())[0]))[None]
    expected = {
        shown_name(name): loss_fn(logits, target)
        for name, loss_fn in losses.ALL.items()
        if name != "border_cross_entropy"
    }
    expected["border cross entropy"] = losses.border_cross_entropy(logits, target, places)
    expected["weighted cross entropy"] = losses.cross_entropy(logits, target, balance)
    assert shown.values() == pytest.approx({name: loss.item() for name, loss in expected.items()}, rel=1e-5)


def test_every_loss_is_lowest_in_place_and_1_for_an_empty_prediction():
    shown = LossExplorer()
    in_place = shown.relative()
    shown.right = 5
    assert all(value > in_place[name] for name, value in shown.relative().items())
    shown.right, shown.grow = 0, -16
    assert not shown.prediction().any()
    assert shown.relative() == pytest.approx(dict.fromkeys(in_place, 1.0))


def test_the_mask_moves_grows_and_shrinks():
    shown = LossExplorer(square())
    np.testing.assert_array_equal(shown.prediction(), square())
    shown.right, shown.down = 2, 3
    np.testing.assert_array_equal(shown.prediction(), np.roll(square(), (3, 2), (0, 1)))
    shown.right = shown.down = 0
    shown.grow = 1  # 1 pixel to each side, without the corners
    cross = ndimage.generate_binary_structure(2, 1)
    np.testing.assert_array_equal(shown.prediction(), ndimage.binary_dilation(square(), cross))
    shown.grow = -2
    assert shown.prediction().sum() == 36


def test_right_is_right_in_the_picture():
    affine = np.diag([1.0, 1.0, 1.0, 1.0])  # x grows to the patient's right: mirrored in the picture
    shown = LossExplorer(square(), square().astype(float), affine, right=4)
    columns = [np.nonzero(mask.any(axis=0))[0].mean() for mask in (shown.truth, shown.prediction())]
    assert columns[1] - columns[0] == 4


def test_wrong_input_is_named():
    with pytest.raises(ValueError, match="truth has 0 pixels of tumour of 64"):
        LossExplorer(np.zeros((8, 8)))
    with pytest.raises(ValueError, match=r"image: shape \(9, 9\); expected \(32, 32\)"):
        LossExplorer(square(), np.zeros((9, 9)))
