"""Right and wrong answers to the gap about one step up."""

import torch
import torch.nn.functional as F
from torch import nn

from brainlab.models import ConvBlock, UpBlock, crop_and_concat
from grading_tests.bank.nb02._variants import variants
from grading_tests.bank.nb02.crop_and_concat import by_narrow
from grading_tests.gap import Mistake


class Up(nn.Module):
    """An up-block of given parts; `join(skip, x)` brings the two together."""

    def __init__(self, up, block, join=crop_and_concat):
        super().__init__()
        self.up, self.block, self.join = up, block, join

    def forward(self, x, skip):
        return self.block(self.join(skip, self.up(x)))


class InOneLine(nn.Module):
    """The convolutions are made before the up-convolution, without names for the steps."""

    def __init__(self, in_channels, skip_channels, out_channels, padded=True):
        super().__init__()
        self.convs = ConvBlock(out_channels + skip_channels, out_channels, padded=padded)
        self.larger = nn.ConvTranspose2d(in_channels, out_channels, 2, 2)

    def forward(self, below, skip):
        return self.convs(crop_and_concat(skip, self.larger(below)))


class WrittenOut(nn.Module):
    def __init__(self, in_channels, skip_channels, out_channels, padded=True):
        super().__init__()
        self.up = nn.ConvTranspose2d(in_channels, out_channels, (2, 2), stride=(2, 2))
        self.conv1 = nn.Conv2d(skip_channels + out_channels, out_channels, 3, padding=int(padded), bias=False)
        self.norm1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=int(padded), bias=False)
        self.norm2 = nn.BatchNorm2d(out_channels)

    def forward(self, x, skip):
        x = by_narrow(skip, self.up(x))
        x = F.relu(self.norm1(self.conv1(x)))
        return torch.relu(self.norm2(self.conv2(x)))


class MadeInForward(nn.ModuleDict):
    """The parts in a dictionary, called by name."""

    def __init__(self, in_channels, skip_channels, out_channels, padded=True):
        up = nn.ConvTranspose2d(in_channels, out_channels, 2, 2, bias=True)
        super().__init__({"mix": after(skip_channels, out_channels, padded), "up": up})

    def forward(self, x, skip, crop=crop_and_concat):
        return self["mix"](crop(skip, self["up"](x)))


class BlocksOfFour(nn.Module):
    """The up-convolution as a matrix product: each pixel becomes a block of 2 x 2."""

    def __init__(self, in_channels, skip_channels, out_channels, padded=True):
        super().__init__()
        self.up = nn.ConvTranspose2d(in_channels, out_channels, kernel_size=2, stride=2)
        self.block = ConvBlock(out_channels + skip_channels, out_channels, padded=padded)

    def forward(self, x, skip):
        B, _, h, w = x.shape
        pixels = torch.einsum("bnhw,nmij->bmhiwj", x, self.up.weight).reshape(B, -1, 2 * h, 2 * w)
        larger = pixels + self.up.bias.view(1, -1, 1, 1)
        return self.block(crop_and_concat(skip, larger))


class Inherits(ConvBlock):
    """The block itself, with an up-convolution in front."""

    def __init__(self, in_channels, skip_channels, out_channels, padded=True):
        super().__init__(skip_channels + out_channels, out_channels, padded=padded)
        self.larger = nn.ConvTranspose2d(in_channels, out_channels, kernel_size=2, stride=2)

    def forward(self, x, skip):
        x = crop_and_concat(skip, self.larger(x))
        for layer in list(self.children())[:-1]:
            x = layer(x)
        return x


def up_block(in_channels, skip_channels, out_channels, padded=True):
    return Up(double(in_channels, out_channels), after(skip_channels, out_channels, padded))


def double(in_channels, out_channels):
    return nn.ConvTranspose2d(in_channels, out_channels, 2, stride=2)


def after(skip_channels, out_channels, padded=True):
    return ConvBlock(skip_channels + out_channels, out_channels, padded=padded)


RIGHT = {
    "library": UpBlock,
    "function": up_block,
    "layers in another order": InOneLine,
    "written out": WrittenOut,
    "dictionary of parts": MadeInForward,
    "matrix product": BlocksOfFour,
    "inherits the block": Inherits,
}

WRONG = [
    Mistake(
        "channels counted before concatenation",
        "meetps/pytorch-semseg#180: 1024 and 512 make 1536",
        "after the concatenation the channels of both parts enter the block: count them together.",
        lambda n, s, m, padded=True: Up(double(n, m), ConvBlock(m, m, padded=padded)),
    ),
    Mistake(
        "channels from below counted",
        "meetps/pytorch-semseg#165",
        "the up-convolution has already brought in_channels down to out_channels when the block comes.",
        lambda n, s, m, padded=True: Up(double(n, m), ConvBlock(s + n, m, padded=padded)),
    ),
    Mistake(
        "up-convolution keeps the channels",
        "Ronneberger et al. 2015: the 2x2 up-convolution halves the number of channels",
        "the up-convolution goes from in_channels to out_channels; yours keeps in_channels.",
        lambda n, s, m, padded=True: Up(double(n, n), ConvBlock(s + n, m, padded=padded)),
    ),
    Mistake(
        "plain upsampling",
        "milesial/Pytorch-UNet#90: bilinear upsampling before the concatenation",
        "the pixels are repeated without weights; an up-convolution (ConvTranspose2d) learns how to double.",
        lambda n, s, m, padded=True: Up(nn.Upsample(scale_factor=2), ConvBlock(s + n, m, padded=padded)),
    ),
    Mistake(
        "kernel of 3",
        "Odena, Dumoulin and Olah 2016 (doi:10.23915/distill.00003): overlapping windows",
        "the up-convolution is 2x2 with stride 2, so that no two windows overlap.",
        lambda n, s, m, padded=True: Up(
            nn.ConvTranspose2d(n, m, 3, stride=2, padding=1, output_padding=1), after(s, m, padded)
        ),
    ),
    Mistake(
        "ReLU after the up-convolution",
        "akirasosa/mobile-semantic-segmentation#47: no ReLU after the deconvolution?",
        "nothing comes between the up-convolution and the concatenation; the ReLUs are in the block.",
        lambda n, s, m, padded=True: Up(nn.Sequential(double(n, m), nn.ReLU()), after(s, m, padded)),
    ),
    Mistake(
        "no skip connection",
        "milesial/Pytorch-UNet#252: is this only an auto-encoder?",
        "the skip connection is not used: without it the fine detail is lost.",
        lambda n, s, m, padded=True: Up(
            double(n, m), after(s, m, padded), lambda skip, x: crop_and_concat(0 * skip, x)
        ),
    ),
    Mistake(
        "x first",
        "Ronneberger et al. 2015, figure 1: the copied features lie in front",
        "the skip connection comes first, then what comes from below.",
        lambda n, s, m, padded=True: Up(
            double(n, m), after(s, m, padded), lambda skip, x: torch.cat([x, crop_only(skip, x)], 1)
        ),
    ),
    Mistake(
        "always padded",
        "meetps/pytorch-semseg#21: the paper does not pad",
        "padded=False must reach the convolution block, and nothing is resized afterwards.",
        lambda n, s, m, padded=True: up_block(n, s, m, True),
    ),
    Mistake(
        "detached skip connection",
        "jakeret/tf_unet#7: no gradient through the skip connections",
        "the graph is cut: no gradient flows back through the skip connection.",
        lambda n, s, m, padded=True: Up(
            double(n, m), after(s, m, padded), lambda skip, x: crop_and_concat(skip.detach(), x)
        ),
    ),
]


def crop_only(skip, x):
    return crop_and_concat(skip, x)[:, : skip.shape[1]]


WRONG += variants(
    "g02_up_block",
    (
        "in_channels into the block",
        "after the concatenation there are the channels of both parts; in_channels is "
        "equal to that only by chance.",
        2,
        "ConvBlock(skip_channels + out_channels, out_channels, padded=padded)",
        "ConvBlock(in_channels, out_channels, padded=padded)",
    ),
    (
        "twice out_channels",
        "the skip connection has skip_channels, which need not be out_channels.",
        2,
        "ConvBlock(skip_channels + out_channels, out_channels, padded=padded)",
        "ConvBlock(2 * out_channels, out_channels, padded=padded)",
    ),
    (
        "twice skip_channels",
        "from below come out_channels, which need not be skip_channels.",
        2,
        "ConvBlock(skip_channels + out_channels, out_channels, padded=padded)",
        "ConvBlock(2 * skip_channels, out_channels, padded=padded)",
    ),
    (
        "half of in_channels",
        "the up-convolution returns out_channels, which need not be half of in_channels.",
        1,
        "nn.ConvTranspose2d(in_channels, out_channels, kernel_size=2, stride=2)",
        "nn.ConvTranspose2d(in_channels, in_channels // 2, kernel_size=2, stride=2)",
        "ConvBlock(skip_channels + out_channels, out_channels, padded=padded)",
        "ConvBlock(skip_channels + in_channels // 2, out_channels, padded=padded)",
    ),
    (
        "up to skip_channels",
        "the up-convolution returns out_channels, not skip_channels.",
        1,
        "nn.ConvTranspose2d(in_channels, out_channels, kernel_size=2, stride=2)",
        "nn.ConvTranspose2d(in_channels, skip_channels, kernel_size=2, stride=2)",
        "ConvBlock(skip_channels + out_channels, out_channels, padded=padded)",
        "ConvBlock(2 * skip_channels, out_channels, padded=padded)",
    ),
    (
        "padded swapped",
        "padded is handed on the wrong way round.",
        2,
        "padded=padded",
        "padded=not padded",
    ),
    (
        "never padded",
        "padded is an argument: hand it on to the block.",
        2,
        "padded=padded",
        "padded=False",
    ),
    (
        "unpadded by default",
        "the default is padded=True.",
        0,
        "padded=True",
        "padded=False",
    ),
    (
        "arguments of the crop swapped",
        "crop_and_concat takes the skip connection first, then x.",
        4,
        "crop_and_concat(skip, x)",
        "crop_and_concat(x, skip)",
    ),
    (
        "not cropped",
        "without padding the skip connection is larger: crop it before the concatenation.",
        4,
        "crop_and_concat(skip, x)",
        "torch.cat([skip, x], 1)",
    ),
    (
        "skip resized",
        "the skip connection is cropped, not resized: its pixels must stay where they are.",
        4,
        "crop_and_concat(skip, x)",
        "torch.cat([F.interpolate(skip, size=x.shape[2:]), x], 1)",
    ),
    (
        "x resized",
        "x is not resized to the skip connection; the skip connection is cropped.",
        4,
        "crop_and_concat(skip, x)",
        "torch.cat([skip, F.interpolate(x, size=skip.shape[2:])], 1)",
    ),
    (
        "corner",
        "the skip connection is cropped to its centre, not to a corner.",
        4,
        "crop_and_concat(skip, x)",
        "torch.cat([skip[:, :, : x.shape[2], : x.shape[3]], x], 1)",
    ),
    (
        "kernel of 4",
        "the up-convolution is 2 x 2 with stride 2.",
        1,
        "kernel_size=2, stride=2",
        "kernel_size=4, stride=2, padding=1",
    ),
    (
        "upsampling and 1 x 1",
        "an up-convolution learns how to enlarge; yours repeats pixels and then mixes channels.",
        1,
        "nn.ConvTranspose2d(in_channels, out_channels, kernel_size=2, stride=2)",
        "nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(in_channels, out_channels, 1))",
    ),
    (
        "bilinear and 3 x 3",
        "an up-convolution (ConvTranspose2d, 2 x 2, stride 2) is asked for, not "
        "interpolation and a convolution.",
        1,
        "nn.ConvTranspose2d(in_channels, out_channels, kernel_size=2, stride=2)",
        "nn.Sequential(nn.Upsample(scale_factor=2, mode='bilinear'), "
        "nn.Conv2d(in_channels, out_channels, 3, padding=1))",
    ),
    (
        "batch norm after the up-convolution",
        "nothing comes between the up-convolution and the concatenation.",
        3,
        "nn.ConvTranspose2d(in_channels, out_channels, kernel_size=2, stride=2)",
        "nn.Sequential(nn.ConvTranspose2d(in_channels, out_channels, kernel_size=2, "
        "stride=2), nn.BatchNorm2d(out_channels))",
    ),
    (
        "x ignored",
        "the features from below are replaced by zeros: the context is lost.",
        4,
        "crop_and_concat(skip, x)",
        "crop_and_concat(skip, torch.zeros_like(x))",
    ),
    (
        "skip unused",
        "the skip connection is not concatenated at all.",
        4,
        "ConvBlock(skip_channels + out_channels, out_channels, padded=padded)",
        "ConvBlock(out_channels, out_channels, padded=padded)",
        "x = crop_and_concat(skip, x)",
        "pass",
    ),
    (
        "one convolution only",
        "a ConvBlock has two convolutions; yours has one.",
        2,
        "ConvBlock(skip_channels + out_channels, out_channels, padded=padded)",
        "nn.Sequential(nn.Conv2d(skip_channels + out_channels, out_channels, 3, "
        "padding=int(padded)), nn.BatchNorm2d(out_channels), nn.ReLU())",
    ),
    (
        "block before the concatenation",
        "the block comes after the concatenation, so that it combines both.",
        5,
        "ConvBlock(skip_channels + out_channels, out_channels, padded=padded)",
        "ConvBlock(out_channels, out_channels, padded=padded)",
        "x = self.up(x)",
        "x = self.block(self.up(x))",
        "return self.block(x)",
        "return x",
    ),
    (
        "layers made in forward",
        "layers that are made in forward are new in each call and never learn: make them in __init__.",
        2,
        "self.block = ConvBlock(skip_channels + out_channels, out_channels, padded=padded)",
        "self.sizes = skip_channels + out_channels, out_channels, padded",
        "return self.block(x)",
        "return ConvBlock(*self.sizes[:2], padded=self.sizes[2])(x)",
    ),
    (
        "layer in a list",
        "a plain list hides the layer from the optimiser: assign it as an attribute.",
        1,
        "self.up = nn.ConvTranspose2d(in_channels, out_channels, kernel_size=2, stride=2)",
        "self.up = [nn.ConvTranspose2d(in_channels, out_channels, kernel_size=2, stride=2)]",
        "self.up(x)",
        "self.up[0](x)",
    ),
    (
        "x and skip exchanged",
        "forward takes x first, then skip.",
        0,
        "forward(self, x, skip)",
        "forward(self, skip, x)",
    ),
    (
        "skip changed",
        "the skip connection is changed in place; the caller still needs it.",
        0,
        "x = crop",
        "skip.clamp_(min=0)\n        x = crop",
    ),
    (
        "x detached",
        "no gradient reaches the levels below: do not detach x.",
        3,
        "self.up(x)",
        "self.up(x.detach())",
    ),
    (
        "a pair",
        "only the result of the block is returned.",
        5,
        "return self.block(x)",
        "return self.block(x), skip",
    ),
    (
        "evaluation mode",
        "the forward pass must not change the mode of a layer.",
        5,
        "        return",
        "        self.block.eval()\n        return",
    ),
    (
        "always float32",
        "the block must work for the type of its weights: do not convert.",
        3,
        "self.up(x)",
        "self.up(x.float())",
    ),
    (
        "softmax",
        "no softmax here: the block ends with its ReLU.",
        5,
        "return self.block(x)",
        "return self.block(x).softmax(1)",
    ),
    (
        "fixed channels",
        "the numbers of channels are arguments; yours are fixed.",
        0,
        "nn.ConvTranspose2d(in_channels, out_channels, kernel_size=2, stride=2)",
        "nn.ConvTranspose2d(64, 32, 2, 2)",
        "ConvBlock(skip_channels + out_channels, out_channels, padded=padded)",
        "ConvBlock(64, 32, padded=padded)",
    ),
)


WRONG += variants(
    "g02_up_block",
    (
        "stride of 1",
        "with stride 2 the size doubles; without it the windows overlap.",
        1,
        "kernel_size=2, stride=2",
        "kernel_size=2",
    ),
    (
        "result resized",
        "without padding the result is 4 pixels smaller than 2h x 2w: nothing is resized.",
        5,
        "return self.block(x)",
        "return F.interpolate(self.block(x), size=x.shape[-2:])",
    ),
    (
        "cropped by hand at both ends",
        "of an odd difference more is cropped at one end than at the other, and where nothing "
        "differs nothing is cropped.",
        4,
        "        x = crop_and_concat(skip, x)",
        "        d, e = ((a - b) // 2 for a, b in zip(skip.shape[2:], x.shape[2:]))\n        skip "
        "= skip[:, :, d:-d] if d else skip\n        x = torch.cat([skip[..., e:-e] if e else "
        "skip, x], dim=1)",
    ),
    (
        "cut from d to minus the rest",
        "where the sizes are equal, the end of the slice is minus 0, which is the start: nothing is left.",
        4,
        "        x = crop_and_concat(skip, x)",
        "        d, e = ((a - b) // 2 for a, b in zip(skip.shape[2:], x.shape[2:]))\n        f, g "
        "= skip.shape[-2] - x.shape[-2] - d, skip.shape[-1] - x.shape[-1] - e\n        skip = "
        "skip if self.padded else skip[:, :, d:-f, e:-g]\n        x = torch.cat([skip, x], dim=1)",
        "padded=padded)",
        "padded=padded)\n        self.padded = padded",
    ),
    (
        "padded, then cropped",
        "padded=False has to reach the convolutions: with zeros at the border the batch is "
        "normalised otherwise.",
        2,
        "padded=padded)",
        "padded=True)\n        self.padded = padded",
        "return self.block(x)",
        "x = self.block(x)\n        return x if self.padded else x[..., 2:-2, 2:-2]",
    ),
)
