"""Right and wrong answers to the gap about the residual block of SRResNet."""

import torch
from torch import nn

from brainlab.models import ResidualBlock
from grading_tests.bank.nb04 import SECOND, with_steps
from grading_tests.gap import Mistake


class Block(nn.Module):
    """The layers of a block by name, and a function that says how they are used."""

    def __init__(self, num_feat, way, kernel=3, **others):
        super().__init__()
        self.conv1, self.conv2 = (nn.Conv2d(num_feat, num_feat, kernel, padding=kernel // 2) for _ in "12")
        self.norm1, self.norm2 = (nn.BatchNorm2d(num_feat) for _ in "12")
        self.act = nn.PReLU()
        for name, layer in others.items():
            setattr(self, name, layer)
        self.way = way

    def forward(self, x):
        return self.way(self, x)

    def branch(self, x):
        return self.norm2(self.conv2(self.act(self.norm1(self.conv1(x)))))


def block(way, **others):
    return lambda num_feat: Block(num_feat, way, **others)


# --- right answers


class StepByStep(nn.Module):
    """No biases before batch norm, the layers made in another order."""

    def __init__(self, num_feat):
        super().__init__()
        self.prelu = nn.PReLU()
        self.bn1 = nn.BatchNorm2d(num_feat)
        self.bn2 = nn.BatchNorm2d(num_feat)
        self.conv1 = nn.Conv2d(num_feat, num_feat, 3, padding="same", bias=False)
        self.conv2 = nn.Conv2d(num_feat, num_feat, 3, padding="same", bias=False)

    def forward(self, x):
        identity = x
        out = self.prelu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += identity
        return out


class SlopeForEachChannel(nn.Module):
    """One slope for every channel: the paper does not say how many; made before the norms."""

    def __init__(self, num_feat):
        super().__init__()
        self.prelu = nn.PReLU(num_feat)
        self.norms = nn.ModuleList(nn.BatchNorm2d(num_feat) for _ in range(2))
        self.convs = nn.ModuleList(nn.Conv2d(num_feat, num_feat, 3, 1, 1) for _ in range(2))

    def forward(self, x):
        out = self.prelu(self.norms[0](self.convs[0](x)))
        return torch.add(x, self.norms[1](self.convs[1](out)))


class Inherited(nn.Sequential):
    def __init__(self, num_feat):
        layers = []
        for act in ([nn.PReLU()], []):
            layers += [nn.Conv2d(num_feat, num_feat, 3, padding=1), nn.BatchNorm2d(num_feat), *act]
        super().__init__(*layers)

    def forward(self, x):
        return super().forward(x) + x


class Halves(nn.Module):
    """Two small networks in a row, and a PReLU by its definition."""

    def __init__(self, num_feat):
        super().__init__()
        self.first, self.second = (
            nn.Sequential(nn.Conv2d(num_feat, num_feat, (3, 3), padding=(1, 1)), nn.BatchNorm2d(num_feat))
            for _ in range(2)
        )
        self.act = nn.PReLU(init=0.1)

    def forward(self, x):
        y = self.first(x)
        y = y.clamp(min=0) + self.act.weight * y.clamp(max=0)
        return self.second(y).add(x)


class Residual(nn.Module):
    """Any branch can be made residual."""

    def __init__(self, branch):
        super().__init__()
        self.branch = branch

    def forward(self, x):
        return sum((x, self.branch(x)))


def as_function(num_feat):
    def pair():
        return [nn.Conv2d(num_feat, num_feat, kernel_size=3, padding=1), nn.BatchNorm2d(num_feat)]

    return Residual(nn.Sequential(*pair(), nn.PReLU(), *pair()))


class Unrolled(nn.ModuleList):
    """A list of layers that is walked through; the sum comes from torch.add."""

    def __init__(self, num_feat, kernel_size=3):
        convs = [nn.Conv2d(num_feat, num_feat, kernel_size, 1, kernel_size // 2) for _ in range(2)]
        norms = [nn.BatchNorm2d(num_feat, eps=1e-5) for _ in range(2)]
        super().__init__([convs[0], norms[0], nn.PReLU(init=0.25), convs[1], norms[1]])

    def forward(self, x):
        residual = x.clone()
        for layer in self:
            residual = layer(residual)
        return torch.add(residual, x)


RIGHT = {
    "library": ResidualBlock,
    "layer by layer, no biases": StepByStep,
    "a slope for each channel": SlopeForEachChannel,
    "a Sequential with a sum": Inherited,
    "PReLU by its definition": Halves,
    "function": as_function,
    "list of layers": Unrolled,
}

# --- wrong answers


def pre_activation(b, x):
    return x + b.conv2(b.act(b.norm2(b.conv1(b.act(b.norm1(x))))))


def changed_in_place(b, x):
    x += b.branch(x)
    return x


def skip_after_first(b, x):
    first = b.conv1(x)
    return first + b.norm2(b.conv2(b.act(b.norm1(first))))


def second_from_input(b, x):
    b.act(b.norm1(b.conv1(x)))
    return x + b.norm2(b.conv2(x))


class Other(nn.Module):
    """A residual block of other layers."""

    def __init__(self, *layers):
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x):
        return x + self.layers(x)


def conv(n):
    return nn.Conv2d(n, n, 3, padding=1)


def one_conv(n):
    shared = conv(n)
    return Other(shared, nn.BatchNorm2d(n), nn.PReLU(), shared, nn.BatchNorm2d(n))


WRONG = [
    Mistake(
        "no skip connection",
        "znxlwm/UGATIT-pytorch#32, alexjc/neural-enhance#103",
        "x is not added: the block must learn the whole image instead of what is missing.",
        block(lambda b, x: b.branch(x)),
    ),
    Mistake(
        "result added to itself",
        "werner-duvaud/muzero-general#89: x += x",
        "the result is added to itself: keep x from before the first convolution.",
        block(lambda b, x: 2 * b.branch(x)),
    ),
    Mistake(
        "skip connection taken late",
        "pytorch/pytorch#15428: before or after?",
        "the skip connection starts behind the first convolution: add x itself.",
        block(skip_after_first),
    ),
    Mistake(
        "second convolution gets x",
        "zoharli/SRGAN-tensorflow#1, shaohua0116/Multiview2Novelview#11",
        "the second convolution gets the input again: hand on what the first part has made.",
        block(second_from_input),
    ),
    Mistake(
        "activation after the sum",
        "udacity/deep-learning-v2-pytorch#51, vanhuyz/CycleGAN-TensorFlow#56",
        "nothing comes after the sum: an activation there bends the skip connection, as in the first ResNet.",
        block(lambda b, x: b.act(x + b.branch(x))),
    ),
    Mistake(
        "activation after the second norm",
        "leftthomas/SRGAN#33, makegirlsmoe/makegirlsmoe_web#29",
        "the second batch norm ends the branch; the PReLU stands only between the two halves.",
        block(lambda b, x: x + b.act(b.branch(x))),
    ),
    Mistake(
        "two PReLUs",
        "titu1994/Super-Resolution-using-Generative-Adversarial-Networks#20",
        "there is one PReLU in the block, between the two halves.",
        lambda n: Other(conv(n), nn.BatchNorm2d(n), nn.PReLU(), conv(n), nn.BatchNorm2d(n), nn.PReLU()),
    ),
    Mistake(
        "ReLU or LeakyReLU",
        "twtygqyy/pytorch-SRResNet#5, tensorlayer/SRGAN#97",
        "the activation is a PReLU, whose slope is learnt.",
        lambda n: Other(conv(n), nn.BatchNorm2d(n), nn.LeakyReLU(0.2), conv(n), nn.BatchNorm2d(n)),
    ),
    Mistake(
        "no activation",
        "leeyoshinari/YOLO_v2#44",
        "without the PReLU the two convolutions are one larger convolution.",
        block(lambda b, x: x + b.norm2(b.conv2(b.norm1(b.conv1(x))))),
    ),
    Mistake(
        "no batch norm",
        "open-mmlab/mmagic#761, soapisnotfat/super-resolution#28",
        "the batch norms are missing: EDSR and ESRGAN left them out, SRResNet has two.",
        lambda n: Other(conv(n), nn.PReLU(), conv(n)),
    ),
    Mistake(
        "second batch norm missing",
        "carpedm20/simulated-unsupervised-tensorflow#10",
        "one batch norm where there are two: one after each convolution, with statistics of its own.",
        lambda n: Other(conv(n), nn.BatchNorm2d(n), nn.PReLU(), conv(n)),
    ),
    Mistake(
        "one convolution for both",
        "SSinyu/RED-CNN#8: conv layers were not supposed to share weights",
        "one convolution is used twice and so has one set of weights: make two.",
        one_conv,
    ),
    Mistake(
        "PReLU before batch norm",
        "pochih/FCN-pytorch#21: which comes first?",
        "the order is convolution, batch norm, PReLU.",
        block(lambda b, x: x + b.norm2(b.conv2(b.norm1(b.act(b.conv1(x)))))),
    ),
    Mistake(
        "batch norm before convolution",
        "He et al. 2016 (arXiv:1603.05027): pre-activation, a later ResNet",
        "the order is convolution, batch norm, PReLU; yours begins with batch norm.",
        block(pre_activation),
    ),
    Mistake(
        "branch scaled",
        "LianpoWang/SpeckleSRGAN#6: 0.1, as in EDSR",
        "nothing is scaled here: batch norm keeps the branch in bounds. ESRGAN scales, because it has none.",
        block(lambda b, x: x + 0.1 * b.branch(x)),
    ),
    Mistake(
        "no padding",
        "misconception: a convolution keeps the size",
        "a 3 x 3 convolution takes a pixel at each side: padding=1, or the sum does not fit.",
        lambda n: Other(
            nn.Conv2d(n, n, 3), nn.BatchNorm2d(n), nn.PReLU(), nn.Conv2d(n, n, 3), nn.BatchNorm2d(n)
        ),
    ),
    Mistake(
        "kernel of 9",
        "twtygqyy/pytorch-SRResNet#5: 9 x 9 in the first and the last layer",
        "9 x 9 is for the first and the last layer of SRResNet; the blocks have 3 x 3.",
        block(lambda b, x: x + b.branch(x), kernel=9),
    ),
    Mistake(
        "always 64 channels",
        "mseitzer/srgan#7: the number of channels is written in",
        "the number of channels is the argument num_feat.",
        lambda n: ResidualBlock(64),
    ),
    Mistake(
        "concatenated",
        "liuzhuang13/DenseNet#8: concatenate or add?",
        "a residual block adds; concatenation doubles the channels and comes with the dense block.",
        block(lambda b, x: torch.cat([x, b.branch(x)], dim=1)),
    ),
    Mistake(
        "multiplied",
        "misconception: a skip connection weighs the features, as attention does",
        "x is added to the branch, not multiplied.",
        block(lambda b, x: x * b.branch(x)),
    ),
    Mistake(
        "added in place",
        "iMED-Lab/ER-Net#3, pytorch/vision#579",
        "x itself is changed in place (x += ... does so); the layer before still needs it: make a new one.",
        block(changed_in_place),
    ),
    Mistake(
        "detached skip connection",
        "jakeret/tf_unet#7: no gradient through the skip connections",
        "the graph is cut: the gradient must flow back through the skip connection.",
        block(lambda b, x: x.detach() + b.branch(x)),
    ),
]


class BareSlope(nn.Module):
    """The slope is a parameter of the block; the second half is made first."""

    def __init__(self, num_feat):
        super().__init__()
        self.slope = nn.Parameter(torch.tensor(0.25))
        self.second = nn.Sequential(conv(num_feat), nn.BatchNorm2d(num_feat))
        self.first = nn.Sequential(conv(num_feat), nn.BatchNorm2d(num_feat))

    def forward(self, x):
        y = self.first(x)
        return x + self.second(torch.where(y > 0, y, self.slope * y))


def branch_of(n, act=nn.PReLU, norm=nn.BatchNorm2d):
    return nn.Sequential(conv(n), norm(n), act(), conv(n), norm(n))


class Ways(nn.Module):
    """The right layers, and another way through them."""

    def __init__(self, branch, way):
        super().__init__()
        self.branch, self.way, self.calls = branch, way, 0

    def forward(self, x):
        self.calls += 1
        return self.way(self, x)


def way(through, make=branch_of):
    return lambda num_feat: Ways(make(num_feat), through)


def usual_way(b, x):
    return x + b.branch(x)


def evaluates(b, x):
    b.eval()
    return x + b.branch(x)


def frozen_slope(n):
    branch = branch_of(n)
    branch[2].requires_grad_(False)
    return branch


def reflected(n):
    branch = branch_of(n)
    for place in (0, 3):
        branch[place] = nn.Conv2d(n, n, 3, padding=1, padding_mode="reflect")
    return branch


# --- a second bank, by people who saw the notebook only

RIGHT |= {
    "a bare slope, made from the end": BareSlope,
}
WRONG += [
    Mistake(
        "instance norm",
        SECOND,
        "the statistics of each image alone are instance norm; batch norm takes them over the batch.",
        way(usual_way, lambda n: branch_of(n, norm=nn.InstanceNorm2d)),
    ),
    Mistake(
        "skip in the first call only",
        SECOND,
        "the block keeps something from its first call: every call computes the same.",
        way(lambda b, x: x + b.branch(x) if b.calls == 1 else b.branch(x)),
    ),
    Mistake(
        "branch detached",
        SECOND,
        "the graph is cut: the layers of the block would never learn.",
        way(lambda b, x: x + b.branch(x).detach()),
    ),
    Mistake(
        "input of the branch detached",
        SECOND,
        "the graph is cut: earlier layers learn through the branch, too.",
        way(lambda b, x: x + b.branch(x.detach())),
    ),
    Mistake(
        "frozen slope",
        SECOND,
        "a PReLU's slope is learnt: it must require a gradient.",
        way(usual_way, frozen_slope),
    ),
    Mistake(
        "evaluation mode in forward",
        SECOND,
        "forward puts the block in evaluation mode: batch norm would never learn its statistics.",
        way(evaluates),
    ),
    Mistake(
        "a tuple",
        SECOND,
        "a comma makes a tuple: return the tensor itself.",
        way(lambda b, x: (x + b.branch(x),)),
    ),
    Mistake(
        "dropout",
        SECOND,
        "there is no dropout in this block.",
        way(lambda b, x: x + nn.functional.dropout(b.branch(x), 0.2, b.training)),
    ),
    Mistake(
        "mirrored border",
        SECOND,
        "the convolutions pad with zeros, not with mirrored pixels.",
        way(usual_way, reflected),
    ),
    Mistake(
        "difference",
        SECOND,
        "the input is added, not subtracted.",
        way(lambda b, x: b.branch(x) - x),
    ),
]

# The numbered step of the gap in which each mistake is.
STEPS = {
    1: (
        "two PReLUs",
        "ReLU or LeakyReLU",
        "no activation",
        "no batch norm",
        "second batch norm missing",
        "one convolution for both",
        "PReLU before batch norm",
        "batch norm before convolution",
        "kernel of 9",
        "always 64 channels",
        "instance norm",
        "frozen slope",
        "mirrored border",
    ),
    2: (
        "no skip connection",
        "multiplied",
        "branch scaled",
        "concatenated",
        "activation after the sum",
        "difference",
        "a tuple",
        "evaluation mode in forward",
    ),
}
WRONG = with_steps(WRONG, STEPS)
