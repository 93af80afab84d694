"""Feature extractors for perceptual losses: VGG19, and the encoder of a segmentation U-Net.

VGG19, trained on photographs, is what SRGAN and ESRGAN use: Simonyan and Zisserman 2015, "Very Deep
Convolutional Networks for Large-Scale Image Recognition" (arXiv:1409.1556). The weights are torchvision's,
under torchvision's names (`features.0.weight` ...); torchvision itself is not needed.

The U-Net is one that the course has trained itself: its features need no download and come from brain images.
The idea is that of VGG features (Johnson, Alahi and Fei-Fei 2016, arXiv:1603.08155).
"""

import copy
import hashlib
import pickle
from pathlib import Path

import torch
from torch import Tensor, nn

from brainlab.models.blocks import check_input
from brainlab.models.unet import UNet

URL = "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth"
FILE, CHECKSUM = "vgg19-dcbb9e9d.pth", "dcbb9e9d"  # the first digits of the file's SHA-256
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of the photographs (ImageNet), in 0..1
STAGES = ((64, 2), (128, 2), (256, 4), (512, 4), (512, 4))  # channels and convolutions before each pooling
MIN_SIZE = 16  # four poolings lie before conv5_4


class VGG19Features(nn.Module):
    """Images (B, 1 or 3, H, W) in 0..1 to the features (B, K, h, w) of one layer; frozen.

    An image of one channel is repeated to three. The images are normalised as torchvision's weights expect.
    The image gets gradients, the weights do not.

    Parameters
    ----------
    layer : str
        "conv1_1" to "conv5_4": block and index within the block. SRGAN compares conv5_4 after the activation,
        ESRGAN before it.
    before_activation : bool
        Stop before the ReLU. After it, most values of such a deep layer are 0, which leaves less to compare.
    weights : path, optional
        A state dict with torchvision's names, such as its file `vgg19-dcbb9e9d.pth`. Without it that file is
        downloaded once through `torch.hub` (550 MB), which verifies its checksum.

    Raises
    ------
    ValueError
        If the layer is unknown, or the file is damaged or holds other weights.
    ConnectionError
        If the file cannot be downloaded.
    """

    scale = 1 / 12.75  # SRGAN multiplies these features by it, which brings them to the order of pixel values
    mean: Tensor
    std: Tensor

    def __init__(
        self,
        layer: str = "conv5_4",
        before_activation: bool = True,
        weights: Path | str | None = None,
    ):
        super().__init__()
        self.features = vgg19_layers(layer, before_activation)
        _load(self, _fetch() if weights is None else _read(Path(weights)))
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(STD).view(1, 3, 1, 1), persistent=False)
        self.requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        if x.ndim != 4 or x.shape[1] not in (1, 3) or min(x.shape[-2:]) < MIN_SIZE:
            raise ValueError(
                f"input has shape {tuple(x.shape)}; expected (B, 1, H, W) or (B, 3, H, W) of {MIN_SIZE} "
                "pixels or more: is it one modality, with a batch axis?"
            )
        x = x.expand(-1, 3, -1, -1)  # (B, 3, H, W)
        return self.features((x - self.mean) / self.std)  # (B, K, H / 2**poolings, W / 2**poolings)


def vgg19_layers(layer: str = "conv5_4", before_activation: bool = True) -> nn.Sequential:
    """Return VGG19 up to `layer`, numbered as in torchvision; with random weights.

    Raises
    ------
    ValueError
        If there is no such layer.
    """
    layers: list[nn.Module] = []
    channels = 3
    for block, (width, convs) in enumerate(STAGES, start=1):
        for conv in range(1, convs + 1):
            layers.append(nn.Conv2d(channels, width, 3, padding=1))
            channels = width
            if layer == f"conv{block}_{conv}":
                return nn.Sequential(*layers, *([] if before_activation else [nn.ReLU()]))
            layers.append(nn.ReLU())
        layers.append(nn.MaxPool2d(2))
    raise ValueError(f"layer is {layer!r}; expected 'conv1_1' to 'conv5_4': VGG19 has 2, 2, 4, 4, 4 of them")


def _fetch() -> dict[str, Tensor]:
    try:
        return torch.hub.load_state_dict_from_url(
            URL, map_location="cpu", check_hash=True, progress=False, weights_only=True
        )
    except OSError as error:
        raise ConnectionError(
            f"VGG19's weights cannot be fetched ({error}); expected a network, or weights=<path of {FILE}>; "
            "offline, use brainlab.models.features.UNetFeatures"
        ) from error


def _read(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise ValueError(f"{path} does not exist; expected {FILE}, or another file with its names")
    if path.name == FILE:
        with path.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
        if not found.startswith(CHECKSUM):
            raise ValueError(
                f"{path} has the checksum {found[:8]}; expected {CHECKSUM}: was the download interrupted?"
            )
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise ValueError(f"{path} cannot be read as weights; expected a state dict: is it whole?") from error


def _load(model: nn.Module, state: dict[str, Tensor]) -> None:
    """Load the weights of `model` from `state`, which also holds later layers and the classifier."""
    for name, here in model.state_dict().items():
        there = tuple(state[name].shape) if name in state else "absent"
        if there != tuple(here.shape):
            raise ValueError(
                f"{name} is {there} in the weights; expected {tuple(here.shape)}: are they those of VGG19 "
                "without batch norm, under torchvision's names?"
            )
    model.load_state_dict({name: state[name] for name in model.state_dict()})


# Fraction of the intensity range: below it a pixel is background, above twice the value it is tissue. 99 % of
# the brain lies above 0.05 in most modalities, and artefacts of a generator around a head below 0.04.
FLOOR = 0.04


class UNetFeatures(nn.Module):
    """Images (B, 1, H, W) in 0..1 to the features (B, K, H / 2**layer, W / 2**layer) of an encoder; frozen.

    It holds a copy of the encoder, always in evaluation mode. The image gets gradients, the weights do not.

    **One channel to four.** A super-resolved image is one modality; the U-Nets of this course take four,
    z-scored inside the brain and 0 outside. The image goes into `channel`, the one of its own modality, whose
    filters have learned that contrast. The other three are 0, the mean of the brain without any structure, so
    that all differences between two sets of features come from the images. A copy in all four channels would
    be a T1 that equals a FLAIR, which does not occur.

    **0..1 to z-scores.** The image becomes (x - mean) / std with fixed numbers: if each image were scaled by
    itself, the features could not see a change of brightness. Background, 0 in the image, must be 0 for the
    network too: the mean is subtracted from tissue only, with a linear transition from background to tissue
    between 0.04 and 0.08. With a lower or sharper transition, faint noise around the head would outweigh
    everything inside it.

    Parameters
    ----------
    unet : UNet
        Trained; padded. Of one input channel, or of several.
    layer : int
        Level of the encoder: 0 is the first, at full size.
    before_activation : bool
        Leave out the level's last ReLU.
    channel : int, optional
        Channel of the image's modality, such as `MODALITIES.index("t1c")`; needed unless the U-Net has one
        channel.
    mean, std : float
        Of the brain, on the scale of the images; the defaults are for a U-Net that was trained on 0..1.

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
            layers = list(self.levels[-1].children())
            last = max(i for i, part in enumerate(layers) if isinstance(part, nn.ReLU))
            self.levels[-1] = nn.Sequential(*layers[:last])
        self.pool = nn.MaxPool2d(2)
        self.requires_grad_(False)
        self.eval()

    def train(self, mode: bool = True) -> "UNetFeatures":
        """Stay in evaluation mode: the features of an image must not depend on the rest of its batch."""
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
        """Return the size of the features along an axis of `size` pixels."""
        shrunk = size // 2 ** (len(self.levels) - 1)
        if shrunk < 1:
            raise ValueError(f"it has {size} pixels; expected {2 ** (len(self.levels) - 1)} or more")
        return shrunk
