"""What the checks of notebook 03 say about wrong losses."""

import pytest
import torch
import torch.nn.functional as F

from grading_tests.checks.nb03.bug_hunt import GAP, broken
from grading_tests.checks.nb03.contract import expect_gradient
from grading_tests.checks.nb03.suspects import relation
from grading_tests.core import first_problem
from grading_tests.gap import Wrong

SHAPE = (3, 4, 5, 6)


@pytest.mark.parametrize(
    ("got", "words"),
    [
        (-0.7, "minus that"),
        (0.3, "1 minus that"),
        (0.7 * 90, "that times the number of pixels"),
        (0.7 * 12, "that times images x classes"),
        (1.4, "twice that"),
        (0.61, ""),
        (float("nan"), ""),
        (torch.zeros(3), "shape (3,)"),
        ("text", ""),
    ],
)
def test_the_relation_of_a_wrong_value_to_the_right_one(got, words):
    told = relation(got, 0.7, SHAPE)
    assert words in told
    assert bool(told) == bool(words)


def problem(scale=1.0):
    generator = torch.Generator().manual_seed(3)
    logits = scale * torch.randn(2, 4, 3, 5, generator=generator)
    return logits, torch.randint(4, (2, 3, 5), generator=generator)


def test_a_part_without_gradient_is_seen():
    def half(logits, target):
        return (F.cross_entropy(logits, target) + F.cross_entropy(logits.detach(), target)) / 2

    expect_gradient(F.cross_entropy, F.cross_entropy, problem(), "a try")
    with pytest.raises(Wrong, match="class by class"):
        expect_gradient(half, F.cross_entropy, problem(), "a try")


def test_a_tiny_gradient_is_compared_relative_to_its_size():
    def small(logits, target):
        return 1e-7 * F.cross_entropy(logits, target)

    with pytest.raises(Wrong):
        expect_gradient(lambda logits, target: 2 * small(logits, target), small, problem(), "a try")


def test_pasting_the_broken_loss_tells_nothing_about_single_bugs():
    error, message = first_problem(GAP, broken)
    assert error is not None
    for word in ("softmax", "argmax", "eps", "step", "logits"):
        assert word not in message
