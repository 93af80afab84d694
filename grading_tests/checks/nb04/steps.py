"""Properties that the two steps of a GAN share: one network learns, the other is left unchanged.

Both steps are called as (generator, discriminator, optimizer, lr, hr); the generator's also takes a weight.
"""

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from grading_tests.gap import Wrong, expect
from grading_tests.networks import WatchedSGD, attempt, noise, weights_of
from grading_tests.values import form


class SmallGenerator(nn.Module):
    """A small generator: (B, 1, h, w) to (B, 1, 2h, 2w). It accepts a target size and ignores it.

    Kernels of size 1 keep the checks fast: on tensors this small, kernels of 3 take four times as long.
    """

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 3, 1),
            nn.BatchNorm2d(3),
            nn.PReLU(),
            nn.Conv2d(3, 4, 1),
            nn.PixelShuffle(2),
        )

    def forward(self, x: Tensor, target_size: Any = None) -> Tensor:
        return self.layers(x)


def small_discriminator(batch_norm: bool) -> nn.Module:
    """Return a small discriminator: (B, 1, H, W) to logits (B, 1), for every size."""
    return nn.Sequential(
        nn.Conv2d(1, 3, 1),
        nn.BatchNorm2d(3) if batch_norm else nn.Identity(),
        nn.LeakyReLU(0.2),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(3, 1),
    )


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
        trains: str,
        weight: float = 1e-3,
        images: int = 4,
        size: tuple = (4, 5),
    ) -> None:
        # The generator's step leaves the discriminator's mode open: there it must not matter.
        self.generator = SmallGenerator()
        self.discriminator = small_discriminator(batch_norm=trains == "discriminator")
        # Logits of a size that a sigmoid bends, so that logits and probabilities are told apart.
        self.discriminator[-1].weight.data.mul_(6)
        self.lr = noise(rng, images, 1, *size)
        self.hr = noise(rng, images, 1, 2 * size[0], 2 * size[1]).cumsum(dim=-1) / 2
        sr = self.generator(self.lr)
        if trains == "discriminator":
            self.trained, self.other = self.discriminator, self.generator
            real, fake = self.discriminator(self.hr), self.discriminator(sr.detach())
            loss = F.softplus(-real).mean() + F.softplus(fake).mean()
        else:
            self.trained, self.other = self.generator, self.discriminator
            loss = (sr - self.hr).square().mean() + weight * F.softplus(-self.discriminator(sr)).mean()
        gradients = torch.autograd.grad(loss, list(self.trained.parameters()))
        # The first step of SGD with a learning rate of 0.1, whatever its momentum.
        self.learnt = weights_of(self.trained) - 0.1 * torch.cat([part.flatten() for part in gradients])
        self.loss, self.others = loss.item(), weights_of(self.other)

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
            expect(now, before_it, f"{tried}: is {name} still what it was?", "work on a copy")
        if torch.equal(weights_of(self.trained), before):
            order = ", ".join(watched.events) or "neither backward nor step"
            raise Wrong(tried, "zero_grad, backward, step", f"weights unmoved after: {order}")
        if watched.events.count("step") != 1:
            got = f"{watched.events.count('step')} times"
            raise Wrong(f"{tried}: how often is optimizer.step() called?", "once", got)
        return loss

    def expect_learnt(self, tried: str, step: str = "") -> None:
        expect(weights_of(self.trained), self.learnt, tried, step)


def weights_after(trains: str, answer: Any, rng: np.random.Generator, **options: float) -> None:
    networks = TwoNetworks(rng, trains, **options)
    tried = f"the {trains}'s weights after one step{''.join(f', weight {w:g}' for w in options.values())}"
    networks.step(answer, tried, **options)
    networks.expect_learnt(tried, "step 5")


def the_other_is_left_alone(trains: str, answer: Any, rng: np.random.Generator, **options: float) -> None:
    """Its weights stay and can still learn; the generator, which D's step does not need, gets no gradient."""
    networks = TwoNetworks(rng, trains, **options)
    other = "generator" if trains == "discriminator" else "discriminator"
    tried = f"the {other} after a step of the {trains}"
    networks.step(answer, tried, **options)
    expect(weights_of(networks.other), networks.others, f"{tried}: its weights")
    expect(networks.other.training, True, f"{tried}: is it still in training mode?")
    tensors = list(networks.other.parameters())
    free = sum(tensor.requires_grad for tensor in tensors)
    expect(free, len(tensors), f"{tried}: how many of its {len(tensors)} tensors can still learn?")
    if other == "generator":
        taught = sum(tensor.grad is not None and bool(tensor.grad.any()) for tensor in tensors)
        expect(taught, 0, f"{tried}: how many of its {len(tensors)} tensors got a gradient?", "step 3")


def old_gradients(trains: str, answer: Any, rng: np.random.Generator) -> None:
    networks = TwoNetworks(rng, trains)
    for tensor in networks.trained.parameters():
        tensor.grad = noise(rng, *tensor.shape)
    tried = f"a {trains} that holds gradients from before: its weights after one step"
    networks.step(answer, tried)
    networks.expect_learnt(tried, "step 2")


def returned_number(trains: str, answer: Any, rng: np.random.Generator, **options: float) -> None:
    networks = TwoNetworks(rng, trains, **options)
    tried = f"what {trains}_step returns"
    loss = networks.step(answer, tried, **options)
    if getattr(loss, "requires_grad", False):
        raise Wrong(tried, "a number", "a tensor that holds on to the whole graph", "step 6")
    if not isinstance(loss, int | float) and getattr(loss, "shape", None) != ():
        raise Wrong(tried, "a plain number", form(loss))
    expect(loss, networks.loss, f"{tried}: the loss before the step")


def after_validation(trains: str, answer: Any, rng: np.random.Generator) -> None:
    networks = TwoNetworks(rng, trains)
    networks.trained.eval()
    tried = f"a {trains} that validation left in evaluation mode"
    networks.step(answer, tried)
    expect(networks.trained.training, True, f"{tried}: is it training now?", "step 1")
    networks.expect_learnt(f"{tried}: its weights after one step", "step 1")


def other_batches(trains: str, answer: Any, rng: np.random.Generator) -> None:
    for images, size in ((1, (3, 7)), (5, (6, 2))):
        networks = TwoNetworks(rng, trains, images=images, size=size)
        tried = f"the {trains}'s weights after a step on {images} images of {size[0]} x {size[1]}"
        networks.step(answer, tried)
        networks.expect_learnt(tried)
