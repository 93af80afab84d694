"""Right and wrong answers to the gap about the forward pass of the U-Net."""

import functools

import torch
import torch.nn.functional as F
from torch import nn

from brainlab.models import ConvBlock, UNet, UpBlock
from grading_tests.bank.nb02._variants import variants
from grading_tests.gap import Mistake

# --- UNet(in_channels=4, num_classes=4, width=16, depth=4, padded=True): forward is the gap


class Given(nn.Module):
    """The constructor of the notebook."""

    def __init__(self, in_channels=4, num_classes=4, width=16, depth=4, padded=True):
        super().__init__()
        widths = [width * 2**level for level in range(depth)]
        self.down = nn.ModuleList()
        channels = in_channels
        for w in widths:
            self.down.append(ConvBlock(channels, w, padded=padded))
            channels = w
        self.bottom = ConvBlock(channels, 2 * channels, padded=padded)
        self.up = nn.ModuleList(UpBlock(2 * w, w, w, padded=padded) for w in reversed(widths))
        self.head = nn.Conv2d(width, num_classes, kernel_size=1)


def network(forward):
    """Return a network class with this forward pass."""
    return type("Answer", (Given,), {"forward": forward})


def by_popping(self, x):
    skips = []
    for block in self.down:
        skips.append(block(x))
        x = nn.functional.max_pool2d(skips[-1], kernel_size=2, stride=2)
    x = self.bottom(x)
    for block in self.up:
        x = block(x, skips.pop())
    return self.head(x)


def by_recursion(self, x, level=0):
    """Everything below a level is that level's problem."""
    if level == len(self.down):
        return self.bottom(x)
    skip = self.down[level](x)
    below = by_recursion(self, nn.MaxPool2d(2)(skip), level + 1)
    x = self.up[len(self.up) - 1 - level](below, skip)
    return self.head(x) if level == 0 else x


def by_index(self, x):
    skips = {}
    for level in range(len(self.down)):
        skips[level] = x = self.down[level](x)
        B, C, H, W = x.shape
        x = x[..., : H // 2 * 2, : W // 2 * 2].reshape(B, C, H // 2, 2, W // 2, 2).amax(dim=(3, 5))
    x = self.bottom(x)
    for level, block in zip(sorted(skips, reverse=True), self.up, strict=True):
        x = block(x, skips[level])
    return self.head(x)


def on_a_stack(self, x):
    """One list is filled on the way down and emptied on the way up."""
    stack = [x]
    for block in self.down:
        stack.append(block(stack[-1]))
        stack.append(F.max_pool2d(stack[-1], kernel_size=(2, 2)))
    x = self.bottom(stack.pop())
    for up in self.up:
        x = up(x, stack.pop())
        stack.pop()  # what went into this level
    return F.conv2d(x, self.head.weight, self.head.bias)


def by_generator(self, x, return_features=False):
    def contract(x):
        for block in self.down:
            kept = block(x)
            yield kept
            x = F.adaptive_max_pool2d(kept, (kept.shape[-2] // 2, kept.shape[-1] // 2))
        yield x

    *skips, lowest = contract(x)
    features = self.bottom(lowest)
    for number, skip in enumerate(skips[::-1]):
        features = self.up[number](features, skip)
    return features if return_features else self.head(features)


def by_reducing(self, x):
    skips = functools.reduce(
        lambda kept, block: [*kept, block(F.max_pool2d(kept[-1], 2))], self.down[1:], [self.down[0](x)]
    )
    lowest = self.bottom(nn.MaxPool2d(2)(skips[-1]))
    steps = zip(self.up, reversed(skips), strict=True)
    return self.head(functools.reduce(lambda below, step: step[0](below, step[1]), steps, lowest))


def general(pool=lambda x: F.max_pool2d(x, 2), keep=lambda before, after: before, skips=reversed, end=None):
    """Return a forward pass that differs from the right one in one place."""

    def forward(self, x):
        kept = []
        for block in self.down:
            before = block(x)
            x = pool(before)
            kept.append(keep(before, x))
        x = self.bottom(x)
        for block, skip in zip(self.up, skips(kept), strict=True):
            x = block(x, skip)
        return end(self.head(x)) if end else self.head(x)

    return network(forward)


def without_bottom(self, x):
    kept = []
    for block in self.down:
        kept.append(block(x))
        x = F.max_pool2d(kept[-1], 2)
    x = torch.cat([x, x], dim=1)
    for block, skip in zip(self.up, reversed(kept), strict=True):
        x = block(x, skip)
    return self.head(x)


def without_skips(self, x):
    for block in self.down:
        x = F.max_pool2d(block(x), 2)
    x = self.bottom(x)
    for block in self.up:
        B, C, H, W = x.shape
        x = block(x, x.new_zeros(B, C // 2, 2 * H, 2 * W))
    return self.head(x)


def without_head(self, x):
    kept = []
    for block in self.down:
        kept.append(block(x))
        x = F.max_pool2d(kept[-1], 2)
    x = self.bottom(x)
    for block, skip in zip(self.up, reversed(kept), strict=True):
        x = block(x, skip)
    return x


def detach_all(kept):
    return [skip.detach() for skip in reversed(kept)]


RIGHT = {
    "library": UNet,
    "popping": network(by_popping),
    "recursion": network(by_recursion),
    "levels by number": network(by_index),
    "stack": network(on_a_stack),
    "generator": network(by_generator),
    "reduce": network(by_reducing),
}

WRONG = [
    Mistake(
        "skip taken after pooling",
        "lyakaap/Kaggle-Carvana-3rd-Place-Solution#3, meetps/pytorch-semseg#1",
        "you keep the skip connection after the pooling, so it has half the size. Keep it before.",
        general(keep=lambda before, after: after),
    ),
    Mistake(
        "skips in the wrong order",
        "Nikronic/CoarseNet#4: how to apply the skip connections?",
        "the way up begins at the bottom: the last skip connection is needed first.",
        general(skips=list),
    ),
    Mistake(
        "average pooling",
        "jvanvugt/pytorch-unet#3",
        "the paper pools with the maximum; you take the mean.",
        general(pool=lambda x: F.avg_pool2d(x, 2)),
    ),
    Mistake(
        "no pooling",
        "MTLab/rsgunet_image_enhance#7",
        "nothing shrinks on the way down: pool after each block, once its output is kept.",
        general(pool=lambda x: x),
    ),
    Mistake(
        "no bottom",
        "Ronneberger et al. 2015, figure 1: the lowest level has two convolutions of its own",
        "self.bottom is not called: the lowest level has a block of its own.",
        network(without_bottom),
    ),
    Mistake(
        "no skip connections",
        "milesial/Pytorch-UNet#252: is this only an auto-encoder?",
        "the skip connections are not handed to the up-blocks.",
        network(without_skips),
    ),
    Mistake(
        "no head",
        "Ronneberger et al. 2015: a last 1x1 convolution maps the features to the classes",
        "self.head is missing: the result has `width` channels, not one for each class.",
        network(without_head),
    ),
    Mistake(
        "softmax at the end",
        "NVIDIA/DeepLearningExamples#468, ariecattan/SciCo#2",
        "the network gives logits; softmax belongs to the loss, which would apply it twice.",
        general(end=lambda x: x.softmax(dim=1)),
    ),
    Mistake(
        "ReLU at the end",
        "MIC-DKFZ/medicaldetectiontoolkit#42: the logits are limited by a last layer",
        "logits may be negative: nothing comes after the 1x1 convolution.",
        general(end=F.relu),
    ),
    Mistake(
        "detached skip connections",
        "jakeret/tf_unet#7: no gradient through the skip connections",
        "the graph is cut: no gradient flows back through the skip connections.",
        general(skips=detach_all),
    ),
]


WRONG += variants(
    "g02_unet_forward",
    (
        "skip before the block",
        "the skip connection is stored after the block, before the pooling.",
        1,
        "            x = block(x)\n            skips.append(x)\n",
        "            skips.append(x)\n            x = block(x)\n",
    ),
    (
        "blocks from below in the wrong order",
        "the way up starts with the first block of self.up, which belongs to the coarsest level.",
        3,
        "zip(self.up,",
        "zip(reversed(self.up),",
    ),
    (
        "bottom without a pooling before",
        "the last level is pooled before the bottom.",
        2,
        "self.bottom(x)",
        "self.bottom(skips[-1])",
    ),
    (
        "bottom twice",
        "the block at the bottom is applied once.",
        2,
        "x = self.bottom(x)",
        "x = self.bottom(x) + self.bottom(x)",
    ),
    (
        "log_softmax at the end",
        "the loss contains the softmax: return the logits.",
        4,
        "return self.head(x)",
        "return self.head(x).log_softmax(1)",
    ),
    (
        "sigmoid at the end",
        "the loss contains the softmax: return the logits, which can be any numbers.",
        4,
        "return self.head(x)",
        "return torch.sigmoid(self.head(x))",
    ),
    (
        "labels",
        "argmax belongs to the prediction; the loss needs the logits.",
        4,
        "return self.head(x)",
        "return self.head(x).argmax(1)",
    ),
    (
        "softmax over a row",
        "no softmax here, and not along the image.",
        4,
        "return self.head(x)",
        "return self.head(x).softmax(-1)",
    ),
    (
        "axes of length 1 lost",
        "with one image the batch axis is lost: do not squeeze.",
        4,
        "return self.head(x)",
        "return self.head(x).squeeze()",
    ),
    (
        "a pair",
        "only the logits are returned.",
        4,
        "return self.head(x)",
        "return self.head(x), skips",
    ),
    (
        "overlapping pooling",
        "the pooling is 2 x 2 with stride 2; yours has windows of 3 x 3.",
        1,
        "F.max_pool2d(x, 2)",
        "F.max_pool2d(x, 3, 2, 1)",
    ),
    (
        "every other pixel",
        "max-pooling takes the largest of four pixels; yours takes the first.",
        1,
        "F.max_pool2d(x, 2)",
        "x[:, :, ::2, ::2]",
    ),
    (
        "pooling with stride 1",
        "the pooling halves the size: its stride is 2.",
        1,
        "F.max_pool2d(x, 2)",
        "F.max_pool2d(x, 2, 1)",
    ),
    (
        "four levels written out",
        "the number of levels is an argument: loop over self.down and self.up.",
        0,
        "        skips = []\n        for block in self.down:\n            x = block(x)\n   "
        "         skips.append(x)\n            x = F.max_pool2d(x, 2)\n        x = "
        "self.bottom(x)\n        for block, skip in zip(self.up, reversed(skips)):\n  "
        "          x = block(x, skip)\n        return self.head(x)",
        "        a = self.down[0](x)\n        b = self.down[1](F.max_pool2d(a, 2))\n       "
        " c = self.down[2](F.max_pool2d(b, 2))\n        d = "
        "self.down[3](F.max_pool2d(c, 2))\n        x = self.bottom(F.max_pool2d(d, "
        "2))\n        for block, skip in zip(self.up, (d, c, b, a)):\n            x = "
        "block(x, skip)\n        return self.head(x)",
    ),
    (
        "two levels written out",
        "the number of levels is an argument: loop over self.down and self.up.",
        0,
        "        skips = []\n        for block in self.down:\n            x = block(x)\n   "
        "         skips.append(x)\n            x = F.max_pool2d(x, 2)\n        x = "
        "self.bottom(x)\n        for block, skip in zip(self.up, reversed(skips)):\n  "
        "          x = block(x, skip)\n        return self.head(x)",
        "        a = self.down[0](x)\n        b = self.down[1](F.max_pool2d(a, 2))\n       "
        " x = self.bottom(F.max_pool2d(b, 2))\n        x = self.up[1](self.up[0](x, "
        "b), a)\n        return self.head(x)",
    ),
    (
        "only two skip connections",
        "every level has a skip connection; yours uses the two coarsest.",
        3,
        "x = block(x, skip)",
        "x = block(x, skip if any(skip is s for s in skips[-2:]) else 0 * skip)",
    ),
    (
        "the finest skip connection for none",
        "the finest level has a skip connection, too.",
        3,
        "x = block(x, skip)",
        "x = block(x, skip if skip is not skips[0] else 0 * skip)",
    ),
    (
        "bottom detached",
        "no gradient reaches the layers below: do not detach.",
        2,
        "self.bottom(x)",
        "self.bottom(x).detach()",
    ),
    (
        "way down detached",
        "no gradient flows back along the way down: do not detach.",
        1,
        "F.max_pool2d(x, 2)",
        "F.max_pool2d(x.detach(), 2)",
    ),
    (
        "lists that grow",
        "the list of skip connections must be new in every call.",
        1,
        "skips = []",
        "self.skips = getattr(self, 'skips', [])\n        skips = self.skips",
    ),
    (
        "skip connections of the first call",
        "the list of skip connections must be new in every call.",
        1,
        "skips = []",
        "self.skips = getattr(self, 'skips', [])\n        skips = self.skips",
        "reversed(skips)",
        "reversed(skips[: len(self.down)])",
    ),
    (
        "resized at the end",
        "without padding the output is smaller than the input; do not resize it.",
        4,
        "skips = []",
        "skips, size = [], x.shape[-2:]",
        "return self.head(x)",
        "return F.interpolate(self.head(x), size=size)",
    ),
    (
        "input normalised",
        "the input is used as it is; the slices are z-scored already.",
        1,
        "skips = []",
        "skips, x = [], (x - x.mean()) / x.std()",
    ),
    (
        "input changed",
        "the input is changed in place; the caller still needs it.",
        1,
        "skips = []",
        "skips = []\n        x -= x.mean()",
    ),
    (
        "always float32",
        "the network must work for the type of its weights: do not convert.",
        1,
        "skips = []",
        "skips, x = [], x.float()",
    ),
    (
        "evaluation mode",
        "the forward pass must not change the mode.",
        0,
        "skips = []",
        "skips = []\n        self.eval()",
    ),
    (
        "dropout",
        "no dropout is asked for.",
        2,
        "self.bottom(x)",
        "F.dropout(self.bottom(x), 0.5, self.training)",
    ),
    (
        "dropout in evaluation too",
        "no dropout is asked for; yours is active even in evaluation mode.",
        2,
        "self.bottom(x)",
        "F.dropout(self.bottom(x), 0.2)",
    ),
    (
        "first image only",
        "all images of the batch are returned.",
        4,
        "self.head(x)",
        "self.head(x[:1])",
    ),
    (
        "depth ignored",
        "depth is an argument; yours is fixed at 4.",
        0,
        "super().__init__()",
        "super().__init__()\n        depth = 4",
    ),
    (
        "width ignored",
        "width is an argument; yours is fixed at 16.",
        0,
        "super().__init__()",
        "super().__init__()\n        width = 16",
    ),
    (
        "four classes",
        "num_classes is an argument; yours is fixed at 4.",
        0,
        "nn.Conv2d(width, num_classes",
        "nn.Conv2d(width, 4",
    ),
    (
        "four channels",
        "in_channels is an argument; yours is fixed at 4.",
        0,
        "channels = in_channels",
        "channels = 4",
    ),
    (
        "always padded",
        "padded is an argument: hand it on to the blocks.",
        0,
        "padded=padded",
        "padded=True",
    ),
    (
        "ReLU between the levels",
        "nothing comes between the blocks of the way up.",
        3,
        "x = block(x, skip)",
        "x = block(x, skip) + 0.01",
    ),
)


WRONG += variants(
    "g02_unet_forward",
    (
        "skips in the order of the way down",
        "the way up begins at the bottom: the last skip connection is needed first.",
        3,
        "reversed(skips)",
        "skips",
    ),
    (
        "skips from the front",
        "the way up begins at the bottom: the last skip connection is needed first.",
        3,
        "for block, skip in zip(self.up, reversed(skips)):",
        "for block in self.up:\n            skip = skips.pop(0)",
    ),
    (
        "stored after the pooling",
        "the skip connection is stored after the block, before the pooling, at full size.",
        1,
        "            skips.append(x)\n            x = F.max_pool2d(x, 2)",
        "            x = F.max_pool2d(x, 2)\n            skips.append(x)",
    ),
    (
        "result not assigned",
        "the result of each block on the way up is the input of the next one: it must be assigned.",
        3,
        "            x = block(x, skip)",
        "            block(x, skip)",
    ),
    (
        "no bottom block",
        "self.bottom is not called: the lowest level has a block of its own, which doubles the channels.",
        2,
        "        x = self.bottom(x)\n",
        "",
    ),
    (
        "pooled before each block",
        "the first block sees the whole image; pooling comes after each block.",
        1,
        "            x = block(x)\n            skips.append(x)\n            x = F.max_pool2d(x, 2)",
        "            x = block(F.max_pool2d(x, 2))\n            skips.append(x)",
    ),
    (
        "arguments exchanged",
        "a block on the way up takes x first, then the skip connection.",
        3,
        "block(x, skip)",
        "block(skip, x)",
    ),
    (
        "last level not pooled",
        "after the last block of the way down x is pooled, too, before it reaches the bottom.",
        1,
        "            x = F.max_pool2d(x, 2)",
        "            if len(skips) < self.depth:\n                x = F.max_pool2d(x, 2)",
    ),
    (
        "image pooled to a square",
        "H and W may differ: each is halved.",
        1,
        "F.max_pool2d(x, 2)",
        "F.adaptive_max_pool2d(x, x.shape[-1] // 2)",
    ),
    (
        "no graph",
        "under no_grad the network cannot learn: no gradient reaches its weights.",
        0,
        "        skips = []\n        for block in self.down:\n            x = block(x)",
        "        skips = []\n        for block in self.down:\n            with torch.no_grad():\n   "
        "             x = block(x)",
    ),
    (
        "the input of the block pooled",
        "what is pooled is the result of the block, not what went into it.",
        1,
        "            x = block(x)\n            skips.append(x)\n",
        "            skips.append(block(x))\n",
    ),
    (
        "minimum",
        "the pooling takes the maximum, not the minimum.",
        1,
        "F.max_pool2d(x, 2)",
        "-F.max_pool2d(-x, 2)",
    ),
)
