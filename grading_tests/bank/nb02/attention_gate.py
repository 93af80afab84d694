"""Right and wrong answers to the gap about the attention gate."""

import torch
import torch.nn.functional as F
from torch import nn

from brainlab.models import AttentionGate, centre_crop
from grading_tests.bank.nb02._variants import variants
from grading_tests.gap import Mistake


class Gate(nn.Module):
    """An attention gate with one thing to change; the defaults are right."""

    def __init__(self, skip_channels, gate_channels, maps=1):
        super().__init__()
        inner = max(skip_channels // 2, 1)
        self.from_skip = nn.Conv2d(skip_channels, inner, 2, stride=2, bias=False)
        self.from_gate = nn.Conv2d(gate_channels, inner, 1)
        self.psi = nn.Conv2d(inner, maps, 1)

    def both(self, skip, gate):
        return F.relu(self.from_skip(skip) + self.from_gate(gate))

    def squash(self, score):
        return torch.sigmoid(score)

    def enlarge(self, alpha, skip):
        return F.interpolate(alpha, size=skip.shape[-2:], mode="bilinear")

    def result(self, skip, alpha, gate):
        return skip * alpha, alpha

    def forward(self, skip, gate):
        alpha = self.enlarge(self.squash(self.psi(self.both(skip, gate))), skip)
        return self.result(skip, alpha, gate)


def changed(**methods):
    """Return a gate class with some of its methods replaced."""
    return type("Answer", (Gate,), methods)


class ScoresFirst(nn.Module):
    """Layers made in another order; 1 - sigmoid(-x) in place of the sigmoid; a list as the result."""

    def __init__(self, skip_channels, gate_channels):
        super().__init__()
        inner = (skip_channels + 1) // 2 if skip_channels == 1 else skip_channels // 2
        self.psi = nn.Conv2d(inner, 1, 1)
        self.w_g = nn.Conv2d(gate_channels, inner, 1)
        self.w_x = nn.Conv2d(skip_channels, inner, 2, stride=2, bias=False)

    def forward(self, skip, gate):
        score = self.psi(torch.clamp(self.w_g(gate) + self.w_x(skip), min=0))
        alpha = 1 - 1 / (1 + torch.exp(score))
        alpha = nn.Upsample(size=tuple(skip.shape[2:]), mode="bilinear", align_corners=False)(alpha)
        return [torch.einsum("bchw,bohw->bchw", skip, alpha), alpha]


class FromFunctions(Gate):
    """The convolution of the skip connection as one over blocks; the sigmoid from tanh."""

    def forward(self, skip, gate, return_weights=True):
        B, C, H, W = skip.shape
        blocks = skip[..., : H // 2 * 2, : W // 2 * 2].reshape(B, C, H // 2, 2, W // 2, 2)
        below = torch.einsum("bchiwj,ocij->bohw", blocks, self.from_skip.weight)
        both = torch.relu(below + self.from_gate(gate))
        alpha = 0.5 + 0.5 * torch.tanh(self.psi(both) / 2)
        alpha = F.interpolate(alpha, (H, W), mode="bilinear", antialias=False)
        return alpha.expand_as(skip) * skip, alpha


class PixelProducts(nn.Module):
    """1 x 1 convolutions as matrix products of pixels."""

    def __init__(self, skip_channels, gate_channels):
        super().__init__()
        inner = max(1, skip_channels // 2)
        self.theta = nn.Conv2d(skip_channels, inner, 2, 2, bias=False)
        self.phi = nn.Conv2d(gate_channels, inner, 1)
        self.psi = nn.Conv2d(inner, 1, 1)

    def forward(self, skip, gate):
        theta = self.theta(skip)
        phi = (self.phi.weight[:, :, 0, 0] @ gate.flatten(2)).view_as(theta) + self.phi.bias.view(1, -1, 1, 1)
        score = (F.relu(theta + phi) * self.psi.weight).sum(dim=1, keepdim=True) + self.psi.bias
        weights = nn.Upsample(skip.shape[2:], mode="bilinear")(score.sigmoid())
        return torch.mul(skip, weights), weights


def made_by_hand(skip_channels, gate_channels):
    """The whole gate is taken apart and called from a function of its own."""
    parts = Gate(skip_channels, gate_channels)

    def forward(skip, gate):
        weights = parts.psi(nn.ReLU()(parts.from_gate(gate).add(parts.from_skip(skip))))
        weights = torch.special.expit(weights)
        weights = F.interpolate(weights, size=tuple(skip.shape[-2:]), mode="bilinear", align_corners=False)
        return weights * skip, weights

    parts.forward = forward
    return parts


class NoSkipWeights(Gate):
    def both(self, skip, gate):
        return F.relu(self.from_gate(gate))


class SkipGatesItself(Gate):
    def both(self, skip, gate):
        return F.relu(self.from_skip(skip))


def enlarged_by_repeating(self, alpha, skip):
    return F.interpolate(alpha, size=skip.shape[-2:], mode="nearest")


RIGHT = {
    "library": AttentionGate,
    "class": Gate,
    "other order": ScoresFirst,
    "blocks and tanh": FromFunctions,
    "matrix products": PixelProducts,
    "a function of parts": made_by_hand,
    "same thing, cropped": changed(
        enlarge=lambda self, alpha, skip: centre_crop(
            F.interpolate(alpha, size=tuple(skip.shape[-2:]), mode="bilinear"), tuple(skip.shape[-2:])
        )
    ),
}

WRONG = [
    Mistake(
        "no ReLU",
        "Oktay et al. 2018 (arXiv:1804.03999), equation 1: sigma_1 is ReLU",
        "the ReLU after the sum is missing.",
        changed(both=lambda self, skip, gate: self.from_skip(skip) + self.from_gate(gate)),
    ),
    Mistake(
        "leaky ReLU",
        "stroking-fishes-ml-corp/A-ESRGAN#9: ReLU, not leaky ReLU?",
        "the function after the sum is a plain ReLU.",
        changed(both=lambda self, skip, gate: F.leaky_relu(self.from_skip(skip) + self.from_gate(gate), 0.2)),
    ),
    Mistake(
        "no sigmoid",
        "Oktay et al. 2018 (arXiv:1804.03999), equation 2",
        "the weights are not between 0 and 1: the sigmoid is missing.",
        changed(squash=lambda self, score: score),
    ),
    Mistake(
        "softmax over the pixels",
        "Oktay et al. 2018, section 2.1: softmax gives sparser activations, so sigmoid is used",
        "a softmax makes all pixels share a sum of 1; each pixel has a sigmoid of its own.",
        changed(squash=lambda self, score: score.flatten(1).softmax(1).view_as(score)),
    ),
    Mistake(
        "softmax over one channel",
        "HRNet/HRNet-Semantic-Segmentation#270: softmax along the wrong axis",
        "a softmax over a single channel is always 1: use the sigmoid.",
        changed(squash=lambda self, score: score.softmax(dim=1)),
    ),
    Mistake(
        "added instead of multiplied",
        "frankkramer-lab/MIScnn#103: attention and residual attention are two things",
        "you add the weighted skip connection to the skip connection; the gate only multiplies.",
        changed(result=lambda self, skip, alpha, gate: (skip + skip * alpha, alpha)),
    ),
    Mistake(
        "the gate does not ask the level below",
        "BiaPyX/BiaPy#26: which features are the gating signal?",
        "the gating signal is not used: the skip connection decides alone.",
        SkipGatesItself,
    ),
    Mistake(
        "the gate does not look at the skip",
        "BiaPyX/BiaPy#26: the roles of the two inputs",
        "only the gating signal is used: W_x skip is missing from the sum.",
        NoSkipWeights,
    ),
    Mistake(
        "weights not used",
        "VITA-Group/EnlightenGAN#89: the attention map was not used",
        "you compute the weights but return the skip connection as it was.",
        changed(result=lambda self, skip, alpha, gate: (skip, alpha)),
    ),
    Mistake(
        "pixels repeated",
        "ClementPinard/SfmLearner-Pytorch#56: features are dephased by nearest neighbours",
        "the weights are enlarged by repeating pixels; the paper interpolates (bilinear here).",
        changed(enlarge=enlarged_by_repeating),
    ),
    Mistake(
        "one weight for each channel",
        "Oktay et al. 2018: a single scalar for each pixel",
        "psi has one output channel: a single number for each pixel.",
        lambda skip_channels, gate_channels: Gate(skip_channels, gate_channels, maps=skip_channels),
    ),
    Mistake(
        "only the weighted skip",
        "docstring: two tensors are returned",
        "return both: the weighted skip connection and its weights.",
        changed(result=lambda self, skip, alpha, gate: skip * alpha),
    ),
    Mistake(
        "weights detached",
        "jakeret/tf_unet#7: no gradient",
        "the weights are detached, so the gate cannot learn.",
        changed(result=lambda self, skip, alpha, gate: (skip * alpha.detach(), alpha)),
    ),
]


WRONG += variants(
    "g02_attention_gate",
    (
        "ReLU of each",
        "the ReLU is taken of the sum, not of the two terms.",
        1,
        "F.relu(self.from_skip(skip) + self.from_gate(gate))",
        "F.relu(self.from_skip(skip)) + F.relu(self.from_gate(gate))",
    ),
    (
        "sigmoid after the upsampling",
        "the coefficients are upsampled: first the sigmoid, then the interpolation.",
        2,
        "torch.sigmoid(self.psi(both))",
        "self.psi(both)",
        "        return",
        "        alpha = torch.sigmoid(alpha)\n        return",
    ),
    (
        "sigmoid twice",
        "the sigmoid is applied twice: the coefficients stay between 0.5 and 0.73.",
        2,
        "torch.sigmoid(self.psi(both))",
        "torch.sigmoid(torch.sigmoid(self.psi(both)))",
    ),
    (
        "nearest neighbour",
        "the coefficients are upsampled bilinearly; yours repeats pixels.",
        3,
        ', mode="bilinear"',
        "",
    ),
    (
        "bicubic",
        "the coefficients are upsampled bilinearly; bicubic goes beyond 0 and 1.",
        3,
        "bilinear",
        "bicubic",
    ),
    (
        "corners aligned",
        "keep the default align_corners=False: with True the pixels are shifted.",
        3,
        'mode="bilinear")',
        'mode="bilinear", align_corners=True)',
    ),
    (
        "scale factor of 2",
        "twice H // 2 is not H for an odd size: give the size of the skip connection.",
        3,
        "size=skip.shape[-2:]",
        "scale_factor=2",
    ),
    (
        "results swapped",
        "the weighted skip connection comes first, then alpha.",
        4,
        "return alpha * skip, alpha",
        "return alpha, alpha * skip",
    ),
    (
        "coarse coefficients returned",
        "alpha is returned at the size of the skip connection.",
        3,
        "        alpha = F.",
        "        coarse = alpha\n        alpha = F.",
        "skip, alpha",
        "skip, coarse",
    ),
    (
        "skip added again",
        "the output is alpha times skip; yours adds the skip connection once more.",
        4,
        "alpha * skip",
        "skip + alpha * skip",
    ),
    (
        "complement",
        "alpha says how much is passed on; yours passes on 1 - alpha.",
        4,
        "alpha * skip",
        "(1 - alpha) * skip",
    ),
    (
        "complement of both",
        "alpha is the sigmoid itself, not 1 minus it.",
        2,
        "        return",
        "        alpha = 1 - alpha\n        return",
    ),
    (
        "features multiplied",
        "skip and gate are added, not multiplied.",
        1,
        "self.from_skip(skip) + ",
        "self.from_skip(skip) * ",
    ),
    (
        "features subtracted",
        "skip and gate are added, not subtracted.",
        1,
        "self.from_skip(skip) + ",
        "self.from_skip(skip) - ",
    ),
    (
        "ReLU before the sigmoid",
        "a ReLU after psi keeps all coefficients above 0.5.",
        2,
        "self.psi(both)",
        "F.relu(self.psi(both))",
    ),
    (
        "psi left out",
        "psi makes one number of the features of a pixel, with learnt weights.",
        2,
        "self.psi(both)",
        "both.mean(1, keepdim=True)",
    ),
    (
        "alpha for every channel",
        "alpha has one channel: (B, 1, H, W).",
        4,
        "skip, alpha",
        "skip, alpha.expand_as(skip)",
    ),
    (
        "channel axis lost",
        "alpha keeps its channel axis: (B, 1, H, W).",
        4,
        "skip, alpha",
        "skip, alpha[:, 0]",
    ),
    (
        "returned alpha detached",
        "the gradient flows through both results: do not detach alpha.",
        4,
        "skip, alpha",
        "skip, alpha.detach()",
    ),
    (
        "gate detached",
        "the gradient also flows to the gate: do not detach it.",
        1,
        "self.from_gate(gate)",
        "self.from_gate(gate.detach())",
    ),
    (
        "skip detached in the coefficients",
        "the gradient also flows through the coefficients to the skip connection.",
        1,
        "self.from_skip(skip)",
        "self.from_skip(skip.detach())",
    ),
    (
        "skip detached in the product",
        "the gradient flows through the product to the skip connection.",
        4,
        "alpha * skip",
        "alpha * skip.detach()",
    ),
    (
        "skip changed",
        "mul_ changes the skip connection itself; the caller still needs it.",
        4,
        "alpha * skip",
        "skip.mul_(alpha)",
    ),
    (
        "gate weighted",
        "the skip connection is weighted, not the gate.",
        4,
        "alpha * skip",
        "alpha * F.interpolate(gate, size=skip.shape[-2:])[:, :1].expand_as(skip)",
    ),
    (
        "squared",
        "the skip connection is multiplied by alpha once.",
        4,
        "alpha * skip",
        "alpha**2 * skip",
    ),
    (
        "hard sigmoid",
        "the sigmoid is asked for; the hard one has corners.",
        2,
        "torch.sigmoid(",
        "F.hardsigmoid(",
    ),
    (
        "0 or 1",
        "alpha is a number between 0 and 1; a threshold has no gradient.",
        2,
        "        return",
        "        alpha = (alpha > 0.5).to(alpha.dtype)\n        return",
    ),
    (
        "largest set to 1",
        "alpha is the sigmoid itself; do not normalise it by its maximum.",
        2,
        "        return",
        "        alpha = alpha / alpha.amax()\n        return",
    ),
    (
        "stretched from 0 to 1",
        "alpha is the sigmoid itself; do not stretch it.",
        2,
        "        return",
        "        alpha = (alpha - alpha.amin()) / (alpha.amax() - alpha.amin())\n        return",
    ),
    (
        "features upsampled",
        "the coefficients are computed at half the size and then upsampled.",
        3,
        "alpha = torch.sig",
        'both = F.interpolate(both, size=skip.shape[-2:], mode="bilinear")\n        alpha = torch.sig',
    ),
    (
        "width for both",
        "the coefficients get the height and the width of the skip connection.",
        3,
        "size=skip.shape[-2:]",
        "size=(skip.shape[-1], skip.shape[-1])",
    ),
    (
        "height and width swapped",
        "the size is (height, width), in this order.",
        3,
        "size=skip.shape[-2:]",
        "size=(skip.shape[-1], skip.shape[-2])",
    ),
    (
        "mean over the batch",
        "every image has its own coefficients.",
        2,
        "self.psi(both)",
        "self.psi(both).mean(0, keepdim=True).expand(len(both), -1, -1, -1)",
    ),
    (
        "bias at the skip connection",
        "the layers are given: W_x has no bias.",
        0,
        ", bias=False",
        "",
    ),
    (
        "always float32",
        "the gate must work for the type of its weights: do not convert.",
        1,
        "self.from_skip(skip)",
        "self.from_skip(skip.float())",
    ),
    (
        "skip and gate exchanged",
        "forward takes skip first, then gate.",
        0,
        "forward(self, skip, gate)",
        "forward(self, gate, skip)",
    ),
)


WRONG += variants(
    "g02_attention_gate",
    (
        "cut to 0 and 1",
        "the sigmoid brings the coefficients between 0 and 1; cutting loses their gradient.",
        2,
        "torch.sigmoid(self.psi(both))",
        "self.psi(both).clamp(0, 1)",
    ),
    (
        "tanh",
        "the sigmoid is between 0 and 1; tanh goes down to -1.",
        2,
        "torch.sigmoid(self.psi(both))",
        "torch.tanh(self.psi(both))",
    ),
    (
        "not upsampled",
        "the coefficients have half the size of the skip connection: upsample them first.",
        3,
        '        alpha = F.interpolate(alpha, size=skip.shape[-2:], mode="bilinear")\n',
        "",
    ),
    (
        "coefficients added",
        "the skip connection is multiplied by the coefficients, not added to them.",
        4,
        "return alpha * skip",
        "return alpha + skip",
    ),
    (
        "GELU of the sum",
        "the paper takes the ReLU of the sum.",
        1,
        "F.relu(",
        "F.gelu(",
    ),
    (
        "ReLU of the product",
        "the product is returned as it is: the skip connection may be negative.",
        4,
        "return alpha * skip",
        "return F.relu(alpha * skip)",
    ),
    (
        "mean of both",
        "the two are added, not averaged.",
        1,
        "self.from_skip(skip) + self.from_gate(gate)",
        "(self.from_skip(skip) + self.from_gate(gate)) / 2",
    ),
    (
        "coefficients of the first image",
        "each image has coefficients of its own.",
        4,
        "return alpha * skip",
        "alpha = alpha[:1].expand_as(alpha)\n        return alpha * skip",
    ),
    (
        "product at half the size",
        "the coefficients are upsampled, not the product: the skip connection keeps its resolution.",
        4,
        '        alpha = F.interpolate(alpha, size=skip.shape[-2:], mode="bilinear")\n        '
        "return alpha * skip, alpha",
        '        small = alpha * F.interpolate(skip, size=alpha.shape[-2:], mode="bilinear")\n    '
        '    alpha = F.interpolate(alpha, size=skip.shape[-2:], mode="bilinear")\n        return '
        'F.interpolate(small, size=skip.shape[-2:], mode="bilinear"), alpha',
    ),
    (
        "ReLU after psi",
        "the ReLU is taken of the sum; between psi and the sigmoid there is none.",
        1,
        "F.relu(self.from_skip(skip) + self.from_gate(gate))",
        "self.from_skip(skip) + self.from_gate(gate)",
        "torch.sigmoid(self.psi(both))",
        "torch.sigmoid(F.relu(self.psi(both)))",
    ),
    (
        "sigmoid before psi",
        "the sum goes through a ReLU, and the sigmoid comes after psi.",
        1,
        "F.relu(self",
        "torch.sigmoid(self",
        "torch.sigmoid(self.psi(both))",
        "self.psi(both)",
    ),
    (
        "divided by the largest",
        "the coefficients are used as the sigmoid returns them; nothing is normalised.",
        2,
        "torch.sigmoid(self.psi(both))",
        "torch.sigmoid(self.psi(both))\n        alpha = alpha / alpha.max()",
    ),
)
