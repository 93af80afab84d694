"""Right and wrong answers to the gaps about the parts: convolution block, crop and concatenate, up-block."""

import torch
import torch.nn.functional as F
from torch import nn

from brainlab.models.blocks import ConvBlock, UpBlock, crop_and_concat
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


def shared_norm(in_channels, out_channels, padded=True):
    batch_norm = nn.BatchNorm2d(out_channels)
    one, two = (nn.Conv2d(n, out_channels, 3, padding=int(padded)) for n in (in_channels, out_channels))
    return nn.Sequential(one, batch_norm, nn.ReLU(), two, batch_norm, nn.ReLU())


RIGHT_BLOCK = {
    "library": ConvBlock,
    "sequential": layers(first, norm, relu, second, norm, relu),
    "class without biases": BlockClass,
    "loop": block_by_loop,
    "padded by hand": PaddedByHand,
}

WRONG_BLOCK = [
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
        "without a ReLU between them, two convolutions are just one larger convolution.",
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

# --- crop_and_concat(skip, x)


def by_negative_padding(skip, x):
    """F.pad with negative numbers crops; the odd pixel goes from the near end."""
    rows, columns = skip.shape[2] - x.shape[2], skip.shape[3] - x.shape[3]
    cut = (-(columns - columns // 2), -(columns // 2), -(rows - rows // 2), -(rows // 2))
    return torch.cat((F.pad(skip, cut), x), 1)


def by_narrow(skip, x):
    for dim in (2, 3):
        skip = skip.narrow(dim, (skip.shape[dim] - x.shape[dim]) // 2, x.shape[dim])
    return torch.concat([skip, x], dim=-3)


def by_copying(skip, x):
    B, S, H, W = skip.shape
    C, h, w = x.shape[1:]
    joined = x.new_zeros(B, S + C, h, w)
    joined[:, :S] = skip[:, :, (H - h) // 2 :, (W - w) // 2 :][:, :, :h, :w]
    joined[:, S:] = x
    return joined


def symmetric_crop(skip, x):
    top, left = (skip.shape[2] - x.shape[2]) // 2, (skip.shape[3] - x.shape[3]) // 2
    cropped = skip[:, :, top : skip.shape[2] - top, left : skip.shape[3] - left]
    return torch.cat([cropped, x], dim=1)


def minus_zero(skip, x):
    top, left = (skip.shape[2] - x.shape[2]) // 2, (skip.shape[3] - x.shape[3]) // 2
    last_row, last_column = top + (skip.shape[2] - x.shape[2]) % 2, left + (skip.shape[3] - x.shape[3]) % 2
    return torch.cat([skip[:, :, top:-last_row, left:-last_column], x], dim=1)


def swapped_axes(skip, x):
    top, left = (skip.shape[3] - x.shape[3]) // 2, (skip.shape[2] - x.shape[2]) // 2
    h, w = x.shape[2:]
    return torch.cat([skip[:, :, top : top + h, left : left + w], x], dim=1)


def one_offset(skip, x):
    offset = (skip.shape[2] - x.shape[2]) // 2
    h, w = x.shape[2:]
    return torch.cat([skip[:, :, offset : offset + h, offset : offset + w], x], dim=1)


def grown(skip, x):
    rows, columns = skip.shape[2] - x.shape[2], skip.shape[3] - x.shape[3]
    border = (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2)
    return torch.cat([skip, F.pad(x, border)], dim=1)


RIGHT_CROP = {
    "library": crop_and_concat,
    "negative padding": by_negative_padding,
    "narrow": by_narrow,
    "copying": by_copying,
}

WRONG_CROP = [
    Mistake(
        "corner",
        "BVLC/caffe#5850: the default offset of a crop is 0",
        "you take the upper left corner; the middle is what lies over x.",
        lambda skip, x: torch.cat([skip[:, :, : x.shape[2], : x.shape[3]], x], dim=1),
    ),
    Mistake(
        "x first",
        "Ronneberger et al. 2015, figure 1: the copied features lie in front",
        "the skip connection comes first, then x: learnt weights depend on the order.",
        lambda skip, x: crop_and_concat(skip, x).roll(x.shape[1], dims=1),
    ),
    Mistake(
        "resized",
        "jvanvugt/pytorch-unet#9: resizing messes up the skip connections",
        "you shrink the whole skip connection; its pixels no longer lie over those of x. Cut it instead.",
        lambda skip, x: torch.cat([F.interpolate(skip, x.shape[2:]), x], dim=1),
    ),
    Mistake(
        "x grown",
        "milesial/Pytorch-UNet#334: x1 is padded instead of cropping x2",
        "you pad x with zeros up to the skip connection; the paper crops the skip connection.",
        grown,
    ),
    Mistake(
        "added",
        "TissueImageAnalytics/tiatoolbox#273: 'add' and 'concat' are two kinds of skip connections",
        "you add the two; join them along the channels, so that the next convolution can weigh them.",
        lambda skip, x: crop_and_concat(skip, x)[:, : skip.shape[1]] + x.sum(1, keepdim=True),
    ),
    Mistake(
        "not cropped",
        "meetps/pytorch-semseg#231",
        "the skip connection is larger than x: crop its middle first.",
        lambda skip, x: torch.cat([skip, x], dim=1),
    ),
    Mistake(
        "height and width swapped",
        "milesial/Pytorch-UNet#32: switch diffX and diffY",
        "the offsets of height and width are swapped: oblong images tell.",
        swapped_axes,
    ),
    Mistake(
        "one offset for both axes",
        "hayashimasa/UNet-PyTorch#3: both differences from size()[2]",
        "the offset of the height is used for the width too: oblong images tell.",
        one_offset,
    ),
    Mistake(
        "minus zero",
        "keras-team/keras#4860 and #4941",
        "where nothing has to be cut, d:-d is 0:0, an empty tensor. Write start : start + length.",
        minus_zero,
    ),
    Mistake(
        "odd border",
        "hayashimasa/UNet-PyTorch#3, constantinpape/torch-em#43",
        "d pixels off each end leave one too many where the border is odd. Write start : start + length.",
        symmetric_crop,
    ),
    Mistake(
        "detached",
        "jakeret/tf_unet#7: no gradient through the skip connections",
        "the graph is cut (.detach, .data or no_grad): no gradient reaches the skip connection.",
        lambda skip, x: crop_and_concat(skip.detach(), x),
    ),
]

# --- UpBlock(in_channels, skip_channels, out_channels, padded=True)


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


def up_block(in_channels, skip_channels, out_channels, padded=True):
    return Up(double(in_channels, out_channels), after(skip_channels, out_channels, padded))


def double(in_channels, out_channels):
    return nn.ConvTranspose2d(in_channels, out_channels, 2, stride=2)


def after(skip_channels, out_channels, padded=True):
    return ConvBlock(skip_channels + out_channels, out_channels, padded=padded)


RIGHT_UP = {
    "library": UpBlock,
    "function": up_block,
    "layers in another order": InOneLine,
    "written out": WrittenOut,
}

WRONG_UP = [
    Mistake(
        "channels counted before concatenation",
        "meetps/pytorch-semseg#180: 1024 and 512 make 1536",
        "after concatenation there are skip_channels + out_channels channels: that many enter the block.",
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
        "crop_and_concat(skip, x) takes the skip connection first.",
        lambda n, s, m, padded=True: Up(
            double(n, m), after(s, m, padded), lambda skip, x: torch.cat([x, crop_only(skip, x)], 1)
        ),
    ),
    Mistake(
        "always padded",
        "meetps/pytorch-semseg#21: the paper does not pad",
        "padded=False has no effect: hand it on to the convolution block.",
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
