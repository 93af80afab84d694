"""Properties that the generators' building blocks share: with the same weights, the same output.

Layers of one shape get the same weights, in the answer and in the library's block: so neither their order nor
their names matter, nor whether a weight belongs to a layer or to the block itself.
"""

import copy
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from grading_tests.checks.nb04.ideas import Attempt, expect_rival
from grading_tests.gap import Wrong, expect, same
from grading_tests.networks import Given, expect_gradient, noise

Norm = nn.modules.batchnorm._BatchNorm
Make = Callable[..., nn.Module]
# Idea to forward pass of a rival: (the library's block, x) -> output.
Forward = Callable[[nn.Module, Tensor], Tensor]
Forwards = Mapping[str, Forward | tuple[Forward, ...]]

attempt = Attempt(
    **{
        r"match except in dimension 0": "torch.cat joins along the batch, axis 0; channels are axis 1.",
        r"match except in dimension 1": "feature maps of other sizes are joined: a convolution of 3 x 3 "
        "keeps the height and width only with padding.",
        r"tensor a .* tensor b .* dimension [23]": "the two parts of the sum differ in height or width: a "
        "convolution of 3 x 3 keeps them only with padding.",
        r"tensor a .* tensor b .* dimension 1": "the two parts of the sum differ in their channels: is one "
        "of them still x, the input of the block?",
        r"expected input.* channels, but got": "a layer gets another number of channels than it was "
        "made for: compare what is made in __init__ with what forward passes on.",
    }
)


def is_slope(model: nn.Module, name: str) -> bool:
    """Return whether a parameter is a PReLU's slope: of the layer, or of the block itself.

    A vector that belongs to the block itself is a slope beside batch norm, else a bias.
    """
    owner, _, entry = name.rpartition(".")
    module, tensor = model.get_submodule(owner), model.get_parameter(name)
    if isinstance(module, nn.PReLU | nn.Conv2d | Norm):
        return isinstance(module, nn.PReLU)
    single = tensor.numel() == 1 or any(isinstance(part, Norm) for part in model.modules())
    flat = tensor.dim() < 2 or tensor.shape[0] == 1 == tensor.shape[-1]
    return single and flat and "bias" not in entry


def parts(model: nn.Module) -> Counter[str]:
    """Return the kinds of the layers of a block with their numbers; shared layers count once."""
    found: Counter[str] = Counter()
    norms = [part for part in model.modules() if isinstance(part, Norm)]
    found.update(kind_of_norm(part) for part in norms)
    own = {id(tensor) for part in norms for tensor in part.parameters()}
    for name, tensor in model.named_parameters():
        if id(tensor) in own:
            continue
        if is_slope(model, name):
            found["learnt slope"] += 1
        elif tensor.dim() == 4:
            found[
                f"convolution {tensor.shape[1]} → {tensor.shape[0]}, {tensor.shape[2]} x {tensor.shape[3]}"
            ] += 1
        elif tensor.dim() != 1:
            found[f"weights of {tuple(tensor.shape)}"] += 1
    layers = [
        part for part in model.modules() if type(part).__name__.startswith(("Instance", "Group", "Layer"))
    ]
    found.update(type(part).__name__ for part in layers)
    return found


def kind_of_norm(norm: nn.Module) -> str:
    lacks = [
        words
        for words, entry in ((" without weights", "weight"), (" without running statistics", "running_mean"))
        if getattr(norm, entry) is None
    ]
    return "batch norm" + "".join(lacks)


def difference(wanted: Counter[str], found: Counter[str]) -> str:
    """Return in a sentence how the layers differ."""
    if not found:
        return (
            "the network knows no layers: those in a plain list, or made in forward, are not registered. "
            "Assign them to self in __init__, several in an nn.ModuleList."
        )
    missing, extra = wanted - found, found - wanted
    few = {
        which: [f"{count} x {kind}" for kind, count in sorted(part.items())][:2]
        for which, part in (("missing", missing), ("too much", extra))
    }
    said = "; ".join(f"{which}: {', '.join(kinds)}" for which, kinds in few.items() if kinds)
    return f"{kind_of_difference(wanted, found)}. {said.capitalize()}."


def kind_of_difference(wanted: Counter[str], found: Counter[str]) -> str:
    """Return what is different about the layers: how many, their kernels, their channels, or their kinds."""
    count, right = (sum(n for kind, n in part.items() if kind.startswith("conv")) for part in (found, wanted))
    times = {found[kind] / n for kind, n in wanted.items()}
    if set(found) == set(wanted) and len(times) == 1 and right == 15:
        return f"{round(3 * times.pop())} dense blocks with weights of their own, where 3 are asked for"
    if count != right:
        return f"{count} convolutions with weights of their own, where {right} are asked for"
    kernels = {kind.split(", ")[1] for kind in found if kind.startswith("conv")}
    if kernels - {"3 x 3"}:
        return f"a kernel of {min(kernels - {'3 x 3'})}, where all are 3 x 3"
    if any(kind.startswith("conv") for kind in (wanted - found)):
        return "a convolution has other channels than the block needs (are both arguments used, no groups?)"
    if found["learnt slope"] != wanted["learnt slope"]:
        return "a PReLU learns its slope: it belongs to the residual block, once, and not to the dense block"
    return "normalisation other than the text asks for"


def in_words(found: Counter[str]) -> str:
    return "; ".join(f"{count} x {kind}" for kind, count in sorted(found.items())) or "no layers"


class Weights:
    """Random weights by shape."""

    def __init__(self, rng: np.random.Generator, biases: bool) -> None:
        self.rng, self.biases, self.kept = rng, biases, {}

    def of(self, kind: str, shape: tuple[int, ...], low: float, high: float) -> Tensor:
        if (kind, shape) not in self.kept:
            self.kept[kind, shape] = torch.as_tensor(self.rng.uniform(low, high, shape))
        return self.kept[kind, shape]

    def fill(self, model: nn.Module) -> None:
        """Write the weights of each shape into a block; batch norms also get statistics."""
        bound = 2.5 / np.sqrt(9 * 6)
        with torch.no_grad():
            for name, tensor in model.named_parameters():
                if is_slope(model, name):
                    tensor.copy_(
                        self.of("slope", (1,), 0.4, 0.6).expand(tensor.numel()).reshape(tensor.shape)
                    )
                elif tensor.dim() > 1:
                    tensor.copy_(self.of("weight", tuple(tensor.shape), -bound, bound))
                else:
                    tensor.copy_(self.of("bias", tuple(tensor.shape), 0.1, 0.6) * self.biases)
            for part in model.modules():
                if isinstance(part, Norm):
                    for entry, (low, high) in {
                        "weight": (0.5, 1.5),
                        "bias": (-0.4, 0.4),
                        "running_mean": (-0.4, 0.4),
                        "running_var": (0.5, 1.5),
                    }.items():
                        tensor = getattr(part, entry)
                        if tensor is not None:
                            tensor.copy_(self.of(entry, tuple(tensor.shape), low, high))


def twins(
    make: Make, answer: Any, rng: np.random.Generator, *widths: int
) -> tuple[nn.Module, nn.Module, str]:
    """Return the answer's network and the library's, with the same random weights, and their name.

    Raises
    ------
    Wrong
        If the answer is no network, has other layers, or weights that cannot learn.
    """
    reference = make(*widths)
    name = f"{type(reference).__name__}{widths if len(widths) > 1 else f'({widths[0]})'}"
    model = attempt(f"the layers of {name}", "a network", answer, *widths)
    if not isinstance(model, nn.Module):
        raise Wrong(f"the layers of {name}", "a network (nn.Module)", f"a {type(model).__name__}")
    if any(isinstance(tensor, nn.parameter.UninitializedParameter) for tensor in model.parameters()):
        attempt(f"{name} on an image", "an output", model.eval(), noise(rng, 1, widths[0], 4, 4))
    wanted, found = parts(reference), parts(model)
    if wanted != found:
        tried = f"the layers of {name}, those with weights"
        raise Wrong(tried, in_words(wanted), in_words(found), idea=difference(wanted, found))
    frozen = sum(not tensor.requires_grad for tensor in model.parameters())
    idea = "requires_grad is switched off: every weight of the block is to learn."
    expect(frozen, 0, f"the weights of {name}: how many tensors cannot learn?", idea=idea)
    # Whether a convolution has a bias is not said. Where the answer has none, the library's is 0.
    convs = sum(tensor.dim() == 4 and not is_slope(model, key) for key, tensor in model.named_parameters())
    norms = sum(isinstance(part, Norm) for part in model.modules())
    lines = sum(tensor.dim() == 1 and not is_slope(model, key) for key, tensor in model.named_parameters())
    weights = Weights(rng, biases=lines - 2 * norms == convs)
    weights.fill(reference)
    weights.fill(model)
    return model, reference, name


def expect_output(
    make: Make,
    answer: Any,
    rng: np.random.Generator,
    *widths: int,
    shape: tuple[int, ...],
    forwards: Forwards = MappingProxyType({}),
) -> None:
    """Raise `Wrong` unless both networks return the same for an image (B, C, H, W), and leave it alone.

    Twice, because an answer may keep something from its first call.
    """
    model, reference, name = twins(make, answer, rng, *widths)
    reference.eval()
    model.eval()
    for call, dtype in (("", None), (", the second call", None), (", everything in float64", torch.float64)):
        x = noise(rng, *shape).to(dtype or torch.get_default_dtype())
        if dtype:
            model, reference = model.to(dtype), reference.to(dtype)
        tried, given = f"{name} on x of {shape}{call}", Given(x)
        got = attempt(tried, f"shape {shape}", model, *given)
        expected = reference(x).detach()
        rivals = {
            idea: tuple(partial(one, reference, x) for one in (ways if isinstance(ways, tuple) else (ways,)))
            for idea, ways in forwards.items()
        }
        try:
            expect_rival(got, expected, tried, like=True, rivals=rivals)
        except Wrong as wrong:
            wrong.idea = wrong.idea or random_or_mixed(model, got, expected, x)
            raise
        if dtype:
            expect(str(got.dtype), str(dtype), f"{tried}: the type of the output")
        given.expect_unchanged(f"{name} on x of {shape}")


RANDOM = "two calls with the same x differ: is there a dropout, or another random part?"


def random_or_mixed(model: nn.Module, got: Any, expected: Tensor, x: Tensor) -> str:
    """Return why a value is wrong: it is random, or x and the branch have other factors."""
    if not isinstance(got, Tensor) or got.shape != expected.shape:
        return ""
    if not same(got, model(x.clone())):
        return RANDOM
    parts = torch.stack([x.flatten(), (expected - x).flatten()], dim=1).double()  # (N, 2)
    factors = torch.linalg.lstsq(parts, got.detach().flatten().double()[:, None]).solution
    if not same(parts @ factors, got.flatten()[:, None], 1e-3, 1e-4):
        return ""
    of_x, of_branch = (f"{float(factor):.3g}" for factor in factors)
    return f"in the sum, x counts {of_x} times, and the branch {of_branch} times as much as it should."


def expect_training(
    make: Make, answer: Any, rng: np.random.Generator, *widths: int, shape: tuple[int, ...]
) -> None:
    """Raise `Wrong` unless the networks agree while training, in every gradient, and train on."""
    model, reference, name = twins(make, answer, rng, *widths)
    model.train()
    reference.train()
    x = (noise(rng, *shape) * 3 + 1).requires_grad_()
    norms = [part for part in model.modules() if isinstance(part, Norm) and part.running_mean is not None]
    before = [part.running_mean.clone() for part in norms]
    tried = f"{name} while training"
    output = attempt(tried, f"shape {shape}", model, x)
    repeats = same(output, copy.deepcopy(model)(x)) if isinstance(output, Tensor) else True
    expect(output, reference(x), tried, like=True, idea=RANDOM * (not repeats))
    try:
        expect_gradient(model, output, f"{tried}: the gradient of every weight")
    except Wrong as wrong:
        if str(wrong.got).startswith("none for"):
            wrong.idea = "a layer of __init__ gets no gradient: forward does not use it, or cuts its graph."
        raise
    got, x.grad = x.grad, None
    if got is None:
        idea = "x is cut off on its way: detached, under no_grad, or through NumPy."
        raise Wrong(f"{tried}: the gradient in x", "a gradient", "none: the graph is cut", idea=idea)
    reference(x).square().sum().backward()
    expect(got, x.grad, f"{tried}: the gradient in x", rtol=1e-3, atol=1e-3)
    expect(model.training, True, f"{tried}: is it still in training mode after a call?")
    still = sum(torch.equal(part.running_mean, old) for part, old in zip(norms, before, strict=True))
    expect(still, 0, f"{tried}: how many batch norms did not update their running mean?")
    lengths = [
        np.sort([float(tensor.grad.norm()) for tensor in one.parameters() if tensor.dim() == 4])
        for one in (model, reference)
    ]
    if len(lengths[0]) == len(lengths[1]):  # by size, because layers of one shape may be exchanged
        name = f"{tried}: the norms of the convolutions' gradients"
        expect(lengths[0], lengths[1], name, rtol=1e-2, atol=1e-3)
