"""The verdict of a check depends on nothing that a notebook has set before; a new kernel runs it silently."""

import random
import subprocess
import sys
import warnings
from collections import Counter
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
import torch

from courseware.proof.banks import banks, holds
from grading_tests import check, running
from grading_tests.naming import SEED, name_mistake
from grading_tests.running import outcomes

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread")]

REPO = Path(__file__).resolve().parents[2]


def verdicts(but=()):
    """Return the counts of all banks, and the answers that are judged otherwise than they should.

    `but` are the names of wrong answers that are left out.

    One run of each right answer on the graded check, and of every third wrong one on the visible inputs.
    """
    counts, misses = Counter(), []
    for gap, bank in banks().values():
        for name, answer in bank.right.items():
            good = holds(gap, answer)
            counts.update(right=1, accepted=good)
            misses += [] if good else [f"{gap.id}: {name!r} is rejected"]
        for mistake in [one for one in bank.wrong[::3] if one.name not in but]:
            results = outcomes(gap, mistake.answer, SEED, graded=True)
            visible = [result for item, result in zip(gap.properties, results, strict=True) if item.visible]
            found = name_mistake(gap, visible if any(visible) else results)
            named = found is not None and found.name == mistake.name
            counts.update(wrong=1, rejected=any(results), seen=any(visible), named=named)
            misses += [] if any(results) and named else [f"{gap.id}: {mistake.name!r} is named {found}"]
    return counts, "\n".join(misses)


def expect_fair(counts, misses):
    assert counts["accepted"] == counts["right"] > 200, misses
    assert counts["rejected"] == counts["wrong"] > 600, misses
    assert counts["seen"] >= 0.8 * counts["wrong"], misses
    assert counts["named"] >= 0.9 * counts["wrong"], misses


@pytest.fixture
def used_kernel():
    """Set what a long notebook may leave behind; put it back afterwards."""
    numbers, texts, backend = np.geterr(), np.get_printoptions(), mpl.get_backend()
    random.seed(7)
    np.random.seed(7)  # noqa: NPY002
    torch.manual_seed(7)
    torch.set_default_dtype(torch.float64)
    torch.set_grad_enabled(False)
    torch.set_printoptions(precision=1, sci_mode=True)
    torch.set_deterministic_debug_mode("warn")
    np.seterr(all="raise")
    np.set_printoptions(precision=1, suppress=True, threshold=2)
    mpl.use("svg")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
    torch.set_default_dtype(torch.float32)
    torch.set_grad_enabled(True)
    torch.set_printoptions(profile="default")
    torch.set_deterministic_debug_mode("default")
    np.seterr(**numbers)
    np.set_printoptions(**texts)
    mpl.use(backend)


def test_rates_after_a_notebook_that_changed_everything(used_kernel):
    expect_fair(*verdicts())
    assert torch.get_default_dtype() == torch.float64
    assert not torch.is_grad_enabled()
    assert np.geterr()["divide"] == "raise"


def test_rates_in_float64(monkeypatch):
    """Inputs and networks of float64; the fingerprints are those that were taken in float32."""
    monkeypatch.setattr(running, "DTYPE", torch.float64)
    expect_fair(*verdicts(but=["always float64"]))  # which is right where everything is


@pytest.mark.parametrize("gap_id", ["g01_zscore", "g02_unet_forward", "g03_scores", "g04_psnr"])
def test_messages_do_not_depend_on_what_a_notebook_has_set(gap_id, used_kernel, capsys):
    _, bank = banks()[gap_id]
    for mistake in bank.wrong[:4]:
        check(gap_id, mistake.answer)
    used = capsys.readouterr()
    with np.errstate(all="warn"), warnings.catch_warnings(), torch.enable_grad():
        warnings.simplefilter("default")
        torch.set_default_dtype(torch.float32)
        np.set_printoptions(precision=8, suppress=False, threshold=1000)
        for mistake in bank.wrong[:4]:
            check(gap_id, mistake.answer)
    assert used == capsys.readouterr()
    assert used.err == ""


FRESH = """
from grading_tests import check
from grading_tests.core import find_gap
from courseware.proof.banks import banks

gaps = banks()  # imports torch, as the setup cell has
for gap_id, (gap, bank) in gaps.items():
    check(gap_id, next(reversed(bank.right.values())))
"""


def test_a_fresh_kernel_says_only_good_things():
    """The first check of every gap is right and silent; torch imports parts of itself on first use."""
    done = subprocess.run([sys.executable, "-c", FRESH], cwd=REPO, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert [line[0] for line in done.stdout.strip().split("\n")] == ["✓"] * len(banks()), done.stdout
