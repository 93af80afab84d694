"""Features of a segmentation U-Net's encoder: a perceptual loss that needs no download and knows brains.

The idea is that of VGG features (Johnson, Alahi and Fei-Fei 2016, arXiv:1603.08155), with a network that the
course has trained itself. VGG19 is `brainlab.models.vgg`.
"""

import copy

import torch
from torch import Tensor, nn

from brainlab.models.checks import check_input
from brainlab.models.unet import UNet

# Part of the intensity range: an image is background up to here and tissue from twice as much. 99 % of the
# brain lies above 0.05 in most modalities, and the haze that a generator leaves around a head below 0.04.
FLOOR = 0.04


class UNetFeatures(nn.Module):
    """Images (B, 1, H, W) in 0..1 to the features (B, K, H / 2**layer, W / 2**layer) of an encoder; frozen.

    It holds a copy of the encoder in evaluation mode, whatever is done to the U-Net or to the model that
    this is part of. Gradients reach the image, but no weight changes.

    **One channel meets four.** A super-resolved image is one modality; the U-Nets of this course take four,
    z-scored inside the brain and 0 outside. The image is put into `channel`, its own modality's place, so
    that it meets the filters that have learnt that contrast. The other three are 0: the mean of the brain,
    without any structure, so that all that differs between two images comes from them. A copy in all four
    channels would look to the network like a T1 that equals a FLAIR, which no head shows.

    **0..1 meets z-scores.** The image becomes (x - mean) / std with fixed numbers: scaled image by image, the
    features would be blind to a change of brightness. Background, 0 in the image, must be 0 for the network
    too: the mean is subtracted from tissue only, which an image becomes between 0.04 and 0.08. A lower or a
    sharper border would make the faintest noise around the head outweigh everything in it.

    Parameters
    ----------
    unet : UNet
        Trained; padded. Of one input channel, or of several.
    layer : int
        Level of the encoder: 0 is the first, at full size.
    before_activation : bool
        Leave out the level's last ReLU.
    channel : int, optional
        Where the image belongs among the U-Net's channels, such as `MODALITIES.index("t1c")`; needed unless
        the U-Net has one.
    mean, std : float
        Of the brain, on the scale of the images; the defaults leave an image as it is, for a U-Net that was
        trained on 0..1.

    Raises
    ------
    ValueError
        If an argument does not fit the U-Net; in the forward pass, if the input does not fit.
    """

    def __init__(
        self,
        unet: UNet,
        layer: int = 2,
        before_activation: bool = True,
        channel: int | None = None,
        mean: float = 0.0,
        std: float = 1.0,
    ):
        super().__init__()
        if not 0 <= layer < unet.depth:
            raise ValueError(f"layer is {layer}; expected 0 to {unet.depth - 1}, a level of this U-Net")
        if not unet.padded:
            raise ValueError("the U-Net is unpadded; expected a padded one, whose features cover the image")
        if unet.in_channels > 1 and channel is None:
            raise ValueError(
                f"the U-Net has {unet.in_channels} channels and the images have one; expected channel, the "
                "place of their modality: channel=MODALITIES.index('t1c')"
            )
        channel = channel or 0
        if not 0 <= channel < unet.in_channels:
            raise ValueError(f"channel is {channel}; expected 0 to {unet.in_channels - 1}")
        if std <= 0:
            raise ValueError(f"std is {std}; expected more than 0, on the scale of the images")
        self.in_channels, self.channel, self.mean, self.std = unet.in_channels, channel, mean, std
        self.levels = copy.deepcopy(unet.down[: layer + 1])
        if before_activation:
            layers = list(self.levels[-1])
            last = max(i for i, part in enumerate(layers) if isinstance(part, nn.ReLU))
            self.levels[-1] = nn.Sequential(*layers[:last])
        self.pool = nn.MaxPool2d(2)
        self.requires_grad_(False)
        self.eval()

    def train(self, mode: bool = True) -> "UNetFeatures":
        """Stay in evaluation mode: batch norm must treat two images alike, whatever their batches."""
        return super().train(False)

    def forward(self, x: Tensor) -> Tensor:
        check_input(x, 1, self.output_size)
        tissue = (x / FLOOR - 1).clamp(0, 1)
        x = (x - self.mean * tissue) / self.std  # (B, 1, H, W), z-score; 0 where x is 0
        if self.in_channels > 1:
            around = torch.zeros_like(x)
            x = torch.cat([x if c == self.channel else around for c in range(self.in_channels)], dim=1)
        for i, level in enumerate(self.levels):
            x = level(x if i == 0 else self.pool(x))  # (B, K, H / 2**i, W / 2**i)
        return x

    def output_size(self, size: int) -> int:
        """Return how many features there are along an axis of `size` pixels."""
        shrunk = size // 2 ** (len(self.levels) - 1)
        if shrunk < 1:
            raise ValueError(f"it has {size} pixels; expected {2 ** (len(self.levels) - 1)} or more")
        return shrunk
