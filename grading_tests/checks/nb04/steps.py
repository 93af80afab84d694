"""Properties that the two steps of a GAN share: one network learns, the other is left unchanged.

Both steps are called as (generator, discriminator, optimizer, lr, hr); the generator's also takes a weight.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from grading_tests.checks.nb04.ideas import OVERFLOW, expect_rival
from grading_tests.checks.nb04.two_networks import Step, TwoNetworks
from grading_tests.gap import Wrong, expect, same
from grading_tests.networks import noise, weights_of
from grading_tests.values import form, plain


def weights_after(step: Step, answer: Any, rng: np.random.Generator, **options: float) -> None:
    networks = TwoNetworks(rng, step, **options)
    tried = (
        f"the {step.trains}'s weights after one step{''.join(f', weight {w:g}' for w in options.values())}"
    )
    networks.step(answer, tried, **options)
    networks.expect_learnt(tried, "step 5")


def the_other_is_left_alone(step: Step, answer: Any, rng: np.random.Generator, **options: float) -> None:
    """Its weights stay and can still learn, its mode too; the generator keeps its gradients in D's step."""
    other, trains = step.other, step.trains
    for training in (True, False):
        networks = TwoNetworks(rng, step, **options)
        networks.other.train(training)
        mode = "training" if training else "evaluation"
        tried = f"the {other}, in {mode} mode, after a step of the {trains}"
        tensors = list(networks.other.parameters())
        held = [noise(rng, *tensor.shape) for tensor in tensors]
        if not training:  # gradients from before
            for tensor, gradient in zip(tensors, held, strict=True):
                tensor.grad = gradient.clone()
        networks.step(answer, tried, **options)
        expect(
            weights_of(networks.other),
            networks.others,
            f"{tried}: its weights",
            rtol=0,
            atol=0,
            idea=f"the weights of the {other} move too: in this step only the {trains} may learn.",
        )
        expect(
            networks.other.training,
            training,
            f"{tried}: is it in training mode?",
            idea=f"the mode of the {other} is not yours to change in this step: it keeps the one it has.",
        )
        free = sum(tensor.requires_grad for tensor in tensors)
        frozen = f"requires_grad of the {other} is switched off, and not on again for every weight."
        name = f"{tried}: how many of its {len(tensors)} tensors can still learn?"
        expect(free, len(tensors), name, idea=frozen)
        if other == "generator":
            expect_kept(tensors, held, training, tried)


def expect_kept(tensors: list[Tensor], held: list[Tensor], without: bool, tried: str) -> None:
    """Raise `Wrong` unless the gradients are those from before: none, or `held`."""
    got = [torch.zeros_like(tensor) if tensor.grad is None else tensor.grad for tensor in tensors]
    if without:
        taught = sum(bool(gradient.any()) for gradient in got)
        expect(taught, 0, f"{tried}: how many of its {len(tensors)} tensors got a gradient?", "step 3")
        return
    changed = sum(not torch.equal(now, before) for now, before in zip(got, held, strict=True))
    reset = not any(bool(gradient.any()) for gradient in got)
    expect(
        changed,
        0,
        f"{tried}: of how many of its {len(tensors)} tensors has the gradient from before changed?",
        idea="the gradients of the generator are reset here; it keeps them: where its images are detached, "
        "nothing has to be reset."
        if reset
        else "this loss flows on into the generator: detach the generated images.",
    )


def old_gradients(step: Step, answer: Any, rng: np.random.Generator) -> None:
    networks = TwoNetworks(rng, step)
    for tensor in networks.trained.parameters():
        tensor.grad = noise(rng, *tensor.shape)
    tried = f"a {step.trains} that holds gradients from before: its weights after one step"
    networks.step(answer, tried)
    networks.expect_learnt(tried, "step 2")


def returned_number(step: Step, answer: Any, rng: np.random.Generator, **options: float) -> None:
    networks = TwoNetworks(rng, step, **options)
    tried = f"what {step.trains}_step returns"
    loss = networks.step(answer, tried, **options)
    if getattr(loss, "requires_grad", False):
        raise Wrong(tried, "a number", "a tensor that holds on to the whole graph", "step 6")
    if not isinstance(loss, int | float | np.number) or isinstance(loss, bool):
        raise Wrong(tried, "a plain number", form(loss), idea=why_no_number(loss))
    rivals = {idea: lambda other=other: networks.after(other)[1] for idea, other in step.numbers.items()}
    tried = f"{tried}: the loss before the step"
    if abs(loss - networks.loss) < 0.06 and loss == round(loss, 4):
        rivals["the loss is rounded: return all its digits, and round when you print."] = lambda: loss
    expect_rival(loss, networks.loss, tried, rivals=rivals, rtol=5e-6, atol=1e-6)


def why_no_number(loss: Any) -> str:
    if isinstance(loss, Tensor | np.ndarray):
        return "a tensor or array is returned; the task asks for a plain number of Python."
    if isinstance(loss, tuple | list | dict):
        return "several values are returned; the task asks for one number, the whole loss."
    if isinstance(loss, str):
        return "a text is returned; the task asks for a number."
    return "the function ends without returning the loss." if loss is None else ""


def after_validation(step: Step, answer: Any, rng: np.random.Generator) -> None:
    networks = TwoNetworks(rng, step)
    networks.trained.eval()
    tried = f"a {step.trains} that validation left in evaluation mode"
    networks.step(answer, tried)
    training, weights = networks.trained.training, weights_of(networks.trained)
    if not training and same(weights, networks.learnt):
        left = f"the {step.trains} ends the step in evaluation mode: it is to be in training mode afterwards."
        raise Wrong(f"{tried}: its mode at the end of the step", "training", "evaluation", idea=left)
    expect(training, True, f"{tried}: is it training now?", "step 1")
    late = f"the {step.trains} is put in training mode too late, only after it has seen the images."
    rivals = {late: lambda: networks.after(step.evaluated)[0]}
    expect_rival(weights, networks.learnt, f"{tried}: its weights after one step", "step 1", rivals=rivals)


def sure_and_wrong(step: Step, answer: Any, rng: np.random.Generator, **options: float) -> None:
    """A logit of 200 for an image that is classified wrongly: no logarithm may overflow or be cut off."""
    networks = TwoNetworks(rng, step, largest=200.0, **options)
    logit = 200 if step.trains == "discriminator" else -200
    tried = f"the {step.trains}'s step, a generated image with a logit of {logit}"
    loss = networks.step(answer, tried, **options)
    array = plain(loss.detach() if isinstance(loss, Tensor) else loss)
    cut = array is not None and array.size == 1 and not 0.9 * networks.loss < float(array) < np.inf
    expect(array, networks.loss, f"{tried}: the loss", rtol=1e-3, idea=OVERFLOW * cut)
    learnt, name = weights_of(networks.trained), f"{tried}: the weights afterwards"
    expect(learnt, networks.learnt, name, rtol=1e-3, atol=1e-3)


def other_batches(step: Step, answer: Any, rng: np.random.Generator) -> None:
    for images, size in ((1, (3, 7)), (5, (6, 2))):
        networks = TwoNetworks(rng, step, images=images, size=size)
        tried = f"the {step.trains}'s weights after a step on {images} images of {size[0]} x {size[1]}"
        networks.step(answer, tried)
        networks.expect_learnt(tried)
