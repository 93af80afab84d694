"""Best-checkpoint bookkeeping: keep_best(best, epoch, val_loss, weights)."""

import math
from typing import Any

import numpy as np
import torch

from brainlab.training import keep_best
from grading_tests.gap import Gap, Property, Wrong, expect
from grading_tests.networks import attempt, noise


def records(answer: Any, losses: list[float], tried: str) -> list[tuple[float, float, float]]:
    """Return (best epoch, best loss, epochs waited) after each epoch."""
    best: dict[str, Any] = {"epoch": -1, "val_loss": math.inf, "weights": {}, "waited": 0}
    rows = []
    for epoch, loss in enumerate(losses):
        best = attempt(
            tried, "a record", answer, dict(best), epoch, loss, {"w": torch.full((2,), float(epoch))}
        )
        try:
            values = (best[name] for name in ("epoch", "val_loss", "waited"))
            rows.append(tuple(np.asarray(value, dtype=float).item() for value in values))  # shape () or (1,)
        except (KeyError, TypeError, ValueError) as error:
            wanted = "a dict with epoch, val_loss, weights, waited"
            raise Wrong(tried, wanted, f"{type(error).__name__}: {error}") from None
    return rows


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
    expect(records(answer, losses, tried), best_rows(losses), tried)


def best_keeps_copies(answer: Any, rng: np.random.Generator) -> None:
    tried = "the kept weights after the next step of training"
    weights = {"conv.weight": noise(rng, 2, 3), "norm.num_batches_tracked": torch.tensor(7)}
    expected = torch.cat([value.flatten().float() for value in weights.values()])
    start = {"epoch": -1, "val_loss": math.inf, "weights": {}, "waited": 0}
    kept = attempt(tried, "a record", answer, start, 0, 0.5, weights)["weights"]
    for value in weights.values():
        value.add_(1)  # as the optimiser does, in place
    weights["added later"] = torch.zeros(1)  # lands in the record too where the dict itself was kept
    got = torch.cat([torch.as_tensor(kept[name]).flatten().float() for name in weights if name in kept])
    expect(got, expected, tried, "step 2")


def best_weights_follow(answer: Any, rng: np.random.Generator) -> None:
    tried = "the kept weights after losses 0.9, 0.6, 0.8"
    best: dict[str, Any] = {"epoch": -1, "val_loss": math.inf, "weights": {}, "waited": 0}
    for epoch, loss in enumerate((0.9, 0.6, 0.8)):
        best = attempt(tried, "a record", answer, best, epoch, loss, {"w": torch.tensor([float(epoch)])})
    expect(best["weights"].get("w", torch.tensor([-1.0])), torch.tensor([1.0]), tried)


def best_of_equals(answer: Any, rng: np.random.Generator) -> None:
    losses = [0.5, 0.5, float(rng.uniform(0.1, 0.4)), 0.9]
    tried = "validation losses 0.5, 0.5, ...: the first of equals stays the best"
    expect(records(answer, losses, tried), best_rows(losses), tried, "step 1")


def nan_is_never_best(answer: Any, rng: np.random.Generator) -> None:
    losses = [0.5, math.nan, 0.6, 0.4]
    tried = "validation losses 0.5, NaN, 0.6, 0.4: (epoch, loss, waited)"
    expect(records(answer, losses, tried), best_rows(losses), tried, "step 1")


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
        Property("equal losses", best_of_equals),
        Property("NaN", nan_is_never_best, visible=False),
    ],
)
