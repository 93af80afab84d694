"""Right and wrong answers to the gap about the residual in residual dense block."""

import functools

import torch
import torch.nn.functional as F
from torch import nn

from brainlab.models import RRDB, DenseBlock
from grading_tests.bank.nb04 import SECOND, with_steps
from grading_tests.gap import Mistake


class Stack(nn.Module):
    """Dense blocks, and a function that says how they are used."""

    def __init__(self, way, blocks, **others):
        super().__init__()
        self.blocks = nn.ModuleList(blocks)
        for name, layer in others.items():
            setattr(self, name, layer)
        self.way = way

    def forward(self, x):
        return self.way(self, x)

    def in_a_row(self, x):
        for block in self.blocks:
            x = block(x)
        return x


def stack(way, count=3):
    return lambda n, g: Stack(way, [DenseBlock(n, g) for _ in range(count)])


def residual(s, x):
    return x + 0.2 * s.in_a_row(x)


# --- right answers


class WrittenOut(nn.Module):
    def __init__(self, num_feat, num_grow_ch=32):
        super().__init__()
        self.rdb1 = DenseBlock(num_feat, num_grow_ch)
        self.rdb2 = DenseBlock(num_feat, num_grow_ch)
        self.rdb3 = DenseBlock(num_feat, num_grow_ch)

    def forward(self, x):
        out = self.rdb1(x)
        out = self.rdb2(out)
        out = self.rdb3(out)
        return out * 0.2 + x


class Inherited(nn.Sequential):
    def __init__(self, num_feat, num_grow_ch):
        super().__init__(*[DenseBlock(num_feat, num_grow_ch) for _ in range(3)])

    def forward(self, x):
        return torch.add(x, super().forward(x), alpha=0.2)


class OwnBlocks(nn.Module):
    """All fifteen convolutions in one list, without a class for the dense block."""

    def __init__(self, num_feat, num_grow_ch):
        super().__init__()
        self.convs = nn.ModuleList(
            nn.Conv2d(num_feat + i * num_grow_ch, num_grow_ch if i < 4 else num_feat, 3, padding=1)
            for _ in range(3)
            for i in range(5)
        )

    def forward(self, x):
        out = x
        for number in range(3):
            seen = out
            for conv in self.convs[5 * number : 5 * number + 4]:
                seen = torch.cat([seen, F.leaky_relu(conv(seen), 0.2)], dim=1)
            out = out + self.convs[5 * number + 4](seen) * 0.2
        return out / 5 + x


def reduced(s, x):
    return x + functools.reduce(lambda y, block: block(y), s.blocks, x) / 5


def nested(s, x):
    first, second, third = s.blocks
    return x.mul(1.0).add(third(second(first(x))), alpha=0.2)


RIGHT = {
    "library": RRDB,
    "written out": WrittenOut,
    "a Sequential with a sum": Inherited,
    "fifteen convolutions": OwnBlocks,
    "list of modules": stack(residual),
    "reduce, divided by 5": stack(reduced),
    "nested calls": stack(nested),
}

# --- wrong answers


def one_block(n, g):
    block = DenseBlock(n, g)
    return Stack(residual, [block] * 3)


def side_by_side(s, x):
    return x + 0.2 * sum(block(x) for block in s.blocks)


def scaled_each_time(s, x):
    out = x
    for block in s.blocks:
        out = 0.2 * block(out)
    return x + out


def skip_each_time(s, x):
    out = x
    for block in s.blocks:
        out = out + 0.2 * block(out)
    return out


def skip_everywhere(s, x):
    return x + 0.2 * skip_each_time(s, x)


def skip_from_the_first(s, x):
    first, second, third = s.blocks
    out = first(x)
    return out + 0.2 * third(second(out))


def in_place(s, x):
    x += 0.2 * s.in_a_row(x)
    return x


def difference(s, x):
    return x + 0.2 * (s.in_a_row(x) - x)


def last_conv(n, g):
    def way(s, x):
        return x + 0.2 * s.conv(s.in_a_row(x))

    blocks = [DenseBlock(n, g) for _ in range(3)]
    return Stack(way, blocks, conv=nn.Conv2d(n, n, 3, padding=1))


WRONG = [
    Mistake(
        "one dense block three times",
        "deep-learning-with-pytorch/dlwpt-code#89, linkedin/Liger-Kernel#269",
        "a list with one block three times has one set of weights: make three blocks.",
        one_block,
    ),
    Mistake(
        "not scaled",
        "XPixelGroup/BasicSR#121, cszn/BSRGAN#45",
        "what the three blocks make is scaled by 0.2, too, before x is added.",
        stack(lambda s, x: x + s.in_a_row(x)),
    ),
    Mistake(
        "x scaled instead",
        "xinntao/ESRGAN#135: which part is multiplied?",
        "you scale the skip connection: 0.2 belongs to what the three blocks make.",
        stack(lambda s, x: 0.2 * x + s.in_a_row(x)),
    ),
    Mistake(
        "both scaled",
        "LianpoWang/SpeckleSRGAN#16: scaled in and outside",
        "the sum is scaled: 0.2 belongs to the branch alone.",
        stack(lambda s, x: 0.2 * (x + s.in_a_row(x))),
    ),
    Mistake(
        "scaled by 0.1",
        "JiahuiYu/wdsr_ntire2018#14: the 0.1 of EDSR",
        "the scale is 0.2 in ESRGAN; 0.1 is that of EDSR.",
        stack(lambda s, x: x + 0.1 * s.in_a_row(x)),
    ),
    Mistake(
        "no outer skip connection",
        "xinntao/ESRGAN#135: is the outer shortcut unnecessary?",
        "x is not added: this is the 'residual in residual' that gives the block its name.",
        stack(lambda s, x: s.in_a_row(x)),
    ),
    Mistake(
        "scaled, but x not added",
        "delira-dev/delira#91: the residual connection forgotten",
        "the outer skip connection is missing: add x to what you have scaled.",
        stack(lambda s, x: 0.2 * s.in_a_row(x)),
    ),
    Mistake(
        "side by side",
        "Zhang et al. 2018 (arXiv:1802.08797): blocks in a row",
        "all three get x: each gets what the one before has made.",
        stack(side_by_side),
    ),
    Mistake(
        "scaled after every block",
        "cszn/BSRGAN#45: 0.2 at the single blocks and at the entire block",
        "each dense block scales its own branch already; here only the whole is scaled, once.",
        stack(scaled_each_time),
    ),
    Mistake(
        "a skip connection at every block",
        "youwayx/resnet-tf#1: between blocks or layers?",
        "each dense block adds its own input already; here x is added once, at the end.",
        stack(skip_each_time),
    ),
    Mistake(
        "skip connections at both levels",
        "yakhyo/darknet-pytorch#2: the shortcut twice",
        "the blocks' inputs are added twice: inside DenseBlock, and again by you.",
        stack(skip_everywhere),
    ),
    Mistake(
        "skip connection taken late",
        "pytorch/pytorch#15428: before or after?",
        "the skip connection starts behind the first block: add x itself.",
        stack(skip_from_the_first),
    ),
    Mistake(
        "difference scaled",
        "misconception: the blocks' own skip connection has to be taken off first",
        "x is taken off before the scale; the paper scales what the blocks return, x included.",
        stack(difference),
    ),
    Mistake(
        "two dense blocks",
        "victorca25/traiNNer#24: how many in one RRDB?",
        "there are three dense blocks.",
        stack(residual, count=2),
    ),
    Mistake(
        "a convolution at the end",
        "xinntao/ESRGAN#13: should there be one after the third block?",
        "no convolution follows the third block.",
        last_conv,
    ),
    Mistake(
        "activation at the end",
        "makegirlsmoe/makegirlsmoe_web#29: an activation before the sum",
        "nothing follows the third block: what is added may be negative.",
        stack(lambda s, x: x + 0.2 * F.leaky_relu(s.in_a_row(x), 0.2)),
    ),
    Mistake(
        "always 32 growth channels",
        "lucidrains/DALLE2-pytorch#255: an argument that is not handed on",
        "hand num_grow_ch on to the dense blocks.",
        lambda n, g: RRDB(n, 32),
    ),
    Mistake(
        "arguments swapped",
        "titu1994/DenseNet#41: growth_rate or nb_filters?",
        "DenseBlock takes num_feat first, then num_grow_ch.",
        lambda n, g: RRDB(g, n),
    ),
    Mistake(
        "added in place",
        "iMED-Lab/ER-Net#3, pytorch/vision#579",
        "x itself is changed in place (x += ... does so); the layer before still needs it: make a new one.",
        stack(in_place),
    ),
    Mistake(
        "detached skip connection",
        "jakeret/tf_unet#7: no gradient through the skip connections",
        "the graph is cut: the gradient must flow back through the skip connection.",
        stack(lambda s, x: x.detach() + 0.2 * s.in_a_row(x)),
    ),
]


class MadeFromTheEnd(nn.Module):
    def __init__(self, num_feat, num_grow_ch):
        super().__init__()
        self.third, self.first, self.second = (DenseBlock(num_feat, num_grow_ch) for _ in range(3))

    def forward(self, x):
        return self.third(self.second(self.first(x))).mul(0.2).add(x)


class Ways(nn.Module):
    """Three dense blocks, and another way through them."""

    def __init__(self, num_feat, num_grow_ch, through, keep):
        super().__init__()
        blocks = [DenseBlock(num_feat, num_grow_ch) for _ in range(3)]
        self.blocks = nn.ModuleList(blocks) if keep else blocks
        self.through, self.calls = through, 0

    def forward(self, x):
        self.calls += 1
        return self.through(self, x)

    def in_a_row(self, x):
        return functools.reduce(lambda y, one: one(y), self.blocks, x)


def ways(through, keep=True):
    return lambda num_feat, num_grow_ch: Ways(num_feat, num_grow_ch, through, keep)


# --- a second bank, by people who saw the notebook only

RIGHT |= {
    "made from the end": MadeFromTheEnd,
}
WRONG += [
    Mistake(
        "a plain list of blocks",
        SECOND,
        "blocks in a plain list, or made in forward, are not registered: in __init__, use nn.ModuleList.",
        ways(lambda b, x: x + 0.2 * b.in_a_row(x), keep=False),
    ),
    Mistake(
        "the first block three times",
        SECOND,
        "one block is called three times; each of the three has its own weights.",
        ways(lambda b, x: x + 0.2 * b.blocks[0](b.blocks[0](b.blocks[0](x)))),
    ),
    Mistake(
        "the third block alone",
        SECOND,
        "each block gets the output of the one before it.",
        ways(lambda b, x: x + 0.2 * b.blocks[2](x)),
    ),
    Mistake(
        "scaled before the blocks",
        SECOND,
        "the output of the third block is scaled, not its input.",
        ways(lambda b, x: x + b.in_a_row(0.2 * x)),
    ),
    Mistake(
        "scaled before the third",
        SECOND,
        "the output of the third block is scaled, not its input.",
        ways(lambda b, x: x + b.blocks[2](0.2 * b.blocks[1](b.blocks[0](x)))),
    ),
    Mistake(
        "scaled by 0.04",
        SECOND,
        "the dense blocks have scaled already; here the factor is 0.2 once.",
        ways(lambda b, x: x + 0.04 * b.in_a_row(x)),
    ),
    Mistake(
        "skip in the first call only",
        SECOND,
        "the block keeps something from its first call: every call computes the same.",
        ways(lambda b, x: x * (b.calls == 1) + 0.2 * b.in_a_row(x)),
    ),
    Mistake(
        "blocks detached",
        SECOND,
        "the graph is cut: the dense blocks would never learn.",
        ways(lambda b, x: x + 0.2 * b.in_a_row(x).detach()),
    ),
    Mistake(
        "input of the blocks detached",
        SECOND,
        "the graph is cut: earlier layers learn through the dense blocks, too.",
        ways(lambda b, x: x + 0.2 * b.in_a_row(x.detach())),
    ),
    Mistake(
        "a tuple",
        SECOND,
        "a comma makes a tuple: return the tensor itself.",
        ways(lambda b, x: (x + 0.2 * b.in_a_row(x),)),
    ),
    Mistake(
        "clipped",
        SECOND,
        "the features are no image: do not clip them.",
        ways(lambda b, x: (x + 0.2 * b.in_a_row(x)).clamp(0, 1)),
    ),
]

# The numbered step of the gap in which each mistake is.
STEPS = {
    1: (
        "one dense block three times",
        "two dense blocks",
        "a convolution at the end",
        "always 32 growth channels",
        "arguments swapped",
        "a plain list of blocks",
    ),
    2: (
        "not scaled",
        "x scaled instead",
        "both scaled",
        "scaled by 0.1",
        "no outer skip connection",
        "side by side",
        "added in place",
        "the third block alone",
        "scaled before the blocks",
        "scaled before the third",
        "scaled by 0.04",
        "blocks detached",
        "input of the blocks detached",
        "a tuple",
        "clipped",
    ),
}
WRONG = with_steps(WRONG, STEPS)
