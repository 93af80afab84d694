"""What is tried of every network of this notebook: values, modes, types, calls in a row, gradients.

The answer and the reference get the same random weights. Layers are matched by kind and shape, in the order
in which the forward pass uses them, so that names and the order of creation do not matter.
"""

import copy
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parameter import UninitializedParameter
from torch.overrides import TorchFunctionMode

from grading_tests.gap import Wrong, expect, same
from grading_tests.networks import attempt, layers, noise, randomise

Inputs = dict[str, Tensor]  # name of the argument -> tensor


class Uses(TorchFunctionMode):
    """Records the keys of a network's weights in the order of their first use."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.keys = {id(value): key for key, value in model.state_dict(keep_vars=True).items()}
        self.seen: dict[str, int] = {}

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        for value in (*args, *(kwargs or {}).values()):
            for part in value if isinstance(value, tuple | list) else (value,):
                if id(part) in self.keys:
                    self.seen.setdefault(self.keys[id(part)], len(self.seen))
        return function(*args, **(kwargs or {}))


def layers_in_use(model: nn.Module, inputs: Inputs) -> list[tuple[str, dict[str, str]]]:
    """Return `layers(model)` in the order in which a forward pass uses them, the unused ones last."""
    model.eval()
    uses = Uses(model)
    try:
        with torch.no_grad(), uses:
            model(*(value.clone() for value in inputs.values()))
    except Exception:
        pass  # the property that follows reports it
    last = len(uses.seen)
    return sorted(layers(model), key=lambda layer: min(uses.seen.get(key, last) for key in layer[1].values()))


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
        raise Wrong(tried, lists[0] or "no other layers", lists[1] or "no such layer")


def share_weights(reference: nn.Module, model: nn.Module, inputs: Inputs, tried: str) -> None:
    """Copy the weights of `reference` into `model`, which must have the same layers."""
    expect_layers(reference, model, tried)
    wanted = layers_in_use(reference, inputs)
    free = layers_in_use(copy.deepcopy(model), inputs)  # a copy, because this call must leave no trace
    source, state = reference.state_dict(), model.state_dict()
    for kind, entries in wanted:
        place = next(i for i, (other, _) in enumerate(free) if other == kind)
        for entry, key in free.pop(place)[1].items():
            if entry in entries:
                state[key] = source[entries[entry]].clone()
            elif entry == "bias":
                state[key] = torch.zeros_like(state[key])
    model.load_state_dict(state)


def made(answer: Any, call: str, *sizes: Any, **named: Any) -> nn.Module:
    """Return the answer's network of these sizes; it must have its weights from the start."""
    model = attempt(f"{call}: making it", "a network", answer, *sizes, **named)
    if not isinstance(model, nn.Module):
        raise Wrong(f"{call}: making it", "a network (nn.Module)", type(model).__name__)
    if any(isinstance(weight, UninitializedParameter) for weight in model.parameters()):
        raise Wrong(f"the weights of {call}", "weights from the start", "lazy layers without weights")
    return model


def twins(
    answer: Any,
    reference: nn.Module,
    rng: np.random.Generator,
    inputs: Inputs,
    call: str,
    *sizes: Any,
    **named: Any,
) -> nn.Module:
    """Return the answer's network of these sizes in evaluation mode, with the weights of `reference`."""
    model = made(answer, call, *sizes, **named)
    randomise(reference, rng)
    share_weights(reference, model, inputs, f"the layers of {call}")
    reference.eval()
    model.eval()
    return model


def on(call: str, inputs: Inputs) -> str:
    """Return what is tried in words: `UpBlock(8, 3, 5) on x (2, 8, 4, 6), skip (2, 3, 8, 12)`."""
    return f"{call} on {', '.join(f'{name} {tuple(value.shape)}' for name, value in inputs.items())}"


def parts_of(value: Any, count: int) -> tuple:
    """Return the outputs of a network with `count` of them as a tuple; what is no tuple stays whole."""
    return tuple(value) if count > 1 and isinstance(value, tuple | list) else (value,)


def expect_output(
    model: nn.Module,
    reference: nn.Module,
    inputs: Inputs,
    tried: str,
    outputs: Sequence[str] = ("",),
    **how: Any,
) -> None:
    """Raise `Wrong` unless the network returns what the reference does and leaves its inputs as they are."""
    expected = parts_of(reference(*(value.clone() for value in inputs.values())), len(outputs))
    wanted = " and ".join(f"shape {tuple(part.shape)}" for part in expected)
    given = [value.clone() for value in inputs.values()]
    got = parts_of(attempt(tried, wanted, model, *given), len(outputs))
    if len(got) != len(expected):
        form = f"{type(got[0]).__name__} of shape {tuple(getattr(got[0], 'shape', ()))}"
        raise Wrong(tried, f"a pair: {', '.join(outputs)}", form)
    for name, one, other in zip(outputs, got, expected, strict=True):
        place = f"{tried}: {name}" if name else tried
        expect(one, other.detach(), place, like=True, **how)
        if one.dtype != other.dtype:
            raise Wrong(f"{place}: the dtype", str(other.dtype), str(one.dtype))
    for (name, value), now in zip(inputs.items(), given, strict=True):
        if not same(now.detach(), value.detach()):
            raise Wrong(f"{tried}: is {name} unchanged?", value, now, "work on a copy")


def expect_training(
    model: nn.Module, reference: nn.Module, inputs: Inputs, tried: str, outputs: Sequence[str] = ("",)
) -> None:
    """Raise `Wrong` unless the network trains as the reference does and stays in its mode."""
    model.train()
    reference.train()
    expect_output(model, reference, inputs, f"{tried}, in training mode", outputs)
    if not all(module.training for module in model.modules()):
        raise Wrong(f"{tried}, in training mode", "still in training mode", "parts of it in evaluation mode")
    model.eval()
    reference.eval()
    expect_output(model, reference, inputs, f"{tried}, in evaluation mode after training", outputs)


def expect_calls_alike(
    model: nn.Module, reference: nn.Module, calls: Sequence[Inputs], call: str, outputs: Sequence[str] = ("",)
) -> None:
    """Raise `Wrong` unless calls in a row, of other sizes, are independent; then the same in float64."""
    kept = []
    for number, inputs in enumerate(calls, start=1):
        expect_output(model, reference, inputs, f"call {number} of one network: {on(call, inputs)}", outputs)
        kept.append(things_kept(model))
    if kept[-1] > kept[0]:
        raise Wrong(
            f"{len(calls)} calls of one {call}", "nothing is kept from call to call", "a list that grows"
        )
    model.double()
    reference.double()
    exact = {name: value.double() for name, value in calls[-1].items()}
    expect_output(model, reference, exact, f"{on(call, exact)}, float64", outputs, rtol=1e-8, atol=1e-9)


def things_kept(model: nn.Module) -> int:
    """Return how many things a network holds in lists of its own."""
    lists = [
        value for module in model.modules() for value in vars(module).values() if isinstance(value, list)
    ]
    return sum(map(len, lists))


def expect_gradients(
    model: nn.Module, reference: nn.Module, inputs: Inputs, call: str, outputs: Sequence[str] = ("",)
) -> None:
    """Raise `Wrong` unless all outputs have the reference's gradients in all inputs, and in all weights."""
    model.double()
    reference.double()
    count = len(outputs)
    for number, output in enumerate(outputs):
        of = f"the gradient of {output or 'the output'} of {call}"
        grads = []
        for network in (reference, model):
            leaves = [value.double().clone().requires_grad_() for value in inputs.values()]
            network.zero_grad()
            result = parts_of(attempt(of, "a gradient", network, *leaves), count)[number]
            if not (isinstance(result, Tensor) and result.requires_grad):
                raise Wrong(of, "a gradient", "none: the graph is cut")
            result.square().sum().backward()
            grads.append([leaf.grad for leaf in leaves])
        for name, expected, got in zip(inputs, *grads, strict=True):
            if got is None:
                raise Wrong(f"{of} in {name}", "a gradient", f"none: the graph is cut at {name}")
            size = float(expected.abs().max())
            expect(got, expected, f"{of} in {name}", rtol=1e-4, atol=1e-6 * size)
        if number == 0:
            expect_weights_learn(model, of)


def expect_weights_learn(model: nn.Module, tried: str) -> None:
    """Raise `Wrong` if a weight of a network has no gradient after `backward`."""
    weights = dict(model.named_parameters())
    frozen = [name for name, weight in weights.items() if not weight.requires_grad]
    if frozen:
        raise Wrong(f"{tried}: weights that are trained", f"all {len(weights)}", f"not {', '.join(frozen)}")
    cut = [name for name, weight in weights.items() if weight.grad is None or not weight.grad.abs().max() > 0]
    if cut:
        raise Wrong(f"{tried} in its weights", f"one for all {len(weights)}", f"none for {', '.join(cut)}")


def expect_fresh(answer: Any, inputs: Inputs, call: str, *sizes: Any, outputs: int = 1) -> None:
    """Raise `Wrong` unless new networks start with weights of their own, random and trainable."""
    models = [made(answer, call, *sizes) for _ in range(2)]
    shared = {id(weight) for weight in models[0].parameters()} & {
        id(weight) for weight in models[1].parameters()
    }
    if shared:
        raise Wrong(f"two networks {call}", "weights of their own", f"{len(shared)} weights in common")
    frozen = [name for name, weight in models[0].named_parameters() if not weight.requires_grad]
    if frozen:
        raise Wrong(f"the weights of a new {call}", "all trainable", f"not {', '.join(frozen)}")
    output = parts_of(attempt(f"a new {call}", "an output", models[0], *inputs.values()), outputs)[0]
    if not float(output.detach().std()) > 1e-4:
        raise Wrong(f"a new {call}", "random weights, so an output that varies", "the same value everywhere")


def noises(rng: np.random.Generator, **shapes: tuple[int, ...]) -> Inputs:
    """Return Gaussian noise of these shapes by name."""
    return {name: noise(rng, *shape) for name, shape in shapes.items()}
