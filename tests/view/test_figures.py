import io

import matplotlib.image
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from brainlab import view
from brainlab.view.colours import PREDICTION, TRUTH

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
    guesses = [{"prediction": mask}] * 2
    fig = view.predictions_beside_truth([plane, plane], [AFFINE] * 2, [mask, None], guesses)
    assert "no expert truth" in [text.get_text() for ax in fig.axes for text in ax.texts]


def test_mosaic_turns_unused_axes_off(case):
    image, labels = case
    planes = [image[0, :, :, k] for k in range(5)]
    fig = view.mosaic(planes, [AFFINE] * 5, [labels[:, :, k] for k in range(5)], columns=3)
    assert [ax.axison for ax in fig.axes] == [True] * 5 + [False]
    with pytest.raises(ValueError, match="no picture"):
        view.mosaic([], [])


def test_a_margin_crops_to_the_tumour_and_its_surroundings():
    plane, truth = np.ones((60, 60)), np.zeros((60, 60), int)
    truth[20:24, 30:34] = 2
    guesses = [{"one": truth, "two": 0 * truth}]
    fig = view.predictions_beside_truth([plane], [AFFINE], [truth], guesses, ["a case"], margin=5)
    assert [ax.get_title() for ax in fig.axes] == ["a case", "truth", "one", "two"]
    for ax in fig.axes:
        assert np.ptp(ax.get_xlim()) == pytest.approx(3 + 2 * 5)
        assert ax.get_xlim()[0] < np.mean(np.nonzero(truth.any(axis=1))) < ax.get_xlim()[1]


@pytest.fixture
def masks():
    truth, prediction = np.zeros((2, 40, 50), bool)
    truth[5:20, 5:20] = True
    prediction[25:38, 30:45] = True
    return truth, prediction


def has_outline(fig, colour):
    picture = pixels(fig)
    # The legend is below the picture: only what is drawn over the image counts.
    picture = picture[: int(0.85 * len(picture)), :, :3]
    return bool((np.abs(picture - to_rgb(colour)).max(-1) < 0.06).any())


def test_truth_and_prediction_have_their_colours(masks):
    truth, prediction = masks
    image = np.zeros((40, 50))
    assert has_outline(view.outlines([image], [truth], [None]), TRUTH)
    assert not has_outline(view.outlines([image], [truth], [None]), PREDICTION)
    assert has_outline(view.outlines([image], [None], [prediction]), PREDICTION)
    assert not has_outline(view.outlines([image], [None], [prediction]), TRUTH)


def test_titles_and_a_legend(masks):
    image = np.zeros((40, 50))
    fig = view.outlines([image] * 5, [masks[0]] * 5, [masks[1]] * 5, titles=list("abcde"), columns=3)
    assert [ax.get_title() for ax in fig.axes] == ["a", "b", "c", "d", "e", ""]
    assert [text.get_text() for text in fig.legends[0].texts] == ["truth", "prediction"]
    fig = view.outlines([image], [masks[0]], [None])
    assert [text.get_text() for text in fig.legends[0].texts] == ["truth"]  # no more than is drawn


def test_empty_and_full_masks_and_colour_pictures():
    view.outlines([np.zeros((8, 8, 3))], [np.zeros((8, 8))], [np.ones((8, 8))])


def test_outlines_refuse_bad_input(masks):
    with pytest.raises(ValueError, match="no picture"):
        view.outlines([], [], [])
    with pytest.raises(ValueError, match=r"mask has shape \(40, 50\), picture \(8, 8\); expected the same"):
        view.outlines([np.zeros((8, 8))], [masks[0]], [None])


def test_maps_draws_each_array_under_its_name():
    fig = view.maps({"a": np.eye(3), "b": np.arange(6).reshape(2, 3), "c": np.zeros((1, 1))}, columns=2)
    assert [ax.get_title() for ax in fig.axes] == ["a", "b", "c", ""]
    np.testing.assert_array_equal(fig.axes[1].images[0].get_array(), [[0, 1, 2], [3, 4, 5]])
    assert fig.axes[0].images[0].get_clim() == (0, 1)


def test_maps_on_one_scale():
    fig = view.maps({"a": np.eye(3), "b": np.full((2, 2), 7.0)}, same_scale=True)
    assert {ax.images[0].get_clim() for ax in fig.axes} == {(0, 7)}


def test_maps_of_nothing():
    with pytest.raises(ValueError, match="no array"):
        view.maps({})
