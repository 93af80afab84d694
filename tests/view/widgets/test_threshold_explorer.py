import numpy as np
import pytest
import torch
from traitlets import TraitError

from brainlab.view import ThresholdExplorer

# Three pixels in a row: clearly NCR, undecided between two classes, background with some probability of ET.
PROB = np.array([[0.1, 0.1, 0.5], [0.8, 0.45, 0.0], [0.1, 0.44, 0.1], [0.0, 0.01, 0.4]])[:, None, :]
TRUTH = np.array([[1, 2, 0]])


def example(**traits):
    """A head with a tumour of three classes, and noisy probabilities."""
    rng = np.random.default_rng(0)
    image, labels = np.zeros((24, 32), np.float32), np.zeros((24, 32), int)
    image[4:20, 4:28] = 1 + rng.random((16, 24))
    labels[8:14, 8:16], labels[10:12, 10:12], labels[10:12, 12:14] = 2, 3, 1
    noise = rng.dirichlet(np.ones(4), labels.shape).transpose(2, 0, 1)
    prob = 0.5 * noise + 0.5 * (labels == np.arange(4)[:, None, None])
    return ThresholdExplorer(prob, labels, image, np.diag([-1.0, -1.0, 1.0, 1.0]), **traits)


def dice_by_hand(mask, truth):
    shared = sum(bool(a and b) for a, b in zip(mask.ravel(), truth.ravel(), strict=True))
    size = int(mask.sum() + truth.sum())
    return 1.0 if size == 0 else 2 * shared / size


def test_dice_of_both_ways():
    shown = ThresholdExplorer(PROB, TRUTH, thresholds=[0.5, 0.4, 0.3])
    masks = {"NCR": [[1, 0, 0]], "ED": [[0, 1, 0]], "ET": [[0, 0, 1]]}
    for number, (name, mask) in enumerate(masks.items(), start=1):
        np.testing.assert_array_equal(shown.masks()[number - 1], np.array(mask, bool))
        assert shown.scores()["thresholds"][name] == dice_by_hand(np.array(mask), number == TRUTH)
    assert shown.scores()["argmax"] == {"NCR": 2 / 3, "ED": 0.0, "ET": 1.0}


def test_a_pixel_in_several_classes_is_counted_and_has_its_own_colour():
    shown = ThresholdExplorer(torch.tensor(PROB), torch.tensor(TRUTH), thresholds=[0.4, 0.4, 0.9])
    assert "Pixels in several classes: 1" in shown.describe()
    picture = np.asarray(shown.to_figure().axes[2].images[0].get_array())
    purple, blue = picture[0, 1], picture[0, 0]
    np.testing.assert_allclose(purple / purple[0], np.array([0xCC, 0x79, 0xA7]) / 0xCC, atol=0.01)
    assert blue.argmax() == 2


def test_sliders_and_the_list_agree():
    shown = ThresholdExplorer(PROB, TRUTH)
    shown.thresholds = [0.1, 0.2, 0.3]
    sliders = shown.children[1].children
    assert [slider.value for slider in sliders] == [0.1, 0.2, 0.3]
    sliders[1].value = 0.65
    assert shown.thresholds == [0.1, 0.65, 0.3]


def test_two_classes_have_one_slider():
    shown = ThresholdExplorer(PROB[:2] / PROB[:2].sum(0), (TRUTH == 1).astype(int))
    assert len(shown.children[1].children) == 1


def test_wrong_input_is_named():
    with pytest.raises(ValueError, match="are these logits"):
        ThresholdExplorer(10 * PROB, TRUTH)
    with pytest.raises(ValueError, match=r"prob has shape \(1, 4, 1, 3\); expected \(C, H, W\)"):
        ThresholdExplorer(PROB[None], TRUTH)
    with pytest.raises(ValueError, match=r"target: shape \(3,\); expected \(1, 3\)"):
        ThresholdExplorer(PROB, TRUTH[0])
    with pytest.raises(TraitError, match="2 thresholds; expected 3, for NCR, ED, ET"):
        ThresholdExplorer(PROB, TRUTH).thresholds = [0.5, 0.5]
