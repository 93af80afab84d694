"""What is tried of every network of this notebook: values, modes, types, calls in a row, gradients.

The answer and the reference get the same random weights. Layers are matched by kind and shape, in the order
in which the forward pass uses them, so that names and the order of creation do not matter.
"""

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parameter import UninitializedParameter
from torch.overrides import TorchFunctionMode

from grading_tests.gap import Wrong, because, expect, same
from grading_tests.networks import IN_PLACE, attempt, expect_layers, layers, noise, randomise

Inputs = dict[str, Tensor]  # name of the argument -> tensor

MEMORY = "something is kept from one call to the next: each call depends on its own input only."
FIXED_TYPE = "the type is fixed somewhere (.float(), a new tensor without dtype): keep that of the input."
CUT = "the graph is cut (no_grad, detach, .data, NumPy, a new tensor): nothing could learn through it."


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
    modes = [module.training for module in model.modules()]
    got = parts_of(attempt(tried, wanted, model, *given), len(outputs))
    for (name, value), now in zip(inputs.items(), given, strict=True):
        if now.shape != value.shape or not same(now.detach(), value.detach()):
            raise Wrong(f"{tried}: is {name} unchanged?", value, now, idea=IN_PLACE)
    if len(got) != len(expected):
        form = f"{type(got[0]).__name__} of shape {tuple(getattr(got[0], 'shape', ()))}"
        raise Wrong(tried, f"a pair: {', '.join(outputs)}", form)
    for name, one, other in zip(outputs, got, expected, strict=True):
        place = f"{tried}: {name}" if name else tried
        with because("" if same(one, other.detach(), **how) else idea_of_state(model, inputs, got, modes)):
            expect(one, other.detach(), place, like=True, **how)
        if one.dtype != other.dtype:
            raise Wrong(f"{place}: the dtype", str(other.dtype), str(one.dtype), idea=FIXED_TYPE)


def idea_of_state(model: nn.Module, inputs: Inputs, got: tuple, modes: list[bool]) -> str:
    """Return what a second call says about a wrong network: does it change its mode, or its result?"""
    if [module.training for module in model.modules()] != modes:
        return "forward switches the mode; only train() and eval() of the caller do that."
    if any(modes):
        return ""
    again = parts_of(
        attempt("a second call", "", model, *(value.clone() for value in inputs.values())), len(got)
    )
    if all(map(same, again, got)):
        return ""
    return "the same input gives another result in the next call: something is random, or kept between calls."


def expect_training(
    model: nn.Module, reference: nn.Module, inputs: Inputs, tried: str, outputs: Sequence[str] = ("",)
) -> None:
    """Raise `Wrong` unless the network trains as the reference does and stays in its mode."""
    model.train()
    reference.train()
    expect_nothing_random(model, inputs, tried)
    expect_output(model, reference, inputs, f"{tried}, in training mode", outputs)
    if not all(module.training for module in model.modules()):
        raise Wrong(
            f"{tried}, in training mode",
            "still in training mode",
            "parts of it in evaluation mode",
            idea="forward switches the mode; only train() and eval() of the caller do that.",
        )
    model.eval()
    reference.eval()
    expect_output(model, reference, inputs, f"{tried}, in evaluation mode after training", outputs)


def expect_nothing_random(model: nn.Module, inputs: Inputs, tried: str) -> None:
    """Raise `Wrong` if two calls in training mode differ; the running averages stay as they were."""
    before = copy.deepcopy(model.state_dict())
    results = [
        parts_of(attempt(tried, "a result", model, *(value.clone() for value in inputs.values())), 2)[0]
        for _ in range(2)
    ]
    model.load_state_dict(before)
    if not same(*(result.detach() for result in results)):
        raise Wrong(
            f"{tried}, in training mode: the same input twice",
            "the same result",
            "another one each time",
            idea="something in it is random (dropout?); nothing of the kind is asked for.",
        )


def expect_calls_alike(
    model: nn.Module, reference: nn.Module, calls: Sequence[Inputs], call: str, outputs: Sequence[str] = ("",)
) -> None:
    """Raise `Wrong` unless calls in a row, of other sizes, are independent; then the same in float64."""
    kept = []
    for number, inputs in enumerate(calls, start=1):
        expect_output(model, reference, inputs, f"call {number} of one network: {on(call, inputs)}", outputs)
        kept.append(things_kept(model))
    for number in (len(calls), 1):
        again = {name: value.flip(-1) for name, value in calls[number - 1].items()}
        with because(MEMORY):
            expect_output(model, reference, again, f"one more call: as call {number}, mirrored", outputs)
    if kept[-1] > kept[0]:
        raise Wrong(
            f"{len(calls)} calls of one {call}",
            "nothing is kept from call to call",
            "a list that grows",
            idea=MEMORY,
        )
    model.double()
    reference.double()
    exact = {name: value.double() for name, value in calls[-1].items()}
    with because(FIXED_TYPE):
        expect_output(model, reference, exact, f"{on(call, exact)}, float64", outputs, rtol=1e-8, atol=1e-9)


def things_kept(model: nn.Module) -> int:
    """Return how many things a network holds in lists of its own."""
    lists = [
        value for module in model.modules() for value in vars(module).values() if isinstance(value, list)
    ]
    return sum(map(len, lists))


def expect_gradients(
    model: nn.Module,
    reference: nn.Module,
    inputs: Inputs,
    call: str,
    outputs: Sequence[str] = ("",),
) -> None:
    """Raise `Wrong` unless all outputs have the reference's gradients in all inputs, and in all weights."""
    model.double()
    reference.double()
    for training in (False, True):
        for number, output in enumerate(outputs):
            of = f"the gradient of {output or 'the output'} of {call}{', in training mode' * training}"
            grads = []
            for network in (reference, model):
                network.train(training)
                leaves = [value.double().clone().requires_grad_() for value in inputs.values()]
                network.zero_grad()
                results = attempt(of, "a gradient", network, *leaves)
                result = parts_of(results, len(outputs))[number]
                if not (isinstance(result, Tensor) and result.requires_grad):
                    raise Wrong(of, "a gradient", "none: the graph is cut", idea=CUT)
                with because(MEMORY):
                    attempt(of, "a gradient", result.square().sum().backward)
                grads.append([leaf.grad for leaf in leaves])
            for name, got in zip(inputs, grads[1], strict=True):
                if got is None:
                    cut = f"none: the graph is cut at {name}"
                    raise Wrong(f"{of} in {name}", "a gradient", cut, idea=f"{name}: {CUT}")
            for name, expected, got in zip(inputs, *grads, strict=True):
                size = float(expected.abs().max())
                expect(got, expected, f"{of} in {name}", rtol=1e-4, atol=1e-6 * size)
            if number == 0 and not training:
                expect_weights_learn(model, of)


def expect_weights_learn(model: nn.Module, tried: str) -> None:
    """Raise `Wrong` if a weight of a network has no gradient after `backward`."""
    weights = dict(model.named_parameters())
    frozen = [name for name, weight in weights.items() if not weight.requires_grad]
    if frozen:
        raise Wrong(
            f"{tried}: weights that are trained",
            f"all {len(weights)}",
            f"not {', '.join(frozen)}",
            idea="weights are frozen (requires_grad=False): they would never be trained.",
        )
    cut = [name for name, weight in weights.items() if weight.grad is None or not weight.grad.abs().max() > 0]
    if cut:
        raise Wrong(
            f"{tried} in its weights",
            f"one for all {len(weights)}",
            f"none for {', '.join(cut)}",
            idea="these weights are not used, or cut off from the result, so they would never be trained.",
        )


def expect_fresh(answer: Any, inputs: Inputs, call: str, *sizes: Any, outputs: int = 1) -> None:
    """Raise `Wrong` unless new networks start with weights of their own, random and trainable."""
    models = [made(answer, call, *sizes) for _ in range(2)]
    shared = {id(weight) for weight in models[0].parameters()} & {
        id(weight) for weight in models[1].parameters()
    }
    if shared:
        raise Wrong(
            f"two networks {call}",
            "weights of their own",
            f"{len(shared)} weights in common",
            idea="layers are made once for all networks (outside __init__, or as a default argument).",
        )
    frozen = [name for name, weight in models[0].named_parameters() if not weight.requires_grad]
    if frozen:
        raise Wrong(
            f"the weights of a new {call}",
            "all trainable",
            f"not {', '.join(frozen)}",
            idea="weights are frozen (requires_grad=False): they would never be trained.",
        )
    output = parts_of(attempt(f"a new {call}", "an output", models[0], *inputs.values()), outputs)[0]
    if not float(output.detach().std()) > 1e-4:
        raise Wrong(
            f"a new {call}",
            "random weights, so an output that varies",
            "the same value everywhere",
            idea="all weights start equal: units with the same weights learn the same.",
        )


def noises(rng: np.random.Generator, **shapes: tuple[int, ...]) -> Inputs:
    """Return Gaussian noise of these shapes by name."""
    return {name: noise(rng, *shape) for name, shape in shapes.items()}
