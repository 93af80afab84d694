"""Rows of scores: their order, pairs, intervals and files."""

import numpy as np
import pytest
from real_data.tables import (
    differences_table,
    grid,
    groups,
    means_table,
    medians_table,
    read_rows,
    worst,
    write_rows,
)

from brainlab.metrics import bootstrap_interval


def rows_of(scores, group="all cases"):
    """Return rows from {(case, seed): score}; a patient's name is the letters of the case."""
    return [
        {"case": case, "patient": case.rstrip("12"), "seed": seed, "group": group, "dice": score}
        for (case, seed), score in scores.items()
    ]


def test_the_grid_is_by_patient_and_seed_whatever_the_order():
    scores = {("b", 1): 0.4, ("a", 0): 0.1, ("b", 0): 0.3, ("a", 1): 0.2}
    np.testing.assert_array_equal(grid(rows_of(scores), "dice"), [[0.1, 0.2], [0.3, 0.4]])


def test_time_points_of_a_patient_count_once():
    scores = {("a1", 0): 0.2, ("a2", 0): 0.4, ("b1", 0): 0.9}
    np.testing.assert_allclose(grid(rows_of(scores), "dice"), [[0.3], [0.9]])
    assert means_table(rows_of(scores), {"Dice": "dice"}).splitlines()[1].split()[1] == "2"


def test_a_missing_seed_is_no_zero():
    with pytest.raises(ValueError, match="b lacks seed 1"):
        grid(rows_of({("a", 0): 0.1, ("a", 1): 0.1, ("b", 0): 0.3}), "dice")
    with pytest.raises(ValueError, match="there is no row"):
        grid([], "dice")


def test_means_have_the_interval_of_the_library_and_groups_are_apart():
    high = rows_of({("a", 0): 0.9, ("b", 0): 0.7, ("c", 0): 0.8}, "high")
    low = rows_of({("d", 0): 0.1}, "low")
    assert list(groups(low + high)) == ["all", "high", "low"]
    assert list(groups(high)) == ["all"], "one group is not printed twice"
    head, every, first, second = means_table(low + high, {"Dice": "dice"}).splitlines()
    low_limit, high_limit = bootstrap_interval([0.9, 0.7, 0.8])[1:]
    assert head.split() == ["n", "Dice"]
    assert every.split()[:3] == ["all", "4", "0.625"]
    assert first.split() == ["high", "3", "0.800", f"[{low_limit:.3f},", f"{high_limit:.3f}]"]
    assert second.split() == ["low", "1", "0.100"], "one patient has no interval"


def test_the_median_is_over_patients_of_the_mean_over_seeds():
    rows = rows_of(
        {("a", 0): 0.0, ("a", 1): 10.0, ("b", 0): 1.0, ("b", 1): 1.0, ("c", 0): 2.0, ("c", 1): 4.0}
    )
    assert medians_table(rows, {"x": "dice"}).splitlines()[1].split() == [
        "all",
        "3",
        "3.0",
        "(1.0",
        "to",
        "5.0)",
    ]


def test_differences_are_between_the_same_case_and_seed():
    before = rows_of({(name, 0): n / 10 for n, name in enumerate("abcdefgh")})
    after = [{**row, "dice": row["dice"] + 0.05} for row in reversed(before)]
    other = rows_of({("z", 0): 0.0, ("a", 7): 0.0})
    line = differences_table(after + other[:1], before + other[1:], {"Dice": "dice"}).splitlines()[1]
    assert line.split() == ["all", "8", "+0.050", "[+0.050,", "+0.050]*"]
    same = differences_table(before, before, {"Dice": "dice"}).splitlines()[1]
    assert "*" not in same
    with pytest.raises(ValueError, match="no case with the same seed"):
        differences_table(after, other, {"Dice": "dice"})


def test_the_worst_is_worst_over_all_seeds_and_scores():
    scores = {
        ("a", 0): (0.1, 0.1),
        ("a", 1): (0.9, 0.9),
        ("b", 0): (0.4, 0.2),
        ("b", 1): (0.3, 0.3),
        ("c", 0): (1, 1),
    }
    rows = [{"case": case, "seed": seed, "x": x, "y": y} for (case, seed), (x, y) in scores.items()]
    assert worst(rows, ["x", "y"], 2) == ["b", "a"]
    assert worst(rows, ["x", "y"], 99) == ["b", "a", "c"]


def test_rows_survive_the_file(tmp_path):
    rows = [
        {"case": "001", "patient": "0e1", "seed": 2, "group": "high grade", "code": "12345678", "dice": 1 / 3}
    ]
    path = tmp_path / "new" / "rows.csv"
    write_rows(path, rows)
    (row,) = read_rows(path)
    assert row == {**rows[0], "dice": pytest.approx(1 / 3, abs=1e-5)}, "names stay text"
    assert differences_table(rows, [row], {"Dice": "dice"})
