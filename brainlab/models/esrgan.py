"""RRDBNet, the generator of ESRGAN, and the interpolation of two networks.

Wang et al. 2018, "ESRGAN: Enhanced Super-Resolution Generative Adversarial Networks" (arXiv:1809.00219).
``RRDBNet(3)`` is the network of the paper: 16,697,987 weights. The weights are named as in the authors' later
code, so that what they published can be loaded. Its discriminator is `brainlab.models.srgan.Discriminator`:
what is new there is the loss.

Deviations: other scales than 4 have another number of upsampling steps; `target_size` and `image_skip`, as
in `brainlab.models.srgan.SRResNet`.
"""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from brainlab.models.blocks import check_input
from brainlab.models.upscaling import resample, upscaling_stages

RESIDUAL_SCALE = 0.2  # damps each residual: without it, and without batch norm, deep stacks do not train
INIT_SCALE = 0.1  # smaller first weights, for the same reason (section 3.1 and the supplement)


class DenseBlock(nn.Module):
    """Five convolutions; each sees the input and the outputs of all before it: (B, num_feat, H, W) -> same.

        x_i = lrelu(conv_i([x, x_1 ... x_(i-1)])), i = 1..4        output = x + 0.2 conv_5([x, x_1 ... x_4])

    Parameters
    ----------
    num_feat : int
        Channels of input and output.
    num_grow_ch : int
        Channels that each of the first four convolutions adds.
    """

    def __init__(self, num_feat: int = 64, num_grow_ch: int = 32):
        super().__init__()
        for i in range(1, 6):
            out = num_grow_ch if i < 5 else num_feat
            conv = nn.Conv2d(num_feat + (i - 1) * num_grow_ch, out, 3, padding=1)
            nn.init.kaiming_normal_(conv.weight)
            nn.init.zeros_(conv.bias)
            conv.weight.data.mul_(INIT_SCALE)
            self.add_module(f"conv{i}", conv)

    def forward(self, x: Tensor) -> Tensor:
        seen = x
        for conv in (self.conv1, self.conv2, self.conv3, self.conv4):
            seen = torch.cat([seen, F.leaky_relu(conv(seen), 0.2)], dim=1)  # num_grow_ch channels more
        return x + RESIDUAL_SCALE * self.conv5(seen)


class RRDB(nn.Module):
    """Residual in residual: three dense blocks in a row, scaled by 0.2, plus the input."""

    def __init__(self, num_feat: int = 64, num_grow_ch: int = 32):
        super().__init__()
        self.rdb1 = DenseBlock(num_feat, num_grow_ch)
        self.rdb2 = DenseBlock(num_feat, num_grow_ch)
        self.rdb3 = DenseBlock(num_feat, num_grow_ch)

    def forward(self, x: Tensor) -> Tensor:
        return x + RESIDUAL_SCALE * self.rdb3(self.rdb2(self.rdb1(x)))


class RRDBNet(nn.Module):
    """Small images (B, in_channels, h, w) to large ones (B, in_channels, scale * h, scale * w).

    No batch norm: the paper finds that it brings artefacts when a deep network is trained as a GAN.

    Parameters
    ----------
    in_channels : int
        1 for a slice of one modality.
    num_feat, num_block, num_grow_ch : int
        64, 23 and 32 in the paper.
    scale : int
        2, 4 or 8; 4 in the paper.
    image_skip : bool
        Add the bicubically enlarged input, and begin with exactly that; as in `SRResNet`.

    Raises
    ------
    ValueError
        If `scale` is no power of two; in the forward pass, if the input does not fit.
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
        super().__init__()
        self.in_channels, self.scale, self.image_skip = in_channels, scale, image_skip
        self.stages = upscaling_stages(scale)
        self.conv_first = nn.Conv2d(in_channels, num_feat, 3, padding=1)
        self.body = nn.Sequential(*(RRDB(num_feat, num_grow_ch) for _ in range(num_block)))
        self.conv_body = nn.Conv2d(num_feat, num_feat, 3, padding=1)
        for stage in range(1, self.stages + 1):
            self.add_module(f"conv_up{stage}", nn.Conv2d(num_feat, num_feat, 3, padding=1))
        self.conv_hr = nn.Conv2d(num_feat, num_feat, 3, padding=1)
        self.conv_last = nn.Conv2d(num_feat, in_channels, 3, padding=1)
        if image_skip:
            nn.init.zeros_(self.conv_last.weight)
            nn.init.zeros_(self.conv_last.bias)

    def forward(self, x: Tensor, target_size: int | tuple[int, int] | None = None) -> Tensor:
        """Return the large images, of `target_size` (H, W) if it is given (`brainlab.models.upscaling`)."""
        check_input(x, self.in_channels, int)  # every size fits
        feat = self.conv_first(x)  # (B, F, h, w)
        feat = feat + self.conv_body(self.body(feat))
        for stage in range(1, self.stages + 1):
            feat = F.interpolate(feat, scale_factor=2, mode="nearest")  # (B, F, 2h, 2w)
            feat = F.leaky_relu(self.get_submodule(f"conv_up{stage}")(feat), 0.2)
        feat = resample(feat, target_size)  # (B, F, scale h, scale w), or (B, F, H, W)
        out = self.conv_last(F.leaky_relu(self.conv_hr(feat), 0.2))  # (B, C, H, W)
        return out + resample(x, tuple(out.shape[-2:])) if self.image_skip else out


def interpolate_networks(
    psnr_state: Mapping[str, Tensor], gan_state: Mapping[str, Tensor], alpha: float
) -> dict[str, Tensor]:
    """Mix two networks weight by weight: (1 - alpha) * psnr + alpha * gan.

    Parameters
    ----------
    psnr_state, gan_state : state dicts
        Of one architecture; the GAN's training must have started from the PSNR network, else the mixture is
        noise.
    alpha : float
        0 is the PSNR network, 1 the GAN.

    Returns
    -------
    dict
        A new state dict; counters, which are integers, are those of `gan_state`.

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
