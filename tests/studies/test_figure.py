"""The figure: best on top, a dot per seed, a diamond for the published score if there is one."""

import numpy as np

from studies.figure import ranking
from studies.table import summarise


def row(number, seed, f1):
    return {"number": number, "seed": seed, "f1": f1, "seconds": 1.0, "parameters": 1}


def test_markers_are_at_the_values():
    runs = summarise([row(1, 0, 0.5), row(1, 1, 0.7), row(2, 0, 0.9), row(2, 1, 0.8), row(23, 0, 0.1)])
    (ax,) = ranking(runs, {1: {"f1": 0.93}, 2: {"f1": 0.92}}).axes
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert [name.rsplit("(", 1)[1] for name in names] == ["2)", "1)", "23)"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first is at the top

    def marks(marker):
        lines = [line for line in ax.lines if line.get_marker() == marker and len(line.get_xdata())]
        return {int(line.get_ydata()[0]): list(np.atleast_1d(line.get_xdata())) for line in lines}

    assert marks("o") == {0: [0.9, 0.8], 1: [0.5, 0.7], 2: [0.1]}
    assert {y: round(x, 6) for y, (x,) in marks("|").items()} == {0: 0.85, 1: 0.6, 2: 0.1}
    assert marks("D") == {0: [0.92], 1: [0.93]}


def test_a_score_with_the_true_mask_in_its_input_is_marked():
    runs = summarise([row(5, 0, 0.5), row(8, 0, 0.4)])
    (ax,) = ranking(runs, {5: {"f1": 0.8}, 8: {"f1": 0.9}}).axes
    drawn = {line.get_marker(): line.get_xdata()[0] for line in ax.lines if len(line.get_xdata()) == 1}
    assert (drawn["D"], drawn["X"]) == (0.8, 0.9)
