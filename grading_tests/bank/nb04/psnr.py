"""Right and wrong answers to the gap about the peak signal-to-noise ratio."""

import math

import numpy as np
import torch
import torch.nn.functional as F

from brainlab.metrics import psnr
from grading_tests.bank.nb04 import SECOND, with_steps
from grading_tests.gap import Mistake

PIXELS = (1, 2, 3)


def error(sr, hr, axes=PIXELS):
    return (sr.clamp(0, 1) - hr).square().mean(dim=axes)


# --- right answers


def by_root(sr, hr):
    return 20 * torch.log10(1 / error(sr, hr).sqrt())


def in_a_loop(sr, hr):
    values = []
    for made, true in zip(sr, hr, strict=True):
        mse = F.mse_loss(made.clip(0, 1), true).item()
        values.append(10 * math.log10(1 / mse) if mse > 0 else math.inf)
    return torch.tensor(values)


def by_spread(sr, hr):
    """The squared error is the variance of the differences plus the square of their mean."""
    difference = (sr.clamp(0, 1) - hr).double().flatten(1)  # (B, H * W)
    mse = difference.var(dim=1, correction=0) + difference.mean(dim=1) ** 2
    return 10 * (0 - mse.log2()) / math.log2(10)


def by_natural_logarithm(sr, hr):
    mse = F.mse_loss(sr.clamp(0, 1), hr, reduction="none").flatten(1).mean(1)
    return -10 / math.log(10) * mse.log()


def in_bytes(sr, hr):
    mse = (255 * sr).clamp(0, 255).sub(255 * hr).square().mean(dim=PIXELS)
    return 20 * math.log10(255) - 10 * mse.log10()


def by_numpy(sr, hr):
    difference = np.clip(sr.numpy(), 0, 1) - np.clip(hr.numpy(), 0, 1)
    return torch.from_numpy(-10 * np.log10(np.mean(difference.astype(float) ** 2, axis=PIXELS)))


def by_norm(sr, hr):
    difference = (sr.clamp(0, 1) - hr).flatten(start_dim=1)  # (B, H * W)
    return -20 * torch.log10(torch.linalg.vector_norm(difference, dim=1) / difference.shape[1] ** 0.5)


RIGHT = {
    "library": psnr,
    "root and 20": by_root,
    "loop over the images": in_a_loop,
    "variance and mean, logarithm to base 2": by_spread,
    "natural logarithm, divided": by_natural_logarithm,
    "0 to 255": in_bytes,
    "NumPy, both clipped": by_numpy,
    "Euclidean norm": by_norm,
}

# --- wrong answers


def from_error(mse):
    return -10 * torch.log10(mse)


def nameless(value):
    """Return an answer that makes the decibels of the right error by `value`."""
    return lambda sr, hr: value(error(sr, hr))


def as_bytes_that_wrap(sr, hr):
    made, true = ((image * 255).to(torch.int64).to(torch.uint8) for image in (sr, hr))
    return from_error((made.double() - true.double()).div(255).square().mean(dim=PIXELS))


def byte_difference(sr, hr):
    made, true = ((image.clamp(0, 1) * 255).round().to(torch.uint8) for image in (sr, hr))
    return 20 * math.log10(255) - 10 * torch.log10((made - true).double().square().mean(dim=PIXELS))


def of_the_highest(sr, hr):
    return 10 * torch.log10(hr.amax(dim=PIXELS) ** 2 / error(sr, hr))


def of_the_range(sr, hr):
    return 10 * torch.log10((hr.amax(dim=PIXELS) - hr.amin(dim=PIXELS)) ** 2 / error(sr, hr))


def rim_cut_off(sr, hr):
    return psnr(sr[..., 1:-1, 1:-1], hr[..., 1:-1, 1:-1])


def never_infinite(sr, hr):
    return torch.nan_to_num(psnr(sr, hr), posinf=100.0)


WRONG = [
    Mistake(
        "natural logarithm",
        "tensorflow/tensorflow#34953: why log and log(10)?",
        "decibels are counted with log10; torch.log is the natural logarithm.",
        nameless(lambda mse: -10 * torch.log(mse)),
    ),
    Mistake(
        "divided by the logarithm",
        "kornia/kornia-rs#1084: the maximum over a logarithm",
        "first the ratio of peak and error, then its logarithm: look at the brackets.",
        nameless(lambda mse: 20 / torch.log10(mse.sqrt())),
    ),
    Mistake(
        "factor 10 missing",
        "misconception: a logarithm alone counts decibels",
        "without the factor 10 these are bels, not decibels.",
        nameless(lambda mse: -torch.log10(mse)),
    ),
    Mistake(
        "maximum of 255",
        "csjunxu/WNNM_CVPR2014#1, DeNA/SRCNNKit#6",
        "the images reach from 0 to 1: with 255 as the maximum every result is 48 dB too high.",
        nameless(lambda mse: 20 * math.log10(255) - 10 * torch.log10(mse)),
    ),
    Mistake(
        "maximum of 2",
        "jzyustc/MBRS#4: images in -1 to 1",
        "a range of 2 belongs to images from -1 to 1: 6 dB too high here.",
        nameless(lambda mse: 10 * torch.log10(4 / mse)),
    ),
    Mistake(
        "batch in one error",
        "styler00dollar/pytorch-loss-functions#2, pytorch/examples#522",
        "the errors of all images are pooled: one PSNR for each image, so no mean over axis 0.",
        lambda sr, hr: from_error((sr.clamp(0, 1) - hr).square().mean()).expand(len(hr)),
    ),
    Mistake(
        "mean of the images",
        "pytorch/examples#522: the mean comes after",
        "return one number for each image, (B,); the mean over patients comes later.",
        lambda sr, hr: psnr(sr, hr).mean(),
    ),
    Mistake(
        "20 and the squared error",
        "rocketappslab/BDMM#4: twice the true value",
        "20 goes with the root of the error; the mean squared error takes 10.",
        nameless(lambda mse: -20 * torch.log10(mse)),
    ),
    Mistake(
        "10 and the root",
        "xingchenzhang/VIFB#15: why a square root in the MSE?",
        "you took a root of the error: then the factor is 20, without it 10.",
        nameless(lambda mse: -10 * torch.log10(mse.sqrt())),
    ),
    Mistake(
        "squared errors added up",
        "opencv/opencv#27023: sse and mse",
        "the errors are added up: with the mean, the size of the image does not matter.",
        lambda sr, hr: from_error((sr.clamp(0, 1) - hr).square().sum(dim=PIXELS)),
    ),
    Mistake(
        "sign",
        "haochen-rye/HNeRV#6: why -10 log10(mse)?",
        "a smaller error is a higher PSNR: mind the sign.",
        nameless(lambda mse: 10 * torch.log10(mse)),
    ),
    Mistake(
        "absolute error",
        "alterzero/DBPN-Pytorch#61: PSNR from the L1 loss",
        "that is the mean absolute error; PSNR squares the differences.",
        lambda sr, hr: from_error((sr.clamp(0, 1) - hr).abs().mean(dim=PIXELS)),
    ),
    Mistake(
        "not clipped",
        "myungsub/CAIN#6, Lightning-AI/torchmetrics#1592",
        "clip sr to 0 to 1 first, as it is when the image is shown or stored.",
        lambda sr, hr: from_error((sr - hr).square().mean(dim=PIXELS)),
    ),
    Mistake(
        "clipped at the top only",
        "jeya-maria-jose/TransWeather#3: values below zero and above one",
        "values below 0 are not clipped.",
        lambda sr, hr: from_error((sr.clamp(max=1) - hr).square().mean(dim=PIXELS)),
    ),
    Mistake(
        "difference clipped",
        "DevKiHyun/VDSR-Tensorflow#1: negative differences become zero",
        "you clip the difference, so that negative errors are lost: clip the image.",
        lambda sr, hr: from_error((sr - hr).clamp(0, 1).square().mean(dim=PIXELS)),
    ),
    Mistake(
        "bytes that wrap around",
        "XPixelGroup/BasicSR#73: 256 becomes 0",
        "a cast to uint8 turns 1.01 into black: clip before, or stay with floating point.",
        as_bytes_that_wrap,
    ),
    Mistake(
        "difference of bytes",
        "XPixelGroup/BasicSR#293, open-mmlab/mmagic#288",
        "the difference of two uint8 images wraps around: -1 becomes 255.",
        byte_difference,
    ),
    Mistake(
        "peak of the image",
        "leftthomas/SRGAN#153: hr.max() instead of a constant",
        "the peak is the largest value there can be, 1, not the brightest pixel of this image.",
        of_the_highest,
    ),
    Mistake(
        "range of the image",
        "mlcommons/GaNDLF#693, llnl/zfp#207",
        "the peak is 1, not what this image happens to span.",
        of_the_range,
    ),
    Mistake(
        "mean of the logarithms",
        "MenghanXia/InverseHalftoning#1: a PSNR of every row",
        "first the mean over all pixels of the image, then one logarithm.",
        lambda sr, hr: from_error((sr.clamp(0, 1) - hr).square().mean(dim=3)).mean(dim=(1, 2)),
    ),
    Mistake(
        "rim cut off",
        "XPixelGroup/BasicSR#116: border pixels cropped",
        "you leave out pixels at the rim; here all of them count.",
        rim_cut_off,
    ),
    Mistake(
        "100 for a perfect image",
        "rocketappslab/BDMM#4, opencv/opencv#27023",
        "identical images have an infinite PSNR; a made-up figure would pass for a measurement.",
        never_infinite,
    ),
    Mistake(
        "eps inside the logarithm",
        "hzwer/ECCV2022-RIFE#271, mlcommons/GaNDLF#693",
        "the small number beside the error caps the result: identical images are infinitely good.",
        nameless(lambda mse: -10 * torch.log10(mse + 1e-8)),
    ),
]


def right_psnr(sr, hr):
    return -10 * torch.log10((sr.clamp(0, 1) - hr).square().mean(dim=PIXELS))


def by_index(sr, hr):
    sr = sr.clone()
    sr[sr < 0], sr[sr > 1] = 0, 1
    return -10 * (sr - hr).pow(2).flatten(1).mean(-1).log10()


def stacked(sr, hr):
    return torch.stack([right_psnr(a[None], b[None])[0] for a, b in zip(sr, hr, strict=True)])


def clipped_in_place(sr, hr):
    return right_psnr(sr.clamp_(0, 1), hr)


def difference_in_place(sr, hr):
    sr.clamp_(0, 1).sub_(hr)
    return -10 * torch.log10(sr.square().mean(dim=PIXELS))


# --- a second bank, by people who saw the notebook only

RIGHT |= {
    "clipped by index, a copy": by_index,
    "stacked": stacked,
}
WRONG += [
    Mistake(
        "a score per channel",
        SECOND,
        "the channel is a pixel axis here: the result is one number per image, shape (B,).",
        lambda sr, hr: -10 * torch.log10((sr.clamp(0, 1) - hr).square().mean(dim=(2, 3))),
    ),
    Mistake(
        "axes of length 1 kept",
        SECOND,
        "keepdim leaves (B, 1, 1, 1): the result is one number per image, shape (B,).",
        lambda sr, hr: -10 * torch.log10((sr.clamp(0, 1) - hr).square().mean(dim=PIXELS, keepdim=True)),
    ),
    Mistake(
        "a list of numbers",
        SECOND,
        "return a tensor (B,): later cells call its methods, such as mean().",
        lambda sr, hr: right_psnr(sr, hr).tolist(),
    ),
    Mistake(
        "an array",
        SECOND,
        "return a tensor, not an array of NumPy.",
        lambda sr, hr: right_psnr(sr, hr).numpy(),
    ),
    Mistake(
        "squeezed",
        SECOND,
        "squeeze() also removes the batch axis of a single image: its result is (1,).",
        lambda sr, hr: right_psnr(sr, hr).squeeze(),
    ),
    Mistake(
        "clipped in place",
        SECOND,
        "the caller's image is changed (clamp_, or values set by an index): clamp returns a copy.",
        clipped_in_place,
    ),
    Mistake(
        "difference in place",
        SECOND,
        "the difference is written into sr: later cells see it there.",
        difference_in_place,
    ),
    Mistake(
        "axis 0 averaged",
        SECOND,
        "the mean runs over the batch too; keep its axis and average over 1, 2 and 3.",
        lambda sr, hr: -10 * torch.log10((sr.clamp(0, 1) - hr).square().mean(dim=(0, 2, 3))),
    ),
    Mistake(
        "spread of the error",
        SECOND,
        "var subtracts the mean error: an image that is too bright everywhere would be perfect.",
        lambda sr, hr: -10 * torch.log10((sr.clamp(0, 1) - hr).flatten(1).var(1, correction=0)),
    ),
]

# The numbered step of the gap in which each mistake is.
STEPS = {
    1: ("not clipped", "clipped at the top only", "difference clipped", "clipped in place"),
    2: (
        "batch in one error",
        "squared errors added up",
        "absolute error",
        "a score per channel",
        "axes of length 1 kept",
        "axis 0 averaged",
        "spread of the error",
        "difference in place",
    ),
    3: (
        "natural logarithm",
        "factor 10 missing",
        "maximum of 255",
        "maximum of 2",
        "sign",
        "100 for a perfect image",
        "eps inside the logarithm",
        "peak of the image",
    ),
}
WRONG = with_steps(WRONG, STEPS)
