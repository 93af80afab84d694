"""The best epoch so far: against plain minimum, with copies of the weights."""

import math

import torch

from brainlab.training.history import NOTHING_YET, keep_best


def walk(losses):
    best, rows = NOTHING_YET, []
    for epoch, loss in enumerate(losses):
        best = keep_best(best, epoch, loss, {"w": torch.full((2,), float(epoch))})
        rows.append((best["epoch"], best["waited"]))
    return best, rows


def test_keeps_the_lowest_and_counts_the_epochs_since():
    best, rows = walk([3.0, 2.0, 2.5, 2.0, 1.0])
    assert rows == [(0, 0), (1, 0), (1, 1), (1, 2), (4, 0)]
    assert best["val_loss"] == 1.0
    assert torch.equal(best["weights"]["w"], torch.full((2,), 4.0))


def test_nan_is_never_better():
    assert walk([math.nan, 2.0, math.nan])[1] == [(-1, 1), (1, 0), (1, 1)]


def test_weights_are_copies():
    model = torch.nn.Linear(2, 2)
    weights = model.state_dict()
    before = weights["weight"].clone()
    best = keep_best(NOTHING_YET, 0, 1.0, weights)
    with torch.no_grad():
        model.weight.add_(1)
    assert torch.equal(best["weights"]["weight"], before)
    model.load_state_dict(best["weights"])
    assert torch.equal(model.weight, before)


def test_the_old_record_is_left_alone():
    first = keep_best(NOTHING_YET, 0, 1.0, {})
    keep_best(first, 1, 2.0, {})
    assert first["waited"] == 0
    assert NOTHING_YET["epoch"] == -1
