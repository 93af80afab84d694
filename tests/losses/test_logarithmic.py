import math

import pytest
import torch

from brainlab.losses import exponential_logarithmic_loss, label_weights, soft_dice_loss


def slow(logits, target, dice_weight, cross_weight, gamma_dice, gamma_cross, weight):
    images, classes, height, width = logits.shape
    prob = logits.double().softmax(1)
    dice_terms, cross_terms = [], []
    for b in range(images):
        for c in range(classes):
            is_c = target[b] == c
            dice = (2 * prob[b, c][is_c].sum() + 1e-6) / (prob[b, c].sum() + is_c.sum() + 1e-6)
            dice_terms.append((-math.log(dice)) ** gamma_dice)
        for h in range(height):
            for w in range(width):
                label = target[b, h, w]
                cross_terms.append(weight[label] * (-math.log(prob[b, label, h, w])) ** gamma_cross)
    dice_mean, cross_mean = (sum(terms) / len(terms) for terms in (dice_terms, cross_terms))
    return float(dice_weight * dice_mean + cross_weight * cross_mean)


@pytest.mark.parametrize("weight", [None, torch.tensor([0.1, 2.0, 1.0, 5.0])])
@pytest.mark.parametrize("numbers", [(0.8, 0.2, 0.3, 0.3), (0.5, 1.0, 2.0, 0.7), (1.0, 0.0, 1.0, 1.0)])
def test_against_a_slow_loop(numbers, weight, problem):
    logits, target = problem((2, 4, 4, 5))
    expected = slow(logits, target, *numbers, label_weights(target, 4) if weight is None else weight)
    loss = exponential_logarithmic_loss(logits, target, *numbers, weight)
    assert loss.item() == pytest.approx(expected, rel=1e-5)


def test_defaults_are_those_of_the_paper(problem):
    problem = problem()
    torch.testing.assert_close(
        exponential_logarithmic_loss(*problem), exponential_logarithmic_loss(*problem, 0.8, 0.2, 0.3, 0.3)
    )


def test_by_hand():
    """One channel, p = 1/2, half of the pixels true: Dice 1/2, and both labels weigh sqrt(2)."""
    loss = exponential_logarithmic_loss(torch.zeros(1, 1, 1, 2), torch.tensor([[[0, 1]]])).item()
    assert loss == pytest.approx((0.8 + 0.2 * math.sqrt(2)) * math.log(2) ** 0.3)


def test_mean_of_the_logarithms_not_logarithm_of_the_mean(problem):
    logits, target = problem()
    loss = exponential_logarithmic_loss(logits, target, 1, 0, 1, 1).item()
    assert loss > -math.log(1 - soft_dice_loss(logits, target).item()) + 0.01


def test_label_weights():
    target = torch.tensor([[[0, 0, 0, 0], [0, 0, 0, 0], [0, 1, 1, 1], [1, 2, 2, 2]]])
    weight = label_weights(target, 4)  # 9, 4, 3 and 0 of 16 pixels
    torch.testing.assert_close(weight, torch.tensor([4 / 3, 2.0, 4 / math.sqrt(3), 4.0]))


def test_a_missed_pixel_still_pulls():
    """What the logarithm is for: Dice is as good as 0 in both cases, and soft Dice cannot tell them apart."""
    target = torch.zeros(1, 16, 16, dtype=torch.int64)
    target[0, 3, 3] = 1
    nothing = torch.zeros(1, 2, 16, 16)  # predicts background everywhere
    sure, surer = (nothing + torch.tensor([size, 0]).view(1, 2, 1, 1) for size in (8.0, 14.0))
    assert soft_dice_loss(surer, target) - soft_dice_loss(sure, target) < 1e-3
    difference = exponential_logarithmic_loss(surer, target) - exponential_logarithmic_loss(sure, target)
    assert difference > 0.1


@pytest.mark.parametrize("size", [2.0, 8.0, 15.0, 30.0, 1e4])
@pytest.mark.parametrize("channels", [1, 4])
def test_gradient_is_bounded_on_the_way_to_perfect(size, channels, problem, certain):
    _, target = problem((2, channels, 16, 16))
    logits = certain(target, channels, size).requires_grad_()
    exponential_logarithmic_loss(logits, target).backward()
    assert logits.grad.isfinite().all()
    assert logits.grad.abs().max() < 0.1


def test_options_out_of_range(problem):
    for name in ("dice_weight", "cross_weight", "gamma_dice", "gamma_cross"):
        with pytest.raises(ValueError, match=f"{name} is -1; expected 0 or more"):
            exponential_logarithmic_loss(*problem(), **{name: -1})
    with pytest.raises(ValueError, match=r"weight has shape \(2,\); expected \(4,\)"):
        exponential_logarithmic_loss(*problem(), weight=torch.ones(2))
