"""The parts that U-shaped networks are built of: the names are those of the paper's figure 1.

Ronneberger, Fischer and Brox 2015, "U-Net: Convolutional Networks for Biomedical Image Segmentation"
(arXiv:1505.04597); the attention gate is from Oktay et al. 2018, "Attention U-Net" (arXiv:1804.03999).

Deviations, all of them options: batch normalisation between convolution and ReLU, dilation, padding, plain
upsampling. A convolution keeps its bias under batch normalisation: it is redundant there, but Keras networks
have it, so that published numbers of weights can be compared.

What a network says when its input does not fit: one wording for all of them.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def check_input(x: Tensor, in_channels: int, output_size: Callable[[int], int]) -> None:
    """Raise an error that names the cause where `x` is not a batch of images (B, in_channels, H, W).

    Parameters
    ----------
    x : Tensor
    in_channels : int
    output_size : callable
        Of the network: size of the output for a size of the input, along one axis; it raises a ValueError for
        a size that does not fit.

    Raises
    ------
    TypeError
        If `x` is not a tensor.
    ValueError
        If its shape, its type or its size does not fit.
    """
    if not isinstance(x, Tensor):
        raise TypeError(f"input is a {type(x).__name__}; expected a tensor: convert with torch.from_numpy")
    shape = tuple(x.shape)
    if x.ndim != 4:
        single = "a single image? Add a batch axis with x[None]"
        hint = single if x.ndim == 3 else "is an axis missing or one too many?"
        raise ValueError(f"input has shape {shape}; expected (B, {in_channels}, H, W): {hint}")
    if shape[1] != in_channels:
        last = shape[-1] == in_channels
        hint = "are the channels last?" if last else "which modalities were stacked?"
        raise ValueError(f"input has shape {shape}; expected (B, {in_channels}, H, W): {hint}")
    if not x.is_floating_point():
        raise ValueError(
            f"input is {x.dtype}; expected floating point: was it z-scored? Convert with x.float()"
        )
    for axis, size in zip("HW", shape[2:], strict=True):
        try:
            output_size(size)
        except ValueError as error:
            raise ValueError(f"input has shape {shape}, and along {axis} {error}") from None


def check_counts(**counts: int) -> None:
    """Raise a ValueError that names the first of `counts` that is below 1."""
    for name, value in counts.items():
        if value < 1:
            raise ValueError(f"{name} is {value}; expected 1 or more")


class ConvBlock(nn.Sequential):
    """3x3 convolution, batch normalisation and ReLU, `convs` times: (B, in, H, W) -> (B, out, H', W').

    Parameters
    ----------
    in_channels, out_channels : int
    convs : int
        Number of convolutions; the paper has two.
    padded : bool
        True keeps H and W by padding with zeros; False loses ``2 * dilation`` pixels a convolution, as in
        the paper.
    batch_norm : bool
    dilation : int
        Distance in pixels between the nine taps of a kernel.
    dropout : float
        Probability of dropping a value after the first convolution's ReLU.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        convs: int = 2,
        padded: bool = True,
        batch_norm: bool = True,
        dilation: int = 1,
        dropout: float = 0.0,
    ):
        layers = []
        padding = dilation if padded else 0
        for i in range(convs):
            source = in_channels if i == 0 else out_channels
            layers.append(nn.Conv2d(source, out_channels, 3, padding=padding, dilation=dilation))
            if batch_norm:
                layers.append(nn.BatchNorm2d(out_channels))
            layers.append(nn.ReLU(inplace=True))
            if dropout > 0 and i == 0:
                layers.append(nn.Dropout(dropout))
        super().__init__(*layers)


class UpBlock(nn.Module):
    """One step up: double the size, concatenate with the skip connection, convolve.

    Parameters
    ----------
    in_channels : int
        Channels from the level below.
    skip_channels : int
        Channels of the skip connection.
    out_channels : int
    up : {"transposed", "plain"}
        A learnt 2x2 up-convolution to `out_channels`, as in the paper, or each pixel repeated (no weights).
    convs, padded, batch_norm, dilation, dropout
        As in `ConvBlock`.

    Raises
    ------
    ValueError
        If `up` is unknown.
    """

    def __init__(
        self,
        in_channels: int,
        skip_channels: int,
        out_channels: int,
        up: str = "transposed",
        padded: bool = True,
        **block,
    ):
        super().__init__()
        if up == "transposed":
            self.up = nn.ConvTranspose2d(in_channels, out_channels, kernel_size=2, stride=2)
            in_channels = out_channels
        elif up == "plain":
            self.up = nn.Upsample(scale_factor=2, mode="nearest")
        else:
            raise ValueError(f'up is {up!r}; expected "transposed" or "plain"')
        self.padded = padded
        self.block = ConvBlock(skip_channels + in_channels, out_channels, padded=padded, **block)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        x = self.up(x)  # (B, C, h, w) -> (B, C', 2h, 2w)
        if self.padded:
            x = grow_to(x, skip.shape[-2:])  # pooling dropped a row or column where the size was odd
        return self.block(crop_and_concat(skip, x))


class AttentionGate(nn.Module):
    """Weigh each pixel of a skip connection by a number between 0 and 1 that the level below has a say in.

        alpha = sigmoid(psi(relu(W_x skip + W_g gate)))        output = alpha * skip

    W_x is a 2x2 convolution of stride 2 without bias, so that both terms are as coarse as the gating signal;
    W_g and psi are 1x1 convolutions; alpha is brought back to the size of the skip connection bilinearly.

    Parameters
    ----------
    skip_channels, gate_channels : int
    inner_channels : int, optional
        Channels of the sum; half of `skip_channels` by default.

    Source: Oktay et al. 2018 (arXiv:1804.03999), equations 1 and 2 and figure 2. Deviation: 2D; the authors'
    code adds a 1x1 convolution with batch normalisation after the product, which the paper does not mention.
    """

    def __init__(self, skip_channels: int, gate_channels: int, inner_channels: int | None = None):
        super().__init__()
        inner = inner_channels or max(skip_channels // 2, 1)
        self.from_skip = nn.Conv2d(skip_channels, inner, kernel_size=2, stride=2, bias=False)
        self.from_gate = nn.Conv2d(gate_channels, inner, kernel_size=1)
        self.psi = nn.Conv2d(inner, 1, kernel_size=1)

    def forward(self, skip: Tensor, gate: Tensor) -> tuple[Tensor, Tensor]:
        """Return the weighted skip connection (B, C, H, W) and its weights (B, 1, H, W).

        `skip` is (B, C, H, W) and `gate`, from the level below, (B, G, H/2, W/2).
        """
        both = F.relu(self.from_skip(skip) + self.from_gate(gate))  # (B, inner, H/2, W/2)
        alpha = torch.sigmoid(self.psi(both))  # (B, 1, H/2, W/2)
        alpha = F.interpolate(alpha, skip.shape[-2:], mode="bilinear", align_corners=False)  # (B, 1, H, W)
        return alpha * skip, alpha


def centre_crop(x: Tensor, size: tuple[int, int]) -> Tensor:
    """Return the middle (B, C, h, w) of `x` (B, C, H, W); an odd border leaves one more pixel at the far end.

    Raises
    ------
    ValueError
        If `x` is smaller than `size`.
    """
    (H, W), (h, w) = x.shape[-2:], size
    if h > H or w > W:
        raise ValueError(f"x is {H} x {W}; expected at least {h} x {w}: are the two arguments swapped?")
    top, left = (H - h) // 2, (W - w) // 2
    return x[..., top : top + h, left : left + w]


def crop_and_concat(skip: Tensor, x: Tensor) -> Tensor:
    """Crop the skip connection (B, S, H, W) to the size of `x` (B, C, h, w) and join: (B, S + C, h, w).

    Raises
    ------
    ValueError
        If the skip connection is the smaller one.

    Source: Ronneberger et al. 2015 (arXiv:1505.04597), "copy and crop".
    """
    return torch.cat([centre_crop(skip, x.shape[-2:]), x], dim=1)


def grow_to(x: Tensor, size: tuple[int, int]) -> Tensor:
    """Repeat the last row and column of `x` (B, C, h, w) up to `size`, as MONAI's BasicUNet does."""
    missing_h, missing_w = size[0] - x.shape[-2], size[1] - x.shape[-1]
    if missing_h == missing_w == 0:
        return x
    return F.pad(x, (0, missing_w, 0, missing_h), mode="replicate")


def he_init(model: nn.Module) -> None:
    """Draw the weights of all convolutions from a Gaussian of variance 2 / N, N the inputs of a neuron.

    Biases are 0.

    Source: He et al. 2015 (arXiv:1502.01852), as asked for in Ronneberger et al. 2015, section 3.
    """
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        elif isinstance(module, nn.ConvTranspose2d):
            # Kernel and stride are equal, so each output pixel sees one input pixel: N is the input channels.
            nn.init.normal_(module.weight, std=(2 / module.in_channels) ** 0.5)
        else:
            continue
        if module.bias is not None:
            nn.init.zeros_(module.bias)
