"""Decoding against loops."""

import numpy as np
import pytest
import torch

from brainlab.inference.predict import decode_argmax, decode_thresholds, false_positives


def probabilities(shape=(2, 4, 5, 6), seed=0):
    return torch.randn(shape, generator=torch.manual_seed(seed)).mul(2).softmax(dim=-3)


@pytest.mark.parametrize("shape", [(2, 4, 5, 6), (4, 5, 6), (3, 2, 4, 5, 6)])
def test_argmax_of_tensors_and_arrays(shape):
    prob = probabilities(shape)
    labels = decode_argmax(prob)
    assert labels.dtype == torch.int64
    assert labels.shape == (*shape[:-3], *shape[-2:])
    assert torch.equal(decode_argmax(prob.log()), labels)
    np.testing.assert_array_equal(decode_argmax(prob.numpy()), labels.numpy())


def test_thresholds_are_one_a_class():
    prob = probabilities()
    limits = [0.5, 0.3, 0.1, 0.9]
    masks = decode_thresholds(prob, limits)
    assert masks.dtype == torch.bool
    for index in np.ndindex(*prob.shape):
        assert masks[index] == (prob[index] >= limits[index[1]])
    np.testing.assert_array_equal(decode_thresholds(prob.numpy(), limits), masks.numpy())
    assert torch.equal(decode_thresholds(prob, 0.3), prob >= 0.3)


def test_a_probability_equal_to_the_threshold_passes():
    assert decode_thresholds(torch.full((4, 1, 1), 0.25), 0.25).all()
    assert not decode_thresholds(torch.full((4, 1, 1), 0.2499), 0.25).any()


def test_lower_thresholds_mark_more():
    prob = probabilities()
    counts = [int(decode_thresholds(prob, t).sum()) for t in (0.0, 0.2, 0.4, 0.6, 1.0)]
    assert counts[0] == prob.numel()
    assert counts == sorted(counts, reverse=True)


@pytest.mark.parametrize("limits", [0.25, [0.5, 0.2, 0.2, 0.1]])
def test_false_positives_equal_loops(limits):
    prob = probabilities()
    target = torch.randint(0, 4, (2, 5, 6), generator=torch.manual_seed(1))
    by_threshold, by_argmax = [0] * 4, [0] * 4
    for b, y, x in np.ndindex(2, 5, 6):
        best = max(range(4), key=lambda c: prob[b, c, y, x])
        for c in range(4):
            wrong = int(target[b, y, x]) != c
            limit = limits if isinstance(limits, float) else limits[c]
            by_threshold[c] += wrong and float(prob[b, c, y, x]) >= limit
            by_argmax[c] += wrong and best == c
    result = false_positives(prob, target, limits)
    assert result.thresholds.tolist() == by_threshold
    assert result.argmax.tolist() == by_argmax
    assert result.removed.tolist() == [t - a for t, a in zip(by_threshold, by_argmax, strict=True)]
    assert result.removed.sum() > 0
    assert (false_positives(prob, target, 0.5).removed <= 0).all()  # one half is stricter than argmax


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: decode_argmax(torch.zeros(5, 6)),
            r"shape \(5, 6\); expected \(..., C, H, W\): already decoded",
        ),
        (lambda: decode_thresholds(torch.zeros(5, 6)), "already decoded"),
        (
            lambda: decode_thresholds(torch.full((4, 2, 2), -3.0)),
            "from -3 to -3; expected 0 to 1: are these logits",
        ),
        (lambda: decode_thresholds(probabilities(), [0.5, 0.5]), "2 thresholds for 4 classes"),
        (
            lambda: false_positives(probabilities(), torch.zeros(2, 4, 5, 6)),
            r"target has shape \(2, 4, 5, 6\)",
        ),
    ],
)
def test_wrong_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
