"""Right and wrong answers to the gap about the dense block of ESRGAN."""

import torch
import torch.nn.functional as F
from torch import nn

from brainlab.models import DenseBlock
from grading_tests.bank.nb04 import SECOND, with_steps
from grading_tests.gap import Mistake, Survivor


def conv(channels, out, kernel=3):
    return nn.Conv2d(channels, out, kernel, padding=kernel // 2)


def lrelu(x):
    return F.leaky_relu(x, 0.2)


class Dense(nn.Module):
    """Five convolutions of given input channels, and a function that says how they are used."""

    def __init__(self, way, inputs, outputs, kernel=3):
        super().__init__()
        self.convs = nn.ModuleList(
            conv(channels, out, kernel) for channels, out in zip(inputs, outputs, strict=True)
        )
        self.way = way

    def forward(self, x):
        return self.way(self.convs, x)


def block(way, kernel=3):
    """Return a maker with the right convolutions."""

    def make(num_feat, num_grow_ch):
        n, g = num_feat, num_grow_ch
        return Dense(way, [n + i * g for i in range(5)], [g, g, g, g, n], kernel)

    return make


def branch(convs, x, act=lrelu):
    """Return what the five convolutions make, unscaled."""
    features = [x]
    for layer in convs[:-1]:
        features.append(act(layer(torch.cat(features, dim=1))))
    return convs[-1](torch.cat(features, dim=1))


# --- right answers


class WrittenOut(nn.Module):
    def __init__(self, num_feat=64, num_grow_ch=32):
        super().__init__()
        self.conv1 = nn.Conv2d(num_feat, num_grow_ch, 3, 1, 1)
        self.conv2 = nn.Conv2d(num_feat + num_grow_ch, num_grow_ch, 3, 1, 1)
        self.conv3 = nn.Conv2d(num_feat + 2 * num_grow_ch, num_grow_ch, 3, 1, 1)
        self.conv4 = nn.Conv2d(num_feat + 3 * num_grow_ch, num_grow_ch, 3, 1, 1)
        self.conv5 = nn.Conv2d(num_feat + 4 * num_grow_ch, num_feat, 3, 1, 1)
        self.lrelu = nn.LeakyReLU(0.2, inplace=True)

    def forward(self, x):
        x1 = self.lrelu(self.conv1(x))
        x2 = self.lrelu(self.conv2(torch.cat((x, x1), 1)))
        x3 = self.lrelu(self.conv3(torch.cat((x, x1, x2), 1)))
        x4 = self.lrelu(self.conv4(torch.cat((x, x1, x2, x3), 1)))
        x5 = self.conv5(torch.cat((x, x1, x2, x3, x4), 1))
        return x5 * 0.2 + x


class Growing(nn.Module):
    """A layer that appends what it makes to what it got."""

    def __init__(self, channels, more):
        super().__init__()
        self.conv = nn.Conv2d(channels, more, 3, padding=1)

    def forward(self, x):
        y = self.conv(x)
        return torch.cat([x, torch.maximum(y, 0.2 * y)], dim=1)


class InARow(nn.Module):
    def __init__(self, num_feat, num_grow_ch):
        super().__init__()
        grow = (Growing(num_feat + i * num_grow_ch, num_grow_ch) for i in range(4))
        self.body = nn.Sequential(*grow, nn.Conv2d(num_feat + 4 * num_grow_ch, num_feat, 3, padding="same"))

    def forward(self, x):
        return torch.add(x, self.body(x), alpha=0.2)


class MadeFromTheEnd(nn.Module):
    """The same layers in a dictionary, the last one first."""

    def __init__(self, num_feat, num_grow_ch):
        super().__init__()
        self.layers = nn.ModuleDict()
        for number in (5, 4, 3, 2, 1):
            out = num_feat if number == 5 else num_grow_ch
            self.layers[str(number)] = nn.Conv2d(
                num_feat + (number - 1) * num_grow_ch, out, (3, 3), padding=1
            )

    def forward(self, x):
        seen = x
        for number in "1234":
            new = nn.functional.leaky_relu(self.layers[number](seen), negative_slope=0.2)
            seen = torch.hstack([seen, new])
        return self.layers["5"](seen).mul(0.2).add(x)


def one_buffer(convs, x):
    """The channels of all layers lie in one tensor from the beginning."""
    n, g = x.shape[1], convs[0].out_channels
    seen = torch.cat([x, x.new_zeros(len(x), 4 * g, *x.shape[2:])], dim=1)
    for number, layer in enumerate(convs[:-1]):
        new = lrelu(layer(seen[:, : n + number * g]))
        before, after = seen[:, : n + number * g], seen[:, n + (number + 1) * g :]
        seen = torch.cat([before, new, after], dim=1)
    return torch.lerp(x, x + convs[-1](seen), 0.2)


def by_recursion(convs, x):
    def outputs(number):
        if number == 0:
            return [x]
        before = outputs(number - 1)
        return [*before, lrelu(convs[number - 1](torch.cat(before, dim=1)))]

    return x + 0.2 * convs[4](torch.cat(outputs(4), dim=1))


RIGHT = {
    "library": DenseBlock,
    "written out": WrittenOut,
    "layers that append": InARow,
    "dictionary, last layer first": MadeFromTheEnd,
    "list of features": block(lambda convs, x: x + 0.2 * branch(convs, x)),
    "one buffer": block(one_buffer),
    "recursion": block(by_recursion),
}

# --- wrong answers


def added(convs, x):
    seen = x
    for layer in convs[:-1]:
        seen = seen + lrelu(layer(seen))
    return x + 0.2 * convs[-1](seen)


def chain(convs, x):
    y = x
    for layer in convs[:-1]:
        y = lrelu(layer(y))
    return x + 0.2 * convs[-1](y)


def with_x_only(convs, x):
    y = lrelu(convs[0](x))
    for layer in convs[1:-1]:
        y = lrelu(layer(torch.cat([x, y], dim=1)))
    return x + 0.2 * convs[-1](torch.cat([x, y], dim=1))


def without_x(convs, x):
    features = [lrelu(convs[0](x))]
    for layer in convs[1:-1]:
        features.append(lrelu(layer(torch.cat(features, dim=1))))
    return x + 0.2 * convs[-1](torch.cat(features, dim=1))


def doubled(convs, x):
    """Everything seen so far is appended to everything seen so far."""
    every, seen = [x], x
    for layer in convs[:-1]:
        seen = torch.cat([*every, lrelu(layer(seen))], dim=1)
        every.append(seen)
    return x + 0.2 * convs[-1](seen)


def doubled_channels(n, g):
    seen, channels = [n], [n]
    for _ in range(4):
        channels.append(sum(seen) + g)
        seen.append(channels[-1])
    return channels


def newest_first(convs, x):
    seen = x
    for layer in convs[:-1]:
        seen = torch.cat([lrelu(layer(seen)), seen], dim=1)
    return x + 0.2 * convs[-1](seen)


def x_last(convs, x):
    features = []
    for layer in convs[:-1]:
        features.append(lrelu(layer(torch.cat([*features, x], dim=1))))
    return x + 0.2 * convs[-1](torch.cat([*features, x], dim=1))


def cut(convs, x):
    features = [x]
    for layer in convs[:-1]:
        features.append(lrelu(layer(torch.cat(features, dim=1).detach())))
    return x + 0.2 * convs[-1](torch.cat(features, dim=1))


def once_activated(convs, x):
    return x + 0.2 * branch([*convs[:-1], lambda seen: convs[-1](lrelu(seen))], x, act=lambda y: y)


class Normed(nn.Module):
    def __init__(self, n, g):
        super().__init__()
        self.convs = nn.ModuleList(conv(n + i * g, g if i < 4 else n) for i in range(5))
        self.norms = nn.ModuleList(nn.BatchNorm2d(g) for _ in range(4))

    def forward(self, x):
        seen = x
        for layer, norm in zip(self.convs, self.norms, strict=False):
            seen = torch.cat([seen, lrelu(norm(layer(seen)))], dim=1)
        return x + 0.2 * self.convs[4](seen)


def fusion(n, g):
    made = block(lambda convs, x: x + 0.2 * branch(convs, x))(n, g)
    made.convs[4] = conv(n + 4 * g, n, kernel=1)
    return made


WRONG = [
    Mistake(
        "added instead of concatenated",
        "bfortuner/pytorch_tiramisu#19, liuzhuang13/DenseNet#8",
        "dense means concatenated: the outputs lie side by side (torch.cat), nothing is added up.",
        lambda n, g: Dense(added, [n] * 5, [n] * 5),
    ),
    Mistake(
        "a plain chain",
        "0bserver07/One-Hundred-Layers-Tiramisu#22, yjn870/RDN-pytorch#2",
        "each convolution sees only the one before: join x and all outputs so far.",
        lambda n, g: Dense(chain, [n, g, g, g, g], [g, g, g, g, n]),
    ),
    Mistake(
        "only x and the last output",
        "bamos/densenet.pytorch#12: are the earlier layers propagated?",
        "the earlier outputs are dropped: each convolution sees x and all of them.",
        lambda n, g: Dense(with_x_only, [n] + [n + g] * 4, [g, g, g, g, n]),
    ),
    Mistake(
        "x not concatenated",
        "titu1994/DenseNet#27: should the input not be concatenated?",
        "x itself is among what every convolution sees.",
        lambda n, g: Dense(without_x, [n, g, 2 * g, 3 * g, 4 * g], [g, g, g, g, n]),
    ),
    Mistake(
        "everything joined again and again",
        "xinntao/ESRGAN#60: 55 million weights",
        "what is already joined is joined again, so the channels double: add only what is new.",
        lambda n, g: Dense(doubled, doubled_channels(n, g), [g, g, g, g, n]),
    ),
    Mistake(
        "newest in front",
        "misconception: the order of a concatenation does not matter",
        "x comes first, then the outputs in their order: [x, x1, x2, ...].",
        block(newest_first),
    ),
    Mistake(
        "x at the end",
        "Huang et al. 2017 (arXiv:1608.06993): [x0, x1, ...]",
        "x comes first in the concatenation, then the outputs in their order.",
        block(x_last),
    ),
    Mistake(
        "not scaled",
        "XPixelGroup/BasicSR#85, XPixelGroup/BasicSR#121",
        "the branch is scaled by 0.2 before it is added; without that, deep stacks do not train.",
        block(lambda convs, x: x + branch(convs, x)),
    ),
    Mistake(
        "x scaled instead",
        "xinntao/ESRGAN#135: which part is multiplied?",
        "you scale the skip connection: 0.2 belongs to what the convolutions make.",
        block(lambda convs, x: 0.2 * x + branch(convs, x)),
    ),
    Mistake(
        "both scaled",
        "LianpoWang/SpeckleSRGAN#16: scaled in and outside",
        "the sum is scaled: 0.2 belongs to the branch alone.",
        block(lambda convs, x: 0.2 * (x + branch(convs, x))),
    ),
    Mistake(
        "scaled by 0.1",
        "JiahuiYu/wdsr_ntire2018#14: the 0.1 of EDSR",
        "the scale is 0.2 in ESRGAN; 0.1 is that of EDSR.",
        block(lambda convs, x: x + 0.1 * branch(convs, x)),
    ),
    Mistake(
        "no skip connection",
        "njulj/RFDN#14: lack of the local residual shortcut",
        "x is not added at the end.",
        block(lambda convs, x: 0.2 * branch(convs, x)),
    ),
    Mistake(
        "activation after the last convolution",
        "Wang et al. 2018 (arXiv:1809.00219), figure 4: the last convolution stands alone",
        "nothing follows the fifth convolution: what is added may be negative.",
        block(lambda convs, x: x + 0.2 * lrelu(branch(convs, x))),
    ),
    Mistake(
        "no activation",
        "leeyoshinari/YOLO_v2#44",
        "without LeakyReLU after the first four, the block is one large convolution.",
        block(lambda convs, x: x + 0.2 * branch(convs, x, act=lambda y: y)),
    ),
    Mistake(
        "one activation at the end",
        "aitorzip/PyTorch-SRGAN#3: dense blocks in another form",
        "each of the first four convolutions has its own LeakyReLU; x itself has none.",
        block(once_activated),
    ),
    Mistake(
        "slope of 0.01",
        "AbdulMoqeet/MAFFSRN#1, pytorch/pytorch#10349: the default",
        "the slope of LeakyReLU is 0.2 here; the default is 0.01.",
        block(lambda convs, x: x + 0.2 * branch(convs, x, act=F.leaky_relu)),
    ),
    Mistake(
        "ReLU",
        "primepake/wav2lip_288x288#106: why not LeakyReLU?",
        "the activation is LeakyReLU with slope 0.2: a ReLU lets no gradient through below 0.",
        block(lambda convs, x: x + 0.2 * branch(convs, x, act=F.relu)),
    ),
    Mistake(
        "batch norm",
        "xinntao/ESRGAN#70: batch norm and its artefacts",
        "there is no batch norm in ESRGAN.",
        Normed,
    ),
    Mistake(
        "four convolutions",
        "Wang et al. 2018 (arXiv:1809.00219): five convolutions a dense block",
        "there are five convolutions: four that grow, and one that returns to num_feat channels.",
        lambda n, g: Dense(
            lambda convs, x: x + 0.2 * branch(convs, x), [n + i * g for i in range(4)], [g, g, g, n]
        ),
    ),
    Mistake(
        "fusion of 1 x 1",
        "yulunzhang/RDN#6: the last convolution of an RDN",
        "the fifth convolution is 3 x 3 as well; 1 x 1 is the older residual dense network.",
        fusion,
    ),
    Mistake(
        "last convolution with the growth channels",
        "open-mmlab/mmagic#1136: the fusion gives channel_growth",
        "the fifth convolution returns to num_feat channels, or x cannot be added.",
        lambda n, g: Dense(
            lambda convs, x: x + 0.2 * branch(convs, x), [n + i * g for i in range(5)], [g] * 5
        ),
    ),
    Mistake(
        "arguments swapped",
        "titu1994/DenseNet#41: growth_rate or nb_filters?",
        "num_feat comes in and goes out, num_grow_ch is what each convolution adds.",
        lambda n, g: DenseBlock(g, n),
    ),
    Mistake(
        "detached",
        "bamos/densenet.pytorch#12: dense connections carry gradients as well",
        "the graph is cut (.detach or .data) between the convolutions.",
        block(cut),
    ),
]


class BareWeights(nn.Module):
    """Parameters of the block itself, without layers."""

    def __init__(self, num_feat, num_grow_ch):
        super().__init__()
        n, g = num_feat, num_grow_ch
        shapes = [(g if i < 4 else n, n + i * g, 3, 3) for i in range(5)]
        self.weights = nn.ParameterList(torch.randn(shape) * 0.05 for shape in shapes)
        self.shifts = nn.ParameterList(torch.zeros(shape[0]) for shape in shapes)

    def forward(self, x):
        features = x
        for weight, shift in zip(self.weights[:4], self.shifts[:4], strict=True):
            features = torch.cat([features, lrelu(F.conv2d(features, weight, shift, padding=1))], 1)
        return x + 0.2 * F.conv2d(features, self.weights[4], self.shifts[4], padding=1)


class Ways(nn.Module):
    """The right layers, and another way through them."""

    def __init__(self, num_feat, num_grow_ch, joined, last, keep):
        super().__init__()
        outs = [num_grow_ch] * 4 + [num_feat]
        layers = [conv(num_feat + i * num_grow_ch, out) for i, out in enumerate(outs)]
        self.convs = nn.ModuleList(layers) if keep else layers
        self.joined, self.last, self.calls = joined, last, 0

    def forward(self, x):
        features, self.calls = x, self.calls + 1
        for layer in self.convs[:4]:
            features = self.joined(features, lrelu(layer(features)))
        return self.last(self, x, self.convs[4](features))


def ways(joined=lambda a, b: torch.cat([a, b], 1), last=lambda b, x, y: x + 0.2 * y, keep=True, growth=0):
    return lambda num_feat, num_grow_ch: Ways(num_feat, growth or num_grow_ch, joined, last, keep)


# --- a second bank, by people who saw the notebook only

RIGHT |= {
    "bare weights": BareWeights,
}
WRONG += [
    Mistake(
        "a plain list of layers",
        SECOND,
        "layers in a plain list, or made in forward, are not registered: in __init__, use nn.ModuleList.",
        ways(keep=False),
    ),
    Mistake(
        "always 32 growth channels",
        SECOND,
        "the growth is an argument: num_grow_ch.",
        ways(growth=32),
    ),
    Mistake(
        "earlier features detached",
        SECOND,
        "the graph is cut: the earlier convolutions would not learn from the later ones.",
        ways(lambda a, b: torch.cat([a.detach(), b], 1)),
    ),
    Mistake(
        "new features detached",
        SECOND,
        "the graph is cut: the first four convolutions would never learn.",
        ways(lambda a, b: torch.cat([a, b.detach()], 1)),
    ),
    Mistake(
        "added in place",
        SECOND,
        "x itself is changed in place (add_, x += ...): the input of the block is gone.",
        ways(last=lambda b, x, y: x.add_(0.2 * y)),
    ),
    Mistake(
        "clipped",
        SECOND,
        "the features are no image: do not clip them.",
        ways(last=lambda b, x, y: (x + 0.2 * y).clamp(0, 1)),
    ),
    Mistake(
        "activation after the sum",
        SECOND,
        "nothing follows the sum.",
        ways(last=lambda b, x, y: lrelu(x + 0.2 * y)),
    ),
    Mistake(
        "skip in the first call only",
        SECOND,
        "the block keeps something from its first call: every call computes the same.",
        ways(last=lambda b, x, y: x + 0.2 * y if b.calls == 1 else 0.2 * y),
    ),
    Mistake(
        "always float32",
        SECOND,
        "the type of the features stays: float64 must remain float64.",
        ways(last=lambda b, x, y: (x + 0.2 * y).float()),
    ),
    Mistake(
        "subtracted",
        SECOND,
        "the fifth output is added, not subtracted.",
        ways(last=lambda b, x, y: x - 0.2 * y),
    ),
    Mistake(
        "joined activations activated again",
        SECOND,
        "the activation belongs to each new output, not to all features once more.",
        ways(lambda a, b: lrelu(torch.cat([a, b], 1))),
    ),
]

# The numbered step of the gap in which each mistake is.
STEPS = {
    2: ("last convolution with the growth channels",),
    3: ("a plain list of layers", "fusion of 1 x 1"),
    4: (
        "added instead of concatenated",
        "a plain chain",
        "only x and the last output",
        "x not concatenated",
        "newest in front",
        "x at the end",
        "slope of 0.01",
        "ReLU",
        "no activation",
        "earlier features detached",
        "new features detached",
        "joined activations activated again",
    ),
    5: (
        "not scaled",
        "x scaled instead",
        "both scaled",
        "scaled by 0.1",
        "no skip connection",
        "activation after the last convolution",
        "added in place",
        "clipped",
        "activation after the sum",
        "subtracted",
    ),
}
WRONG = with_steps(WRONG, STEPS)

SURVIVORS = [
    Survivor(
        "inputs = [num_feat + i * num_grow_ch for i in range(5)]",
        [
            "inputs = [num_feat + i * num_grow_ch for i in range(5 + 1)]",
            "inputs = [num_feat + i * num_grow_ch for i in range(6)]",
        ],
        "zip stops at the end of the shorter list",
    ),
]
