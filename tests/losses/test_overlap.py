"""Losses of areas against MONAI, a slow loop and numbers worked out by hand."""

from functools import partial

import pytest
import torch
from monai.losses import DiceLoss, GeneralizedDiceLoss, TverskyLoss

from brainlab.losses import (
    focal_tversky_loss,
    generalised_dice_loss,
    jaccard_loss,
    soft_dice_loss,
    tversky_loss,
)
from brainlab.losses.overlap import bounded_power


def monai_dice(eps=1e-6, **options):
    return DiceLoss(smooth_nr=eps, smooth_dr=eps, **options)


def monai_jaccard(eps=1e-6, **options):
    return DiceLoss(jaccard=True, smooth_nr=2 * eps, smooth_dr=2 * eps, **options)  # its areas are doubled


def monai_generalised(eps=1e-6, **options):
    # Its eps has another unit; both are far too small to matter where a class is present.
    return GeneralizedDiceLoss(smooth_nr=1e-12, smooth_dr=1e-12, **options)


def monai_tversky(eps=1e-6, **options):
    return TverskyLoss(alpha=0.2, beta=0.9, smooth_nr=eps, smooth_dr=eps, **options)


PAIRS = {
    "Dice": (soft_dice_loss, monai_dice),
    "Jaccard": (jaccard_loss, monai_jaccard),
    "generalised Dice": (generalised_dice_loss, monai_generalised),
    "Tversky": (partial(tversky_loss, alpha=0.2, beta=0.9), monai_tversky),
}
pairs = pytest.mark.parametrize(("ours", "monai"), PAIRS.values(), ids=PAIRS.keys())


@pairs
@pytest.mark.parametrize("per_image", [True, False])
@pytest.mark.parametrize("background", [True, False])
@pytest.mark.parametrize("absent", [False, True])
def test_against_monai(ours, monai, per_image, background, absent, problem):
    logits, target = problem((3, 4, 6, 5))
    if absent:
        target[0] = target[0].clamp_max(1)
    oracle = monai(softmax=True, to_onehot_y=True, batch=not per_image, include_background=background)
    expected = oracle(logits, target.unsqueeze(1))
    torch.testing.assert_close(ours(logits, target, per_image=per_image, background=background), expected)


@pairs
@pytest.mark.parametrize("per_image", [True, False])
def test_one_channel_against_monai(ours, monai, per_image, problem):
    logits, target = problem((3, 1, 6, 5))
    expected = monai(sigmoid=True, batch=not per_image)(logits, target.unsqueeze(1))
    torch.testing.assert_close(ours(logits, target, per_image=per_image), expected)


@pytest.mark.parametrize("eps", [1.0, 0.1])
@pytest.mark.parametrize("per_image", [True, False])
@pytest.mark.parametrize("name", ["Dice", "Jaccard", "Tversky"])
def test_eps_against_monai(name, per_image, eps, problem):
    ours, monai = PAIRS[name]
    logits, target = problem((3, 4, 6, 5))
    expected = monai(eps, softmax=True, to_onehot_y=True, batch=not per_image)(logits, target.unsqueeze(1))
    torch.testing.assert_close(ours(logits, target, per_image=per_image, eps=eps), expected)


def slow_focal_tversky(logits, target, alpha, beta, gamma):
    terms = []
    for b in range(logits.shape[0]):
        for c in range(logits.shape[1]):
            tp = fp = fn = 0.0
            for h in range(logits.shape[2]):
                for w in range(logits.shape[3]):
                    p = logits[b, :, h, w].softmax(0)[c].item()
                    is_c = target[b, h, w].item() == c
                    tp, fp, fn = tp + p * is_c, fp + p * (not is_c), fn + (1 - p) * is_c
            terms.append((1 - tp / (tp + alpha * fp + beta * fn)) ** gamma)
    return sum(terms) / len(terms)


@pytest.mark.parametrize("gamma", [0.75, 1.0, 4 / 3])
def test_focal_tversky_against_a_slow_loop(gamma, problem):
    logits, target = problem((2, 3, 4, 5))
    expected = slow_focal_tversky(logits, target, 0.3, 0.7, gamma)
    assert focal_tversky_loss(logits, target, gamma=gamma).item() == pytest.approx(expected, rel=1e-5)


def test_by_hand(certain):
    """Truth 1 1 0 0 0, prediction 1 0 1 1 0: TP 1, FP 2, FN 1."""
    target = torch.tensor([[[1, 1, 0, 0, 0]]])
    logits = certain(torch.tensor([[[1, 0, 1, 1, 0]]]), 1)
    assert soft_dice_loss(logits, target).item() == pytest.approx(1 - 2 / 5)
    assert jaccard_loss(logits, target).item() == pytest.approx(1 - 1 / 4)
    assert tversky_loss(logits, target).item() == pytest.approx(1 - 1 / (1 + 0.3 * 2 + 0.7 * 1))
    assert focal_tversky_loss(logits, target).item() == pytest.approx((1 - 1 / 2.3) ** 0.75)


def test_generalised_dice_by_hand(certain):
    """Truth 1 0 0 0, prediction 1 1 0 0: weights 1 and 1/9, shared 1 and 2, areas 3 and 5."""
    target = torch.tensor([[[1, 0, 0, 0]]])
    logits = certain(torch.tensor([[[1, 1, 0, 0]]]), 2)
    expected = 1 - 2 * (1 * 1 + 2 / 9) / (1 * 3 + 5 / 9)
    assert generalised_dice_loss(logits, target).item() == pytest.approx(expected)


def test_half_sure_by_hand():
    """Probability 1/2 everywhere, half of the pixels true: TP = FP = FN."""
    logits, target = torch.zeros(1, 1, 2, 4), torch.tensor([[[1, 1, 1, 1], [0, 0, 0, 0]]])
    assert soft_dice_loss(logits, target).item() == pytest.approx(1 / 2)
    assert jaccard_loss(logits, target).item() == pytest.approx(2 / 3)


def test_tversky_holds_dice_and_jaccard(problem):
    problem = problem()
    half = tversky_loss(*problem, alpha=0.5, beta=0.5, eps=0.5e-6)  # its areas are halved
    torch.testing.assert_close(half, soft_dice_loss(*problem))
    torch.testing.assert_close(tversky_loss(*problem, alpha=1, beta=1), jaccard_loss(*problem))
    torch.testing.assert_close(focal_tversky_loss(*problem, gamma=1), tversky_loss(*problem))


def test_alpha_is_for_false_positives(certain):
    target = torch.tensor([[[1, 1, 0, 0]]])
    too_much, too_little = (certain(torch.tensor([[row]]), 1) for row in ([1, 1, 1, 0], [1, 0, 0, 0]))
    assert tversky_loss(too_much, target) < tversky_loss(too_little, target)
    swapped = {"alpha": 0.7, "beta": 0.3}
    assert tversky_loss(too_much, target, **swapped) > tversky_loss(too_little, target, **swapped)


def test_an_image_without_the_class_counts_in_its_own_ratio_only(certain):
    """One false pixel of 4: the empty image loses all, the batch of both images 1 - 2/3."""
    target = torch.tensor([[[1, 0, 0, 0]], [[0, 0, 0, 0]]])
    logits = certain(torch.tensor([[[1, 0, 0, 0]], [[1, 0, 0, 0]]]), 1)
    assert soft_dice_loss(logits, target).item() == pytest.approx(0.5)
    assert soft_dice_loss(logits, target, per_image=False).item() == pytest.approx(1 - 2 / 3)


def test_per_image_is_the_mean_over_images(problem):
    logits, target = problem((3, 4, 6, 5))
    alone = [soft_dice_loss(logits[[b]], target[[b]], per_image=False) for b in range(3)]
    torch.testing.assert_close(soft_dice_loss(logits, target), sum(alone) / 3)


def test_absent_class_has_nearly_no_gradient_in_dice(problem):
    """The failure mode in the docstring: everything is wrong, and nothing pulls."""
    logits = problem((1, 1, 32, 32))[0].requires_grad_()
    loss = soft_dice_loss(logits, torch.zeros(1, 32, 32, dtype=torch.int64))
    loss.backward()
    assert loss.item() == pytest.approx(1)
    assert logits.grad.abs().max() < 1e-8


@pytest.mark.parametrize("gamma", [0.3, 0.75, 1.0, 2.0])
def test_bounded_power(gamma):
    x = torch.tensor([0.0, 1e-7, 1e-6, 1e-3, 1.0, 7.0], dtype=torch.float64, requires_grad=True)
    y = bounded_power(x, gamma)
    y.sum().backward()
    assert y[0] == 0
    torch.testing.assert_close(y[2:], x[2:] ** gamma)
    torch.testing.assert_close(x.grad[2:], gamma * x.detach()[2:] ** (gamma - 1))
    torch.testing.assert_close(x.grad[:2], torch.full((2,), 1e-6 ** (gamma - 1), dtype=torch.float64))


def test_rounding_below_zero_is_no_negative_loss():
    x = torch.tensor(-1e-7, requires_grad=True)
    y = bounded_power(x, 0.3)
    y.backward()
    assert y == 0
    assert x.grad == 0


@pytest.mark.parametrize("options", [{"alpha": -0.1}, {"beta": -1.0}, {"gamma": -1.0}])
def test_options_out_of_range(options, problem):
    (name, value), *_ = options.items()
    with pytest.raises(ValueError, match=f"{name} is {value}; expected 0 or more"):
        focal_tversky_loss(*problem(), **options)
