"""Scores by lesion against the steps of the published code, and the surface Dice against a loop and MONAI."""

import math

import numpy as np
import pytest
import torch
from scipy import ndimage

from brainlab.metrics import dice, hd95, lesion_wise, surface_dice


def ball(shape, centre, radius):
    """Return a ball of this radius in voxels, bool."""
    where = np.stack(np.indices(shape), -1) - np.asarray(centre)
    return (where**2).sum(-1) <= radius**2


def blobs(seed, level=1.2, shape=(48, 40, 32)):
    """Return a pair of masks with many lesions, which partly agree."""
    rng = np.random.default_rng(seed)
    smooth = ndimage.gaussian_filter(rng.standard_normal((2, *shape)), (0, 2.5, 2.5, 2.5))
    smooth /= smooth.std()
    return smooth[0] + 0.5 * smooth[1] > level, smooth[0] > level


def published(pred, target, steps=3, least=50):
    """Repeat the steps of `get_LesionWiseScores` and `get_LesionWiseResults` for voxels of 1 mm.

    https://github.com/rachitsaluja/BraTS-2023-Metrics/blob/main/metrics.py
    """
    structure = ndimage.generate_binary_structure(3, 2)
    neighbours = ndimage.generate_binary_structure(3, 3)
    dilated = ndimage.binary_dilation(target, structure, iterations=steps)
    dilated_numbers, count = ndimage.label(dilated, neighbours)
    combined = np.where(target, dilated_numbers, 0)
    pred_numbers, pred_count = ndimage.label(pred, neighbours)
    rows, seen, tp, fn = [], set(), 0, 0
    for number in range(1, count + 1):
        lesion = combined == number
        around = ndimage.binary_dilation(lesion, structure, iterations=steps)
        touching = set(np.unique(pred_numbers[around])) - {0}
        seen |= touching
        if lesion.sum() <= least:
            continue
        found = np.isin(pred_numbers, list(touching))
        tp, fn = tp + bool(touching), fn + (not touching)
        rows.append((dice(found, lesion), hd95(found, lesion) if touching else 374))
    fp = pred_count - len(seen)
    rows += [(0, 374)] * fp
    means = np.mean(rows, axis=0) if rows else (1, 0)
    return (*means, tp, fn, fp)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("steps", [1, 3])
def test_as_the_published_code(seed, steps):
    pred, target = blobs(seed, level=1.2 + 0.3 * (seed % 3))
    got = lesion_wise(pred, target, join=steps)
    assert got[:5] == pytest.approx(published(pred, target, steps))
    assert got.tp + got.fn + got.fp == len(got.lesions)


def test_the_random_masks_try_everything():
    results = [published(*blobs(seed, level=1.2 + 0.3 * (seed % 3)), steps=1) for seed in range(6)]
    assert all(sum(column) > 0 for column in list(zip(*results, strict=True))[2:])


def test_a_missed_satellite_costs_half_though_the_dice_of_the_volume_is_high():
    shape = (60, 40, 40)
    main, satellite = ball(shape, (18, 20, 20), 12), ball(shape, (48, 20, 20), 3)
    got = lesion_wise(main, main | satellite)
    assert dice(main, main | satellite) > 0.99
    assert (got.dice, got.hd95) == (0.5, 187)
    assert (got.tp, got.fn, got.fp) == (1, 1, 0)
    assert [row.volume for row in got.lesions] == [main.sum(), satellite.sum()]


def test_false_positives_count_whatever_their_size():
    truth = ball((40, 30, 30), (12, 15, 15), 6)
    pred = truth.copy()
    pred[35, 15, 15] = True
    got = lesion_wise(pred, truth)
    assert (got.dice, got.hd95, got.fp) == (0.5, 187, 1)
    assert got.lesions[-1] == ("FP", 1, 0, 374)


def test_a_lesion_of_the_smallest_volume_counts_neither_way():
    truth = np.zeros((30, 30, 30), bool)
    truth[10:15, 10:15, 10:12] = True  # 50 mm3
    for pred in (truth, np.zeros_like(truth)):
        assert lesion_wise(pred, truth)[:5] == (1, 0, 0, 0, 0)
    assert lesion_wise(truth, truth, min_volume=49).tp == 1
    assert lesion_wise(truth, truth, spacing=(1, 1, 1.1)).tp == 1


def test_fragments_that_the_dilation_joins_are_one_lesion():
    truth = np.zeros((40, 20, 20), bool)
    truth[5:10, 5:15, 5:15] = truth[16:20, 5:15, 5:15] = True  # 6 empty voxels: 3 + 3
    assert lesion_wise(truth, truth).tp == 1
    assert lesion_wise(truth, truth, join=2).tp == 2
    assert lesion_wise(truth, truth, spacing=(2, 1, 1)).tp == 2  # 12 mm apart


def test_a_spacing_with_a_rounding_error_changes_nothing():
    pred, target = blobs(0)
    wanted = lesion_wise(pred, target)
    for size in (1 + 1e-6, 1 - 1e-6):
        got = lesion_wise(pred, target, spacing=(size,) * 3)
        assert (got.tp, got.fn, got.fp) == (wanted.tp, wanted.fn, wanted.fp)
        assert got[:2] == pytest.approx(wanted[:2], rel=1e-4)


def test_a_predicted_component_belongs_to_every_lesion_that_it_touches():
    truth = np.zeros((40, 20, 20), bool)
    truth[5:10, 5:15, 5:15] = truth[30:35, 5:15, 5:15] = True
    pred = np.zeros_like(truth)
    pred[5:35, 5:15, 5:15] = True
    got = lesion_wise(pred, truth)
    assert (got.tp, got.fp) == (2, 0)
    assert got.dice == pytest.approx(2 * 500 / (500 + 3000))


def test_nothing_there_is_perfect():
    empty, full = np.zeros((20, 20, 20), bool), ball((20, 20, 20), (10, 10, 10), 5)
    assert lesion_wise(empty, empty) == (1, 0, 0, 0, 0, ())
    assert lesion_wise(full, empty)[:5] == (0, 374, 0, 0, 1)
    assert lesion_wise(empty, full)[:5] == (0, 374, 0, 1, 0)


def test_axes_mirrors_and_position_do_not_matter():
    pred, target = blobs(3)
    wanted = lesion_wise(pred, target, spacing=(1, 1.5, 2))
    turned = lesion_wise(pred.transpose(2, 0, 1), target.transpose(2, 0, 1), spacing=(2, 1, 1.5))
    assert turned[:5] == pytest.approx(wanted[:5])
    mirrored = lesion_wise(pred[::-1], target[::-1], spacing=(1, 1.5, 2))
    assert mirrored[:5] == pytest.approx(wanted[:5])
    padded = lesion_wise(np.pad(pred, 9), np.pad(target, 9), spacing=(1, 1.5, 2))
    assert (padded.tp + padded.fn) == (wanted.tp + wanted.fn)


def test_tensors_and_integers_are_taken_and_left_unchanged():
    pred, target = (torch.from_numpy(mask.astype(np.uint8)) for mask in blobs(0))
    before = pred.clone(), target.clone()
    assert lesion_wise(pred, target) == lesion_wise(pred.numpy() == 1, target.numpy() == 1)
    assert torch.equal(pred, before[0])
    assert torch.equal(target, before[1])


def test_the_table_holds_every_lesion_and_the_means():
    lines = str(lesion_wise(*blobs(1))).splitlines()
    got = lesion_wise(*blobs(1))
    assert len(lines) == len(got.lesions) + 2
    assert lines[1].split() == ["TP", f"{got.lesions[0].volume:.0f}", f"{got.lesions[0].dice:.3f}",
                                f"{got.lesions[0].hd95:.1f}"]  # fmt: skip
    assert lines[-1].split() == ["mean", f"{got.dice:.3f}", f"{got.hd95:.1f}"]


def test_clear_errors():
    mask = np.zeros((4, 4, 4), bool)
    with pytest.raises(ValueError, match=r"expected \(X, Y, Z\)"):
        lesion_wise(mask[0], mask[0])
    with pytest.raises(ValueError, match="same shape"):
        lesion_wise(mask, mask[1:])
    with pytest.raises(ValueError, match="compare first"):
        lesion_wise(mask + 2, mask)
    with pytest.raises(ValueError, match="3 positive numbers"):
        lesion_wise(mask, mask, spacing=(1, 1))
    with pytest.raises(ValueError, match="join is -1"):
        lesion_wise(mask, mask, join=-1)
    with pytest.raises(ValueError, match="tolerance is -1"):
        surface_dice(mask, mask, tolerance=-1)
    with pytest.raises(ValueError, match="3 positive numbers"):
        surface_dice(mask, mask, spacing=(1, 0, 1))


def surface_voxels(mask):
    """Return the voxels (n, axes) with a neighbour outside the mask, one by one."""
    found = []
    for voxel in zip(*np.nonzero(mask), strict=True):
        for axis in range(mask.ndim):
            for step in (-1, 1):
                near = list(voxel)
                near[axis] += step
                outside = not 0 <= near[axis] < mask.shape[axis] or not mask[tuple(near)]
                found += [voxel] if outside else []
    return np.array(sorted(set(found)))


@pytest.mark.parametrize(
    ("shape", "spacing"), [((14, 11), (1, 1)), ((14, 11), (0.7, 2)), ((10, 9, 8), (1, 1, 3))]
)
@pytest.mark.parametrize("tolerance", [0, 1, 2.5])
def test_surface_dice_as_a_loop(shape, spacing, tolerance):
    rng = np.random.default_rng(len(shape))
    pred, target = ndimage.gaussian_filter(rng.standard_normal((2, *shape)), (0, *[1] * len(shape))) > 0.1
    a, b = (surface_voxels(mask) * np.array(spacing) for mask in (pred, target))
    close = sum(min(math.dist(p, q) for q in b) <= tolerance for p in a)
    close += sum(min(math.dist(p, q) for q in a) <= tolerance for p in b)
    assert surface_dice(pred, target, spacing, tolerance) == pytest.approx(close / (len(a) + len(b)))


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (1.0, 0.8, 3.0)])
def test_surface_dice_as_monai(spacing):
    monai = pytest.importorskip("monai.metrics")
    pred, target = blobs(2)
    one_hot = [torch.from_numpy(np.stack([~mask, mask])[None]).float() for mask in (pred, target)]
    for tolerance in (0.5, 1.0, 3.2):
        wanted = monai.compute_surface_dice(*one_hot, [tolerance], spacing=spacing)
        assert surface_dice(pred, target, spacing, tolerance) == pytest.approx(wanted.item())


def test_surface_dice_of_empty_masks():
    empty, full = np.zeros((9, 9), bool), ball((9, 9), (4, 4), 2)
    assert surface_dice(empty, empty) == 1
    assert surface_dice(full, empty) == surface_dice(empty, full) == 0


def test_surface_dice_rises_with_the_tolerance_and_is_symmetric():
    pred, target = blobs(4)
    values = [surface_dice(pred, target, tolerance=t) for t in (0, 1, 2, 4, 100)]
    assert values == sorted(values)
    assert values[0] < 1 == values[-1]
    assert surface_dice(target, pred, tolerance=2) == values[2]
    assert surface_dice(pred, target, spacing=(2, 2, 2), tolerance=4) == values[2]
    assert surface_dice(target, target, tolerance=0) == 1


def test_surface_dice_does_not_depend_on_size_where_dice_does():
    shape = (64, 64, 64)
    small, large = [(ball(shape, (32, 32, 32), r), ball(shape, (34, 32, 32), r)) for r in (5, 25)]
    assert dice(*large) - dice(*small) > 0.15
    assert surface_dice(*large, tolerance=1) == pytest.approx(surface_dice(*small, tolerance=1), abs=0.1)
