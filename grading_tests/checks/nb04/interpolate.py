"""Network interpolation: interpolate(psnr_state, gan_state, alpha) returns a state dict."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from brainlab.models import interpolate_networks
from grading_tests.checks.nb04.ideas import attempt, expect_rival
from grading_tests.gap import Gap, Property, Wrong, expect, same
from grading_tests.networks import randomise

State = dict[str, Tensor]


LEARNT = (".weight", ".bias")


def network(batch_norm: bool = True) -> nn.Module:
    """Return a small network that has weights, and with batch norm also statistics and a counter."""
    norm = nn.BatchNorm2d(2) if batch_norm else nn.Conv2d(2, 2, 1)
    return nn.Sequential(nn.Conv2d(1, 2, 3), norm, nn.PReLU(), nn.Conv2d(2, 1, 1, bias=False))


def two_states(rng: np.random.Generator, batch_norm: bool = True) -> tuple[State, State]:
    """Return the states of two networks; every entry of the two differs, the counters by 40."""
    states = []
    for counted in (60, 100):
        model = network(batch_norm)
        randomise(model, rng)
        for name, tensor in model.state_dict().items():
            if name.endswith("tracked"):
                tensor.fill_(counted)
            else:  # biases too, which `randomise` leaves at 0
                tensor.add_(torch.as_tensor(rng.uniform(0.1, 1, tensor.shape)).to(tensor))
        states.append(model.state_dict())
    return states[0], states[1]


def copies(*states: State) -> list[State]:
    return [{name: tensor.clone() for name, tensor in state.items()} for state in states]


def mixed(
    answer: Any, psnr: State, gan: State, alpha: float, tried: str, needed: Callable[[str], bool] = bool
) -> State:
    """Return the answer's state dict.

    Raises
    ------
    Wrong
        If it is none, or lacks entries that are needed.
    """
    got = attempt(tried, "a state dict", answer, psnr, gan, alpha)
    if not hasattr(got, "keys"):
        raise Wrong(tried, "a state dict", type(got).__name__)
    if missing := [name for name in gan if needed(name) and name not in got]:
        idea = "the names are other ones: a network loads its entries by name." * (len(missing) == len(gan))
        raise Wrong(tried, f"all {len(gan)} entries", f"without {', '.join(missing)}", idea=idea)
    return got


def flat(state: State, wanted: Callable[[str], bool]) -> Tensor:
    """Return the chosen entries of a state as one vector of float64."""
    chosen = [torch.as_tensor(state[name]) for name in sorted(state) if wanted(name)]
    return torch.cat([tensor.detach().flatten().double() for tensor in chosen])


def learnt(name: str) -> bool:
    return name.endswith(LEARNT)


def statistics(name: str) -> bool:
    return "running" in name


def counters(name: str) -> bool:
    return name.endswith("tracked")


def weights(answer: Any, rng: np.random.Generator) -> None:
    psnr, gan = two_states(rng)
    for alpha in (0.3, float(rng.uniform(0.6, 0.9))):
        tried = f"the weights and biases at alpha {alpha:.2f}"
        got = mixed(answer, *copies(psnr, gan), alpha, tried, learnt)
        expected = (1 - alpha) * flat(psnr, learnt) + alpha * flat(gan, learnt)
        rivals = others(flat(psnr, learnt), flat(gan, learnt), alpha)
        expect_rival(flat(got, learnt), expected, tried, "step 1", rivals=rivals)


def others(psnr: Tensor, gan: Tensor, alpha: float) -> dict[str, Any]:
    """Return what other formulas make of two entries, by the idea behind them."""

    def mixture(share: float) -> Any:
        return lambda: (1 - share) * psnr + share * gan

    return {
        "the geometric mean is taken: powers of the weights instead of multiples.": (
            lambda: psnr.abs() ** (1 - alpha) * gan.abs() ** alpha,
            lambda: psnr.sign() * psnr.abs() ** (1 - alpha) * gan.abs() ** alpha,
            lambda: gan.sign() * psnr.abs() ** (1 - alpha) * gan.abs() ** alpha,
        ),
        "alpha is divided by 100; it is a share from 0 to 1.": mixture(alpha / 100),
        "alpha is rounded; every number from 0 to 1 is allowed.": (
            mixture(round(alpha, 1)),
            mixture(round(alpha, 2)),
        ),
        "alpha is squared, or its root is taken; it counts as it is.": (
            mixture(alpha**2),
            mixture(alpha**0.5),
        ),
        "alpha and 1 - alpha are exchanged: alpha belongs to the GAN.": mixture(1 - alpha),
        "the PSNR network counts too much: its share and alpha add up to 1.": (
            lambda: (1 + alpha) * psnr + alpha * gan,
            lambda: psnr + alpha * gan,
        ),
        "both networks are multiplied by 1 - alpha: mind the brackets.": lambda: (
            (1 - alpha) * (psnr + alpha * gan)
        ),
        "the difference of the networks is added the wrong way round.": (
            lambda: psnr + alpha * (psnr - gan),
            lambda: gan + alpha * (gan - psnr),
        ),
        "the entries are those of the PSNR network: nothing is interpolated.": lambda: psnr,
        "the entries are those of the GAN: nothing is interpolated.": lambda: gan,
        "the plain mean of both: alpha is not used.": mixture(0.5),
        "the shares add up to half: nothing else divides the sum.": lambda: (
            ((1 - alpha) * psnr + alpha * gan) / 2
        ),
        "the GAN's share is missing.": lambda: (1 - alpha) * psnr,
        "the PSNR network's share is missing.": lambda: alpha * gan,
    }


def by_name(answer: Any, rng: np.random.Generator) -> None:
    """The two dictionaries list their names in different orders."""
    psnr, gan = two_states(rng)
    tried = "the names of psnr_state in reversed order"
    idea = "entries are paired by their position: take each by its name."
    same_order = attempt(tried, "a state dict", answer, *copies(psnr, gan), 0.3)
    backwards = {name: psnr[name] for name in reversed(list(psnr))}
    try:
        got = mixed(answer, *copies(backwards, gan), 0.3, tried)
        expected = 0.7 * flat(psnr, learnt) + 0.3 * flat(gan, learnt)
        expect(flat(got, learnt), expected, f"{tried}: the weights")
        for name, tensor in same_order.items():
            expect(got[name], tensor, f"{tried}: entry {name!r}")
    except Wrong as wrong:
        wrong.idea = idea
        raise


def both_ends(answer: Any, rng: np.random.Generator) -> None:
    psnr, gan = two_states(rng)
    for alpha, end, name in ((0.0, psnr, "PSNR network"), (1.0, gan, "GAN")):
        tried = f"alpha {alpha:g}: the weights of the {name}"
        got = mixed(answer, *copies(psnr, gan), alpha, tried, learnt)
        expect(flat(got, learnt), flat(end, learnt), tried, "step 1")


def running_statistics(answer: Any, rng: np.random.Generator) -> None:
    psnr, gan = two_states(rng)
    tried = "batch norm's running means and variances at alpha 0.25"
    got = mixed(answer, *copies(psnr, gan), 0.25, tried, statistics)
    expected = 0.75 * flat(psnr, statistics) + 0.25 * flat(gan, statistics)
    rivals = others(flat(psnr, statistics), flat(gan, statistics), 0.25)
    expect_rival(flat(got, statistics), expected, tried, "step 1", rivals=rivals)


def whole_numbers(answer: Any, rng: np.random.Generator) -> None:
    psnr, gan = two_states(rng)
    ideas = {
        "60": "the counter is that of the PSNR network; whole numbers come from the GAN.",
        "160": "the counters are added up; a whole number is copied from the GAN.",
        "80": "the counters are averaged; a whole number is copied from the GAN.",
        "72": "the counters are interpolated; a whole number is copied from the GAN.",
    }
    for alpha in (0.3, 0.0, 1.0):
        tried = f"batch norm's counter, 60 batches in one network and 100 in the GAN, alpha {alpha:g}"
        got = mixed(answer, *copies(psnr, gan), alpha, tried, counters)
        counter = torch.as_tensor(next(got[name] for name in gan if counters(name)))
        count = f"{counter.item():g}"
        expect(f"{count}, {counter.dtype}", "100, torch.int64", tried, "step 2", idea=ideas.get(count, ""))


def every_kind(answer: Any, rng: np.random.Generator) -> None:
    """Entries that a network may have besides: names, types and shapes say nothing about what they mean."""
    psnr, gan = (
        {
            "beta": torch.tensor(float(rng.uniform(0.2, 0.4)) + shift),
            "table": torch.tensor([[0.5, 1.5], [2.0, 4.0]], dtype=torch.float64) * (1 + shift),
            "half": torch.ones(2, dtype=torch.float16) * (1 + shift),
            "num_batches_seen": torch.tensor([3.0, 5.0]) * (1 + shift),
            "steps": torch.tensor(9 - int(3 * shift)),
            "position.bias": torch.arange(3) + int(4 * shift),
            "index": torch.tensor([7, 2], dtype=torch.int32) + int(5 * shift),
            "image": torch.tensor([200, 30], dtype=torch.uint8) - int(20 * shift),
            "mask": torch.tensor([True, False, bool(shift)]),
        }
        for shift in (0.0, 1.0)
    )
    first = mixed(answer, *copies(psnr, gan), 0.75, "entries of several types and shapes, alpha 0.75")
    kept = copy.deepcopy(dict(first))
    mixed(answer, *copies(gan, psnr), 0.5, "a second call")
    for name, of_gan in gan.items():
        floating = of_gan.is_floating_point()
        expected = (0.25 * psnr[name] + 0.75 * of_gan).to(of_gan.dtype) if floating else of_gan
        tried = f"entry {name!r}, {of_gan.dtype}, alpha 0.75".replace("torch.", "")
        idea = why_other(first[name], psnr[name], of_gan, expected)
        if not same(first[name], kept[name]):
            idea = "the second call changes the result of the first: every call makes a new dictionary."
        try:
            expect(first[name], expected, tried, "step 1" if floating else "step 2", rtol=1e-3, like=True)
            expect(str(first[name].dtype), str(of_gan.dtype), f"{tried}: its type")
        except Wrong as wrong:
            wrong.idea = idea
            raise
    idea = "there are names that the two states do not have."
    expect(len(first), len(gan), "entries of several types and shapes: how many are there?", idea=idea)


def why_other(got: Any, psnr: Tensor, gan: Tensor, expected: Tensor) -> str:
    """Return what is wrong about one entry, a floating-point one or another."""
    floating = gan.is_floating_point()
    if not isinstance(got, Tensor):
        return "the entries are tensors: a network cannot load anything else."
    if got.shape != gan.shape:
        return "an entry keeps its shape: a single number stays one of shape ()."
    if floating:
        for network, entry in (("PSNR network", psnr), ("GAN", gan)):
            if same(got, entry):
                return f"this entry is that of the {network}: every floating-point entry is interpolated."
        return "an entry keeps its type." if got.dtype != gan.dtype else ""
    numbers = psnr.double(), gan.double()
    mixture = 0.25 * numbers[0] + 0.75 * numbers[1]
    ways = {
        "this entry is that of the PSNR network": numbers[0],
        "this entry is interpolated": mixture,
        "this entry is interpolated and rounded down": mixture.floor(),
        "this entry is interpolated and rounded": mixture.round(),
        "this entry is the larger of the two": torch.maximum(*numbers),
        "this entry is the sum of the two": sum(numbers),
    }
    fitting = [
        way for way, value in ways.items() if same(got.double(), value) and not same(value, numbers[1])
    ]
    if fitting:
        return f"{fitting[0]}; what is no floating-point number is copied from the GAN."
    return "an entry keeps its type." if got.dtype != gan.dtype else ""


def inputs_unchanged(answer: Any, rng: np.random.Generator) -> None:
    psnr, gan = two_states(rng)
    kept = copies(psnr, gan)
    tried = "are the two states still what they were?"
    mixed(answer, *kept, 0.4, tried, learnt)
    for name, left, before in zip(("psnr_state", "gan_state"), kept, (psnr, gan), strict=True):
        expect(len(left), len(before), f"{tried} Entries of {name}")
        expect(flat(left, bool), flat(before, bool), f"{tried} {name}", "work on a copy")


def memory_of_its_own(answer: Any, rng: np.random.Generator) -> None:
    psnr, gan = two_states(rng)
    for alpha in (0.0, 0.5, 1.0):
        kept = copies(psnr, gan)
        tried = f"the two networks after the mixture, alpha {alpha:g}, is trained on"
        with torch.no_grad():
            for tensor in mixed(answer, *kept, alpha, tried, learnt).values():
                tensor.add_(1)  # as an optimiser does, in place
        for name, left, before in zip(("psnr_state", "gan_state"), kept, (psnr, gan), strict=True):
            idea = f"the result shares memory with {name}: at every alpha, all entries are new tensors."
            expect(flat(left, bool), flat(before, bool), f"{tried}: {name}", "step 2", idea=idea)


def into_a_network(answer: Any, rng: np.random.Generator) -> None:
    """Without batch norm, as ESRGAN's generator; the mixture is loaded, and the network works in float32."""
    psnr, gan = two_states(rng, batch_norm=False)
    tried = "a network without batch norm, alpha 0.6, loaded"
    model, expected = network(batch_norm=False), network(batch_norm=False)
    got = mixed(answer, *copies(psnr, gan), 0.6, tried)
    attempt(tried, "a network that takes it", model.load_state_dict, got)
    expected.load_state_dict({name: 0.4 * psnr[name] + 0.6 * gan[name] for name in gan})
    x = torch.as_tensor(rng.normal(size=(2, 1, 5, 6)), dtype=torch.get_default_dtype())
    expect(model(x), expected(x), f"{tried}: its output")


GAP = Gap(
    "g04_interpolate",
    "interpolate",
    minutes=5,
    points=3,
    reference=interpolate_networks,
    properties=[
        Property("weights and biases", weights, share=2),
        Property("alpha 0 and 1", both_ends),
        Property("names in another order", by_name),
        Property("batch norm's statistics", running_statistics),
        Property("integer entries", whole_numbers),
        Property("entries of all types, a second call", every_kind),
        Property("inputs unchanged", inputs_unchanged),
        Property("no shared memory", memory_of_its_own),
        Property("a network without batch norm", into_a_network),
    ],
)
