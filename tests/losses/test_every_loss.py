"""What every loss has in common; what is its own is in the file of that loss."""

from functools import partial

import pytest
import torch
import torch.nn.functional as F

import brainlab.losses as losses


def border_cross_entropy(logits, target):
    return losses.border_cross_entropy(logits, target, 1 + 3.0 * (target > 0))


LOSSES = {
    "cross_entropy": losses.cross_entropy,
    "binary_cross_entropy": losses.binary_cross_entropy,
    "soft_dice_loss": losses.soft_dice_loss,
    "soft_dice_loss of the batch": partial(losses.soft_dice_loss, per_image=False),
    "soft_dice_loss of the foreground": partial(losses.soft_dice_loss, background=False),
    "generalised_dice_loss": losses.generalised_dice_loss,
    "generalised_dice_loss of the batch": partial(losses.generalised_dice_loss, per_image=False),
    "jaccard_loss": losses.jaccard_loss,
    "tversky_loss": losses.tversky_loss,
    "focal_tversky_loss": losses.focal_tversky_loss,
    "focal_loss": losses.focal_loss,
    "focal_loss, gamma 0.5": partial(losses.focal_loss, gamma=0.5),
    "bce_dice_loss": losses.bce_dice_loss,
    "alpha_bce_dice_loss": losses.alpha_bce_dice_loss,
    "focal_dice_loss": losses.focal_dice_loss,
    "exponential_logarithmic_loss": losses.exponential_logarithmic_loss,
    "border_cross_entropy": border_cross_entropy,
}
# With one channel there is no background whose overlap could count.
PIXELS = [
    "cross_entropy",
    "binary_cross_entropy",
    "focal_loss",
    "focal_loss, gamma 0.5",
    "border_cross_entropy",
]
AREAS = [
    "soft_dice_loss",
    "soft_dice_loss of the batch",
    "soft_dice_loss of the foreground",
    "generalised_dice_loss",
    "generalised_dice_loss of the batch",
    "jaccard_loss",
    "tversky_loss",
    "focal_tversky_loss",
]

every_loss = pytest.mark.parametrize("loss_fn", LOSSES.values(), ids=LOSSES.keys())
channels = pytest.mark.parametrize("channels", [1, 2, 4])


def value_and_gradient(loss_fn, logits, target):
    logits = logits.clone().requires_grad_()
    loss = loss_fn(logits, target)
    loss.backward()
    return loss.item(), logits.grad


def test_no_loss_is_left_out():
    public = {name for name in losses.__all__ if name.endswith(("_loss", "entropy"))}
    assert public == {name.split(" of the ")[0].split(",")[0] for name in LOSSES}


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


@every_loss
@channels
def test_perfect_prediction_costs_nothing(loss_fn, channels, problem, certain):
    _, target = problem((2, channels, 5, 7))
    target[0] = 0  # and so the other classes are neither there nor predicted
    loss, grad = value_and_gradient(loss_fn, certain(target, channels), target)
    assert loss == pytest.approx(0, abs=1e-6)
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
    assert values[0] - values[-1] > 0.5


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


@pytest.mark.parametrize(
    "name", sorted(LOSSES.keys() - {"soft_dice_loss of the foreground", "border_cross_entropy"})
)
def test_names_of_the_classes_do_not_matter(name, problem):
    logits, target = problem()
    order = torch.tensor([2, 0, 3, 1])  # what was class order[k] is called k
    renamed = logits[:, order], order.argsort()[target]
    torch.testing.assert_close(LOSSES[name](*renamed), LOSSES[name](logits, target))


@pytest.mark.parametrize("name", PIXELS + AREAS)
def test_one_channel_is_two_of_which_the_first_is_zero(name, problem):
    logits, target = problem((2, 1, 5, 7))
    both = torch.cat([torch.zeros_like(logits), logits], dim=1)
    options = {"background": False} if name in AREAS else {}
    torch.testing.assert_close(LOSSES[name](logits, target), LOSSES[name](both, target, **options))


@every_loss
@channels
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_huge_logits_stay_finite(loss_fn, channels, sign, dtype, problem, certain):
    _, target = problem((2, channels, 5, 7))
    loss, grad = value_and_gradient(loss_fn, sign * certain(target, channels, size=1e4).to(dtype), target)
    assert 0 <= loss < 1e5
    assert grad.isfinite().all()


@every_loss
@pytest.mark.parametrize(("channels", "label"), [(1, 0), (1, 1), (4, 0), (4, 3)])
def test_one_class_everywhere(loss_fn, channels, label, problem):
    logits, target = problem((2, channels, 5, 7))
    target = torch.full_like(target, label)
    loss, grad = value_and_gradient(loss_fn, logits, target)
    assert 0 < loss < 20
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
    """`fit` finds out where it comes from; see brainlab/losses/checks.py."""
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
    "loss_fn",
    [*(LOSSES[name] for name in LOSSES if name != "border_cross_entropy"), losses.probabilities],
    ids=[*(name for name in LOSSES if name != "border_cross_entropy"), "probabilities"],
)
@pytest.mark.parametrize(("change", "message"), ERRORS.values(), ids=ERRORS.keys())
def test_errors_name_the_cause(loss_fn, change, message, problem):
    with pytest.raises(ValueError, match=message):
        loss_fn(*change(*problem()))
