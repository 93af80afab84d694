import io

import matplotlib.image
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from brainlab.view.picture import show
from brainlab.view.slices import PREDICTION, TRUTH, outlines


@pytest.fixture
def masks():
    truth, prediction = np.zeros((2, 40, 50), bool)
    truth[5:20, 5:20] = True
    prediction[25:38, 30:45] = True
    return truth, prediction


def has_colour(fig, colour):
    picture = matplotlib.image.imread(io.BytesIO(show(fig, "a test").png))
    # The legend is below the picture: only what is drawn over the image counts.
    picture = picture[: int(0.85 * len(picture)), :, :3]
    return bool((np.abs(picture - to_rgb(colour)).max(-1) < 0.06).any())


def test_truth_and_prediction_have_their_colours(masks):
    truth, prediction = masks
    image = np.zeros((40, 50))
    assert has_colour(outlines([image], [truth], [None]), TRUTH)
    assert not has_colour(outlines([image], [truth], [None]), PREDICTION)
    assert has_colour(outlines([image], [None], [prediction]), PREDICTION)
    assert not has_colour(outlines([image], [None], [prediction]), TRUTH)


def test_titles_and_a_legend(masks):
    image = np.zeros((40, 50))
    fig = outlines([image] * 5, [masks[0]] * 5, [masks[1]] * 5, titles=list("abcde"), columns=3)
    assert [ax.get_title() for ax in fig.axes] == ["a", "b", "c", "d", "e", ""]
    assert [text.get_text() for text in fig.legends[0].texts] == ["truth", "prediction"]
    fig = outlines([image], [masks[0]], [None])
    assert [text.get_text() for text in fig.legends[0].texts] == ["truth"]  # no more than is drawn


def test_empty_and_full_masks_and_colour_pictures():
    outlines([np.zeros((8, 8, 3))], [np.zeros((8, 8))], [np.ones((8, 8))])


def test_errors(masks):
    with pytest.raises(ValueError, match="no picture"):
        outlines([], [], [])
    with pytest.raises(ValueError, match=r"mask has shape \(40, 50\), picture \(8, 8\); expected the same"):
        outlines([np.zeros((8, 8))], [masks[0]], [None])
