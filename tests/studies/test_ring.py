"""The ring of Gaussians: its modes are counted rightly, and a generator that is too fast loses them."""

import copy

import pytest
import torch

from brainlab.training import diagnose
from studies import ring_modes, ring_networks, ring_points, train_ring

TOO_FAST = {"lr": 100 * 3e-4, "g_steps": 10}  # as in notebook 04


def test_the_data_have_eight_modes():
    points = ring_points(2000, torch.Generator().manual_seed(0))
    assert points.shape == (2000, 1, 1, 2)
    assert points.min() > 0
    assert points.max() < 1
    assert ring_modes(points) == 8
    angles = torch.atan2(points[:, 0, 0, 1] - 0.5, points[:, 0, 0, 0] - 0.5)
    right = angles.abs() < 3.1416 / 8
    assert ring_modes(points[right]) == 1
    assert ring_modes(torch.full((50, 1, 1, 2), 0.5)) == 0  # the middle belongs to none


@pytest.mark.parametrize("seed", range(2))
def test_a_balanced_training_finds_the_ring_and_a_fast_generator_loses_it(seed):
    networks = ring_networks(seed)
    history, _ = train_ring(*networks, epochs=12, seed=seed)
    assert history.scores["modes"][-1] >= 6
    assert history.scores["diversity"][-1] > 0.8
    failed, _ = train_ring(*copy.deepcopy(networks), epochs=3, seed=seed + 1, **TOO_FAST)
    assert "mode collapse" in [finding.name for finding in diagnose(failed)]
    assert min(failed.scores["modes"]) <= 2
    cured, _ = train_ring(*networks, epochs=2, seed=seed + 2)  # from the checkpoint, at the rates from before
    assert cured.scores["modes"][-1] >= 6
    assert not diagnose(cured)


def test_the_same_seed_gives_the_same_training():
    histories = [train_ring(*ring_networks(3), epochs=1, seed=4)[0].scores for _ in range(2)]
    assert histories[0] == histories[1]
