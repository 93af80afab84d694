"""An answer that lets the library do the work is refused in every form; one that uses parts of it is not."""

import contextlib
import dataclasses
import importlib
import pkgutil
import sys
from functools import partial
from inspect import isfunction
from types import BuiltinFunctionType

import pytest
import torch

import brainlab
from courseware.proof.banks import banks
from grading_tests import running
from grading_tests.borrowed import watched
from grading_tests.core import check, grade
from grading_tests.running import outcomes

GAPS = {gap_id: gap for gap_id, (gap, _) in banks().items()}


def called(reference):
    def answer(*arguments, **options):
        return reference(*arguments, **options)

    return answer


def by_another_name(reference):
    borrowed = partial(reference)  # as after `from brainlab.losses import soft_dice_loss as theirs`
    return lambda *arguments, **options: borrowed(*arguments, **options)


def inherited(reference):
    return type("Mine", (reference,), {}) if isinstance(reference, type) else None


def held(reference):
    """A network that consists of the library's."""
    if not isinstance(reference, type):
        return None

    class Mine(torch.nn.Module):
        def __init__(self, *arguments, **options):
            super().__init__()
            self.theirs = reference(*arguments, **options)

        def forward(self, *arguments):
            return self.theirs(*arguments)

    return Mine


def method(reference):
    class Mine:
        def answer(self, *arguments, **options):
            return reference(*arguments, **options)

    return Mine().answer


@pytest.fixture(scope="module", autouse=True)
def warm():
    """Run every reference once: torch imports parts of itself on first use, which takes long."""
    for gap in GAPS.values():
        outcomes(gap, gap.reference, 0, graded=False)


WAYS = [called, by_another_name, inherited, held, method, partial]


@pytest.mark.parametrize("gap_id", GAPS)
def test_the_work_of_the_library_is_recognised_in_every_form(gap_id, capsys):
    gap = GAPS[gap_id]
    for way in WAYS:
        answer = way(gap.reference)
        # Python does not tell of a call of C code (torch's pixel shuffle) by `partial`, which is C code too.
        if answer is None or (
            way in (by_another_name, partial) and isinstance(gap.reference, BuiltinFunctionType)
        ):
            continue
        assert grade(gap_id, answer) == 0.0, way.__name__
        text = capsys.readouterr().out
        assert text.startswith(f"graded: 0 of {gap.points} points. The library's own {gap.answer}"), (
            way.__name__
        )
        check(gap_id, answer)
        assert "But no points: The library's own" in capsys.readouterr().out, way.__name__


SHORTCUTS = [
    pytest.param(gap, item, id=f"{gap.id}-{item.__name__}") for gap in GAPS.values() for item in gap.shortcuts
]


@pytest.mark.parametrize(("gap", "shortcut"), SHORTCUTS)
def test_shortcuts_are_recognised(gap, shortcut):
    def answer(*arguments, **options):
        with contextlib.suppress(Exception):  # its arguments are others; that it was called is enough
            shortcut(*arguments, **options)
        raise ValueError("no answer")

    with watched(gap, answer) as (call, borrowed):
        outcomes(gap, call, 0, graded=True)
    assert borrowed == {shortcut.__name__}


def tversky_of_halves(logits, target, eps=1e-6):
    from brainlab.losses import tversky_loss

    return tversky_loss(logits, target, alpha=0.5, beta=0.5, eps=eps / 2)


def one_minus_a_score(logits, target, eps=1e-6):
    return 1 - (1 - tversky_of_halves(logits.clone(), target, eps=eps))


def two_losses(real_logits, fake_logits):
    from brainlab import losses

    generator = losses.relativistic_generator_loss(real_logits, fake_logits)
    return losses.relativistic_discriminator_loss(real_logits, fake_logits), generator


@pytest.mark.parametrize(
    ("gap_id", "answer"),
    [
        ("g03_soft_dice", tversky_of_halves),
        ("g03_soft_dice", one_minus_a_score),
        ("g04_relativistic_loss", two_losses),
    ],
)
def test_any_function_of_the_library_that_does_the_work_is_recognised(gap_id, answer, capsys):
    """None of these is the reference, and the first two are in no list of shortcuts."""
    check(gap_id, answer)
    assert "But no points: The library's own" in capsys.readouterr().out
    assert grade(gap_id, answer) == 0.0


def public_functions():
    """Return every public function of the library that can be called without writing files: name -> it."""
    folders = ("data", "losses", "metrics", "models", "inference", "view.colours")
    found = {}
    for info in pkgutil.walk_packages(brainlab.__path__, "brainlab."):
        if info.name.removeprefix("brainlab.").startswith(folders):
            for name, function in vars(importlib.import_module(info.name)).items():
                if getattr(function, "__module__", "") == info.name and isfunction(function):
                    found[f"{info.name}.{name}"] = function
    return {name: function for name, function in found.items() if not name.split(".")[-1].startswith("_")}


@pytest.mark.slow
def test_no_function_of_the_library_earns_points_as_it_stands(capsys, monkeypatch):
    """Nobody has to list the library's functions: those that pass a gap's check are seen at work."""
    monkeypatch.setattr(running, "LONGEST_SECONDS", 2)
    functions, passed = public_functions(), []
    for gap in GAPS.values():
        for name, function in functions.items():
            if isinstance(gap.reference, type) or function.__name__ == "download":
                continue

            def answer(*arguments, function=function, **options):
                return function(*arguments, **options)

            main = dataclasses.replace(gap, properties=gap.properties[:1])
            if not any(outcomes(main, answer, 0, graded=True)):
                passed.append(name)
                assert grade(gap.id, answer) == 0.0, (gap.id, name)
    assert len(passed) > 15


def test_an_answer_may_not_call_the_oracle_of_a_check():
    from grading_tests.checks.nb03.border_weight_map import border_map

    assert (
        grade("g03_border_weight_map", lambda *arguments, **options: border_map(*arguments, **options)) == 0.0
    )


def test_parts_of_the_library_may_be_called():
    from brainlab.losses import probabilities, soft_dice_loss

    def soft_dice(logits, target, eps=1e-6):
        prob, truth = probabilities(logits, target)
        shared, areas = (prob * truth).sum((2, 3)), (prob + truth).sum((2, 3))
        return 1 - ((2 * shared + eps) / (areas + eps)).mean()

    def batch_dice(logits, target, eps=1e-6):
        """All images side by side, as one: what `yours` lent for another gap may be used."""
        one = [torch.cat(list(x), dim=-1)[None] for x in (logits, target)]
        return soft_dice_loss(*one, eps=eps)

    assert grade("g03_soft_dice", soft_dice) == GAPS["g03_soft_dice"].points
    assert grade("g03_batch_dice", batch_dice) == GAPS["g03_batch_dice"].points


def test_what_the_library_calls_itself_is_not_the_answer_s_doing():
    from brainlab.models import output_size, valid_size

    def fits(size, depth):
        try:
            output_size(size, depth)  # asks for the valid sizes to say them in its message
        except ValueError:
            return False
        return True

    def answer(size, depth=4):
        above = next(n for n in range(size, size + 10_000) if fits(n, depth))
        return next((n for n in range(size, 0, -1) if fits(n, depth)), above), above

    assert answer(256) == valid_size(256)
    assert grade("g02_valid_size", answer) == GAPS["g02_valid_size"].points


def test_the_profiler_is_put_back(monkeypatch):
    def mine(*_):
        pass

    sys.setprofile(mine)
    try:
        check("g02_conv_output_size", lambda *arguments: 1 / 0)
        assert sys.getprofile() is mine
    finally:
        sys.setprofile(None)


def test_an_answer_of_the_wrong_kind_is_only_wrong():
    for nothing in (None, 3, "text"):
        assert grade("g03_soft_dice", nothing) == 0.0
