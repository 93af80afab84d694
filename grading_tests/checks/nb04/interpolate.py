"""Network interpolation: interpolate(psnr_state, gan_state, alpha) returns a state dict."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from brainlab.models import interpolate_networks
from grading_tests.gap import Gap, Property, Wrong, expect
from grading_tests.networks import attempt, randomise

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
        raise Wrong(tried, f"all {len(gan)} entries", f"without {', '.join(missing)}")
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
        expect(flat(got, learnt), expected, tried, "step 1")


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
    expect(flat(got, statistics), expected, tried, "step 1")


def whole_numbers(answer: Any, rng: np.random.Generator) -> None:
    psnr, gan = two_states(rng)
    tried = "batch norm's counter, 60 batches in one network and 100 in the GAN"
    got = mixed(answer, *copies(psnr, gan), 0.3, tried, counters)
    counter = torch.as_tensor(next(got[name] for name in gan if counters(name)))
    expect(f"{counter.item():g}, {counter.dtype}", "100, torch.int64", tried, "step 2")


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
        }
        for shift in (0.0, 1.0)
    )
    first = mixed(answer, *copies(psnr, gan), 0.75, "entries of several types and shapes, alpha 0.75")
    mixed(answer, *copies(gan, psnr), 0.5, "a second call")
    for name, of_gan in gan.items():
        floating = of_gan.is_floating_point()
        expected = (0.25 * psnr[name] + 0.75 * of_gan).to(of_gan.dtype) if floating else of_gan
        tried = f"entry {name!r}, {of_gan.dtype}, alpha 0.75".replace("torch.", "")
        expect(first[name], expected, tried, "step 1" if floating else "step 2", rtol=1e-3, like=True)
        expect(str(first[name].dtype), str(of_gan.dtype), f"{tried}: its type")
    expect(len(first), len(gan), "entries of several types and shapes: how many are there?")


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
        for tensor in mixed(answer, *kept, alpha, tried, learnt).values():
            tensor.add_(1)  # as an optimiser does, in place
        for name, left, before in zip(("psnr_state", "gan_state"), kept, (psnr, gan), strict=True):
            expect(flat(left, bool), flat(before, bool), f"{tried}: {name}", "step 2")


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
        Property("batch norm's statistics", running_statistics),
        Property("integer entries", whole_numbers),
        Property("entries of all types, a second call", every_kind),
        Property("inputs unchanged", inputs_unchanged),
        Property("no shared memory", memory_of_its_own),
        Property("a network without batch norm", into_a_network),
    ],
)
