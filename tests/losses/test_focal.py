import math

import pytest
import torch
from monai.losses import FocalLoss

from brainlab.losses import cross_entropy, focal_loss

WEIGHT = torch.tensor([0.1, 2.0, 1.0, 5.0])


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0, 5.0])
def test_against_monai(gamma, problem):
    logits, target = problem()
    oracle = FocalLoss(use_softmax=True, to_onehot_y=True, gamma=gamma)
    expected = 4 * oracle(logits, target.unsqueeze(1))  # its mean is over classes too, of which one is not 0
    torch.testing.assert_close(focal_loss(logits, target, gamma), expected)


def test_weighted_against_monai(problem):
    logits, target = problem()
    oracle = FocalLoss(use_softmax=True, to_onehot_y=True, weight=WEIGHT, reduction="sum")
    pixels = target[0].numel()  # its sum is of means over pixels
    expected = pixels * oracle(logits, target.unsqueeze(1)) / WEIGHT[target].sum()
    torch.testing.assert_close(focal_loss(logits, target, weight=WEIGHT), expected)


def test_one_channel_against_monai(problem):
    logits, target = problem((2, 1, 5, 7))
    torch.testing.assert_close(focal_loss(logits, target), FocalLoss()(logits, target.unsqueeze(1)))


@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_gamma_zero_is_the_cross_entropy(weight, problem):
    logits, target = problem()
    torch.testing.assert_close(
        focal_loss(logits, target, gamma=0, weight=weight), cross_entropy(logits, target, weight)
    )


def test_by_hand():
    """The paper's section 3: at p = 0.9 and gamma = 2 a pixel counts a hundredth of its cross-entropy."""
    logits = torch.tensor([[[[math.log(9)]]]])  # sigmoid 0.9
    loss = focal_loss(logits, torch.ones(1, 1, 1, dtype=torch.int64)).item()
    assert loss == pytest.approx(-math.log(0.9) / 100, rel=1e-5)


def test_larger_gamma_down_weights_the_easy_pixel():
    """Of an easy pixel (p 0.9) and a hard one (0.2): the easy one's part of the gradient falls."""
    parts = []
    for gamma in (0.0, 1.0, 2.0, 5.0):
        logits = torch.logit(torch.tensor([0.9, 0.2])).view(1, 1, 2).requires_grad_()
        focal_loss(logits, torch.ones(1, 2, dtype=torch.int64), gamma).backward()
        grad = logits.grad.abs().flatten()
        parts.append((grad[0] / grad.sum()).item())
    assert parts == sorted(parts, reverse=True)
    assert parts[-1] < 1e-3


@pytest.mark.parametrize("channels", [1, 4])
def test_gradient_for_gamma_below_one(channels, problem, certain):
    """There the slope of (1 - p)**gamma is infinite at p = 1."""
    logits, target = problem((2, channels, 3, 2), torch.float64)
    assert torch.autograd.gradcheck(lambda x: focal_loss(x, target, 0.5), logits.requires_grad_())
    for size in (60.0, 1e4, -1e4):
        sure = certain(target, channels, size).requires_grad_()
        focal_loss(sure, target, 0.5).backward()
        assert sure.grad.isfinite().all()


def test_gamma_out_of_range(problem):
    with pytest.raises(ValueError, match="gamma is -1; expected 0 or more"):
        focal_loss(*problem(), gamma=-1)
