"""SRResNet, the generator of SRGAN, and its discriminator.

Ledig et al. 2017, "Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial Network"
(arXiv:1609.04802), figure 4. ``SRResNet(3)`` and ``Discriminator(3)`` are the networks of the paper.

Deviations. Images are in 0..1 on both sides (the paper has -1..1 for the high resolution), with a linear last
layer: clip an image before it is shown or stored. A PReLU has one parameter; the paper does not say how many.
`target_size`, `image_skip` and the mean after each pixel shuffle are ours.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from brainlab.models.blocks import check_input
from brainlab.models.upscaling import Upscaler, mean_of_four


class ResidualBlock(nn.Module):
    """conv - BN - PReLU - conv - BN, plus the input: (B, num_feat, H, W) -> the same shape."""

    def __init__(self, num_feat: int = 64):
        super().__init__()
        self.block = nn.Sequential(
            nn.Conv2d(num_feat, num_feat, 3, padding=1),
            nn.BatchNorm2d(num_feat),
            nn.PReLU(),
            nn.Conv2d(num_feat, num_feat, 3, padding=1),
            nn.BatchNorm2d(num_feat),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.block(x)


class PixelShuffleBlock(nn.Module):
    """Double the size: a convolution to four times the channels, which are rearranged to 2x2 pixels.

    Source: Shi et al. 2016 (arXiv:1609.05158), sub-pixel convolution: computed at the small size. Deviation:
    `mean_of_four` follows, against checkerboards.
    """

    def __init__(self, num_feat: int = 64):
        super().__init__()
        self.conv = nn.Conv2d(num_feat, 4 * num_feat, 3, padding=1)
        self.act = nn.PReLU()

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)  # (B, 4 C, H, W)
        return self.act(mean_of_four(F.pixel_shuffle(x, 2)))  # (B, C, 2H, 2W)


class SRResNet(Upscaler):
    """Small images (B, in_channels, h, w) to large ones (B, in_channels, scale * h, scale * w).

    Parameters
    ----------
    in_channels : int
        1 for a slice of one modality.
    num_feat : int
        Channels of all inner layers; 64 in the paper.
    num_block : int
        Residual blocks; 16 in the paper.
    scale : int
        2, 4 or 8; 4 in the paper.
    image_skip : bool
        Add the bicubically upscaled input to the output, and start from exactly that (the last convolution
        is 0): the network learns the residual, and training starts at the baseline. As in VDSR (Kim, Lee and
        Lee 2016, arXiv:1511.04587). Use a learning rate of 1e-3 at most: from 2e-3 on, Adam's first steps
        through the 9 x 9 kernel prevent it from improving on the baseline.

    Raises
    ------
    ValueError
        If `scale` is not a power of two; in the forward pass, if the input does not fit.

    Examples
    --------
    >>> import torch
    >>> model = SRResNet(num_feat=8, num_block=2)
    >>> model(torch.rand(1, 1, 32, 32)).shape, model(torch.rand(1, 1, 28, 28), 128).shape
    (torch.Size([1, 1, 128, 128]), torch.Size([1, 1, 128, 128]))
    """

    def __init__(
        self,
        in_channels: int = 1,
        num_feat: int = 64,
        num_block: int = 16,
        scale: int = 4,
        image_skip: bool = False,
    ):
        super().__init__(in_channels, scale, image_skip)
        self.first = nn.Sequential(nn.Conv2d(in_channels, num_feat, 9, padding=4), nn.PReLU())
        self.body = nn.Sequential(
            *(ResidualBlock(num_feat) for _ in range(num_block)),
            nn.Conv2d(num_feat, num_feat, 3, padding=1),
            nn.BatchNorm2d(num_feat),
        )
        self.up = nn.Sequential(*(PixelShuffleBlock(num_feat) for _ in range(self.stages)))
        self.last = nn.Conv2d(num_feat, in_channels, 9, padding=4)
        self.start_at_bicubic(self.last)

    def upscale(self, x: Tensor) -> Tensor:
        """Return features (B, F, scale h, scale w) of images (B, C, h, w)."""
        feat = self.first(x)  # (B, F, h, w)
        return self.up(feat + self.body(feat))

    def reconstruct(self, feat: Tensor) -> Tensor:
        """Return images (B, C, H, W) from features (B, F, H, W)."""
        return self.last(feat)


class Discriminator(nn.Module):
    """Real or generated? Images (B, in_channels, H, W) to logits (B, 1), above 0 for real; no sigmoid.

    Eight convolutions, every second one with stride 2, then two dense layers. It serves ESRGAN as well, whose
    loss compares its logits (`brainlab.losses.relativistic_discriminator_loss`).

    Any size of 16 pixels or more fits: the features are averaged to `pool` x `pool` before the dense layers.
    At the 96 x 96 pixels of the paper they are 6 x 6 already, and nothing is averaged.

    Parameters
    ----------
    in_channels : int
    num_feat : int
        Channels of the first layer, 64 in the paper; the last has 8 and the dense layer 16 times as many.
    pool : int
        Size of the averaged features along each axis.

    Raises
    ------
    ValueError
        In the forward pass, if the input does not fit.
    """

    def __init__(self, in_channels: int = 1, num_feat: int = 64, pool: int = 6):
        super().__init__()
        self.in_channels = in_channels
        layers: list[nn.Module] = [nn.Conv2d(in_channels, num_feat, 3, padding=1), nn.LeakyReLU(0.2)]
        channels = num_feat
        for times, stride in ((1, 2), (2, 1), (2, 2), (4, 1), (4, 2), (8, 1), (8, 2)):
            width = times * num_feat
            layers.append(nn.Conv2d(channels, width, 3, stride=stride, padding=1))
            layers += [nn.BatchNorm2d(width), nn.LeakyReLU(0.2)]
            channels = width
        self.features = nn.Sequential(*layers)
        self.pool = nn.AdaptiveAvgPool2d(pool)
        self.head = nn.Sequential(
            nn.Flatten(),
            nn.Linear(channels * pool**2, 16 * num_feat),
            nn.LeakyReLU(0.2),
            nn.Linear(16 * num_feat, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        check_input(x, self.in_channels, self.output_size)
        feat = self.features(x)  # (B, 8 F, H/16, W/16)
        return self.head(self.pool(feat))  # (B, 1)

    @staticmethod
    def output_size(size: int) -> int:
        """Return the size of the features along an axis of `size` pixels, before they are averaged."""
        if size < 16:
            raise ValueError(f"it has {size} pixels; expected 16 or more: is it the small image?")
        return -(-size // 16)
