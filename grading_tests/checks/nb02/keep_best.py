"""Best-checkpoint bookkeeping: keep_best(best, epoch, val_loss, weights)."""

import copy
import math
from typing import Any

import numpy as np
import torch
from torch import nn

from brainlab.training import keep_best
from grading_tests.gap import Gap, Property, Wrong, because, expect, same
from grading_tests.networks import attempt, noise

Record = dict[str, Any]
KEYS = ("epoch", "val_loss", "waited")
NAMES = "every entry is kept under the name that it has in `weights`, all of them."


def start() -> Record:
    return {"epoch": -1, "val_loss": math.inf, "weights": {}, "waited": 0}


def record_of(answer: Any, tried: str, best: Record, epoch: int, loss: float, weights: Record) -> Record:
    """Return the answer's record, which must be a dict with the four entries."""
    got = attempt(tried, "a record", answer, best, epoch, loss, weights)
    wanted = "a dict with epoch, val_loss, weights, waited"
    if not isinstance(got, dict):
        raise Wrong(tried, wanted, type(got).__name__, idea="a dict is returned in every case.")
    missing = [name for name in ("epoch", "val_loss", "weights", "waited") if name not in got]
    if missing:
        raise Wrong(tried, wanted, f"a dict without {', '.join(missing)}")
    return got


def row_of(record: Record, tried: str) -> tuple[float, ...]:
    try:
        return tuple(np.asarray(record[name], dtype=float).item() for name in KEYS)
    except (TypeError, ValueError) as error:
        raise Wrong(tried, "numbers", f"{type(error).__name__}: {error}") from None


def records(answer: Any, losses: list[float], tried: str, best: Record | None = None, first: int = 0) -> list:
    """Return (best epoch, best loss, epochs waited) after each epoch."""
    best = best or start()
    rows = []
    for epoch, loss in enumerate(losses, start=first):
        weights = {"w": torch.full((2,), float(epoch))}
        best = record_of(answer, tried, dict(best), epoch, loss, weights)
        rows.append(row_of(best, tried))
    return rows


def expect_rows(got: list, expected: list, tried: str, step: str = "", **how: float) -> None:
    """Raise `Wrong` unless the rows agree; where only one column is wrong, the idea is its name."""
    columns = [
        same(*([row[number] for row in rows] for rows in (got, expected)), **how) for number in range(3)
    ]
    ideas = {
        (False, True, True): "the loss is right, but not the epoch: the one given with the best loss.",
        (True, False, True): "the epoch is right, but not its loss: the one given with that epoch, as it is.",
        (True, True, False): "`waited` is wrong: 0 in the best epoch, one more in each that follows.",
    }
    idea = ideas.get(tuple(columns), "")
    ages = [one[0] - other[0] for one, other in zip(got, expected, strict=True)]
    if not columns[0] and not columns[1] and min(ages) >= 0:
        idea = "an epoch replaces the record although its loss is not lower than the best one."
    if not columns[0] and not columns[1] and max(ages) <= 0:
        idea = (
            "a lower loss is not taken: any counts, however small the difference, around 0 and below it too."
        )
    expect(got, expected, tried, step, idea=idea, **how)


def best_rows(losses: list[float]) -> list[tuple[float, float, float]]:
    """The oracle: look back over all epochs."""
    rows = []
    for now in range(len(losses)):
        seen = [math.inf if math.isnan(loss) else loss for loss in losses[: now + 1]]
        best = seen.index(min(seen)) if min(seen) < math.inf else -1
        rows.append((float(best), min(seen), float(now - best)))
    return rows


def best_of_a_run(answer: Any, rng: np.random.Generator) -> None:
    losses = [1.0, 0.8, 0.9, 0.7, 0.75, *rng.uniform(0.5, 0.9, size=4).round(3)]
    tried = f"validation losses {', '.join(f'{loss:g}' for loss in losses[:5])}, ...: (epoch, loss, waited)"
    expect_rows(records(answer, losses, tried), best_rows(losses), tried)


def best_keeps_copies(answer: Any, rng: np.random.Generator) -> None:
    tried = "the kept weights after the next step of training"
    weights = {"conv.weight": noise(rng, 2, 3), "norm.num_batches_tracked": torch.tensor(7)}
    expected = torch.cat([value.flatten().float() for value in weights.values()])
    kept = record_of(answer, tried, start(), 0, 0.5, weights)["weights"]
    if not isinstance(kept, dict) or not all(isinstance(value, torch.Tensor) for value in kept.values()):
        wanted = "a dict of tensors, as state_dict() is"
        raise Wrong(
            "the kept weights: their type", wanted, outlined(kept), idea="load_state_dict needs that."
        )
    if len(weights) != 2 or not same(
        torch.cat([value.flatten().float() for value in weights.values()]), expected
    ):
        idea = "the weights of the network itself are changed: it is still being trained."
        raise Wrong("`weights` after the call: are they unchanged?", "yes", "no", idea=idea)
    if not set(weights) <= set(kept):
        raise Wrong(
            "the names of the kept weights", ", ".join(weights), ", ".join(kept) or "none", idea=NAMES
        )
    for value in weights.values():
        value.add_(1)  # as the optimiser does, in place
    weights["added later"] = torch.zeros(1)  # lands in the record too where the dict itself was kept
    got = torch.cat([kept[name].flatten().float() for name in weights if name in kept])
    expect(got, expected, tried, "step 2")


def outlined(value: Any) -> str:
    if isinstance(value, dict):
        return f"a dict of {', '.join(sorted({type(part).__name__ for part in value.values()}))}"
    return type(value).__name__


def best_goes_back_into_the_network(answer: Any, rng: np.random.Generator) -> None:
    """All weights and batch statistics come back, of the same types, and the network's own stay."""
    tried = "the kept weights, loaded back after more training"
    torch.manual_seed(int(rng.integers(1000)))
    model = nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.Linear(2, 2).double())
    model[1].num_batches_tracked += 12345
    before = copy.deepcopy(model.state_dict())
    kept = record_of(answer, tried, start(), 0, 0.5, model.state_dict())["weights"]
    for name, value in model.state_dict().items():
        idea = "the weights of the network itself are changed: it is still being trained."
        expect(value, before[name], f"{name} of the network, right after keep_best", "step 2", idea=idea)
        value.zero_()
    if sorted(kept) != sorted(before):
        got = f"{len(kept)} of them" if set(kept) <= set(before) else ", ".join(map(str, kept))
        raise Wrong("the names of the kept weights", f"all {len(before)}", got, "step 2", idea=NAMES)
    for name, value in before.items():
        if kept[name].dtype != value.dtype:
            idea = "the copies have the types of the originals."
            raise Wrong(f"the dtype of {name}", str(value.dtype), str(kept[name].dtype), "step 2", idea=idea)
    attempt(tried, "weights that fit", model.load_state_dict, kept)
    for name, value in model.state_dict().items():
        expect(value, before[name], f"{tried}: {name}", "step 2")


def best_weights_follow(answer: Any, rng: np.random.Generator) -> None:
    tried = "the kept weights after losses 0.9, 0.6, 0.8"
    best = start()
    for epoch, loss in enumerate((0.9, 0.6, 0.8)):
        best = record_of(answer, tried, best, epoch, loss, {"w": torch.tensor([float(epoch)])})
    expect(best["weights"].get("w", torch.tensor([-1.0])), torch.tensor([1.0]), tried)


def best_of_equals(answer: Any, rng: np.random.Generator) -> None:
    losses = [0.5, 0.5, float(rng.uniform(0.1, 0.4)), 0.9]
    tried = "validation losses 0.5, 0.5, ...: the first of equals stays the best"
    expect_rows(records(answer, losses, tried), best_rows(losses), tried, "step 1")


def nan_is_never_best(answer: Any, rng: np.random.Generator) -> None:
    for losses in ([0.5, math.nan, 0.6, 0.4], [math.nan, math.inf, 0.6, math.nan, 0.6]):
        tried = f"validation losses {', '.join(map(str, losses))}: (epoch, loss, waited)"
        with because("NaN is not lower than the best loss: an epoch without improvement, and no error."):
            rows = records(answer, losses, tried)
        expect_rows(rows, best_rows(losses), tried, "step 1")


def small_differences_count(answer: Any, rng: np.random.Generator) -> None:
    """Around 0 too: 0 is a loss like any other, first as well as later."""
    runs = ([0.5, 0.49999, 0.499991, 0.4999], [0.002, 0.001, 0.0, -0.001, -0.5, -0.4])
    for losses in (*runs, [0.1, 0.0, 0.2, 0.3], [0.0, 0.0, 1e-9, -1e-9, 0.0]):
        tried = f"validation losses {', '.join(map(str, losses))}: (epoch, loss, waited)"
        expect_rows(records(answer, losses, tried), best_rows(losses), tried, "step 1", rtol=1e-9, atol=1e-9)


def goes_on_from_a_record(answer: Any, rng: np.random.Generator) -> None:
    """From a record, in epochs 7 to 10; then the first call of all in epoch 10. `best` stays as it is."""
    tried = "best so far epoch 4 with 0.3, then losses 0.4, 0.35, 0.2, 0.25: (epoch, loss, waited)"
    kept = {"epoch": 4, "val_loss": 0.3, "weights": {"w": torch.zeros(2)}, "waited": 2}
    rows = records(answer, [0.4, 0.35, 0.2, 0.25], tried, dict(kept), first=7)
    expect_rows(rows, [(4, 0.3, 3), (4, 0.3, 4), (9, 0.2, 0), (9, 0.2, 1)], tried)
    tried = "losses 0.5, 0.6, 0.4, the first in epoch 10: (epoch, loss, waited)"
    rows = records(answer, [0.5, 0.6, 0.4], tried, first=10)
    expect_rows(rows, [(10, 0.5, 0), (10, 0.5, 1), (12, 0.4, 0)], tried)
    for loss in (0.4, 0.2, math.nan):
        best = copy.deepcopy(kept)
        record_of(answer, tried, best, 7, loss, {"w": torch.ones(2)})
        changed = [name for name in kept if name not in best or not same(best[name], kept[name])]
        if changed or len(best) != len(kept):
            raise Wrong(
                f"`best` itself after a loss of {loss}: is it unchanged?",
                f"waited {kept['waited']}, val_loss {kept['val_loss']}, w {shown(kept['weights'])}",
                ", ".join(f"{name} {shown(best.get(name))}" for name in changed) or "other entries",
                idea="the old record is changed in place, or a tensor in it: return a new dict, of copies.",
            )


def shown(value: Any) -> str:
    return str(value["w"].tolist() if isinstance(value, dict) and "w" in value else value)


GAP = Gap(
    "g02_keep_best",
    "keep_best",
    minutes=7,
    points=4,
    reference=keep_best,
    properties=[
        Property("which epoch is best, how long ago", best_of_a_run, share=2),
        Property("weights that stay as they were", best_keeps_copies),
        Property("the weights of the best epoch", best_weights_follow),
        Property("weights that fit the network", best_goes_back_into_the_network),
        Property("equal losses", best_of_equals),
        Property("NaN", nan_is_never_best),
        Property("small differences", small_differences_count),
        Property("another start, `best` unchanged", goes_on_from_a_record),
    ],
)
