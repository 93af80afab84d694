"""Two small networks, and what one step of a GAN does to them: by the right loss, and by its rivals."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from grading_tests.checks.nb04.ideas import attempt, expect_rival
from grading_tests.gap import Wrong, expect
from grading_tests.networks import IN_PLACE, WatchedSGD, noise, weights_of

# A loss (generator, discriminator, lr, hr, weight) -> scalar.
Loss = Callable[[nn.Module, nn.Module, Tensor, Tensor, float], Tensor]


class SmallGenerator(nn.Module):
    """A small generator: (B, 1, h, w) to (B, 1, 2h, 2w). It accepts a target size and ignores it.

    Kernels of size 1 keep the checks fast: on tensors this small, kernels of 3 take four times as long. An
    activation comes before batch norm, which would undo a shift or scale of the images.
    """

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 3, 1),
            nn.PReLU(),
            nn.BatchNorm2d(3),
            nn.Conv2d(3, 4, 1),
            nn.PixelShuffle(2),
        )

    def forward(self, x: Tensor, target_size: Any = None) -> Tensor:
        return self.layers(x)


def small_discriminator(batch_norm: bool) -> nn.Module:
    """Return a small discriminator: (B, 1, H, W) to logits (B, 1), for every size."""
    return nn.Sequential(
        nn.Conv2d(1, 3, 1),
        nn.LeakyReLU(0.2),
        nn.BatchNorm2d(3) if batch_norm else nn.Identity(),
        nn.LeakyReLU(0.2),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(3, 1),
    )


@dataclass(frozen=True)
class Step:
    """One of the two steps: which network it trains, by which loss, and what wrong ones mean.

    Attributes
    ----------
    evaluated : callable
        The loss with the trained network in evaluation mode.
    rivals, numbers : mapping
        Idea to loss: others by which the weights may have moved, and others that may be returned.
    """

    trains: str
    loss: Loss
    evaluated: Loss
    rivals: Mapping[str, Loss | tuple[Loss, ...]]
    numbers: Mapping[str, Loss]

    @property
    def other(self) -> str:
        return "generator" if self.trains == "discriminator" else "discriminator"


def real_term(g: nn.Module, d: nn.Module, lr: Tensor, hr: Tensor, weight: float) -> Tensor:
    return F.softplus(-d(hr)).mean()


def evaluating(which: int, loss: Loss) -> Loss:
    """Return the loss with one of the two networks in evaluation mode."""

    def of(*given: Any) -> Tensor:
        given[which].eval()
        return loss(*given)

    return of


class TwoNetworks:
    """Two small networks and a batch, with the loss and the weights that a correct step leads to.

    Attributes
    ----------
    trained, other : nn.Module
        The network that the step trains, and the other one.
    loss : float
        Before the step.
    learnt, others : Tensor
        The weights of the trained network after the step, and those of the other, flattened.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        step: Step,
        weight: float = 1e-3,
        images: int = 4,
        size: tuple = (4, 5),
        largest: float = 0.0,
    ) -> None:
        """If `largest` is not 0, the discriminator is as sure of one image, wrongly, as this logit says."""
        # The generator's step leaves the discriminator's mode open: there it must not matter.
        self.generator = SmallGenerator()
        self.discriminator = small_discriminator(batch_norm=step.trains == "discriminator")
        # Logits of a size that a sigmoid bends, so that logits and probabilities are told apart.
        last = self.discriminator[-1]
        last.weight.data.mul_(6)
        self.lr = noise(rng, images, 1, *size)
        self.hr = noise(rng, images, 1, 2 * size[0], 2 * size[1]).cumsum(dim=-1) / 2
        self.kind, self.weight = step, weight
        self.given = self.lr.clone(), self.hr.clone()
        if largest:
            generator, discriminator = copy.deepcopy((self.generator, self.discriminator))
            with torch.no_grad():
                logits = discriminator(generator(self.lr)) * (1 if step.trains == "discriminator" else -1)
                factor = largest / logits[logits.abs().argmax(), 0]
                last.weight.mul_(factor)
                last.bias.mul_(factor)
        self.trained, self.other = self.discriminator, self.generator
        if step.trains == "generator":
            self.trained, self.other = self.other, self.trained
        self.start = copy.deepcopy((self.generator, self.discriminator))
        self.learnt, self.loss = self.after(step.loss)
        self.others = weights_of(self.other)

    def after(self, loss_of: Loss) -> tuple[Tensor, float]:
        """Return the weights after one step by a loss, and the loss before it.

        The first step of SGD with a learning rate of 0.1, whatever its momentum.
        """
        networks = copy.deepcopy(self.start)
        trained = networks[self.kind.trains == "discriminator"]
        loss = loss_of(*networks, *self.given, self.weight)
        tensors = list(trained.parameters())
        gradients = torch.autograd.grad(loss, tensors, allow_unused=True)
        moves = [
            torch.zeros_like(tensor) if part is None else part
            for tensor, part in zip(tensors, gradients, strict=True)
        ]
        return weights_of(trained) - 0.1 * torch.cat([part.flatten() for part in moves]), loss.item()

    def step(self, answer: Any, tried: str, **options: Any) -> Any:
        """Let the answer take one step, and return its loss.

        Raises
        ------
        Wrong
            If it stops with an exception, or the trained network does not change.
        """
        watched, before = WatchedSGD(self.trained), weights_of(self.trained)
        inputs = (self.generator, self.discriminator, watched, self.lr, self.hr)
        given = self.lr.clone(), self.hr.clone()
        loss = attempt(tried, "a loss", answer, *inputs, **options)
        for name, now, before_it in zip(("lr", "hr"), (self.lr, self.hr), given, strict=True):
            expect(now, before_it, f"{tried}: is {name} still what it was?", idea=IN_PLACE)
        if torch.equal(weights_of(self.trained), before):
            raise Wrong(
                tried,
                "zero_grad, backward, step",
                f"weights unmoved after: {', '.join(watched.events) or 'neither backward nor step'}",
                idea=why_unmoved(watched.events),
            )
        if (count := watched.events.count("step")) != 1:
            idea = "one call is one step: add the terms, then call backward and step once."
            if count == 0:
                idea = (
                    "the weights move, but not by the optimizer that is passed in: its step() makes the move."
                )
            raise Wrong(
                f"{tried}: how often is optimizer.step() called?", "once", f"{count} times", idea=idea
            )
        return loss

    def expect_learnt(self, tried: str, step: str = "") -> None:
        rivals = {
            idea: tuple(
                lambda loss=loss: self.after(loss)[0]
                for loss in (ways if isinstance(ways, tuple) else (ways,))
            )
            for idea, ways in self.kind.rivals.items()
        }
        got, start = weights_of(self.trained), weights_of(self.start[self.kind.trains == "discriminator"])
        right = self.learnt - start
        times = float((got - start) @ right / (right @ right))
        far = f"the weights move in the right direction, but {times:.3g} times as far: what multiplies "
        rivals[far + "the loss or the gradients?"] = lambda: start + times * right
        expect_rival(got, self.learnt, tried, step, rivals=rivals)


def why_unmoved(events: list[str]) -> str:
    """Return why no weight has moved, from the order of zero_grad, backward and step."""
    if "backward" not in events:
        return "backward is never reached, so there are no gradients to step along." * ("step" in events)
    after = events[events.index("backward") + 1 :]
    if "step" not in after:
        return ""
    return "the gradients are reset between backward and step: reset them before."
