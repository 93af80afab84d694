import numpy as np
import pytest
from scipy import stats

from brainlab.metrics import bootstrap_interval


def test_agrees_with_scipy():
    values = np.random.default_rng(1).normal(0.02, 0.05, 30)
    oracle = stats.bootstrap((values,), np.mean, method="percentile", n_resamples=10_000, rng=2)
    ours = bootstrap_interval(values)
    np.testing.assert_allclose(ours[1:], list(oracle.confidence_interval), atol=2e-3)
    assert ours.mean == pytest.approx(values.mean())


def test_a_common_difficulty_of_patients_cancels_in_the_differences():
    rng = np.random.default_rng(0)
    difficulty = rng.uniform(0, 0.8, 20)
    a, b = (difficulty + shift + rng.normal(0, 0.01, 20) for shift in (0.03, 0.0))
    assert bootstrap_interval(a - b).excludes_zero
    assert a.std() > 5 * (a - b).mean()  # the spread between patients is far larger than the gain


def test_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    intervals = [bootstrap_interval(rng.normal(0, 1, 25)) for _ in range(300)]
    assert 0.88 <= np.mean([not one.excludes_zero for one in intervals]) <= 0.98


def test_differences_between_seeds_widen_the_interval():
    rng = np.random.default_rng(0)
    patients, seeds = rng.normal(0, 0.01, (30, 1)), np.array([[-0.05, 0.0, 0.05]])
    pooled = bootstrap_interval((patients + seeds).mean(axis=1))
    both = bootstrap_interval(patients + seeds)
    assert both.high - both.low > 2 * (pooled.high - pooled.low)


@pytest.mark.parametrize("values", [[], [[]], [1.0, np.nan], 3.0, np.zeros((2, 2, 2))])
def test_refuses_what_cannot_be_resampled(values):
    with pytest.raises(ValueError, match="expected finite numbers"):
        bootstrap_interval(values)


def test_refuses_a_level_in_percent():
    with pytest.raises(ValueError, match="between 0 and 1"):
        bootstrap_interval([1.0, 2.0], level=95)


def test_prints_with_signs():
    assert str(bootstrap_interval([0.5, 0.5])) == "+0.500 [+0.500, +0.500]"
