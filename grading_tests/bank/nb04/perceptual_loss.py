"""Right and wrong answers to the gap about the perceptual loss."""

from functools import partial

import torch
import torch.nn.functional as F
from torch import nn

from brainlab.losses import perceptual_loss
from brainlab.models import VGG19Features
from grading_tests.bank.nb04 import SECOND, with_steps
from grading_tests.gap import Mistake


def under_no_grad(features, sr, hr):
    with torch.no_grad():
        truth = features(hr)
    return F.l1_loss(features(sr), truth)


def detached(features, sr, hr):
    return nn.L1Loss()(features(sr), features(hr).detach())


def image_detached(features, sr, hr):
    difference = features(hr.detach()) - features(sr)
    return torch.linalg.vector_norm(difference, ord=1).div(difference.numel())


def in_one_call(features, sr, hr):
    """One pass for both; the truth is detached before it."""
    made, truth = features(torch.cat([sr, hr.detach()])).chunk(2)
    return (made - truth).abs().mean()


def image_by_image(features, sr, hr):
    total = 0.0
    for made, truth in zip(sr.split(1), hr.data.split(1), strict=True):
        total = total + (features(made) - features(truth)).abs().mean(dim=(0, 1, 2, 3))
    return total / len(sr)


def mean_over_channels_last(features, sr, hr):
    made, truth = features(sr).double(), features(hr).double().detach()
    return torch.maximum(made - truth, truth - made).flatten(1).mean(1).mean()


RIGHT = {
    "library": perceptual_loss,
    "no_grad": under_no_grad,
    "detach, L1Loss": detached,
    "detached image, norm": image_detached,
    "one call for both": in_one_call,
    "image by image": image_by_image,
    "float64, by channels": mean_over_channels_last,
}


def loss(
    features,
    sr,
    hr,
    made=lambda features, sr: features(sr),
    truth=lambda features, hr: features(hr).detach(),
    distance=F.l1_loss,
):
    """The right loss in parts, so that each mistake is one part."""
    return distance(made(features, sr), truth(features, hr))


def of_both(change):
    """Return the loss in which both features are changed in the same way before they are compared."""
    return partial(loss, distance=lambda made, truth: F.l1_loss(change(made), change(truth)))


def of_images(change):
    """Return the loss in which both images are changed in the same way before the features."""
    return lambda features, sr, hr: under_no_grad(features, change(sr), change(hr))


def gram(features):
    """Return which channels go together, (B, K, K)."""
    flat = features.flatten(2)
    return flat @ flat.mT / flat[0].numel()


def without_gradient(features, sr, hr):
    with torch.no_grad():
        return F.l1_loss(features(sr), features(hr))


def with_pixels(features, sr, hr):
    return under_no_grad(features, sr, hr) + F.l1_loss(sr, hr.detach())


WRONG = [
    Mistake(
        "after the activation",
        "wonbeomjang/ESRGAN-pytorch#7, Thmen/EGVSR#10, isaaccorley/pytorch-enhance#13",
        "a ReLU is applied to the features: half of what they say is gone. Compare them as they come.",
        of_both(F.relu),
    ),
    Mistake(
        "squared",
        "Ledig et al. 2017 (arXiv:1609.04802), equation 5, against ESRGAN's code: L1",
        "that is the mean squared difference of SRGAN; the task asks for the absolute one.",
        partial(loss, distance=F.mse_loss),
    ),
    Mistake(
        "Huber",
        "PyTorch: smooth_l1_loss is not l1_loss",
        "smooth_l1_loss squares small differences; the task asks for the plain absolute one.",
        partial(loss, distance=F.smooth_l1_loss),
    ),
    Mistake(
        "pixels in place of features",
        "soapisnotfat/super-resolution#22, 04RR/MedSRGAN#3",
        "the images themselves are compared; the features are not used.",
        lambda features, sr, hr: F.l1_loss(sr, hr.detach()),
    ),
    Mistake(
        "pixels added",
        "tensorlayer/SRGAN#48: mse_loss + vgg_loss",
        "you add the pixels here; in ESRGAN they are a term of their own, with a weight of 0.01.",
        with_pixels,
    ),
    Mistake(
        "features against pixels",
        "tadax/srgan#4: what goes through the network",
        "the features of sr are compared with hr itself: both images go through the extractor.",
        partial(loss, truth=lambda features, hr: hr),
    ),
    Mistake(
        "sr twice",
        "a name typed twice",
        "sr is compared with itself, which is always 0: the second one is hr.",
        lambda features, sr, hr: under_no_grad(features, sr, sr),
    ),
    Mistake(
        "no gradient at all",
        "myscience/open-genie#6: the recorded features are detached",
        "the features of sr have no gradient (no_grad, detach or .item), so the generator learns nothing.",
        without_gradient,
    ),
    Mistake(
        "the wrong one detached",
        "NVIDIA/pix2pixHD#237: which of the two is the constant",
        "the gradient goes into hr, and not into sr: detach the features of the true image.",
        lambda features, sr, hr: F.l1_loss(features(sr).detach(), features(hr)),
    ),
    Mistake(
        "truth with gradient",
        "eriklindernoren/PyTorch-GAN#94: why detach real_features",
        "the features of hr have a gradient too: it costs memory, and the truth is no one's to change.",
        partial(loss, truth=lambda features, hr: features(hr)),
    ),
    Mistake(
        "sum",
        "Johnson et al. 2016 (arXiv:1603.08155), equation 2: divided by C H W",
        "the differences are summed: take the mean, or layers of other sizes cannot be compared.",
        partial(loss, distance=lambda made, truth: F.l1_loss(made, truth, reduction="sum")),
    ),
    Mistake(
        "sum over each image",
        "Johnson et al. 2016 (arXiv:1603.08155), equation 2: divided by C H W",
        "the mean is over the images only; it goes over channels and positions too.",
        partial(loss, distance=lambda made, truth: (made - truth).abs().flatten(1).sum(1).mean()),
    ),
    Mistake(
        "sum over the channels",
        "Johnson et al. 2016 (arXiv:1603.08155), equation 2: divided by C H W",
        "the channels are summed before the mean; the mean goes over them too.",
        partial(loss, distance=lambda made, truth: (made - truth).abs().sum(dim=1).mean()),
    ),
    Mistake(
        "Euclidean distance",
        "Johnson et al. 2016 (arXiv:1603.08155), equation 2: a Euclidean distance, but of what size",
        "that is the root of the sum of squares; the task asks for the mean absolute difference.",
        partial(loss, distance=lambda made, truth: (made - truth).norm()),
    ),
    Mistake(
        "signs cancel",
        "L1: the absolute value comes before the mean",
        "without the absolute value positive and negative differences cancel.",
        partial(loss, distance=lambda made, truth: (made - truth).mean()),
    ),
    Mistake(
        "absolute value after the mean",
        "L1: the absolute value comes before the mean",
        "the mean comes first and the absolute value after it: differences have cancelled by then.",
        partial(loss, distance=lambda made, truth: (made - truth).mean().abs()),
    ),
    Mistake(
        "averaged over the image first",
        "Johnson et al. 2016 (arXiv:1603.08155), section 3.2: features have a place",
        "each channel is averaged before the comparison: what is where no longer counts.",
        of_both(lambda features: features.mean(dim=(2, 3))),
    ),
    Mistake(
        "Gram matrices",
        "Johnson et al. 2016 (arXiv:1603.08155), section 3.2: style against content",
        "Gram matrices compare the style, wherever it is; here features are compared in their place.",
        of_both(gram),
    ),
    Mistake(
        "SRGAN's scale",
        "XPixelGroup/BasicSR#118: no rescaling in ESRGAN",
        "the features are divided by 12.75, as SRGAN does with its own; here they are compared as they are.",
        partial(perceptual_loss, scale=VGG19Features.scale),
    ),
    Mistake(
        "normalised once more",
        "leftthomas/SRGAN#62: who normalises the image",
        "mean and deviation of photographs are subtracted here; the extractor does that itself.",
        of_images(lambda image: (image - 0.449) / 0.226),
    ),
    Mistake(
        "from 0..1 to -1..1",
        "leftthomas/SRGAN#62: who normalises the image",
        "the images are moved to -1..1; the extractor expects 0..1.",
        of_images(lambda image: 2 * image - 1),
    ),
    Mistake(
        "clipped",
        "XPixelGroup/BasicSR#73: values outside the range",
        "sr is clipped first: where it is outside 0..1 nothing is learnt. Clip to show or to store.",
        of_images(lambda image: image.clamp(0, 1)),
    ),
]


def right_loss(features, sr, hr):
    return F.l1_loss(features(sr), features(hr).detach())


def in_training_mode(features, sr, hr):
    if isinstance(features, nn.Module):
        features.train()
    return right_loss(features, sr, hr)


def truth_learns(features, sr, hr):
    return right_loss(features, sr, hr.requires_grad_())


def clipped_in_place(features, sr, hr):
    with torch.no_grad():
        sr.clamp_(0, 1)
    return right_loss(features, sr, hr)


TRUTHS = {}


def remembered(features, sr, hr):
    """The features of the truth are computed once."""
    made = features(sr)
    if TRUTHS.get("features", made[:0]).shape != made.shape:
        TRUTHS["features"] = features(hr).detach()
    return F.l1_loss(made, TRUTHS["features"])


# --- a second bank, by people who saw the notebook only

RIGHT |= {
    "sum over the number": lambda features, sr, hr: (
        (features(sr) - features(hr).detach()).abs().sum() / features(sr).numel()
    ),
}
WRONG += [
    Mistake(
        "one number per image",
        SECOND,
        "average over the batch, too: the loss is one number, shape ().",
        lambda features, sr, hr: (features(sr) - features(hr).detach()).abs().mean((1, 2, 3)),
    ),
    Mistake(
        "no reduction",
        SECOND,
        "average: the loss is one number, shape ().",
        lambda features, sr, hr: F.l1_loss(features(sr), features(hr).detach(), reduction="none"),
    ),
    Mistake(
        "shape (1,)",
        SECOND,
        "the loss is a scalar, shape (), not (1,).",
        lambda features, sr, hr: right_loss(features, sr, hr)[None],
    ),
    Mistake(
        "a plain number",
        SECOND,
        "item() cuts the graph: nothing can be learnt from this number.",
        lambda features, sr, hr: right_loss(features, sr, hr).item(),
    ),
    Mistake(
        "features in training mode",
        SECOND,
        "the feature extractor is frozen: do not put it in training mode.",
        in_training_mode,
    ),
    Mistake(
        "hr requires a gradient",
        SECOND,
        "hr is a constant: requires_grad_() changes the images of the caller.",
        truth_learns,
    ),
    Mistake(
        "clipped in place",
        SECOND,
        "sr is clipped in place: the caller's image is changed.",
        clipped_in_place,
    ),
    Mistake(
        "truth remembered",
        SECOND,
        "the features of the first hr are used for every later one: compute them anew.",
        remembered,
    ),
    Mistake(
        "first image only",
        SECOND,
        "only the first image of the batch is compared.",
        lambda features, sr, hr: right_loss(features, sr[:1], hr[:1]),
    ),
    Mistake(
        "hr no longer requires a gradient",
        SECOND,
        "hr is changed in place: requires_grad_(False) or detach_() take effect on the caller's tensor.",
        lambda features, sr, hr: F.l1_loss(features(sr), features(hr.requires_grad_(False))),
    ),
    Mistake(
        "root of the mean square",
        SECOND,
        "absolute differences are asked for, not the root of the mean square.",
        lambda features, sr, hr: (features(sr) - features(hr).detach()).square().mean().sqrt(),
    ),
]

# The numbered step of the gap in which each mistake is.
STEPS = {
    1: ("truth with gradient", "hr requires a gradient", "truth remembered", "features in training mode"),
    2: ("after the activation", "the wrong one detached", "clipped"),
    3: (
        "squared",
        "Huber",
        "sum",
        "signs cancel",
        "absolute value after the mean",
        "Euclidean distance",
        "one number per image",
        "no reduction",
        "shape (1,)",
        "a plain number",
        "root of the mean square",
        "first image only",
    ),
}
WRONG = with_steps(WRONG, STEPS)
