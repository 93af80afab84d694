"""Summaries of a table: means, spread, ranking, differences; and the shipped table."""

import numpy as np
import pytest
from scipy import stats

from studies.study import STUDY, experiment
from studies.table import OURS, QUESTIONS, Effect, contrast, effects, ranked, read_table, summarise


def row(number, seed, f1):
    values = {"recall": f1 - 0.1, "f1": f1, "seconds": 10.0, "parameters": 7}
    return {"number": number, "seed": seed, "data": "cohort", "name": "x", **values}


ROWS = [row(1, 0, 0.8), row(1, 1, 0.9), row(2, 0, 0.7), row(2, 1, 0.7), row(5, 0, 0.95)]


def test_seeds_are_grouped():
    one, two, five = summarise(ROWS)
    assert (one.experiment.number, two.experiment.number, five.experiment.number) == (1, 2, 5)
    assert one.mean("f1") == pytest.approx(0.85)
    assert one.spread("f1") == pytest.approx(0.1)
    assert (five.spread("f1"), five.parameters, five.seconds) == (0, 7, 10)


def test_experiments_are_ranked_by_the_mean():
    assert [one.experiment.number for one in ranked(summarise(ROWS))] == [5, 1, 2]


def test_contrast_compares_equal_seeds():
    differences, names = contrast(ROWS, [(1, 2), (5, 1)])
    np.testing.assert_allclose(differences, [0.1, 0.2, 0.15])
    assert names == ["1 - 2, seed 0", "1 - 2, seed 1", "5 - 1, seed 0"]


def test_an_interval_is_that_of_student_over_seeds():
    values = np.array([0.1, 0.2, 0.6])
    got = Effect("any", 1, 2, values, None).interval
    low, high = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert got == pytest.approx((0.3, low, high))
    assert not got.excludes_zero
    assert Effect("any", 1, 2, np.array([0.1, 0.11, 0.12]), None).interval.excludes_zero
    assert not Effect("any", 1, 2, np.array([0.5]), None).interval.excludes_zero, "one seed proves nothing"


def test_effects_are_those_of_the_pairs_in_the_table():
    assert effects(ROWS) == []
    (one,) = effects([row(11, 0, 0.9), row(11, 1, 0.8), row(9, 0, 0.6), row(9, 1, 0.7)])
    assert (one.question, one.changed, one.unchanged) == ("U-Net 3+ for U-Net", 11, 9)
    np.testing.assert_allclose(one.differences, [0.3, 0.1])
    assert one.published == pytest.approx(0.9286 - 0.916575, abs=1e-3)
    assert str(one).split()[-2:] == ["contains", "0"]


def test_of_the_shipped_effects_those_of_the_optimiser_exclude_0_and_u_net_3_does_not():
    found = {(one.changed, one.unchanged): one.interval for one in effects(read_table())}
    assert len(found) == sum(map(len, QUESTIONS.values()))
    assert found[12, 11].high < 0
    assert found[15, 13].high < 0
    assert not found[11, 9].excludes_zero


def test_a_file_that_is_not_a_table_is_named(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="is not a table of experiments; expected columns number, seed"):
        read_table(path)


def test_the_shipped_table_has_all_runs_of_the_study():
    rows = read_table(OURS)
    assert {int(r["number"]) for r in rows} >= {one.number for one in STUDY}
    assert all(0 <= r[score] <= 1 for r in rows for score in ("recall", "f1", "precision", "specificity"))
    means = [np.mean([r[f"recall_{short}"] for short in ("BG", "NCR", "ED", "ET")]) for r in rows]
    np.testing.assert_allclose([r["recall"] for r in rows], means, atol=2e-5)
    settings = {(r["data"], r["budget"], r["patients"]) for r in rows}
    assert len(settings) == 1, "all runs must use the same data and budget"
    assert settings.pop()[0].startswith("cohort "), "and say which version of the cohort"


def aspects(one):
    """Return the parts of an experiment; the runs of a pair differ in one of them."""
    loss, optimiser = (one.loss, one.cross_weight), (one.optimizer, one.lr)
    options = {"batch_norm": False, "bottleneck": True, **one.options}
    return {"network": one.network, "loss": loss, "optimiser": optimiser, "inputs": one.inputs, **options}


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_runs_of_a_pair_differ_in_one_part(question):
    changed = set()
    for first, second in QUESTIONS[question]:
        a, b = aspects(experiment(first)), aspects(experiment(second))
        changed |= {name for name in a.keys() | b.keys() if a.get(name) != b.get(name)}
    # One change, several options. U-Net 3+ always has batch normalisation, and no bottleneck.
    together = [
        {"convs", "batch_norm"},
        {"dropout", "dropout_in"},
        {"network", "batch_norm", "bottleneck"},
    ]
    assert len(changed) == 1 or changed in together
