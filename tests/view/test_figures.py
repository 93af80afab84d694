import io

import matplotlib.image
import numpy as np
import pytest

from brainlab import view

AFFINE = np.diag([-1.0, -1.0, 1.0, 1.0])


@pytest.fixture
def case():
    rng = np.random.default_rng(0)
    image = rng.random((4, 20, 24, 6)).astype(np.float32)
    labels = np.zeros((20, 24, 6), np.uint8)
    labels[5:9, 5:9, 4] = 3
    return image, labels


def pixels(fig):
    return matplotlib.image.imread(io.BytesIO(view.show(fig, "a test").png))


def has_colour(picture, rgb, tolerance=0.02):
    return bool((np.abs(picture[..., :3] - rgb).max(-1) < tolerance).any())


def test_modalities_shows_labels_and_says_the_slice(case):
    image, labels = case
    fig = view.modalities(image, AFFINE, labels, title="case")
    assert len(fig.axes) == 5
    assert "slice 4" in fig.get_suptitle()
    assert has_colour(pixels(fig), np.array([0xD5, 0x5E, 0]) / 255)  # the legend's ET
    assert len(view.modalities(image, AFFINE).axes) == 4


def test_prediction_without_truth(case):
    image, labels = case
    plane, mask = image[0, :, :, 4], labels[:, :, 4]
    fig = view.prediction_beside_truth([plane, plane], [AFFINE] * 2, [mask, None], [mask, mask])
    assert "no expert truth" in [text.get_text() for ax in fig.axes for text in ax.texts]


def test_mosaic_turns_unused_axes_off(case):
    image, labels = case
    planes = [image[0, :, :, k] for k in range(5)]
    fig = view.mosaic(planes, [AFFINE] * 5, [labels[:, :, k] for k in range(5)], columns=3)
    assert [ax.axison for ax in fig.axes] == [True] * 5 + [False]
    with pytest.raises(ValueError, match="no slice"):
        view.mosaic([], [])


def test_curves_and_histograms_draw():
    fig = view.learning_curves({"a": {"train": [3, 2], "validation": [3, 2.5]}}, best=1)
    assert {line.get_linestyle() for line in fig.axes[0].lines} == {"--", "-", ":"}
    fig = view.label_histogram(np.array([1000, 10, 0, 5]))
    assert "98.5 %" in [text.get_text() for text in fig.axes[0].texts]
    assert view.histogram(np.array([]), "x").axes


def test_show_wants_alt_text_and_escapes_it():
    fig = view.histogram(np.arange(5), "x")
    with pytest.raises(ValueError, match="alt is empty"):
        view.show(fig, " ")
    html = view.show(fig, 'a "b"')._repr_mimebundle_()["text/html"]
    assert "a &quot;b&quot;" in html
