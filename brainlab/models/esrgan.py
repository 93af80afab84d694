"""RRDBNet, the generator of ESRGAN, and the interpolation between two networks.

Wang et al. 2018, "ESRGAN: Enhanced Super-Resolution Generative Adversarial Networks" (arXiv:1809.00219).
``RRDBNet(3)`` is the network of the paper: 16,697,987 parameters. They are named as in the authors' later
code, so that their published weights can be loaded. The discriminator is that of SRGAN,
`brainlab.models.Discriminator`: only the loss is new.

Deviations: other scales than 4 have another number of upsampling steps; `target_size` and `image_skip`, as
in `brainlab.models.SRResNet`.
"""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from brainlab.models.upscaling import Upscaler


class DenseBlock(nn.Module):
    """Residual dense block: five convolutions, each of the input and all outputs before it.

        x_i = lrelu(conv_i([x, x_1 ... x_(i-1)])), i = 1..4        output = x + 0.2 conv_5([x, x_1 ... x_4])

    Parameters
    ----------
    num_feat : int
        Channels of input and output, (B, num_feat, H, W).
    num_grow_ch : int
        Channels that each of the first four convolutions adds.
    """

    def __init__(self, num_feat: int = 64, num_grow_ch: int = 32):
        super().__init__()
        self.conv1 = _conv(num_feat, num_grow_ch)
        self.conv2 = _conv(num_feat + num_grow_ch, num_grow_ch)
        self.conv3 = _conv(num_feat + 2 * num_grow_ch, num_grow_ch)
        self.conv4 = _conv(num_feat + 3 * num_grow_ch, num_grow_ch)
        self.conv5 = _conv(num_feat + 4 * num_grow_ch, num_feat)
        self.lrelu = nn.LeakyReLU(0.2)

    def forward(self, x: Tensor) -> Tensor:
        x1 = self.lrelu(self.conv1(x))  # (B, num_grow_ch, H, W)
        x2 = self.lrelu(self.conv2(torch.cat([x, x1], dim=1)))
        x3 = self.lrelu(self.conv3(torch.cat([x, x1, x2], dim=1)))
        x4 = self.lrelu(self.conv4(torch.cat([x, x1, x2, x3], dim=1)))
        x5 = self.conv5(torch.cat([x, x1, x2, x3, x4], dim=1))  # (B, num_feat, H, W)
        return x + 0.2 * x5  # 0.2 is empirical: without batch norm, deep stacks do not train without it


class RRDB(nn.Module):
    """Residual in residual dense block: three dense blocks, scaled by 0.2, plus the input."""

    def __init__(self, num_feat: int = 64, num_grow_ch: int = 32):
        super().__init__()
        self.rdb1 = DenseBlock(num_feat, num_grow_ch)
        self.rdb2 = DenseBlock(num_feat, num_grow_ch)
        self.rdb3 = DenseBlock(num_feat, num_grow_ch)

    def forward(self, x: Tensor) -> Tensor:
        return x + 0.2 * self.rdb3(self.rdb2(self.rdb1(x)))


class RRDBNet(Upscaler):
    """Small images (B, in_channels, h, w) to large ones (B, in_channels, scale * h, scale * w).

    No batch norm: according to the paper it causes artefacts when a deep network is trained as a GAN.

    Parameters
    ----------
    in_channels : int
        1 for a slice of one modality.
    num_feat, num_block, num_grow_ch : int
        64, 23 and 32 in the paper.
    scale : int
        2, 4 or 8; 4 in the paper.
    image_skip : bool
        Add the bicubically upscaled input, and start from exactly that; as in `SRResNet`.

    Raises
    ------
    ValueError
        If `scale` is not a power of two; in the forward pass, if the input does not fit.
    """

    def __init__(
        self,
        in_channels: int = 1,
        num_feat: int = 64,
        num_block: int = 23,
        num_grow_ch: int = 32,
        scale: int = 4,
        image_skip: bool = False,
    ):
        super().__init__(in_channels, scale, image_skip)
        self.conv_first = nn.Conv2d(in_channels, num_feat, 3, padding=1)
        self.body = nn.Sequential(*(RRDB(num_feat, num_grow_ch) for _ in range(num_block)))
        self.conv_body = nn.Conv2d(num_feat, num_feat, 3, padding=1)
        for stage in range(1, self.stages + 1):
            self.add_module(f"conv_up{stage}", nn.Conv2d(num_feat, num_feat, 3, padding=1))
        self.conv_hr = nn.Conv2d(num_feat, num_feat, 3, padding=1)
        self.conv_last = nn.Conv2d(num_feat, in_channels, 3, padding=1)
        self.start_at_bicubic(self.conv_last)

    def upscale(self, x: Tensor) -> Tensor:
        """Return features (B, F, scale h, scale w) of images (B, C, h, w)."""
        feat = self.conv_first(x)  # (B, F, h, w)
        feat = feat + self.conv_body(self.body(feat))
        for stage in range(1, self.stages + 1):
            feat = F.interpolate(feat, scale_factor=2, mode="nearest")  # (B, F, 2h, 2w)
            feat = F.leaky_relu(self.get_submodule(f"conv_up{stage}")(feat), 0.2)
        return feat

    def reconstruct(self, feat: Tensor) -> Tensor:
        """Return images (B, C, H, W) from features (B, F, H, W)."""
        return self.conv_last(F.leaky_relu(self.conv_hr(feat), 0.2))


def _conv(in_channels: int, out_channels: int) -> nn.Conv2d:
    """A 3x3 convolution; its initial weights are a tenth of He's (section 3.1 and the supplement)."""
    conv = nn.Conv2d(in_channels, out_channels, 3, padding=1)
    nn.init.kaiming_normal_(conv.weight)
    nn.init.zeros_(conv.get_parameter("bias"))
    conv.weight.data.mul_(0.1)
    return conv


def interpolate_networks(
    psnr_state: Mapping[str, Tensor], gan_state: Mapping[str, Tensor], alpha: float
) -> dict[str, Tensor]:
    """Interpolate the weights of two networks: (1 - alpha) * psnr + alpha * gan.

    Parameters
    ----------
    psnr_state, gan_state : state dicts
        Of one architecture; the training of the GAN must have started from the PSNR network, otherwise the
        interpolated network produces noise.
    alpha : float
        0 is the PSNR network, 1 the GAN.

    Returns
    -------
    dict
        A new state dict; integer entries, which are counters, are those of `gan_state`.

    Raises
    ------
    ValueError
        If `alpha` is outside 0..1, or the networks differ.

    Source: Wang et al. 2018 (arXiv:1809.00219), section 3.4.
    """
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha is {alpha}; expected 0 (PSNR network) to 1 (GAN)")
    for name in [*psnr_state, *gan_state]:
        shapes = [tuple(s[name].shape) if name in s else "absent" for s in (psnr_state, gan_state)]
        if shapes[0] != shapes[1]:
            raise ValueError(
                f"{name} is {shapes[0]} in psnr_state and {shapes[1]} in gan_state; expected two networks of "
                "one architecture"
            )
    return {
        name: torch.lerp(psnr_state[name], gan, alpha) if gan.is_floating_point() else gan.clone()
        for name, gan in gan_state.items()
    }


def copy_weights(model: nn.Module) -> dict[str, Tensor]:
    """Return copies of weights and buffers, on the CPU; training on does not change them."""
    return {name: value.detach().to("cpu", copy=True) for name, value in model.state_dict().items()}
