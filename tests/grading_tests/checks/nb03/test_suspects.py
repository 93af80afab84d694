"""A wrong loss is traced to its cause by trying it further."""

import numpy as np
import pytest
import torch

from grading_tests.checks.nb03 import bce_dice, bug_hunt, exp_log, focal, overlap
from grading_tests.checks.nb03._cubic import CUBIC
from grading_tests.checks.nb03.suspects import KNOWN, copied, idea_of_error
from grading_tests.core import find_gap, first_problem
from grading_tests.losses import scan


def dice(logits, target, eps=1e-6):
    return overlap.soft_dice(logits, target, eps)


CASES = {
    "the same for every eps": lambda logits, target, eps=1e-6: dice(logits, target, 1e-3),
    "its default was changed": lambda logits, target, eps=3e-4: dice(logits, target, eps),
    "digits are lost": lambda logits, target, eps=1e-6: dice(logits.float(), target, eps).to(logits),
    "view() works only": lambda logits, target, eps=1e-6: dice(
        logits.view(len(logits), -1).view(logits.shape), target, eps
    ),
    "a lower bound of the areas": lambda logits, target, eps=1e-6: bounded(logits, target, eps),
    "a mean is missing": lambda logits, target, eps=1e-6: dice(logits, target, eps).expand(4),
}


def bounded(logits, target, eps):
    prob = logits.softmax(1)
    truth = torch.stack([target == label for label in range(logits.shape[1])], dim=1).to(prob)
    shared, areas = (prob * truth).sum((2, 3)), (prob + truth).sum((2, 3))
    return 1 - ((2 * shared + eps) / areas.clamp_min(eps)).mean()


@pytest.mark.parametrize("words", CASES)
def test_the_cause_is_found(words, monkeypatch):
    monkeypatch.setattr("grading_tests.naming.known_mistakes", lambda gap_id: [])
    _, message = first_problem(find_gap("g03_soft_dice"), CASES[words])
    assert words in message


@pytest.mark.parametrize("answer", [overlap.soft_dice, dice])
def test_a_right_answer_has_no_cause(answer):
    error, _ = first_problem(find_gap("g03_soft_dice"), answer)
    assert error is None


@pytest.mark.parametrize(
    ("oracle", "draw"),
    [
        (overlap.soft_dice, scan),
        (overlap.batch_dice, scan),
        (overlap.tversky, scan),
        (focal.focal, scan),
        (exp_log.exp_log, exp_log.draw),
        (bug_hunt.repaired, scan),
        (bce_dice.bce_dice, bce_dice.masks),
    ],
)
def test_no_suspect_is_right(oracle, draw):
    """On random inputs most differ from the oracle; those of small numbers need not."""
    inputs = draw(np.random.default_rng(3), 3, 1 if oracle is bce_dice.bce_dice else 5, 4, 6)
    expected, ran = float(oracle(*inputs)), []
    for words, formula in KNOWN[oracle]():
        assert words
        assert words[-1] in ".:"
        try:
            ran.append(float(formula(*inputs)))
        except (RuntimeError, IndexError):
            continue
    assert len(ran) > 30
    assert sum(not np.isclose(one, expected, rtol=1e-5) for one in ran) > 15


def test_an_error_is_explained_only_where_it_has_one_cause():
    inputs = torch.zeros(2, 5, 3, 6), torch.zeros(2, 3, 6, dtype=torch.int64)
    assert idea_of_error("RuntimeError: size of tensor a (4) must match the size of tensor b (5)", inputs)
    assert not idea_of_error("RuntimeError: size of tensor a (3) must match the size of tensor b (6)", inputs)
    assert not idea_of_error("ValueError: something else", inputs)


def test_a_copy_lies_in_memory_as_its_original():
    crop = torch.arange(60.0).view(1, 3, 4, 5)[..., 1:-1, 1:-1]
    assert copied(crop).stride() == crop.stride()
    assert torch.equal(copied(crop), crop)
    assert copied(crop).data_ptr() != crop.data_ptr()


@pytest.mark.parametrize("number", range(len(CUBIC)))
def test_cubic_interpolation_keeps_nodes_and_constants(number):
    matrix = CUBIC[number](4, 13)
    np.testing.assert_allclose(matrix.sum(axis=1), 1, atol=1e-4)
    np.testing.assert_allclose(matrix[::4], np.eye(4), atol=2e-2)


def test_the_first_interpolation_is_that_of_torch():
    nodes = torch.randn(1, 1, 5, 1, dtype=torch.float64)
    field = torch.nn.functional.interpolate(nodes, size=(17, 1), mode="bicubic", align_corners=True)
    np.testing.assert_allclose(CUBIC[0](5, 17) @ nodes[0, 0].numpy(), field[0, 0], atol=1e-12)
