import matplotlib.figure
import numpy as np
import pytest

from brainlab import view
from brainlab.view.picture import describe

AFFINE = np.diag([-1.0, -1.0, 1.0, 1.0])
PLANE = np.random.default_rng(0).random((20, 24)).astype(np.float32)


def test_pictures_are_named_with_their_colours():
    image = np.repeat(PLANE[None, ..., None], 4, axis=0)
    fig = view.modalities(image, AFFINE, np.ones((20, 24, 1), int), title="case")
    assert describe(fig) == (
        "case axial slice 0. Pictures: T1, T1 + contrast, T2, FLAIR, FLAIR + labels. "
        "Colours: necrotic core (NCR), oedema (ED), enhancing tumour (ET)"
    )


def test_curves_are_told_by_their_ends():
    fig = view.learning_curves({"a": {"train": [3, 2], "validation": [3, 2.5]}}, best=1)
    assert describe(fig) == (
        "Chart, loss by epoch: a, train from 3 to 2; a, validation from 3 to 2.5; best epoch: 2"
    )
    assert "x from 1 to nan" not in describe(view.curves([1, 2], {"y": {"x": [1, np.nan]}}, "epoch"))


def test_bars_are_told_one_by_one_and_a_histogram_by_its_range():
    assert "BG 1e+03, NCR 10, ED 0, ET 5" in describe(view.label_histogram(np.array([1000, 10, 0, 5])))
    told = describe(view.histogram(np.array([0.0, 1, 1, 1, 5]), "age", bins=10))
    assert told == "Chart, count by age: bars from 0 to 4.5, the highest (3) at 1; median 1"


def test_dots_are_told_by_their_place():
    told = describe(view.perception_distortion({"SRGAN": (24.0, 0.2)}))
    assert "SRGAN at 24, 0.2" in told


def test_a_colour_bar_and_an_empty_axis_are_no_charts():
    fig = view.heat([PLANE], [PLANE], [AFFINE], ["gate 1"])
    assert describe(fig) == "Pictures: gate 1"
    fig = view.mosaic([PLANE] * 3, [AFFINE] * 3, titles=["a", "b", "c"], columns=2)
    assert describe(fig) == "Pictures: a, b, c"
    assert describe(matplotlib.figure.Figure()) == "A figure without words"


def test_show_takes_it_unless_it_is_told_better():
    fig = view.histogram(np.arange(5), "age")
    assert view.show(fig).alt == describe(fig)
    assert view.show(fig, "five ages").alt == "five ages"
    fig.set_label("the figure's own words")
    assert view.show(fig).alt == "the figure's own words"


@pytest.mark.parametrize(
    "fig",
    [
        view.close_up({"made": PLANE, "truth": PLANE}, AFFINE, side=8),
        view.k_space({"truth": PLANE}, AFFINE),
        view.landscapes([0, 1], [0, 1, 2], {"Dice": np.random.default_rng(0).random((3, 2))}, "x", "y"),
        view.weight_map(np.eye(4, dtype=int), np.ones((4, 4))),
        view.prediction_beside_truth([PLANE], [AFFINE], [None], [np.ones((20, 24), int)]),
        view.size_histogram({"WT": [1.0, 2.0]}),
    ],
)
def test_every_figure_has_words(fig):
    assert len(describe(fig)) > 10
    assert "nan" not in describe(fig)
