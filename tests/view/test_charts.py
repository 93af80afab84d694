import numpy as np
import pytest

from brainlab import view


def test_sizes_have_a_row_each_on_one_axis():
    sizes = {"WT": [1.0, 10.0, 100.0], "ET": [0.0, 2.0, 4.0, 0.0]}
    fig = view.size_histogram(sizes)
    top, bottom = fig.axes
    assert [ax.get_title(loc="left") for ax in fig.axes] == [
        "whole tumour: 3 of 3, median 10",
        "enhancing tumour: 2 of 4, median 3",
    ]
    assert [sum(bar.get_height() for bar in ax.patches) for ax in fig.axes] == [3, 2]
    assert top.get_xscale() == "log"
    assert top.get_xlim() == bottom.get_xlim()
    assert bottom.patches[0].get_facecolor()[:3] == pytest.approx((0xD5 / 255, 0x5E / 255, 0))  # that of ET


@pytest.mark.parametrize("sizes", [[0.0, 0.0], [-1.0, 2.0], [np.nan, 1.0], []])
def test_sizes_that_cannot_be_drawn_are_refused(sizes):
    with pytest.raises(ValueError, match="expected some above 0"):
        view.size_histogram({"WT": sizes})
