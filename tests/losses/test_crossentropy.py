import math

import pytest
import torch
import torch.nn.functional as F

from brainlab.losses import cross_entropy


def problem(shape=(2, 4, 5, 7), dtype=torch.float32, seed=0):
    generator = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn(shape, generator=generator, dtype=dtype)
    target = torch.randint(shape[1], (shape[0], *shape[2:]), generator=generator)
    return logits, target


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
def test_against_a_slow_loop(weight):
    logits, target = problem()
    expected = slow(logits, target, torch.ones(4) if weight is None else weight)
    assert cross_entropy(logits, target, weight).item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("shape", [(1, 4, 1, 1), (3, 2, 8, 8), (2, 4, 5, 6, 7), (9, 4)])
@pytest.mark.parametrize("weighted", [False, True])
def test_against_torch(shape, weighted):
    logits, target = problem(shape)
    weight = torch.linspace(0.5, 2, shape[1]) if weighted else None
    torch.testing.assert_close(cross_entropy(logits, target, weight), F.cross_entropy(logits, target, weight))


def test_gradient():
    logits, target = problem((1, 4, 2, 3), torch.float64)
    logits.requires_grad_()
    assert torch.autograd.gradcheck(lambda x: cross_entropy(x, target, WEIGHT), logits)


def test_knowing_nothing_costs_log_of_the_classes():
    _, target = problem()
    assert cross_entropy(torch.zeros(2, 4, 5, 7), target).item() == pytest.approx(math.log(4))


def test_better_logits_cost_less():
    logits, target = problem()
    truth = F.one_hot(target, 4).movedim(-1, 1).float()
    losses = [cross_entropy(logits + strength * truth, target).item() for strength in (-1, 0, 1, 10)]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 0.05


def test_large_logits_stay_finite():
    logits, target = problem()
    big = (1e4 * logits).requires_grad_()
    cross_entropy(big, target).backward()
    assert big.grad.isfinite().all()


def test_a_constant_added_to_a_pixel_changes_nothing():
    logits, target = problem()
    shift = torch.randn(2, 1, 5, 7)
    torch.testing.assert_close(cross_entropy(logits + shift, target), cross_entropy(logits, target))


def test_a_pixel_of_weight_zero_has_no_say():
    logits, target = problem()
    weight = torch.tensor([0.0, 1.0, 1.0, 1.0])
    other = torch.where((target == 0).unsqueeze(1), 100 * torch.randn_like(logits), logits)
    torch.testing.assert_close(cross_entropy(logits, target, weight), cross_entropy(other, target, weight))


def test_a_batch_without_weight_is_zero_not_nan():
    logits, _ = problem()
    logits.requires_grad_()
    loss = cross_entropy(logits, torch.zeros(2, 5, 7, dtype=torch.int64), torch.tensor([0.0, 1.0, 1.0, 1.0]))
    loss.backward()
    assert loss.item() == 0
    assert (logits.grad == 0).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda x, t: (x, F.one_hot(t, 4).movedim(-1, 1)),
            r"\(2, 4, 5, 7\); expected \(2, 5, 7\): is it one-hot",
        ),
        (lambda x, t: (x, t[:, :4]), r"\(2, 4, 7\); expected \(2, 5, 7\): did the network change the size"),
        (lambda x, t: (x, t.float()), r"dtype torch.float32; expected torch.int64"),
        (
            lambda x, t: (x, t.to(torch.uint8)),
            r"dtype torch.uint8; expected torch.int64: use target.long\(\)",
        ),
        (lambda x, t: (x.argmax(1), t), r"logits are torch.int64 of shape \(2, 5, 7\)"),
        (lambda x, t: (x, t + 1), r"holds label 4; expected 0 to 3: is it BraTS label 4"),
        (lambda x, t: (x, t - 1), r"holds label -1; expected 0 to 3"),
        (lambda x, t: (x[:0], t[:0]), r"expected at least one pixel: is the batch empty"),
    ],
)
def test_errors_name_the_cause(change, message):
    with pytest.raises(ValueError, match=message):
        cross_entropy(*change(*problem()))


def test_weight_has_a_number_for_each_class():
    with pytest.raises(ValueError, match=r"weight has shape \(3,\); expected \(4,\)"):
        cross_entropy(*problem(), weight=torch.ones(3))
