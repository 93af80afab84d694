import math

import pytest
import torch
import torch.nn.functional as F

from brainlab.losses import binary_cross_entropy, cross_entropy


def slow(logits, target, weight):
    total = weights = 0.0
    for b in range(logits.shape[0]):
        for h in range(logits.shape[2]):
            for w in range(logits.shape[3]):
                scores, label = logits[b, :, h, w].double(), target[b, h, w]
                probability = scores[label].exp() / scores.exp().sum()
                total -= weight[label] * probability.log()
                weights += weight[label]
    return float(total / weights)


WEIGHT = torch.tensor([0.1, 2.0, 1.0, 5.0])


@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_against_a_slow_loop(weight, problem):
    logits, target = problem()
    expected = slow(logits, target, torch.ones(4) if weight is None else weight)
    assert cross_entropy(logits, target, weight).item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("shape", [(1, 4, 1, 1), (3, 2, 8, 8), (2, 4, 5, 6, 7), (9, 4)])
@pytest.mark.parametrize("weighted", [False, True])
def test_against_torch(shape, weighted, problem):
    logits, target = problem(shape)
    weight = torch.linspace(0.5, 2, shape[1]) if weighted else None
    torch.testing.assert_close(cross_entropy(logits, target, weight), F.cross_entropy(logits, target, weight))


def test_gradient(problem):
    logits, target = problem((1, 4, 2, 3), torch.float64)
    logits.requires_grad_()
    assert torch.autograd.gradcheck(lambda x: cross_entropy(x, target, WEIGHT), logits)


def test_knowing_nothing_costs_log_of_the_classes(problem):
    _, target = problem()
    assert cross_entropy(torch.zeros(2, 4, 5, 7), target).item() == pytest.approx(math.log(4))


def test_a_constant_added_to_a_pixel_changes_nothing(problem):
    logits, target = problem()
    shift = torch.randn(2, 1, 5, 7)
    torch.testing.assert_close(cross_entropy(logits + shift, target), cross_entropy(logits, target))


def test_a_pixel_of_weight_zero_has_no_say(problem):
    logits, target = problem()
    weight = torch.tensor([0.0, 1.0, 1.0, 1.0])
    other = torch.where((target == 0).unsqueeze(1), 100 * torch.randn_like(logits), logits)
    torch.testing.assert_close(cross_entropy(logits, target, weight), cross_entropy(other, target, weight))


def test_a_batch_without_weight_is_zero_not_nan(problem):
    logits, _ = problem()
    logits.requires_grad_()
    loss = cross_entropy(logits, torch.zeros(2, 5, 7, dtype=torch.int64), torch.tensor([0.0, 1.0, 1.0, 1.0]))
    loss.backward()
    assert loss.item() == 0
    assert (logits.grad == 0).all()


def test_weight_has_a_number_for_each_class(problem):
    with pytest.raises(ValueError, match=r"weight has shape \(3,\); expected \(4,\)"):
        cross_entropy(*problem(), weight=torch.ones(3))


def test_weight_is_no_negative_number(problem):
    with pytest.raises(
        ValueError, match=r"weight is \[1.0, inf, nan, 1.0\]; expected 0 or more: .*count of 0"
    ):
        cross_entropy(*problem(), weight=torch.tensor([1.0, torch.inf, torch.nan, 1.0]))


def test_one_channel_has_two_weights(problem):
    logits, target = problem((2, 1, 5, 7))
    weight = torch.tensor([0.5, 3.0])
    both = torch.cat([torch.zeros_like(logits), logits], dim=1)
    torch.testing.assert_close(cross_entropy(logits, target, weight), F.cross_entropy(both, target, weight))
    with pytest.raises(ValueError, match=r"weight has shape \(1,\); expected \(2,\)"):
        cross_entropy(logits, target, torch.ones(1))


@pytest.mark.parametrize("pos_weight", [None, torch.tensor([4.0])])
def test_one_channel_against_torch(pos_weight, problem):
    logits, target = problem((2, 1, 5, 7))
    expected = F.binary_cross_entropy_with_logits(logits[:, 0], target.float(), pos_weight=pos_weight)
    torch.testing.assert_close(binary_cross_entropy(logits, target, pos_weight), expected)


@pytest.mark.parametrize("pos_weight", [None, WEIGHT])
def test_binary_of_each_class_against_torch(pos_weight, problem):
    logits, target = problem(dtype=torch.float64)
    prob = logits.softmax(1).movedim(1, -1)  # (B, H, W, C)
    truth = F.one_hot(target, 4).double()
    expected = F.binary_cross_entropy(
        prob, truth, 1 + (pos_weight - 1) * truth if pos_weight is not None else None
    )
    torch.testing.assert_close(binary_cross_entropy(logits, target, pos_weight), expected)


def test_binary_of_two_classes_is_the_cross_entropy(problem):
    logits, target = problem((2, 2, 5, 7))
    torch.testing.assert_close(binary_cross_entropy(logits, target), cross_entropy(logits, target))


def test_binary_of_a_sure_mistake_is_exact():
    """In float32 the probability of 30 against 0 is 1, and the logarithm of 1 - p would be -infinity."""
    logits = torch.tensor([[30.0, 0.0, 0.0]])
    loss = binary_cross_entropy(logits, torch.tensor([1])).item()
    assert loss == pytest.approx((30 - math.log(2) + 30 + 0) / 3)


def test_binary_weight_has_a_number_for_each_class(problem):
    with pytest.raises(ValueError, match=r"pos_weight has shape \(3,\); expected \(4,\)"):
        binary_cross_entropy(*problem(), pos_weight=torch.ones(3))
