"""Compare two networks by what they compute: copy the same weights into both, then give them the same input.

Layers are matched by kind and shape in the order of their creation, so that names, helper modules and coding
style do not matter.
"""

import copy
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from grading_tests.gap import Wrong, is_stub, same

State = dict[str, Tensor]
# What is wrong where an input has other values after the call.
IN_PLACE = "the input itself is changed in place (+=, x[...] =, a method that ends in _): work on a copy."


def layers(model: nn.Module) -> list[tuple[str, dict[str, str]]]:
    """Return the layers that have weights: (kind and shape, {entry: key in the state dict})."""
    state = model.state_dict()
    by_prefix: dict[str, dict[str, str]] = {}
    for key in state:
        prefix, _, entry = key.rpartition(".")
        by_prefix.setdefault(prefix, {})[entry] = key
    found = []
    for entries in by_prefix.values():
        if "weight" not in entries:
            continue
        shape = tuple(state[entries["weight"]].shape)
        # A PReLU has one-dimensional weights as batch norm has, but no bias.
        kind = "weights" if len(shape) > 1 else "norm" if "bias" in entries else "slope"
        found.append((f"{kind} {shape}", entries))
    return found


def randomise(model: nn.Module, rng: np.random.Generator) -> None:
    """Fill a network with random weights and batch statistics; biases of convolutions are set to 0.

    A bias before batch normalisation is optional; with a bias of 0 both variants agree.
    """
    state = model.state_dict()
    for _, entries in layers(model):
        for entry, key in entries.items():
            shape = tuple(state[key].shape)
            if len(state[entries["weight"]].shape) > 1:
                fan_in = max(int(np.prod(shape[1:])), 1)
                values = rng.normal(0, (2 / fan_in) ** 0.5, shape) if entry == "weight" else np.zeros(shape)
            elif entry in ("weight", "running_var"):
                values = rng.uniform(0.5, 1.5, shape)
            elif entry in ("bias", "running_mean"):
                values = rng.normal(0, 0.3, shape)
            else:
                continue
            state[key] = torch.as_tensor(values, dtype=state[key].dtype)
    model.load_state_dict(state)


def share_weights(reference: nn.Module, answer: nn.Module, tried: str) -> None:
    """Copy the weights of `reference` into `answer`.

    Raises
    ------
    Wrong
        If `answer` has other layers; `got` lists them.
    """
    source, state = reference.state_dict(), answer.state_dict()
    wanted, free = layers(reference), layers(answer)
    kinds = [[kind for kind, _ in part] for part in (wanted, free)]
    if sorted(kinds[0]) != sorted(kinds[1]):
        raise Wrong(tried, *(f"{len(part)} layers: {', '.join(part)}" for part in kinds))
    for kind, entries in wanted:
        place = next(i for i, (other, _) in enumerate(free) if other == kind)
        for entry, key in free.pop(place)[1].items():
            if entry in entries:
                state[key] = source[entries[entry]].clone()
            elif entry == "bias":
                state[key] = torch.zeros_like(state[key])
    answer.load_state_dict(state)


def words(model: nn.Module, kind: str, entries: dict[str, str]) -> str:
    """Return a layer in words: `Conv2d(3, 8, 3 x 3)`."""
    module = dict(model.named_modules()).get(entries["weight"].rpartition(".")[0])
    shape = tuple(model.state_dict()[entries["weight"]].shape)
    if module is None or type(module) is type(model) or len(shape) not in (1, 4):
        return kind
    name = type(module).__name__
    if len(shape) == 1:
        return f"{name}({shape[0]})"
    first, second = shape[:2] if isinstance(module, nn.ConvTranspose2d) else (shape[1], shape[0])
    return f"{name}({first}, {second}, {shape[2]} x {shape[3]})"


def expect_layers(reference: nn.Module, model: nn.Module, tried: str) -> None:
    """Raise `Wrong` unless both have the same layers; it names the missing ones and those too many."""
    wanted, found = layers(reference), layers(model)
    kinds = [Counter(kind for kind, _ in part) for part in (wanted, found)]
    if kinds[0] != kinds[1]:
        lists = []
        for network, part, others in ((reference, wanted, kinds[1]), (model, found, kinds[0])):
            left, odd = others.copy(), []
            for kind, entries in part:
                left[kind] -= 1
                odd += [words(network, kind, entries)] if left[kind] < 0 else []
            lists.append(", ".join(odd))
        found = lists[1] or f"no {lists[0]}"
        bare = [name for module in model.modules() if (name := without_weights(module))]
        raise Wrong(
            tried,
            lists[0] or "no other layers",
            ", ".join([found, *bare]),
            idea=idea_of_layers(kinds[1], lists[0], lists[1], bool(bare)),
        )


def without_weights(module: nn.Module) -> str:
    """Return a batch normalisation without learnt scale and offset in words, of other modules nothing."""
    bare = isinstance(module, nn.modules.batchnorm._BatchNorm) and not module.affine
    return f"{type(module).__name__}({module.num_features}, affine=False)" if bare else ""


def idea_of_layers(found: Counter, missing: str, surplus: str, bare: bool) -> str:
    """Return what is wrong with the layers of a network in a sentence."""
    if bare:
        return "a batch normalisation has no scale and offset to learn (affine=False)."
    if not found:
        return (
            "the network has no weights of its own: its layers are made in forward, or kept in a plain list, "
            "where PyTorch does not find them."
        )
    if not surplus:
        return f"layers are missing, or one layer is used twice: {missing}."
    if not missing:
        return f"there are more layers than asked for: {surplus}."
    sizes = [re.findall(r"\d+ x \d+", text) for text in (missing, surplus)]
    if sorted(sizes[0]) != sorted(sizes[1]):
        return f"the layers have another number or other kernel sizes than {missing}."
    return "a layer has another number of channels than asked for: what comes in, what goes out?"


def attempt(tried: str, expected: Any, call: Any, *inputs: Any, **named: Any) -> Any:
    """Return `call(*inputs)`; an exception becomes a `Wrong` with its text as the returned value.

    Compute `expected` from other objects than `inputs`, because the answer may write into them: see `given`.
    """
    try:
        return call(*inputs, **named)
    except Exception as error:
        if is_stub(error) or isinstance(error, Wrong):
            raise
        first_line = str(error).split("\n")[0]
        raise Wrong(tried, expected, f"{type(error).__name__}: {first_line}") from error


class Given:
    """Copies of the inputs of one call, which know whether the answer wrote into them.

    `given = Given(x, y)`, then `answer(*given)` and `given.expect_unchanged(tried)`; x and y stay as they
    are.
    """

    def __init__(self, *inputs: Any) -> None:
        self.kept = [copy.deepcopy(value) for value in map(detached, inputs)]
        self.inputs = [copied(value) for value in inputs]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.inputs)

    def expect_unchanged(self, tried: str) -> None:
        """Raise `Wrong` if one of the copies has other values than before."""
        for number, (now, before) in enumerate(zip(self.inputs, self.kept, strict=True), start=1):
            # The proof of the banks disturbs inputs by a millionth, in place (courseware.proof.disturbed).
            if not same(detached(now), before, rtol=1e-5, atol=1e-5):
                raise Wrong(f"{tried}: is input {number} still what it was?", before, now, idea=IN_PLACE)


def detached(value: Any) -> Any:
    return value.detach() if isinstance(value, Tensor) else value


def copied(value: Any) -> Any:
    """Return a copy; of a tensor one without a graph that requires a gradient as the original does."""
    if isinstance(value, Tensor):
        return value.detach().clone().requires_grad_(value.requires_grad)
    return copy.deepcopy(value)


def twin(
    make: Any, reference: nn.Module, rng: np.random.Generator, tried: str, *sizes: int, **named: Any
) -> nn.Module:
    """Build the answer's network, then give it and `reference` the same random weights and eval mode."""
    answer = attempt(tried, "a network", make, *sizes, **named)
    if not hasattr(answer, "state_dict"):
        raise Wrong(tried, "a network (nn.Module)", type(answer).__name__)
    randomise(reference, rng)
    share_weights(reference, answer, tried)
    reference.eval()
    answer.eval()
    return answer


def noise(rng: np.random.Generator, *shape: int) -> Tensor:
    """Return Gaussian noise of the default type."""
    return torch.as_tensor(rng.normal(size=shape), dtype=torch.get_default_dtype())


def labels_like(rng: np.random.Generator, *shape: int, classes: int = 4) -> Tensor:
    """Return random int64 labels from 0 to classes - 1."""
    return torch.as_tensor(rng.integers(0, classes, size=shape), dtype=torch.int64)


def expect_gradient(model: nn.Module, output: Tensor, tried: str) -> None:
    """Raise `Wrong` unless every weight of `model` gets a gradient from `output`."""
    if not output.requires_grad:
        raise Wrong(tried, "an output with a gradient", "none: the graph is cut")
    output.square().sum().backward()
    blocked = [name for name, weight in model.named_parameters() if weight.grad is None]
    if blocked:
        raise Wrong(tried, "a gradient for every weight", f"none for {len(blocked)} of them")


class WatchedSGD(torch.optim.SGD):
    """SGD with momentum that records the order of zero_grad, backward and step."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__(model.parameters(), lr=0.1, momentum=0.9)
        self.events: list[str] = []
        next(model.parameters()).register_hook(lambda _: self.events.append("backward"))

    def zero_grad(self, set_to_none: bool = True) -> None:
        self.events.append("zero_grad")
        super().zero_grad(set_to_none)

    def step(self, closure: Any = None) -> Any:
        self.events.append("step")
        return super().step(closure)


def weights_of(model: nn.Module) -> Tensor:
    return torch.cat([weight.detach().flatten() for weight in model.parameters()])
