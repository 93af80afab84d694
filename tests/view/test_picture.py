import numpy as np
import pytest
from matplotlib.figure import Figure

from brainlab import view
from brainlab.view.picture import describe

AFFINE = np.diag([-1.0, -1.0, 1.0, 1.0])
PLANE = np.random.default_rng(0).random((20, 24)).astype(np.float32)


def test_pictures_are_named_with_their_colours():
    image = np.repeat(PLANE[None, ..., None], 4, axis=0)
    fig = view.modalities(image, AFFINE, np.ones((20, 24, 1), int), title="case")
    assert describe(fig) == (
        "case axial slice 0. Pictures: T1, T1 + contrast, T2, FLAIR, FLAIR + labels. "
        "Colours: necrotic or non-enhancing core (NCR), oedema (ED), enhancing tumour (ET)"
    )


def test_curves_are_described_by_their_ends():
    fig = view.learning_curves({"a": {"train": [3, 2], "validation": [3, 2.5]}}, best=1)
    assert describe(fig) == (
        "Chart, loss by epoch: a, train from 3 to 2; a, validation from 3 to 2.5; best epoch: 2"
    )
    assert "x from 1 to nan" not in describe(view.curves([1, 2], {"y": {"x": [1, np.nan]}}, "epoch"))


def test_bars_are_listed_and_a_histogram_is_described_by_its_range():
    assert "BG 1e+03, NCR 10, ED 0, ET 5" in describe(view.label_histogram(np.array([1000, 10, 0, 5])))
    text = describe(view.histogram(np.array([0.0, 1, 1, 1, 5]), "age", bins=10))
    assert text == "Chart, count by age: bars from 0 to 4.5, the highest (3) at 1; median 1"


def test_dots_are_described_by_their_place():
    text = describe(view.perception_distortion({"SRGAN": (24.0, 0.2)}))
    assert "SRGAN at 24, 0.2" in text


def test_a_colour_bar_and_an_empty_axis_are_no_charts():
    fig = view.heat_maps([PLANE], [PLANE], [AFFINE], ["gate 1"])
    assert describe(fig) == "Pictures: gate 1"
    fig = view.mosaic([PLANE] * 3, [AFFINE] * 3, titles=["a", "b", "c"], columns=2)
    assert describe(fig) == "Pictures: a, b, c"
    assert describe(Figure()) == "A figure without text"


def test_show_uses_it_unless_another_text_is_given():
    fig = view.histogram(np.arange(5), "age")
    assert view.show(fig).alt == describe(fig)
    assert view.show(fig, "five ages").alt == "five ages"
    fig.set_label("the figure's own text")
    assert view.show(fig).alt == "the figure's own text"


@pytest.mark.parametrize(
    "fig",
    [
        view.compare_images({"made": PLANE, "truth": PLANE}, AFFINE, side=8),
        view.k_space({"truth": PLANE}, AFFINE),
        view.landscapes([0, 1], [0, 1, 2], {"Dice": np.random.default_rng(0).random((3, 2))}, "x", "y"),
        view.maps({"a": np.eye(4)}),
        view.predictions_beside_truth([PLANE], [AFFINE], [None], [{"prediction": np.ones((20, 24), int)}]),
    ],
)
def test_every_figure_has_alt_text(fig):
    assert len(describe(fig)) > 10
    assert "nan" not in describe(fig)


def test_show_wants_alt_text_and_escapes_it():
    fig = view.histogram(np.arange(5), "x")
    with pytest.raises(ValueError, match="alt is empty"):
        view.show(fig, " ")
    html = view.show(fig, 'a "b"')._repr_mimebundle_()["text/html"]
    assert "a &quot;b&quot;" in html
