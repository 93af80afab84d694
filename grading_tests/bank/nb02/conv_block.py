"""Right and wrong answers to the gap about the convolution block."""

import torch
import torch.nn.functional as F
from torch import nn

from brainlab.models import ConvBlock
from grading_tests.bank.nb02._variants import variants
from grading_tests.gap import Mistake

# --- ConvBlock(in_channels, out_channels, padded=True)


def layers(*parts):
    """Return a maker of blocks: `parts` are called with (in, out, padding) and give the layers in order."""

    def make(in_channels, out_channels, padded=True):
        return nn.Sequential(*(part(in_channels, out_channels, int(padded)) for part in parts))

    return make


def first(n, m, p):
    return nn.Conv2d(n, m, 3, padding=p)


def second(n, m, p):
    return nn.Conv2d(m, m, 3, padding=p)


def norm(n, m, p):
    return nn.BatchNorm2d(m)


def relu(n, m, p):
    return nn.ReLU()


def leaky(n, m, p):
    return nn.LeakyReLU(0.01)


class BlockClass(nn.Module):
    """The same as a class, without biases, ReLU as a function, layers made in another order."""

    def __init__(self, in_channels, out_channels, padded=True):
        super().__init__()
        mode = "same" if padded else "valid"
        self.norms = nn.ModuleList(nn.BatchNorm2d(out_channels) for _ in range(2))
        self.one = nn.Conv2d(in_channels, out_channels, 3, padding=mode, bias=False)
        self.two = nn.Conv2d(out_channels, out_channels, 3, padding=mode, bias=False)

    def forward(self, x):
        x = F.relu(self.norms[0](self.one(x)))
        return self.norms[1](self.two(x)).clamp(min=0)


def block_by_loop(in_channels, out_channels, padded=True):
    block = nn.Sequential()
    for source in (in_channels, out_channels):
        block.append(nn.Conv2d(source, out_channels, (3, 3), padding=1 if padded else 0))
        block.append(nn.BatchNorm2d(out_channels)).append(nn.ReLU(inplace=True))
    return block


class PaddedByHand(nn.Module):
    def __init__(self, in_channels, out_channels, padded=True):
        super().__init__()
        self.border = 2 if padded else 0
        self.block = layers(first, norm, relu, second, norm, relu)(in_channels, out_channels, False)
        self.padded = padded

    def forward(self, x):
        for layer in self.block:
            if self.padded and isinstance(layer, nn.Conv2d):
                x = F.pad(x, (1, 1, 1, 1))
            x = layer(x)
        return x


class Half(nn.Sequential):
    """Convolution, batch norm, ReLU; two of these make a block."""

    def __init__(self, in_channels, out_channels, padding):
        convolution = nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=padding, bias=False)
        super().__init__(convolution, nn.BatchNorm2d(out_channels), nn.ReLU(True))


def two_halves(in_channels, out_channels, padded=True):
    sizes = ((in_channels, out_channels), (out_channels, out_channels))
    return nn.Sequential(*(Half(n, m, int(padded)) for n, m in sizes))


class WrittenOut(nn.Module):
    """Weights called through functions; the batch norm in its own words."""

    def __init__(self, in_channels, out_channels, padded=True, stride=1):
        super().__init__()
        self.padding, self.stride = (1, 1) if padded else (0, 0), stride
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3)
        self.norm1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3)
        self.norm2 = nn.BatchNorm2d(out_channels)

    def forward(self, x):
        for conv, norm in ((self.conv1, self.norm1), (self.conv2, self.norm2)):
            x = F.conv2d(x, conv.weight, conv.bias, stride=self.stride, padding=self.padding)
            statistics = (norm.running_mean, norm.running_var, norm.weight, norm.bias)
            x = torch.maximum(F.batch_norm(x, *statistics, self.training), torch.zeros(1).to(x))
        return x


def shared_norm(in_channels, out_channels, padded=True):
    batch_norm = nn.BatchNorm2d(out_channels)
    one, two = (nn.Conv2d(n, out_channels, 3, padding=int(padded)) for n in (in_channels, out_channels))
    return nn.Sequential(one, batch_norm, nn.ReLU(), two, batch_norm, nn.ReLU())


RIGHT = {
    "library": ConvBlock,
    "sequential": layers(first, norm, relu, second, norm, relu),
    "class without biases": BlockClass,
    "loop": block_by_loop,
    "padded by hand": PaddedByHand,
    "two halves": two_halves,
    "functions": WrittenOut,
}

WRONG = [
    Mistake(
        "one convolution",
        "Ronneberger et al. 2015, figure 1: two 3x3 convolutions a level",
        "there is only one convolution; a block has two.",
        layers(first, norm, relu),
    ),
    Mistake(
        "batch norm after ReLU",
        "pochih/FCN-pytorch#21, dragen1860/MAML-Pytorch#39",
        "the order is convolution, batch norm, ReLU; yours normalises after the ReLU.",
        layers(first, relu, norm, second, relu, norm),
    ),
    Mistake(
        "no ReLU at the end",
        "fabianbormann/Tensorflow-DeconvNet-Segmentation#17",
        "each of the two convolutions is followed by a ReLU; the second one is missing.",
        layers(first, norm, relu, second, norm),
    ),
    Mistake(
        "no ReLU between",
        "leeyoshinari/YOLO_v2#44",
        "without a ReLU between them, two convolutions are no more than one larger convolution.",
        layers(first, norm, second, norm, relu),
    ),
    Mistake(
        "no batch norm",
        "fabianbormann/Tensorflow-DeconvNet-Segmentation#17",
        "the batch normalisation is missing.",
        layers(first, relu, second, relu),
    ),
    Mistake(
        "one batch norm for both",
        "joeylitalien/noise2noise-pytorch#7: one block used for every level",
        "both convolutions share one batch norm layer; make two.",
        shared_norm,
    ),
    Mistake(
        "always padded",
        "meetps/pytorch-semseg#21: the paper does not pad",
        "padded=False has no effect: without padding each convolution takes 2 pixels.",
        lambda in_channels, out_channels, padded=True: ConvBlock(in_channels, out_channels),
    ),
    Mistake(
        "never padded",
        "TissueImageAnalytics/tiatoolbox#273: padding 0 in the decoder",
        "padded=True has no effect: one pixel of padding keeps the size of a 3x3 convolution.",
        lambda in_channels, out_channels, padded=True: ConvBlock(in_channels, out_channels, padded=False),
    ),
    Mistake(
        "leaky ReLU",
        "joeylitalien/noise2noise-pytorch#2: ReLU or leaky ReLU?",
        "the function after the batch norm is a plain ReLU; yours lets some of the negative through.",
        layers(first, norm, leaky, second, norm, leaky),
    ),
    Mistake(
        "second convolution not padded",
        "a common slip: the padding is given to one of two convolutions",
        "only the first convolution is padded, so the second takes 2 pixels.",
        layers(first, norm, relu, lambda n, m, p: nn.Conv2d(m, m, 3), norm, relu),
    ),
    Mistake(
        "half the channels inside",
        "yassouali/pytorch-segmentation#148",
        "both convolutions give out_channels; yours narrow in between.",
        lambda in_channels, out_channels, padded=True: nn.Sequential(
            nn.Conv2d(in_channels, out_channels // 2, 3, padding=int(padded)),
            nn.BatchNorm2d(out_channels // 2),
            nn.ReLU(),
            nn.Conv2d(out_channels // 2, out_channels, 3, padding=int(padded)),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
        ),
    ),
]


WRONG += variants(
    "g02_conv_block",
    (
        "no first batch norm",
        "the batch normalisation after the first convolution is missing.",
        2,
        "nn.Conv2d(in_channels, out_channels, 3, padding=padding),\n            "
        "nn.BatchNorm2d(out_channels),\n",
        "nn.Conv2d(in_channels, out_channels, 3, padding=padding),\n",
    ),
    (
        "no second batch norm",
        "the batch normalisation after the second convolution is missing.",
        3,
        "nn.Conv2d(out_channels, out_channels, 3, padding=padding),\n            "
        "nn.BatchNorm2d(out_channels),\n",
        "nn.Conv2d(out_channels, out_channels, 3, padding=padding),\n",
    ),
    (
        "no ReLU at all",
        "after each batch normalisation comes a ReLU.",
        0,
        "            nn.ReLU(),\n",
        "",
    ),
    (
        "second convolution takes in_channels",
        "the second convolution receives what the first one returns: out_channels.",
        3,
        "nn.Conv2d(out_channels, out_channels, 3, padding=padding)",
        "nn.Conv2d(in_channels, out_channels, 3, padding=padding)",
    ),
    (
        "padding swapped",
        "padded=True and padded=False are exchanged.",
        1,
        "1 if padded else 0",
        "0 if padded else 1",
    ),
    (
        "padding of 2",
        "a 3 x 3 convolution keeps the size with one pixel of padding, not two.",
        1,
        "1 if padded",
        "2 if padded",
    ),
    (
        "padded in one go",
        "each convolution has its own padding of 1; yours pads the first one with 2.",
        1,
        "1 if padded",
        "2 if padded",
        "nn.Conv2d(out_channels, out_channels, 3, padding=padding)",
        "nn.Conv2d(out_channels, out_channels, 3)",
    ),
    (
        "5 x 5",
        "the kernels are 3 x 3.",
        0,
        ", 3,",
        ", 5,",
        "1 if padded",
        "2 if padded",
    ),
    (
        "1 x 1",
        "the kernels are 3 x 3; a 1 x 1 kernel sees no neighbours.",
        0,
        ", 3,",
        ", 1,",
        "1 if padded",
        "0 if padded",
    ),
    (
        "mirrored border",
        "the padding consists of zeros; yours mirrors the border.",
        1,
        ", padding=padding)",
        ", padding=padding, padding_mode='reflect')",
    ),
    (
        "repeated border",
        "the padding consists of zeros; yours repeats the border.",
        1,
        ", padding=padding)",
        ", padding=padding, padding_mode='replicate')",
    ),
    (
        "instance norm",
        "InstanceNorm2d normalises each image alone; batch normalisation is asked for.",
        2,
        "BatchNorm2d",
        "InstanceNorm2d",
    ),
    (
        "group norm",
        "GroupNorm normalises each image alone; batch normalisation is asked for.",
        2,
        "nn.BatchNorm2d(out_channels)",
        "nn.GroupNorm(1, out_channels)",
    ),
    (
        "no running statistics",
        "in evaluation mode batch normalisation uses its running statistics: keep track_running_stats.",
        2,
        "BatchNorm2d(out_channels)",
        "BatchNorm2d(out_channels, track_running_stats=False)",
    ),
    (
        "batch norm without weights",
        "batch normalisation has two learnt numbers per channel: keep affine=True.",
        2,
        "BatchNorm2d(out_channels)",
        "BatchNorm2d(out_channels, affine=False)",
    ),
    (
        "GELU",
        "the activation is a ReLU; yours is another function.",
        0,
        "nn.ReLU()",
        "nn.GELU()",
    ),
    (
        "sigmoid",
        "the activation is a ReLU; yours squeezes the values between 0 and 1.",
        0,
        "nn.ReLU()",
        "nn.Sigmoid()",
    ),
    (
        "dropout",
        "nothing else belongs into the block: yours drops values at random.",
        0,
        "            nn.BatchNorm2d(out_channels),\n            nn.ReLU(),\n",
        "            nn.BatchNorm2d(out_channels),\n            nn.ReLU(),\n            nn.Dropout2d(0.1),\n",
    ),
    (
        "dilated",
        "the kernels are not dilated here.",
        0,
        ", padding=padding)",
        ", padding=2 * padding, dilation=2)",
    ),
    (
        "stride of 2",
        "the block keeps the resolution: stride 1. The pooling comes later.",
        0,
        "nn.Conv2d(out_channels, out_channels, 3, padding=padding)",
        "nn.Conv2d(out_channels, out_channels, 3, padding=padding, stride=2)",
    ),
    (
        "one convolution for each channel",
        "groups separate the channels; an ordinary convolution mixes them.",
        3,
        "nn.Conv2d(out_channels, out_channels, 3, padding=padding)",
        "nn.Conv2d(out_channels, out_channels, 3, padding=padding, groups=out_channels)",
    ),
    (
        "unpadded by default",
        "the default is padded=True.",
        0,
        "padded=True",
        "padded=False",
    ),
    (
        "weights frozen",
        "the weights cannot learn: leave requires_grad as it is.",
        0,
        "class ConvBlock(nn.Sequential):\n    def __init__(self, in_channels, "
        "out_channels, padded=True):\n        padding = 1 if padded else 0\n        "
        "super().__init__(\n            nn.Conv2d(in_channels, out_channels, 3, "
        "padding=padding),\n            nn.BatchNorm2d(out_channels),\n            "
        "nn.ReLU(),\n            nn.Conv2d(out_channels, out_channels, 3, "
        "padding=padding),\n            nn.BatchNorm2d(out_channels),\n            nn.ReLU(),\n        )",
        "class ConvBlock(nn.Sequential):\n    def __init__(self, in_channels, "
        "out_channels, padded=True):\n        padding = 1 if padded else 0\n        "
        "super().__init__(\n            nn.Conv2d(in_channels, out_channels, 3, "
        "padding=padding),\n            nn.BatchNorm2d(out_channels),\n            "
        "nn.ReLU(),\n            nn.Conv2d(out_channels, out_channels, 3, "
        "padding=padding),\n            nn.BatchNorm2d(out_channels),\n            "
        "nn.ReLU(),\n        )\n        self.requires_grad_(False)",
    ),
    (
        "weights of 0",
        "weights that all start at 0 make every channel the same.",
        0,
        "class ConvBlock(nn.Sequential):\n    def __init__(self, in_channels, "
        "out_channels, padded=True):\n        padding = 1 if padded else 0\n        "
        "super().__init__(\n            nn.Conv2d(in_channels, out_channels, 3, "
        "padding=padding),\n            nn.BatchNorm2d(out_channels),\n            "
        "nn.ReLU(),\n            nn.Conv2d(out_channels, out_channels, 3, "
        "padding=padding),\n            nn.BatchNorm2d(out_channels),\n            nn.ReLU(),\n        )",
        "class ConvBlock(nn.Sequential):\n    def __init__(self, in_channels, "
        "out_channels, padded=True):\n        padding = 1 if padded else 0\n        "
        "super().__init__(\n            nn.Conv2d(in_channels, out_channels, 3, "
        "padding=padding),\n            nn.BatchNorm2d(out_channels),\n            "
        "nn.ReLU(),\n            nn.Conv2d(out_channels, out_channels, 3, "
        "padding=padding),\n            nn.BatchNorm2d(out_channels),\n            "
        "nn.ReLU(),\n        )\n        for m in self:\n            if isinstance(m, "
        "nn.Conv2d):\n                nn.init.zeros_(m.weight)",
    ),
    (
        "64 channels",
        "the number of channels is an argument; yours is fixed.",
        0,
        "        super().__init__(",
        "        out_channels = 64\n        super().__init__(",
    ),
    (
        "batch norm first",
        "the order is convolution, batch normalisation, ReLU; yours normalises first.",
        0,
        "            nn.Conv2d(in_channels, out_channels, 3, padding=padding),\n           "
        " nn.BatchNorm2d(out_channels),\n",
        "            nn.BatchNorm2d(in_channels),\n            nn.Conv2d(in_channels, "
        "out_channels, 3, padding=padding),\n",
    ),
)


WRONG += variants(
    "g02_conv_block",
    (
        "circular border",
        "padding is with zeros, not with the opposite border.",
        1,
        "padding=padding)",
        'padding=padding, padding_mode="circular")',
    ),
    (
        "dilated, of the same size",
        "an ordinary 3 x 3 convolution has no dilation.",
        1,
        "3, padding=padding)",
        "3, padding=2 * padding, dilation=2)",
    ),
    (
        "ReLU6",
        "nn.ReLU6 cuts values above 6; nn.ReLU is asked for.",
        0,
        "nn.ReLU()",
        "nn.ReLU6()",
    ),
    (
        "another momentum",
        "the running averages move by a tenth with each batch, as nn.BatchNorm2d does without "
        "further arguments.",
        0,
        "nn.BatchNorm2d(out_channels)",
        "nn.BatchNorm2d(out_channels, momentum=0.01)",
    ),
    (
        "ReLU before the convolution",
        "the order is convolution, batch normalisation, ReLU; yours begins with the ReLU.",
        0,
        "            nn.Conv2d(in_channels",
        "            nn.ReLU(),\n            nn.Conv2d(in_channels",
        "            nn.ReLU(),\n        )",
        "        )",
    ),
    (
        "second ReLU before its normalisation",
        "in the second half too, the batch normalisation comes before the ReLU.",
        3,
        "            nn.BatchNorm2d(out_channels),\n            nn.ReLU(),\n        )",
        "            nn.ReLU(),\n            nn.BatchNorm2d(out_channels),\n        )",
    ),
    (
        "softmax at the end",
        "the last layer of the block is a ReLU; a softmax belongs to the end of a network, if anywhere.",
        3,
        "            nn.ReLU(),\n        )",
        "            nn.Softmax(dim=1),\n        )",
    ),
    (
        "a list of layers",
        "nn.Sequential takes the layers one by one, not a list.",
        0,
        "super().__init__(",
        "super().__init__([",
        "\n        )",
        "\n        ])",
    ),
    (
        "residual where channels agree",
        "nothing is added to the result: no residual connection is asked for.",
        0,
        "            nn.ReLU(),\n        )",
        "            nn.ReLU(),\n        )\n\n    def forward(self, x):\n        y = "
        "super().forward(x)\n        return x + y if x.shape == y.shape else y",
    ),
)
