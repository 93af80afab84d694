"""Metrics against scikit-learn, MONAI and slow loops."""

import numpy as np
import pytest
import torch
from monai.metrics import compute_dice, compute_hausdorff_distance, compute_iou
from sklearn import metrics as sk

from brainlab.metrics import (
    confusion_matrix,
    dice,
    hd95,
    jaccard,
    region_dice,
    region_dice_of_labels,
    region_scores,
    scores,
)


def label_maps(seed=0, shape=(3, 12, 14), classes=4):
    rng = np.random.default_rng(seed)
    target = rng.integers(0, classes, shape)
    pred = np.where(rng.random(shape) < 0.6, target, rng.integers(0, classes, shape))
    return pred, target


def blob(centre, radii, shape):
    grid = np.indices(shape)
    return sum(((g - c) / r) ** 2 for g, c, r in zip(grid, centre, radii, strict=True)) <= 1


def test_confusion_matrix_is_that_of_scikit_learn():
    pred, target = label_maps()
    expected = sk.confusion_matrix(target.ravel(), pred.ravel(), labels=range(4))
    result = confusion_matrix(pred, target)
    assert result.dtype == np.int64
    np.testing.assert_array_equal(result, expected)
    np.testing.assert_array_equal(confusion_matrix(target, pred), expected.T)


def test_confusion_matrix_takes_tensors_and_small_integers():
    pred, target = label_maps()
    expected = confusion_matrix(pred, target)
    np.testing.assert_array_equal(confusion_matrix(torch.tensor(pred), torch.tensor(target)), expected)
    np.testing.assert_array_equal(confusion_matrix(pred.astype(np.uint8), target.astype(np.int8)), expected)
    many = confusion_matrix(np.full(300, 99, np.uint8), np.full(300, 99, np.uint8), num_classes=100)
    assert many[99, 99] == 300  # 99 * 100 + 99 does not fit in eight bits


def test_matrices_of_batches_add_up():
    pred, target = label_maps()
    parts = [confusion_matrix(p, t) for p, t in zip(pred, target, strict=True)]
    np.testing.assert_array_equal(sum(parts), confusion_matrix(pred, target))


@pytest.mark.parametrize("absent", [None, 2])
def test_scores_are_those_of_scikit_learn(absent):
    pred, target = label_maps(1)
    if absent is not None:
        pred, target = np.where(pred == absent, 0, pred), np.where(target == absent, 0, target)
    p, t = pred.ravel(), target.ravel()
    result = scores(confusion_matrix(pred, target))
    for name, function in [
        ("sensitivity", sk.recall_score),
        ("precision", sk.precision_score),
        ("f1", sk.f1_score),
    ]:
        options = {"labels": range(4), "zero_division": np.nan}
        np.testing.assert_allclose(getattr(result, name), function(t, p, average=None, **options))
        assert result.means()[name] == pytest.approx(function(t, p, average="macro", **options))
    np.testing.assert_array_equal(result.dice, result.f1)
    assert result.accuracy == pytest.approx(sk.accuracy_score(t, p))
    for c in range(4):
        tn, fp, fn, tp = sk.confusion_matrix(t == c, p == c, labels=[False, True]).ravel()
        assert result.specificity[c] == tn / (tn + fp)
        if c != absent:
            assert result.jaccard[c] == pytest.approx(sk.jaccard_score(t == c, p == c)) == tp / (tp + fp + fn)


def test_means_may_leave_the_background_out():
    result = scores([[90, 10], [5, 15]])
    assert result.means(background=False)["sensitivity"] == pytest.approx(0.75)
    assert result.means()["sensitivity"] == pytest.approx((0.9 + 0.75) / 2)


def test_a_class_that_is_nowhere_is_left_out():
    result = scores([[90, 10, 0], [5, 15, 0], [0, 0, 0]])
    assert np.isnan([result.sensitivity[2], result.precision[2], result.f1[2]]).all()
    assert result.specificity[2] == 1
    assert result.means()["f1"] == pytest.approx(np.mean(result.f1[:2]))


def test_scores_print_as_a_table():
    text = str(scores(confusion_matrix(*label_maps())))
    assert "sensitivity" in text
    assert [line.split()[0] for line in text.splitlines()[1:]] == [
        "BG",
        "NCR",
        "ED",
        "ET",
        "mean",
        "accuracy",
    ]


@pytest.mark.parametrize("shape", [(9, 11), (6, 7, 8)])
def test_dice_and_jaccard_are_those_of_monai(shape):
    rng = np.random.default_rng(0)
    pred, target = rng.random(shape) < 0.4, rng.random(shape) < 0.5
    tensors = torch.tensor(pred)[None, None].float(), torch.tensor(target)[None, None].float()
    assert dice(pred, target) == pytest.approx(float(compute_dice(*tensors)))
    assert jaccard(pred, target) == pytest.approx(float(compute_iou(*tensors)))
    d = dice(pred, target)
    assert jaccard(pred, target) == pytest.approx(d / (2 - d))
    assert dice(*tensors) == d  # masks of zeros and ones will do


def slow_hd95(pred, target, spacing):
    """All distances between all pairs of surface pixels, by loops."""

    def surface(mask):
        points = []
        for point in np.argwhere(mask):
            for axis in range(mask.ndim):
                for step in (-1, 1):
                    near = point.copy()
                    near[axis] += step
                    inside = 0 <= near[axis] < mask.shape[axis]
                    if not inside or not mask[tuple(near)]:
                        points.append(tuple(point))
        return np.array(sorted(set(points))) * spacing

    a, b = surface(pred), surface(target)
    distances = np.sqrt(((a[:, None] - b[None]) ** 2).sum(-1))
    return max(np.percentile(distances.min(axis=1), 95), np.percentile(distances.min(axis=0), 95))


MASKS = [
    (blob((10, 12), (6, 4), (24, 26)), blob((12, 13), (5, 7), (24, 26)), (1.0, 1.0)),
    (blob((10, 12), (6, 4), (24, 26)), blob((3, 22), (5, 7), (24, 26)), (0.5, 2.0)),  # touches the border
    (blob((5, 6, 4), (4, 4, 3), (12, 13, 9)), blob((6, 6, 5), (3, 5, 3), (12, 13, 9)), (1.0, 1.0, 1.0)),
    (blob((5, 6, 4), (4, 4, 3), (12, 13, 9)), blob((8, 4, 2), (3, 5, 3), (12, 13, 9)), (1.0, 0.7, 3.0)),
    (blob((5, 5), (0.5, 0.5), (11, 11)), np.eye(11, dtype=bool), (1.0, 1.0)),
]


@pytest.mark.parametrize(("pred", "target", "spacing"), MASKS)
@pytest.mark.filterwarnings("ignore::FutureWarning")  # MONAI about its own code
def test_hd95_is_that_of_loops_and_of_monai(pred, target, spacing):
    result = hd95(pred, target, spacing)
    assert result == pytest.approx(slow_hd95(pred, target, spacing))
    tensors = [torch.tensor(mask)[None, None].float() for mask in (pred, target)]
    monai = compute_hausdorff_distance(*tensors, percentile=95, spacing=list(spacing))
    assert result == pytest.approx(float(monai), rel=1e-5)
    assert hd95(target, pred, spacing) == pytest.approx(result)


def test_hd95_is_in_millimetres_and_shrugs_off_an_outlier():
    target = np.zeros((40, 40), bool)
    target[10:30, 10:30] = True
    shifted = np.roll(target, 3, axis=0)
    assert hd95(shifted, target) == 3
    assert hd95(shifted, target, spacing=(2.0, 5.0)) == 6
    speck = target.copy()
    speck[0, 0] = True
    assert hd95(speck, target) == 0 < hd95(shifted, target)


def test_more_overlap_scores_better():
    target = blob((20, 20), (8, 8), (40, 40))
    shifted = [np.roll(target, n, axis=1) for n in range(0, 10, 2)]
    overlaps, distances = [dice(s, target) for s in shifted], [hd95(s, target) for s in shifted]
    assert overlaps[0] == 1
    assert distances[0] == 0
    assert overlaps == sorted(overlaps, reverse=True)
    assert distances == sorted(distances)


def test_the_empty_empty_rule():
    nothing, something = np.zeros((240, 240, 155), bool), np.zeros((240, 240, 155), bool)
    something[100, 100, 100] = True
    assert (dice(nothing, nothing), jaccard(nothing, nothing), hd95(nothing, nothing)) == (1, 1, 0)
    for pair in ((nothing, something), (something, nothing)):
        assert (dice(*pair), jaccard(*pair)) == (0, 0)
        assert hd95(*pair) == pytest.approx(373.12866)  # the number of the BraTS challenges
    assert hd95(nothing[0], something[100], (2, 1)) == pytest.approx(np.hypot(480 / 2 * 2, 155))


def test_region_scores_are_those_of_the_unions():
    pred, target = label_maps(2, (10, 11, 12))
    spacing = (1.0, 1.0, 2.0)
    result = region_scores(torch.tensor(pred), target, spacing)
    regions = {"WT": lambda a: a > 0, "TC": lambda a: (a == 1) | (a == 3), "ET": lambda a: a == 3}
    assert list(result) == list(regions)
    for region, mask in regions.items():
        expected = {"dice": dice(mask(pred), mask(target)), "hd95": hd95(mask(pred), mask(target), spacing)}
        assert result[region] == expected


def test_region_dice_is_that_of_the_masks():
    rng = torch.Generator().manual_seed(2)
    truth, given = torch.randint(4, (2, 1000), generator=rng)
    confusion = torch.bincount(4 * truth + given, minlength=16).reshape(4, 4).numpy()
    for name, labels in {"WT": [1, 2, 3], "TC": [1, 3], "ET": [3]}.items():
        a, b = (torch.isin(x, torch.tensor(labels)) for x in (truth, given))
        expected = 2 * (a & b).sum() / (a.sum() + b.sum())
        assert region_dice(confusion)[name] == pytest.approx(expected.item())
        assert region_dice_of_labels(given, truth)[name] == pytest.approx(expected.item())


def test_region_dice_of_empty_regions_and_of_other_classes():
    confusion = torch.diag(torch.tensor([10, 0, 5, 0])).numpy()
    assert region_dice(confusion) == {"WT": 1.0, "TC": 1.0, "ET": 1.0}
    assert region_dice(confusion[:2, :2]) == {"class 1": 1.0}
    assert region_dice(torch.tensor([[8, 2], [0, 4]]).numpy(), {"lung": [1]}) == {"lung": 0.8}


def test_a_case_without_enhancing_tumour():
    labels = np.zeros((6, 6), int)
    labels[2:4, 2:4] = 2
    assert region_scores(labels, labels)["ET"] == {"dice": 1, "hd95": 0}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: confusion_matrix(np.zeros((2, 3), int), np.zeros((3, 2), int)),
            r"\(2, 3\), target \(3, 2\)",
        ),
        (lambda: confusion_matrix(np.zeros((1, 4, 3), int), np.zeros((1, 3), int)), "one-hot or logits"),
        (
            lambda: confusion_matrix(np.zeros(3), np.zeros(3, int)),
            "pred is float64; expected integer labels: .* argmax",
        ),
        (
            lambda: confusion_matrix(np.zeros(3, int), np.full(3, 4)),
            "target holds the label 4; expected 0 to 3: was 4",
        ),
        (lambda: confusion_matrix(np.full(3, -1), np.zeros(3, int)), "pred holds the label -1"),
        (lambda: scores(np.zeros((3, 4))), r"shape \(3, 4\); expected \(C, C\)"),
        (lambda: scores(np.zeros((3, 3), int)), "counts no pixel"),
        (lambda: dice(np.full(3, 2), np.zeros(3)), "pred holds other values than 0 and 1; .* labels == 3"),
        (lambda: hd95(np.ones((3, 3)), np.full((3, 3), 0.5)), "target holds other values than 0 and 1"),
        (lambda: hd95(np.ones((3, 3)), np.ones((3, 3)), (1, 1, 1)), "expected 2 positive numbers in mm"),
        (lambda: hd95(np.ones((3, 3)), np.ones((3, 3)), (1, 0)), "expected 2 positive numbers in mm"),
        (lambda: region_scores(np.zeros((3, 3), int), None), "got None; .* has the case no segmentation"),
        (lambda: region_scores(np.zeros((3, 3), int), np.full((3, 3), 4)), "target_labels holds the label 4"),
    ],
)
def test_wrong_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
