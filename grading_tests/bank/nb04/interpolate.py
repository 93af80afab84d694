"""Right and wrong answers to the gap about network interpolation."""

import copy
from collections import OrderedDict

import torch

from brainlab.models import interpolate_networks
from grading_tests.bank.nb04 import SECOND, with_steps
from grading_tests.gap import Mistake


def by_loop(psnr_state, gan_state, alpha):
    mixture = OrderedDict()
    for name, gan in gan_state.items():
        if gan.is_floating_point():
            mixture[name] = (1 - alpha) * psnr_state[name] + alpha * gan
        else:
            mixture[name] = gan.clone()
    return mixture


def from_a_copy(psnr_state, gan_state, alpha):
    mixture = copy.deepcopy(dict(gan_state))
    for name, tensor in mixture.items():
        if tensor.dtype.is_floating_point:
            tensor.mul_(alpha).add_(psnr_state[name], alpha=1 - alpha)
    return mixture


def by_difference(psnr_state, gan_state, alpha):
    return {
        name: psnr_state[name] + alpha * (gan - psnr_state[name])
        if gan.dtype.is_floating_point
        else gan.detach().clone()
        for name, gan in gan_state.items()
    }


def in_float64(psnr_state, gan_state, alpha):
    mixture = {}
    for name, psnr in psnr_state.items():
        gan = gan_state[name]
        part = alpha if torch.is_floating_point(gan) else 1.0
        mixture[name] = ((1 - part) * psnr.double() + part * gan.double()).to(gan.dtype)
    return mixture


def as_one_vector(psnr_state, gan_state, alpha):
    """All floating entries as one vector, mixed, and cut into pieces again."""
    names = [name for name in gan_state if gan_state[name].is_floating_point()]
    psnr, gan = (torch.cat([state[name].flatten() for name in names]) for state in (psnr_state, gan_state))
    pieces = torch.lerp(psnr, gan, alpha).split([gan_state[name].numel() for name in names])
    mixture = {name: tensor.clone() for name, tensor in gan_state.items()}
    for name, piece in zip(names, pieces, strict=True):
        mixture[name].copy_(piece.view_as(mixture[name]))
    return mixture


def through_numpy(psnr_state, gan_state, alpha):
    mixture = {}
    for name in gan_state:
        psnr, gan = psnr_state[name].numpy(), gan_state[name].numpy()
        mixture[name] = torch.tensor((1 - alpha) * psnr + alpha * gan if gan.dtype.kind == "f" else gan)
    return mixture


RIGHT = {
    "library": interpolate_networks,
    "loop": by_loop,
    "from a copy": from_a_copy,
    "by the difference": by_difference,
    "float64 inside": in_float64,
    "as one vector": as_one_vector,
    "through NumPy": through_numpy,
}


def interpolation(
    mix=lambda psnr, gan, alpha: (1 - alpha) * psnr + alpha * gan,
    rest=lambda psnr, gan, alpha: gan.clone(),
    wanted=lambda name, tensor: tensor.is_floating_point(),
):
    """Return the right answer in parts: wanted entries are mixed, the rest is treated otherwise."""

    def answer(psnr_state, gan_state, alpha):
        return {
            name: (mix if wanted(name, gan) else rest)(psnr_state[name], gan, alpha)
            for name, gan in gan_state.items()
        }

    return answer


def in_place(psnr_state, gan_state, alpha):
    for name, tensor in gan_state.items():
        if tensor.is_floating_point():
            tensor.mul_(alpha).add_((1 - alpha) * psnr_state[name])
    return gan_state


def shallow_copy(psnr_state, gan_state, alpha):
    mixture = dict(psnr_state)
    for name, tensor in mixture.items():
        if tensor.is_floating_point():
            tensor.mul_(1 - alpha).add_(alpha * gan_state[name])
        else:
            mixture[name] = gan_state[name].clone()
    return mixture


def same_dict(psnr_state, gan_state, alpha):
    """The tensors are new, but they are put into the dict that came in."""
    for name, tensor in by_loop(psnr_state, gan_state, alpha).items():
        psnr_state[name] = tensor
    return psnr_state


def ends_handed_out(psnr_state, gan_state, alpha):
    if alpha in (0, 1):
        return gan_state if alpha else {**psnr_state, **counters_of(gan_state)}
    return by_loop(psnr_state, gan_state, alpha)


def counters_of(state):
    return {name: tensor.clone() for name, tensor in state.items() if not tensor.is_floating_point()}


def counters_left_out(psnr_state, gan_state, alpha):
    mixture = by_loop(psnr_state, gan_state, alpha)
    return {name: tensor for name, tensor in mixture.items() if tensor.is_floating_point()}


def parameters_only(psnr_state, gan_state, alpha):
    mixture = by_loop(psnr_state, gan_state, alpha)
    return {name: tensor for name, tensor in mixture.items() if name.endswith((".weight", ".bias"))}


def values_in_a_list(psnr_state, gan_state, alpha):
    return list(by_loop(psnr_state, gan_state, alpha).values())


def half_only(psnr, gan, alpha):
    return (psnr + gan) / 2


WRONG = [
    Mistake(
        "alpha swapped",
        "xinntao/DNI#4: which of the two gets alpha",
        "alpha and 1 - alpha are swapped: alpha belongs to the GAN.",
        interpolation(lambda psnr, gan, alpha: alpha * psnr + (1 - alpha) * gan),
    ),
    Mistake(
        "1 - alpha missing",
        "Wang et al. 2018 (arXiv:1809.00219), equation 4: the parts add up to 1",
        "the PSNR network counts in full, so the parts add up to more than 1: give it 1 - alpha.",
        interpolation(lambda psnr, gan, alpha: psnr + alpha * gan),
    ),
    Mistake(
        "alpha twice",
        "Wang et al. 2018 (arXiv:1809.00219), equation 4",
        "alpha is applied twice: once to the difference, and once more to the GAN.",
        interpolation(lambda psnr, gan, alpha: (1 - alpha) * psnr + alpha * alpha * gan),
    ),
    Mistake(
        "difference of the wrong sign",
        "psnr + alpha * (gan - psnr)",
        "the difference has the wrong sign: it leads from the PSNR network to the GAN, gan - psnr.",
        interpolation(lambda psnr, gan, alpha: psnr + alpha * (psnr - gan)),
    ),
    Mistake(
        "always the middle",
        "averaging two checkpoints: (a + b) / 2",
        "that is the plain mean of both networks; alpha is not used.",
        interpolation(half_only),
    ),
    Mistake(
        "either one or the other",
        "xinntao/ESRGAN#103: what network interpolation is",
        "you choose one of the two networks; the task asks for a mixture of each weight.",
        interpolation(lambda psnr, gan, alpha: (gan if alpha > 0.5 else psnr).clone()),
    ),
    Mistake(
        "geometric mean",
        "Wang et al. 2018 (arXiv:1809.00219), equation 4: linear in the weights",
        "you multiply powers of the weights; the mixture is linear, and weights may be negative.",
        interpolation(lambda psnr, gan, alpha: psnr.sign() * psnr.abs() ** (1 - alpha) * gan.abs() ** alpha),
    ),
    Mistake(
        "counters mixed",
        "pytorch/ignite#2592: whole numbers among the buffers",
        "batch norm's counter is a whole number and no weight: take it over as it is.",
        interpolation(wanted=lambda name, tensor: True),
    ),
    Mistake(
        "counters rounded",
        "AI-secure/DBA#1: result type Float can't be cast to Long",
        "the mixed counter is cast back to a whole number; it is not mixed at all, but taken from the GAN.",
        interpolation(rest=lambda psnr, gan, alpha: ((1 - alpha) * psnr + alpha * gan).to(gan.dtype)),
    ),
    Mistake(
        "counters as floats",
        "AI-secure/DBA#1: result type Float can't be cast to Long",
        "the counter has become a float; copy it with its type.",
        interpolation(rest=lambda psnr, gan, alpha: gan.float()),
    ),
    Mistake(
        "counters of the PSNR network",
        "docstring: whole numbers as in gan_state",
        "the counter comes from the PSNR network; the GAN's training went on from there, so take its own.",
        interpolation(rest=lambda psnr, gan, alpha: psnr.clone()),
    ),
    Mistake(
        "counters left out",
        "load_state_dict: missing key num_batches_tracked",
        "the counters are missing in the result: load_state_dict wants every entry.",
        counters_left_out,
    ),
    Mistake(
        "parameters only",
        "rosinality/stylegan2-pytorch#172: buffers do not follow",
        "running means, variances and counters are missing: they are no parameters, but belong to the state.",
        parameters_only,
    ),
    Mistake(
        "weights but not biases",
        "docstring: every entry of floating point",
        "only the weights are mixed; the biases are those of the GAN.",
        interpolation(wanted=lambda name, tensor: name.endswith(".weight")),
    ),
    Mistake(
        "statistics not mixed",
        "rosinality/stylegan2-pytorch#172, fadel/pytorch_ema#13: buffers do not follow",
        "batch norm's running means and variances stay those of the GAN; mix all floating entries.",
        interpolation(wanted=lambda name, tensor: name.endswith((".weight", ".bias"))),
    ),
    Mistake(
        "matrices only",
        "a filter on tensor.ndim, as for weight decay",
        "entries of one axis are left out: biases, batch norm and PReLU belong to the mixture too.",
        interpolation(wanted=lambda name, tensor: tensor.ndim > 1),
    ),
    Mistake(
        "in place",
        "OpenMined/PySyft#3613: side effect of federated_avg",
        "the mixture is written into gan_state: afterwards the GAN is gone. Make new tensors.",
        in_place,
    ),
    Mistake(
        "a copy of the dict only",
        "kmzzhang/nbi#11, pytorch/tutorials#188: state_dict hands out the living tensors",
        "dict(...) copies the names and not the tensors: in-place operations change the PSNR network.",
        shallow_copy,
    ),
    Mistake(
        "into the dict that came in",
        "OpenMined/PySyft#3613: side effect of federated_avg",
        "the new tensors are put into psnr_state: afterwards it is no longer the PSNR network.",
        same_dict,
    ),
    Mistake(
        "ends handed out",
        "kmzzhang/nbi#11: state_dict returns an address",
        "at alpha 0 and 1 you return an input itself: whoever trains the mixture changes that network.",
        ends_handed_out,
    ),
    Mistake(
        "counters shared",
        "kmzzhang/nbi#11: state_dict returns an address",
        "the counters are the GAN's own tensors; clone() gives the mixture its own.",
        interpolation(rest=lambda psnr, gan, alpha: gan),
    ),
    Mistake(
        "no names",
        "load_state_dict: expected a dict",
        "the names are lost: return a dict with the names of the two states.",
        values_in_a_list,
    ),
]


def mixture(
    psnr_state, gan_state, alpha, floating=torch.is_floating_point, whole=lambda psnr, gan: gan.clone()
):
    """The right mixture, with another rule for what is interpolated or for the rest."""
    return {
        name: (1 - alpha) * psnr_state[name] + alpha * gan if floating(gan) else whole(psnr_state[name], gan)
        for name, gan in gan_state.items()
    }


def with_lerp(psnr_state, gan_state, alpha):
    return {
        name: torch.lerp(psnr_state[name], gan, alpha) if gan.is_floating_point() else gan.clone()
        for name, gan in gan_state.items()
    }


def by_name(psnr_state, gan_state, alpha):
    return {
        name: gan.clone() if "num_batches" in name else (1 - alpha) * psnr_state[name] + alpha * gan
        for name, gan in gan_state.items()
    }


def always_float32(psnr_state, gan_state, alpha):
    mixed = mixture(psnr_state, gan_state, alpha)
    return {name: one.float() if one.is_floating_point() else one for name, one in mixed.items()}


# --- a second bank, by people who saw the notebook only

RIGHT |= {
    "lerp": with_lerp,
}
WRONG += [
    Mistake(
        "only float32",
        SECOND,
        "float64 and float16 are floating-point entries too: is_floating_point() knows all of them.",
        lambda psnr, gan, alpha: mixture(psnr, gan, alpha, lambda one: one.dtype == torch.float32),
    ),
    Mistake(
        "no scalars",
        SECOND,
        "an entry with one number and no axes is interpolated, too.",
        lambda psnr, gan, alpha: mixture(
            psnr, gan, alpha, lambda one: one.is_floating_point() and one.dim() > 0
        ),
    ),
    Mistake(
        "decided by the name",
        SECOND,
        "the name says nothing about the type: ask is_floating_point().",
        by_name,
    ),
    Mistake(
        "the larger counter",
        SECOND,
        "whole numbers come from gan_state, not from the larger of the two.",
        lambda psnr, gan, alpha: mixture(psnr, gan, alpha, whole=torch.maximum),
    ),
    Mistake(
        "counters reset",
        SECOND,
        "whole numbers come from gan_state; zeros are another state.",
        lambda psnr, gan, alpha: mixture(psnr, gan, alpha, whole=lambda one, other: torch.zeros_like(other)),
    ),
    Mistake(
        "only int64 copied",
        SECOND,
        "int32, uint8 and Boolean entries are no floating-point numbers either: copy them as well.",
        lambda psnr, gan, alpha: {
            name: one.clone() if one.dtype == torch.int64 else (1 - alpha) * psnr[name] + alpha * one
            for name, one in gan.items()
        },
    ),
    Mistake(
        "paired by position",
        SECOND,
        "the entries are paired by their order, which may differ: look each up by its name.",
        lambda psnr, gan, alpha: {
            name: (1 - alpha) * one + alpha * other if other.is_floating_point() else other.clone()
            for one, (name, other) in zip(psnr.values(), gan.items(), strict=True)
        },
    ),
    Mistake(
        "always float32",
        SECOND,
        "an entry keeps its type: float64 stays float64.",
        always_float32,
    ),
]

# The numbered step of the gap in which each mistake is.
STEPS = {
    1: (
        "alpha swapped",
        "1 - alpha missing",
        "alpha twice",
        "difference of the wrong sign",
        "always the middle",
        "geometric mean",
        "only float32",
        "no scalars",
        "always float32",
    ),
    2: (
        "counters mixed",
        "counters rounded",
        "counters as floats",
        "counters of the PSNR network",
        "counters shared",
        "the larger counter",
        "counters reset",
    ),
}
WRONG = with_steps(WRONG, STEPS)
