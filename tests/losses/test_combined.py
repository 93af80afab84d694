import pytest
import torch
from monai.losses import DiceCELoss, DiceFocalLoss, DiceLoss, FocalLoss

from brainlab.losses import (
    alpha_bce_dice_loss,
    bce_dice_loss,
    binary_cross_entropy,
    focal_dice_loss,
    soft_dice_loss,
)

EPS = {"smooth_nr": 1e-6, "smooth_dr": 1e-6}


def test_bce_dice_of_one_channel_against_monai(problem):
    logits, target = problem((3, 1, 6, 5))
    expected = DiceCELoss(sigmoid=True, **EPS)(logits, target.unsqueeze(1).float())
    torch.testing.assert_close(bce_dice_loss(logits, target), expected)


def test_alpha_bce_dice_of_one_channel_against_monai(problem):
    logits, target = problem((3, 1, 6, 5))
    oracle = DiceCELoss(sigmoid=True, lambda_ce=0.7, lambda_dice=0.3, **EPS)
    expected = oracle(logits, target.unsqueeze(1).float())
    torch.testing.assert_close(alpha_bce_dice_loss(logits, target, alpha=0.7), expected)


def test_bce_dice_of_two_classes_against_monai(problem):
    logits, target = problem((3, 2, 6, 5))  # of two classes, binary and categorical cross-entropy are one
    expected = DiceCELoss(softmax=True, to_onehot_y=True, **EPS)(logits, target.unsqueeze(1))
    torch.testing.assert_close(bce_dice_loss(logits, target), expected)


def test_focal_dice_of_one_channel_against_monai(problem):
    logits, target = problem((3, 1, 6, 5))
    expected = DiceFocalLoss(sigmoid=True, gamma=1.5, **EPS)(logits, target.unsqueeze(1))
    torch.testing.assert_close(focal_dice_loss(logits, target, gamma=1.5), expected)


def test_focal_dice_of_four_classes_against_monai(problem):
    """Its DiceFocalLoss has a sigmoid in the focal term whatever the Dice term has, so the two apart."""
    logits, target = problem((3, 4, 6, 5))
    dice = DiceLoss(softmax=True, to_onehot_y=True, **EPS)(logits, target.unsqueeze(1))
    focal = FocalLoss(use_softmax=True, to_onehot_y=True, gamma=1.5)(logits, target.unsqueeze(1))
    expected = dice + 4 * focal  # a mean over 4 classes of which one is not 0
    torch.testing.assert_close(focal_dice_loss(logits, target, gamma=1.5), expected)


def test_alpha_goes_from_dice_to_cross_entropy(problem):
    problem = problem()
    torch.testing.assert_close(alpha_bce_dice_loss(*problem, alpha=0), soft_dice_loss(*problem))
    torch.testing.assert_close(alpha_bce_dice_loss(*problem, alpha=1), binary_cross_entropy(*problem))
    torch.testing.assert_close(2 * alpha_bce_dice_loss(*problem, alpha=0.5), bce_dice_loss(*problem))
    fifth = 0.2 * binary_cross_entropy(*problem) + 0.8 * soft_dice_loss(*problem)
    torch.testing.assert_close(alpha_bce_dice_loss(*problem), fifth)


@pytest.mark.parametrize("alpha", [-0.1, 1.5])
def test_alpha_out_of_range(alpha, problem):
    with pytest.raises(ValueError, match=f"alpha is {alpha}; expected 0 to 1"):
        alpha_bce_dice_loss(*problem(), alpha=alpha)
