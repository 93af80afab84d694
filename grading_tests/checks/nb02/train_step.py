"""One training step: train_step(model, batch, loss_fn, optimizer)."""

import copy
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from brainlab.training import train_step
from grading_tests.gap import Gap, Property, Wrong, expect
from grading_tests.networks import WatchedSGD, attempt, labels_like, noise, weights_of


def small_network(rng: np.random.Generator) -> nn.Module:
    torch.manual_seed(int(rng.integers(1000)))
    return nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(), nn.Conv2d(3, 4, 1))


def some_batch(rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    return noise(rng, 4, 2, 6, 5), labels_like(rng, 4, 6, 5)


def reference_step(model: nn.Module, batch: tuple[Tensor, Tensor], optimizer: torch.optim.Optimizer) -> float:
    """The oracle, written out so that it does not depend on the library's loop."""
    model.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(model(batch[0]), batch[1])
    loss.backward()
    optimizer.step()
    return loss.item()


def after_steps(
    answer: Any, rng: np.random.Generator, steps: int, tried: str, evaluated: bool = False
) -> tuple:
    """Return (model, losses) of the answer and of the oracle after some steps on the same batches."""
    ours = small_network(rng)
    theirs = copy.deepcopy(ours)
    ours.train(not evaluated)
    optimizer, watched = torch.optim.SGD(theirs.parameters(), lr=0.1, momentum=0.9), WatchedSGD(ours)
    batches = [some_batch(rng) for _ in range(steps)]
    before = weights_of(ours)
    losses = [attempt(tried, "a loss", answer, ours, batch, F.cross_entropy, watched) for batch in batches]
    if torch.equal(weights_of(ours), before):
        order = ", ".join(watched.events) or "neither backward nor step"
        raise Wrong(tried, "zero_grad, backward, step", f"weights unmoved after: {order}")
    return ours, losses, theirs, [reference_step(theirs, batch, optimizer) for batch in batches]


def step_moves_weights(answer: Any, rng: np.random.Generator) -> None:
    tried = "the weights after one step"
    ours, _, theirs, _ = after_steps(answer, rng, 1, tried)
    expect(weights_of(ours), weights_of(theirs), tried)


def step_forgets_old_gradients(answer: Any, rng: np.random.Generator) -> None:
    tried = "the weights after three steps on three batches"
    ours, _, theirs, _ = after_steps(answer, rng, 3, tried)
    expect(weights_of(ours), weights_of(theirs), tried, "step 2")


def step_returns_a_number(answer: Any, rng: np.random.Generator) -> None:
    tried = "what train_step returns"
    _, (loss,), _, expected = after_steps(answer, rng, 1, tried)
    if getattr(loss, "requires_grad", False):
        raise Wrong(tried, "a number", "a tensor that holds on to the whole graph", "step 5")
    expect(loss, expected[0], f"{tried}: the loss before the step", "step 5")


def step_after_validation(answer: Any, rng: np.random.Generator) -> None:
    tried = "a network that validation left in evaluation mode"
    ours, _, theirs, _ = after_steps(answer, rng, 1, tried, evaluated=True)
    expect(ours.training, True, f"{tried}: is it training now?", "step 1")
    expect(ours[1].running_mean, theirs[1].running_mean, f"{tried}: its running means", "step 1")
    expect(weights_of(ours), weights_of(theirs), f"{tried}: its weights", "step 1")


GAP = Gap(
    "g02_train_step",
    "train_step",
    minutes=8,
    points=4,
    reference=train_step,
    properties=[
        Property("the weights after one step", step_moves_weights),
        Property("three steps in a row", step_forgets_old_gradients),
        Property("the value returned", step_returns_a_number),
        Property("a step after a validation", step_after_validation),
    ],
)
