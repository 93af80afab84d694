"""The page of the worst cases: outlines lie on what they outline, and the patient's left is on the right."""

import numpy as np
import pytest
from fake_cases import NAMES_2023, write_case
from matplotlib.colors import to_hex
from real_data.pictures import case_page, slice_with_most

from brainlab.data import find_cases
from brainlab.data.cache import cache_case
from brainlab.view.colours import PREDICTION, TRUTH

SHAPE = (40, 48, 6)
LPS, RAS = np.diag([-1.0, -1, 1, 1]), np.diag([1.0, 1, 1, 1])


def box(x, y, z=3):
    """Return a mask with a box around (x, y, z); x runs to the patient's left, y to the back."""
    mask = np.zeros(SHAPE, bool)
    mask[x - 3 : x + 4, y - 4 : y + 5, z - 1 : z + 2] = True
    return mask


def turned(volume, affine):
    """Return an LPS volume in the order of an affine."""
    return volume if affine is LPS else volume[::-1, ::-1]


@pytest.fixture(params=["LPS", "RAS"])
def page(request, tmp_path):
    """Return a page: a bright true lesion at the left in front, a prediction at the right behind."""
    affine = LPS if request.param == "LPS" else RAS
    brain, truth, predicted = np.zeros(SHAPE, bool), box(28, 14), box(11, 34)
    brain[4:36, 4:44] = True
    arrays = {name: (brain * 300 + truth * 500).astype(np.int16) for name in ("t1n", "t1c", "t2w", "t2f")}
    arrays["t1n"][5, 5] += 1
    arrays["seg"] = (truth * 3).astype(np.uint8)
    arrays = {name: np.ascontiguousarray(turned(array, affine)) for name, array in arrays.items()}
    write_case(tmp_path / "BraTS-GLI-00001-000", arrays, "BraTS-GLI-00001-000-", NAMES_2023, affine=affine)
    (case,) = find_cases(tmp_path)
    labels = np.ascontiguousarray(turned(predicted * 3, affine).astype(np.uint8))
    return case_page([(cache_case(case, tmp_path / "cache"), labels)], ["one case"])


def centre(ax, colour):
    """Return x and y of the middle of the outline of a colour; None if there is none."""
    points = [
        path.vertices
        for lines in ax.collections
        if len(lines.get_edgecolor()) and to_hex(lines.get_edgecolor()[0]) == colour.lower()
        for path in lines.get_paths()
        if len(path.vertices)
    ]
    return (
        None if not points else (np.concatenate(points).min(axis=0) + np.concatenate(points).max(axis=0)) / 2
    )


def test_outlines_lie_on_the_lesion_and_left_is_right(page):
    axes = page.axes
    assert len(axes) == 5
    for ax in axes[:4]:
        picture = np.asarray(ax.images[0].get_array())  # (rows, columns)
        rows, columns = np.nonzero(picture == picture.max())
        x, y = centre(ax, TRUTH)
        assert (x, y) == pytest.approx((columns.mean(), rows.mean()), abs=0.6), ax.get_title()
        assert (x, y) == pytest.approx((28, 14), abs=0.6), (
            "the patient's left is on the right, the front above"
        )
        assert centre(ax, PREDICTION) == pytest.approx((11, 34), abs=0.6)
        assert [text.get_text() for text in ax.texts][:2] == ["R", "L"]


def test_an_empty_truth_shows_the_prediction():
    empty, some = np.zeros(SHAPE, bool), box(20, 20, 2)
    assert slice_with_most(some) in (1, 2, 3)
    assert slice_with_most(empty) == SHAPE[2] // 2
