"""Properties that the generators' building blocks share: with the same weights, the same output.

Layers of one shape get the same weights, in the answer and in the library's block: so neither their order nor
their names matter, nor whether a weight belongs to a layer or to the block itself.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from grading_tests.gap import Wrong, expect
from grading_tests.networks import Given, attempt, expect_gradient, noise

Norm = nn.modules.batchnorm._BatchNorm
Make = Callable[..., nn.Module]


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
    found.update(["batch norm"] * len(norms))
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
        raise Wrong(f"the layers of {name}, those with weights", in_words(wanted), in_words(found))
    frozen = sum(not tensor.requires_grad for tensor in model.parameters())
    expect(frozen, 0, f"the weights of {name}: how many tensors cannot learn?")
    # Whether a convolution has a bias is not said. Where the answer has none, the library's is 0.
    convs = sum(tensor.dim() == 4 and not is_slope(model, key) for key, tensor in model.named_parameters())
    norms = sum(isinstance(part, Norm) for part in model.modules())
    lines = sum(tensor.dim() == 1 and not is_slope(model, key) for key, tensor in model.named_parameters())
    weights = Weights(rng, biases=lines - 2 * norms == convs)
    weights.fill(reference)
    weights.fill(model)
    return model, reference, name


def expect_output(
    make: Make, answer: Any, rng: np.random.Generator, *widths: int, shape: tuple[int, ...]
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
        expect(got, expected, tried, like=True)
        if dtype:
            expect(str(got.dtype), str(dtype), f"{tried}: the type of the output")
        given.expect_unchanged(f"{name} on x of {shape}")


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
    expect(output, reference(x), tried, like=True)
    expect_gradient(model, output, f"{tried}: the gradient of every weight")
    got, x.grad = x.grad, None
    if got is None:
        raise Wrong(f"{tried}: the gradient in x", "a gradient", "none: the graph is cut")
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
