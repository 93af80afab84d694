"""The list of experiments: published scores, and networks with the published parameter counts."""

import pytest
import torch

from brainlab import budgets
from brainlab.losses import exponential_logarithmic_loss
from brainlab.models import count_parameters
from studies import parts
from studies.study import CONTROLS, STUDY, experiment, published

# For these three, the code of the study gives other counts than its table.
ODD_COUNTS = (10, 20, 21)


def test_numbers_are_those_of_the_table():
    assert [one.number for one in STUDY] == list(range(1, 23))
    assert set(published()) == {0, *range(1, 23)}


def test_scores_that_the_course_quotes():
    table = published()
    best = max(table, key=lambda number: table[number]["f1"])
    assert (best, table[best]["recall"], table[best]["f1"]) == (1, 0.92805, 0.92965)
    assert (table[2]["recall"], table[2]["f1"]) == (0.92415, 0.92325)
    assert (table[22]["recall"], table[22]["f1"]) == (0.7519, 0.787425)
    adagrad = [table[one.number]["recall"] for one in STUDY if one.optimizer == "adagrad"]
    assert (min(adagrad), max(adagrad)) == (0.607625, 0.870175)


@pytest.mark.parametrize(
    "one", [one for one in STUDY if one.number not in ODD_COUNTS], ids=lambda one: one.name
)
def test_networks_have_the_published_number_of_parameters(one):
    with torch.device("meta"):  # shapes without memory
        network = parts.make_network(one)
    assert count_parameters(network, keras=True) == published()[one.number]["parameters"]


def test_names_are_unique():
    names = [one.name for one in (*STUDY, *CONTROLS)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("one", [*STUDY, *CONTROLS], ids=lambda one: one.name)
def test_every_experiment_has_a_gradient_for_every_parameter(one):
    torch.manual_seed(0)
    network = parts.make_network(one, width=4)
    image = torch.randn(2, 5 if one.inputs == "edges" else 4, 32, 32)
    target = torch.randint(4, (2, 32, 32))
    loss = parts.make_loss(one, torch.tensor([0.1, 1.0, 1.0, 1.0]))(network(image), target)
    loss.backward()
    assert loss.isfinite()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in network.parameters())


def test_ell_weights_are_those_of_the_experiment():
    logits, target = torch.randn(1, 4, 8, 8), torch.randint(4, (1, 8, 8))
    losses = {number: parts.make_loss(experiment(number), torch.ones(4))(logits, target) for number in (1, 4)}
    # L = (1 - a) D + a C is linear in a: two values give D and C.
    slope = (losses[4] - losses[1]) / (0.7 - 0.2)
    dice_part = exponential_logarithmic_loss(
        logits, target, dice_weight=1.0, cross_weight=0.0, per_image=False
    )
    torch.testing.assert_close(losses[1] - 0.2 * slope, dice_part)


def test_the_adagrad_control_differs_only_in_the_learning_rate():
    budget = budgets.STUDY["table"]
    slow, fast = (parts.make_settings(experiment(n), budget, 0, "cpu") for n in (15, 23))
    assert (slow.optimizer, slow.lr, fast.optimizer, fast.lr) == ("adagrad", 1e-3, "adagrad", 1e-2)


def test_an_unknown_number_is_named():
    with pytest.raises(ValueError, match="experiment 24 does not exist; expected 1 to 22"):
        experiment(24)
