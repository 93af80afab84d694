"""Features of VGG19, trained on photographs: what the perceptual losses of SRGAN and ESRGAN compare.

Simonyan and Zisserman 2015, "Very Deep Convolutional Networks for Large-Scale Image Recognition"
(arXiv:1409.1556). The weights are torchvision's, under torchvision's names (`features.0.weight` ...);
torchvision itself is not needed. Without a network, see `brainlab.models.unet_features`.
"""

import hashlib
import pickle
from pathlib import Path

import torch
from torch import Tensor, nn

URL = "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth"
FILE, CHECKSUM = "vgg19-dcbb9e9d.pth", "dcbb9e9d"  # the first digits of the file's SHA-256
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of the photographs (ImageNet), in 0..1
STAGES = ((64, 2), (128, 2), (256, 4), (512, 4), (512, 4))  # channels and convolutions before each pooling
MIN_SIZE = 16  # four poolings lie before conv5_4


class VGG19Features(nn.Module):
    """Images (B, 1 or 3, H, W) in 0..1 to the features (B, K, h, w) of one layer; frozen.

    An image of one channel is repeated to three. The images are normalised as torchvision's weights expect.
    Gradients reach the image, but no weight changes.

    Parameters
    ----------
    layer : str
        "conv1_1" to "conv5_4", named after its block and its place in it. SRGAN compares conv5_4 after the
        activation, ESRGAN before it.
    before_activation : bool
        Stop before the ReLU. After it most values are 0 in a layer as deep as this: "before" compares more.
    weights : path, optional
        A state dict with torchvision's names, such as its file `vgg19-dcbb9e9d.pth`. Without it that file is
        fetched once through `torch.hub` (550 MB), which compares its checksum.

    Raises
    ------
    ValueError
        If the layer is unknown or the file is not what it should be.
    ConnectionError
        If the file cannot be fetched.
    """

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
            "offline, use brainlab.models.unet_features.UNetFeatures"
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
    """Take the weights that `model` has; the file also holds later layers and the classifier."""
    for name, here in model.state_dict().items():
        there = tuple(state[name].shape) if name in state else "absent"
        if there != tuple(here.shape):
            raise ValueError(
                f"{name} is {there} in the weights; expected {tuple(here.shape)}: are they those of VGG19 "
                "without batch norm, under torchvision's names?"
            )
    model.load_state_dict({name: state[name] for name in model.state_dict()})
