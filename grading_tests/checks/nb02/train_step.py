"""One training step: train_step(model, batch, loss_fn, optimizer)."""

import copy
import gc
import weakref
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from brainlab.training import train_step
from grading_tests.gap import Gap, Property, Wrong, expect, same
from grading_tests.networks import IN_PLACE, WatchedSGD, attempt, labels_like, noise, weights_of

Batch = tuple[Tensor, Tensor]
NUMBER = "a plain number is returned, which a list can keep: a tensor holds its graph."


def small_network(rng: np.random.Generator) -> nn.Module:
    torch.manual_seed(int(rng.integers(1000)))
    return nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(), nn.Conv2d(3, 4, 1))


def some_batch(rng: np.random.Generator, images: int = 4) -> Batch:
    return noise(rng, images, 2, 6, 5), labels_like(rng, images, 6, 5)


def reference_step(
    model: nn.Module, batch: Batch, optimizer: torch.optim.Optimizer, loss_fn: Any = F.cross_entropy
) -> float:
    """The oracle, written out so that it does not depend on the library's loop."""
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(model(batch[0]), batch[1])
    loss.backward()
    optimizer.step()
    return loss.item()


class Squares(nn.Module):
    """A loss of this slope, in which the two arguments play different roles."""

    def __init__(self, slope: float, least: float = 3) -> None:
        super().__init__()
        self.slope, self.least = slope, least

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        distance = logits - F.one_hot(target, logits.shape[1]).movedim(-1, 1)
        return self.slope * distance.square().mean() + self.least


steep, flat, low, negative = Squares(40), Squares(1e-5), Squares(1e-5, 0), Squares(1, -5)


def expect_moved(model: nn.Module, before: Tensor, optimizer: WatchedSGD, tried: str) -> None:
    if torch.equal(weights_of(model), before):
        order = ", ".join(optimizer.events) or "neither backward nor step"
        raise Wrong(tried, "zero_grad, backward, step", f"weights unmoved after: {order}")


def after_steps(
    answer: Any, rng: np.random.Generator, steps: int, tried: str, evaluated: bool = False
) -> tuple:
    """Return (model, losses) of the answer and of the oracle after some steps on the same batches."""
    ours = small_network(rng)
    theirs = copy.deepcopy(ours)
    ours.train(not evaluated)
    optimizer, watched = torch.optim.SGD(theirs.parameters(), lr=0.1, momentum=0.9), WatchedSGD(ours)
    batches = [some_batch(rng, images) for images in (4, 1, 3)[:steps]]
    expected = [reference_step(theirs, batch, optimizer) for batch in batches]
    before = weights_of(ours)
    losses = [
        attempt(tried, "a loss", answer, ours, copy.deepcopy(batch), F.cross_entropy, watched)
        for batch in batches
    ]
    expect_moved(ours, before, watched, tried)
    moves = (weights_of(one) - before for one in (ours, theirs))
    idea = idea_of_steps(watched.events, steps) or idea_of_size(*moves, before)
    return ours, losses, theirs, expected, idea


def idea_of_steps(events: list[str], steps: int) -> str:
    """Return what the calls on the optimiser and the gradient say about an answer, if they say something."""
    if "step" not in events:
        return "the weights move without `optimizer`: by hand, or by another optimiser."
    for name, words in (("step", "optimizer.step() is called"), ("backward", "gradients are computed")):
        if events.count(name) != steps:
            return f"{words} {events.count(name)} times in {steps} steps: once in each is asked for."
    return ""


def idea_of_size(ours: Tensor, theirs: Tensor, before: Tensor) -> str:
    """Return that the step has another length, or a part in the direction of the weights, if it is so."""
    factor = float((ours @ theirs) / (theirs @ theirs))
    if abs(factor - 1) > 1e-3 and torch.allclose(
        ours, factor * theirs, atol=1e-4 * float(theirs.abs().max())
    ):
        words = f"the step is {factor:.3g} times as long as it should be"
        return f"{words}: is the loss divided, or the gradient scaled or clipped?"
    rest = ours - theirs
    factor = float((rest @ before) / (before @ before))
    if abs(factor) > 1e-6 and torch.allclose(
        rest, factor * before, atol=0.05 * float((factor * before).abs().max())
    ):
        return "the weights shrink in addition to the step: is a penalty on them added to the loss?"
    return ""


def step_moves_weights(answer: Any, rng: np.random.Generator) -> None:
    tried = "the weights after one step"
    ours, _, theirs, _, idea = after_steps(answer, rng, 1, tried)
    expect(weights_of(ours), weights_of(theirs), tried, idea=idea)


def step_forgets_old_gradients(answer: Any, rng: np.random.Generator) -> None:
    tried = "the weights after three steps on batches of 4, 1 and 3 images"
    ours, _, theirs, _, idea = after_steps(answer, rng, 3, tried)
    expect(weights_of(ours), weights_of(theirs), tried, "step 2", idea=idea)


def step_after_a_backward(answer: Any, rng: np.random.Generator) -> None:
    """Gradients are there before the step: somebody has called backward, for example for a figure."""
    tried = "the weights after one step, where gradients were left over before it"
    ours, batch = small_network(rng), some_batch(rng)
    theirs = copy.deepcopy(ours)
    reference_step(theirs, batch, torch.optim.SGD(theirs.parameters(), lr=0.1))
    optimizer = torch.optim.SGD(ours.parameters(), lr=0.1)
    for weight in ours.parameters():
        weight.grad = torch.ones_like(weight)
    attempt(tried, "a loss", answer, ours, copy.deepcopy(batch), F.cross_entropy, optimizer)
    expect(weights_of(ours), weights_of(theirs), tried, "step 2", certain=True)


def step_returns_a_number(answer: Any, rng: np.random.Generator) -> None:
    tried = "what train_step returns"
    _, (loss,), _, expected, _ = after_steps(answer, rng, 1, tried)
    if not isinstance(loss, int | float | np.number):
        if getattr(loss, "requires_grad", False):
            got = "a tensor that holds on to the whole graph"
            raise Wrong(tried, "a number", got, "step 5", True, NUMBER)
        raise Wrong(f"{tried}: its type", "a plain number", type(loss).__name__, "step 5", True, NUMBER)
    rounded = "the number is rounded, or cut off: return all its digits, and round where you print it."
    idea = rounded if float(loss) in (int(expected[0]), *(round(expected[0], n) for n in range(6))) else ""
    expect(loss, expected[0], f"{tried}: the loss before the step", "step 5", rtol=5e-6, atol=1e-6, idea=idea)


def step_after_validation(answer: Any, rng: np.random.Generator) -> None:
    tried = "a network that validation left in evaluation mode"
    ours, _, theirs, _, _ = after_steps(answer, rng, 1, tried, evaluated=True)
    expect(ours[1].running_mean, theirs[1].running_mean, f"{tried}: its running means", "step 1")
    modes = [module.training for module in ours.modules()]
    if not all(modes):
        idea = "the step ran in training mode, but left the network, or a part of it, in evaluation mode."
        got = "it is in evaluation mode" if not any(modes) else f"only {sum(modes)} of {len(modes)} parts are"
        raise Wrong(
            f"{tried}: is it in training mode after the step?", "all of it is", got, "step 1", idea=idea
        )
    expect(weights_of(ours), weights_of(theirs), f"{tried}: its weights", "step 1")


def step_with_another_loss(answer: Any, rng: np.random.Generator) -> None:
    """Another loss, another optimiser, dropout, and a batch in a list, as a data loader makes it."""
    tried = "another loss with large gradients, the optimiser Adam, a network with dropout"
    torch.manual_seed(int(rng.integers(1000)))
    ours = nn.Sequential(nn.Conv2d(2, 6, 3), nn.Dropout(0.5), nn.Conv2d(6, 4, 1))
    theirs = copy.deepcopy(ours)
    images, target = noise(rng, 2, 2, 6, 6), labels_like(rng, 2, 4, 4)
    values = []
    for network, step in ((theirs, reference_step), (ours, None)):
        optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
        torch.manual_seed(7)
        for _ in range(2):
            batch = [images.clone(), target.clone()]
            if step is not None:
                values.append(step(network, batch, optimizer, steep))
            else:
                values.append(attempt(tried, "a loss", answer, network, batch, steep, optimizer))
    expect(weights_of(ours), weights_of(theirs), f"{tried}: the weights after two steps")
    expect(values[2:], values[:2], f"{tried}: the losses of two steps")


def step_with_steep_sgd(answer: Any, rng: np.random.Generator) -> None:
    """Plain SGD shows the size of the gradient, which Adam hides; large gradients first, then tiny ones."""
    cases = (
        (steep, 0.01, "with large gradients"),
        (flat, 1e4, "with tiny gradients"),
        (low, 1e4, "with tiny values and gradients"),
        (negative, 0.1, "with negative values"),
    )
    for loss_fn, rate, words in cases:
        tried = f"another loss {words}, plain SGD"
        ours, batch = small_network(rng), some_batch(rng)
        theirs = copy.deepcopy(ours)
        reference_step(theirs, batch, torch.optim.SGD(theirs.parameters(), lr=rate), loss_fn)
        optimizer = torch.optim.SGD(ours.parameters(), lr=rate)
        attempt(tried, "a loss", answer, ours, copy.deepcopy(batch), loss_fn, optimizer)
        expect(weights_of(ours), weights_of(theirs), f"{tried}: the weights after one step")


def step_leaves_the_rest(answer: Any, rng: np.random.Generator) -> None:
    """The batch is as before, nothing keeps the graph in memory, float64 networks work too."""
    tried = "a step in float64"
    model = small_network(rng).double()
    images, target = some_batch(rng)
    given = images.double(), target.clone()
    graphs = []

    def loss_fn(logits: Tensor, labels: Tensor) -> Tensor:
        loss = F.cross_entropy(logits, labels)
        graphs.extend(weakref.ref(tensor) for tensor in (logits, loss))
        return loss

    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    attempt(tried, "a loss", answer, model, given, loss_fn, optimizer)
    for name, now, before in zip(("images", "target"), given, (images.double(), target), strict=True):
        if not same(now.detach(), before) or now.requires_grad:
            raise Wrong(f"{tried}: are the {name} unchanged?", before, now.detach(), idea=IN_PLACE)
    if any(graph() is not None for graph in graphs):
        gc.collect()
    if any(graph() is not None for graph in graphs):
        idea = "logits or loss are kept outside the function (a list, an attribute), with their whole graph."
        raise Wrong("what is left after the step", "no graph", "logits or loss with their graph", idea=idea)


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
        Property("gradients left over before", step_after_a_backward),
        Property("another loss and optimiser", step_with_another_loss),
        Property("large and tiny gradients", step_with_steep_sgd),
        Property("batch unchanged, no graph kept", step_leaves_the_rest),
    ],
)
