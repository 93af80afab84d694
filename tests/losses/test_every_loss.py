"""What every loss of `losses.ALL` has in common; what is special about one is tested in a file of its own.

A loss that is entered in `brainlab/losses/__init__.py` is tested here without a change: as it is, and once
with each of its switches (such as `per_image`) flipped. The two tables below hold what a loss may declare.
"""

import importlib
import inspect
import math
import pkgutil
from functools import partial

import pytest
import torch
import torch.nn.functional as F

import brainlab.losses as losses

# Arguments without a default, beyond logits and target: how to make them from the target.
EXTRA = {"weight_map": lambda target: 1 + 3.0 * (target > 0)}
# The value for a perfect prediction, of losses where it is not 0.
MINIMUM: dict[str, float] = {}


def of_logits_and_target(loss_fn):
    """Return `loss_fn` as a function of logits and target, with what else it needs."""
    required = [p.name for p in parameters(loss_fn)[2:] if p.default is p.empty]
    if not required:
        return loss_fn
    unknown = [name for name in required if name not in EXTRA]
    assert not unknown, f"{loss_fn.__name__} needs {unknown}: say in EXTRA how to make it from the target"
    return lambda logits, target, **options: loss_fn(
        logits, target, **{name: EXTRA[name](target) for name in required}, **options
    )


def parameters(loss_fn):
    return list(inspect.signature(loss_fn).parameters.values())


def cases(table):
    """Return name -> function of logits and target for the losses of a table, each also with its switches."""
    made = {}
    for name, loss_fn in table.items():
        call = made[name] = of_logits_and_target(loss_fn)
        for switch in (p for p in parameters(loss_fn) if isinstance(p.default, bool)):
            made[f"{name}, {switch.name}={not switch.default}"] = partial(
                call, **{switch.name: not switch.default}
            )
    return made


CASES = cases(losses.ALL)
PIXELS, AREAS = cases(losses.PIXELS), cases(losses.AREAS)

every_loss = pytest.mark.parametrize("loss_fn", CASES.values(), ids=CASES.keys())
channels = pytest.mark.parametrize("channels", [1, 2, 4])


def is_loss(function):
    """Whether `function` makes a scalar of logits and labels."""
    try:
        value = of_logits_and_target(function)(torch.zeros(1, 2, 3), torch.zeros(1, 3, dtype=torch.int64))
    except Exception:
        return False
    return isinstance(value, torch.Tensor) and value.shape == ()


def test_no_loss_is_left_out():
    for file in pkgutil.iter_modules(losses.__path__):
        module = importlib.import_module(f"brainlab.losses.{file.name}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_") and is_loss(function):
                assert losses.ALL.get(name) is function, (
                    f"{name} is defined in losses/{file.name}.py but not in losses.ALL: "
                    "enter it in losses/__init__.py"
                )


def test_names_are_those_of_the_functions():
    for name, loss_fn in losses.ALL.items():
        assert getattr(losses, name) is loss_fn
        assert name in losses.__all__


def value_and_gradient(loss_fn, logits, target):
    logits = logits.clone().requires_grad_()
    loss = loss_fn(logits, target)
    loss.backward()
    return loss.item(), logits.grad


@every_loss
@channels
def test_gradient(loss_fn, channels, problem):
    logits, target = problem((2, channels, 3, 2), torch.float64)
    assert torch.autograd.gradcheck(lambda x: loss_fn(x, target), logits.requires_grad_())


@every_loss
def test_gradient_with_an_absent_class(loss_fn, problem):
    logits, target = problem((2, 4, 3, 2), torch.float64)
    target[0] = target[0].clamp_max(2)
    assert torch.autograd.gradcheck(lambda x: loss_fn(x, target), logits.requires_grad_())


@pytest.mark.parametrize("name", CASES)
@channels
def test_perfect_prediction_costs_nothing(name, channels, problem, certain):
    _, target = problem((2, channels, 5, 7))
    target[0] = 0  # and so the other classes are neither there nor predicted
    loss, grad = value_and_gradient(CASES[name], certain(target, channels), target)
    assert loss == pytest.approx(MINIMUM.get(name.split(",")[0], 0), abs=1e-6)
    assert grad.isfinite().all()


@every_loss
@channels
def test_better_logits_cost_less(loss_fn, channels, problem, certain):
    logits, target = problem((2, channels, 5, 7))
    towards = certain(target, channels, size=0.5)
    values = [
        loss_fn(logits + strength * towards, target).item() for strength in (-9, -3, -1, 0, 1, 3, 9, 40)
    ]
    assert values == sorted(values, reverse=True)
    assert values[0] > values[3] > values[-1]


@every_loss
@channels
def test_a_step_down_the_gradient_costs_less(loss_fn, channels, problem):
    logits, target = problem((2, channels, 5, 7))
    loss, grad = value_and_gradient(loss_fn, logits, target)
    assert loss_fn(logits - 0.1 * grad / grad.abs().max(), target) < loss


@every_loss
@channels
def test_order_of_pixels_and_images_does_not_matter(loss_fn, channels, problem):
    logits, target = problem((3, channels, 5, 7))
    rows, columns, images = (torch.tensor(o) for o in ([3, 0, 4, 1, 2], [6, 2, 0, 5, 1, 3, 4], [2, 0, 1]))
    moved = logits[images][:, :, rows][..., columns], target[images][:, rows][..., columns]
    torch.testing.assert_close(loss_fn(*moved), loss_fn(logits, target))


def treats_classes_alike(name):
    """Whether a case depends on logits and target only, and the background counts as any other class."""
    loss_fn = losses.ALL[name.split(",")[0]]
    return loss_fn is of_logits_and_target(loss_fn) and "background=" not in name


@pytest.mark.parametrize("name", list(filter(treats_classes_alike, CASES)))
def test_names_of_the_classes_do_not_matter(name, problem):
    logits, target = problem()
    order = torch.tensor([2, 0, 3, 1])  # what was class order[k] is called k
    renamed = logits[:, order], order.argsort()[target]
    torch.testing.assert_close(CASES[name](*renamed), CASES[name](logits, target))


def one_and_two_channels(problem):
    """Return logits of one channel, the same as two channels (the background has logit 0), and the target."""
    logits, target = problem((2, 1, 5, 7))
    return logits, torch.cat([torch.zeros_like(logits), logits], dim=1), target


@pytest.mark.parametrize("loss_fn", PIXELS.values(), ids=PIXELS.keys())
def test_one_channel_is_two_of_which_the_first_is_zero(loss_fn, problem):
    one, two, target = one_and_two_channels(problem)
    torch.testing.assert_close(loss_fn(one, target), loss_fn(two, target))


@pytest.mark.parametrize(
    "name", [name for name in AREAS if "background" in str(inspect.signature(AREAS[name]))]
)
def test_one_channel_is_the_foreground_of_two(name, problem):
    """With one channel there is no background whose overlap could count."""
    one, two, target = one_and_two_channels(problem)
    torch.testing.assert_close(AREAS[name](one, target), AREAS[name](two, target, background=False))


@every_loss
@channels
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_huge_logits_stay_finite(loss_fn, channels, sign, dtype, problem, certain):
    _, target = problem((2, channels, 5, 7))
    loss, grad = value_and_gradient(loss_fn, sign * certain(target, channels, size=1e4).to(dtype), target)
    assert math.isfinite(loss)
    assert grad.isfinite().all()


@every_loss
@pytest.mark.parametrize(("channels", "label"), [(1, 0), (1, 1), (4, 0), (4, 3)])
def test_one_class_everywhere(loss_fn, channels, label, problem, certain):
    logits, target = problem((2, channels, 5, 7))
    target = torch.full_like(target, label)
    loss, grad = value_and_gradient(loss_fn, logits, target)
    assert loss_fn(certain(target, channels), target) < loss < math.inf
    assert grad.isfinite().all()


@every_loss
@channels
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_summed_in_float32(loss_fn, channels, dtype, problem):
    logits, target = problem((3, channels, 192, 192))  # more pixels than the largest float16
    half = logits.to(dtype).requires_grad_()
    loss = loss_fn(half, target)
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss, loss_fn(half.float(), target))
    torch.testing.assert_close(loss, loss_fn(logits, target), rtol=2e-3, atol=0)
    (1000 * loss).backward()  # as a GradScaler does
    assert half.grad.dtype == dtype
    assert half.grad.isfinite().all()
    assert half.grad.any()


@every_loss
def test_float64_stays_float64(loss_fn, problem):
    assert loss_fn(*problem(dtype=torch.float64)).dtype == torch.float64


@every_loss
@channels
def test_nan_is_refused(loss_fn, channels, problem):
    """`fit` finds out where it comes from; see `brainlab.losses.crossentropy.check_problem`."""
    logits, target = problem((2, channels, 5, 7))
    logits[1, 0, 2, 3] = torch.nan
    with pytest.raises(FloatingPointError, match=r"1 of \d+ logits are NaN; expected numbers: do the"):
        loss_fn(logits, target)


@every_loss
@pytest.mark.parametrize("shape", [(9, 4), (2, 4, 9), (1, 4, 1, 1), (2, 4, 3, 4, 5), (9, 1), (2, 1, 3, 4, 5)])
def test_any_number_of_axes(loss_fn, shape, problem):
    logits, target = problem(shape)
    flat = logits.flatten(2) if len(shape) > 2 else logits.unsqueeze(2)  # (B, C, pixels)
    torch.testing.assert_close(loss_fn(logits, target), loss_fn(flat, target.reshape(shape[0], -1)))


@every_loss
def test_memory_format_does_not_matter_and_inputs_stay(loss_fn, problem):
    logits, target = problem()
    strided = logits.clone().to(memory_format=torch.channels_last)
    torch.testing.assert_close(loss_fn(strided, target), loss_fn(logits, target))
    again, truth = problem()
    assert torch.equal(logits, again)
    assert torch.equal(target, truth)


ERRORS = {
    "one-hot": (
        lambda x, t: (x, F.one_hot(t, 4).movedim(-1, 1)),
        r"target has shape \(2, 4, 5, 7\); expected \(2, 5, 7\): is it one-hot\? use target.argmax\(1\)",
    ),
    "channel axis": (
        lambda x, t: (x[:, :1], t.clamp_max(1).unsqueeze(1)),
        r"\(2, 1, 5, 7\); expected \(2, 5, 7\): use target.squeeze\(1\)",
    ),
    "size": (
        lambda x, t: (x, t[:, :4]),
        r"\(2, 4, 7\); expected \(2, 5, 7\): did the network change the size",
    ),
    "float": (lambda x, t: (x, t.float()), r"dtype torch.float32; expected torch.int64: use target.long"),
    "decisions": (lambda x, t: (x.argmax(1), t), r"logits are torch.int64 of shape \(2, 5, 7\)"),
    "label 4": (lambda x, t: (x, t + 1), r"holds label 4; expected 0 to 3: is it BraTS label 4"),
    "label 9": (lambda x, t: (x, 3 * t), r"holds label 9; expected 0 to 3: is the label map"),
    "label -1": (lambda x, t: (x, t - 1), r"holds label -1; expected 0 to 3"),
    "one channel": (lambda x, t: (x[:, :1], t), r"label 3; expected 0 to 1: .*\(target > 0\).long\(\)"),
    "empty": (lambda x, t: (x[:0], t[:0]), "expected at least one pixel: is the batch empty"),
    "array": (lambda x, t: (x, t.numpy()), "target: a ndarray; expected a tensor: use torch.as_tensor"),
}


@pytest.mark.parametrize(
    "loss_fn", [*CASES.values(), losses.probabilities], ids=[*CASES.keys(), "probabilities"]
)
@pytest.mark.parametrize(("change", "message"), ERRORS.values(), ids=ERRORS.keys())
def test_errors_name_the_cause(loss_fn, change, message, problem):
    with pytest.raises(ValueError, match=message):
        loss_fn(*change(*problem()))
