"""The picture of a failed check: right answers look right, most wrong ones do not, and it never fails."""

import importlib
import io

import numpy as np
import pytest
from matplotlib.image import imread

from courseware.proof.banks import banks
from grading_tests import core
from grading_tests.gap import Wrong
from grading_tests.picture import beside, image_of

SCENES = {gap_id: pair for gap_id, pair in banks().items() if pair[0].scene}


def test_some_gaps_have_a_picture():
    assert set(SCENES) == {"g01_blend", "g03_border_weight_map", "g04_kspace_crop", "g04_pixel_shuffle"}


@pytest.mark.parametrize("gap_id", SCENES)
def test_right_answers_make_the_expected_image(gap_id):
    gap, bank = SCENES[gap_id]
    wanted = image_of(gap, gap.reference)
    assert wanted.max() > wanted.min()
    for answer in bank.right.values():
        np.testing.assert_allclose(image_of(gap, answer), wanted, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("gap_id", SCENES)
def test_most_wrong_answers_look_wrong(gap_id):
    """More than half: others are wrong in what an image does not show, such as types or a second call."""
    gap, bank = SCENES[gap_id]
    wanted = image_of(gap, gap.reference)
    made = [image_of(gap, mistake.answer) for mistake in bank.wrong]
    seen = [m is None or m.shape != wanted.shape or not np.allclose(m, wanted, atol=1e-3) for m in made]
    assert np.mean(seen) > 0.5
    assert sum(m is not None for m in made) >= 5, "most wrong answers can be drawn"


@pytest.mark.parametrize(
    "answer", [lambda *_: None, lambda *_: 1 / 0, lambda *_: np.full((9, 9), np.nan), exit]
)
def test_what_cannot_be_drawn_is_left_out(answer):
    assert beside(SCENES["g04_kspace_crop"][0], answer) is None


def test_the_picture_is_shown_in_a_notebook_only(monkeypatch, capsys):
    gap, bank = SCENES["g04_kspace_crop"]
    wrong = next(m.answer for m in bank.wrong if image_of(gap, m.answer) is not None)
    shown = []
    monkeypatch.setattr(importlib.import_module("IPython.display"), "display", shown.append)
    core.check(gap.id, wrong)
    assert not shown
    monkeypatch.setattr(core, "in_notebook", lambda: True)
    core.check(gap.id, wrong)
    core.check(gap.id, gap.reference)
    assert len(shown) == 1
    picture = imread(io.BytesIO(shown[0].png))
    assert picture.shape[1] > 250
    assert "✗" in capsys.readouterr().out


def test_nothing_is_shown_while_nbgrader_runs(monkeypatch):
    class Shell:
        kernel = object()

    monkeypatch.setattr("IPython.get_ipython", Shell)
    assert core.in_notebook()
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert not core.in_notebook()
    assert issubclass(Wrong, Exception)
