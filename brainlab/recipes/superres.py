"""Super-resolution of notebook 04, in one place: sizes, pairs, networks, settings, games and scores.

The networks are small relatives of those of SRGAN (Ledig et al. 2017, arXiv:1609.04802) and ESRGAN (Wang et
al. 2018, arXiv:1809.00219). Their features come from a U-Net that segments the same images, where the papers
have VGG19; one weight of the losses differs (`ESRGAN_WEIGHTS`). Notebook and benchmark train by this.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from brainlab.budgets import Budget
from brainlab.data.degradations import bicubic
from brainlab.data.split import Split
from brainlab.data.superres import SlicesWithLabels, SuperResSet, labels_of
from brainlab.inference.forward import evaluating, forward
from brainlab.labels import REGIONS
from brainlab.losses import cross_entropy, soft_dice_loss
from brainlab.metrics import dice
from brainlab.metrics.images import high_frequency_ratio, perceptual_distance, psnr, ssim
from brainlab.models import Discriminator, RRDBNet, SRResNet, UNet
from brainlab.models.features import UNetFeatures
from brainlab.training import ESRGAN_FULL, SRGAN_FULL, GanSettings, TrainSettings


@dataclass(frozen=True)
class SRSizes:
    """Numbers of one budget.

    Attributes
    ----------
    hr, lr : pixels of the large and of the small images; `lr` is a quarter
    step, val_step : every how many slices of a case train, and validate or test
    patch : coarse pixels of a training window
    batch_size : windows in a batch of the first phase
    num_feat : channels of both generators
    num_block : residual blocks of SRResNet
    rrdb_block, num_grow_ch : blocks of RRDBNet, and channels that its convolutions add
    d_feat : channels of the discriminator's first layer
    psnr_epochs : of the first phase
    srgan, esrgan : settings of the second phase
    unet_width, unet_epochs : of the U-Net that segments
    """

    hr: int
    lr: int
    step: int
    val_step: int
    patch: int
    batch_size: int
    num_feat: int
    num_block: int
    rrdb_block: int
    num_grow_ch: int
    d_feat: int
    psnr_epochs: int
    srgan: GanSettings
    esrgan: GanSettings
    unet_width: int
    unet_epochs: int


# Short games, the same for both: the generator three times as fast as its opponent, and both to rest.
SHORT = GanSettings(lr=3e-4, d_lr=1e-4, schedule="cosine", batch_size=16)
QUICK, LESSON = replace(SHORT, epochs=6), replace(SHORT, epochs=14)

SIZES = {
    "quick": SRSizes(
        hr=64, lr=16, step=2, val_step=4, patch=8, batch_size=16, num_feat=16, num_block=2, rrdb_block=1,
        num_grow_ch=8, d_feat=4, psnr_epochs=20, srgan=QUICK, esrgan=QUICK, unet_width=8, unet_epochs=6,
    ),
    "lesson": SRSizes(
        hr=128, lr=32, step=4, val_step=12, patch=12, batch_size=16, num_feat=32, num_block=4, rrdb_block=2,
        num_grow_ch=16, d_feat=8, psnr_epochs=15, srgan=LESSON, esrgan=LESSON, unet_width=12, unet_epochs=8,
    ),
    # The networks of the papers, and the reference study's settings.
    "full": SRSizes(
        hr=128, lr=32, step=1, val_step=4, patch=24, batch_size=16, num_feat=64, num_block=16, rrdb_block=23,
        num_grow_ch=32, d_feat=64, psnr_epochs=200, srgan=SRGAN_FULL, esrgan=ESRGAN_FULL, unet_width=32,
        unet_epochs=50,
    ),
}  # fmt: skip

# Of ESRGAN's parts. The paper has 5e-3 for the adversarial one, beside features of VGG19. Beside ours, 1.5e-3
# to 5e-3 brought more detail and images further from the truth: tried with one to three seeds.
ESRGAN_WEIGHTS = {"perceptual": 1.0, "adversarial": 1e-3, "pixel": 1e-2}
LOSS_LEVEL = 2  # of the U-Net: what the losses compare
MIN_PIXELS = 30  # of tumour in a slice that the U-Net learns from


def sr_sizes(budget: Budget) -> SRSizes:
    """Return the numbers that belong to a budget of the course."""
    return SIZES[budget.name]


def sr_sets(
    split: Split,
    sizes: SRSizes,
    lr: int | None = None,
    degradation: Callable[[Tensor, int], Tensor] = bicubic,
    modality: str = "t1c",
) -> tuple[SuperResSet, SuperResSet, SuperResSet]:
    """Return training windows, and whole validation and test slices, all in memory.

    Parameters
    ----------
    split : Split
        Of cached cases.
    lr : int, optional
        Another size of the small images. Where `hr` is no multiple of it, whole slices train.
    degradation, modality
        As in `SuperResSet`.
    """
    lr = lr or sizes.lr
    options = {"modality": modality, "hr": sizes.hr, "lr": lr, "degradation": degradation}
    patch = sizes.patch if sizes.hr % lr == 0 else None
    train = SuperResSet(split.train, step=sizes.step, flip=True, patch=patch, **options)
    val, test = (SuperResSet(part, step=sizes.val_step, **options) for part in (split.val, split.test))
    return train.preload(), val.preload(), test.preload()


def unet_sets(
    split: Split, sizes: SRSizes, modality: str = "t1c", coarse: bool = False
) -> tuple[SlicesWithLabels, SlicesWithLabels]:
    """Return whole slices with labels to train (with tumour) and to validate (all) a U-Net on."""
    options = {"modality": modality, "hr": sizes.hr, "lr": sizes.lr}
    train = SuperResSet(split.train, step=sizes.step, **options)
    val = SuperResSet(split.val, step=sizes.val_step, **options)
    return SlicesWithLabels(train, coarse, MIN_PIXELS), SlicesWithLabels(val, coarse)


def srresnet(sizes: SRSizes, seed: int = 0) -> SRResNet:
    """Return SRGAN's generator; it begins as the bicubic enlargement."""
    torch.manual_seed(seed)
    return SRResNet(**srresnet_options(sizes))


def rrdbnet(sizes: SRSizes, seed: int = 0) -> RRDBNet:
    """Return ESRGAN's generator; it begins as the bicubic enlargement."""
    torch.manual_seed(seed)
    return RRDBNet(**rrdbnet_options(sizes))


def unet(sizes: SRSizes, seed: int = 0) -> UNet:
    """Return a U-Net for slices of one modality in 0..1."""
    torch.manual_seed(seed)
    return UNet(**unet_options(sizes))


def srresnet_options(sizes: SRSizes) -> dict:
    """Return how `srresnet` is made, for `save_model`."""
    return {"in_channels": 1, "num_feat": sizes.num_feat, "num_block": sizes.num_block, "image_skip": True}


def rrdbnet_options(sizes: SRSizes) -> dict:
    """Return how `rrdbnet` is made, for `save_model`."""
    blocks = {"num_block": sizes.rrdb_block, "num_grow_ch": sizes.num_grow_ch}
    return {"in_channels": 1, "num_feat": sizes.num_feat, **blocks, "image_skip": True}


def unet_options(sizes: SRSizes) -> dict:
    """Return how `unet` is made, for `save_model`."""
    return {"in_channels": 1, "num_classes": 4, "width": sizes.unet_width}


def discriminator(sizes: SRSizes, seed: int = 0) -> Discriminator:
    """Return a discriminator for windows and for whole slices."""
    torch.manual_seed(seed)
    return Discriminator(1, sizes.d_feat, pool=3)


def library_twin(model: nn.Module, twin: nn.Module) -> nn.Module:
    """Give `twin`, a fresh network of brainlab's class, the weights of a notebook's network, in their order.

    For `save_model`: the parts of a student's network have names of their own.

    Raises
    ------
    ValueError
        If the weights have another order, or the two networks do not compute the same.
    """
    theirs, ours = model.state_dict(), twin.state_dict()
    shapes = [[tuple(weight.shape) for weight in state.values()] for state in (theirs, ours)]
    if shapes[0] != shapes[1]:
        raise ValueError(
            "the weights have other shapes or another order; expected those of brainlab's network"
        )
    twin.load_state_dict(dict(zip(ours, theirs.values(), strict=True)))
    probe = torch.linspace(0, 1, 64).reshape(1, 1, 8, 8)
    if not torch.allclose(enlarge(model, probe, 32), enlarge(twin, probe, 32), atol=1e-4):
        raise ValueError("with the same weights the images differ; expected brainlab's network, part by part")
    return twin


def psnr_settings(sizes: SRSizes, device: str | None = None, seed: int = 0) -> GanSettings:
    """Return the settings of the first phase."""
    numbers = {"epochs": sizes.psnr_epochs, "batch_size": sizes.batch_size}
    return GanSettings(lr=1e-3, schedule="cosine", device=device, seed=seed, **numbers)


def with_seed(settings: GanSettings, device: str | None = None, seed: int = 0) -> GanSettings:
    """Return the settings of a second phase, `sizes.srgan` or `sizes.esrgan`, for a device and a seed."""
    return replace(settings, device=device, seed=seed)


def unet_settings(sizes: SRSizes, device: str | None = None, seed: int = 0) -> TrainSettings:
    """Return the settings of the U-Net that segments."""
    return TrainSettings(
        epochs=sizes.unet_epochs, lr=3e-3, batch_size=8, schedule="cosine", seed=seed, device=device
    )


def tumour_loss(logits: Tensor, target: Tensor) -> Tensor:
    """Return cross-entropy + soft Dice over the batch: (B, C, H, W) and (B, H, W) to a scalar."""
    return cross_entropy(logits, target) + soft_dice_loss(logits, target, per_image=False)


def features(model: UNet) -> tuple[UNetFeatures, UNetFeatures]:
    """Return what the U-Net's encoder sees: after its activation for SRGAN's loss, before it for ESRGAN's."""
    return UNetFeatures(model, LOSS_LEVEL, before_activation=False), UNetFeatures(model, LOSS_LEVEL)


def eyes(reader: UNet) -> list[UNetFeatures]:
    """Return all levels of a U-Net's encoder, to measure distances on.

    The reader should be another U-Net than that of the losses: a generator has learnt to please that one.
    """
    return [UNetFeatures(reader, level) for level in range(reader.depth)]


def enlarge(model: nn.Module, small: Tensor, size: int, batch_size: int = 16) -> Tensor:
    """Return the images of a generator, (N, 1, size, size) in 0..1 on the CPU."""
    device = next(model.parameters()).device
    with evaluating(model):
        made = [model(part.to(device), (size, size)).float().cpu() for part in small.split(batch_size)]
    return torch.cat(made).contiguous().clamp(0, 1)


def scores(made: Tensor, true: Tensor, levels: Sequence[UNetFeatures]) -> dict[str, float]:
    """Return the means over images (N, 1, H, W): PSNR, SSIM, perceptual distance, detail and haze.

    "distance" is the mean over the `levels`, as in LPIPS (Zhang et al. 2018, arXiv:1801.03924)
    without learnt weights; "detail" is `high_frequency_ratio`; "haze" the mean grey value where the true
    image is black, in thousandths: artefacts show there first.
    """
    device = next(levels[0].parameters()).device
    seen = [perceptual_distance(level, made.to(device), true.to(device)).cpu() for level in levels]
    values = {"PSNR": psnr(made, true), "SSIM": ssim(made, true), "distance": torch.stack(seen)}
    values |= {"detail": high_frequency_ratio(made, true), "haze": 1000 * made[true == 0]}
    return {name: value.mean().item() for name, value in values.items()}


def tumour_probability(model: nn.Module, images: Tensor, batch_size: int = 16) -> Tensor:
    """Return the probability of tumour of any class, (N, H, W) on the CPU."""
    return 1 - forward(model, images, batch_size).softmax(dim=1)[:, 0]


def dice_by_patient(
    model: nn.Module, images: Tensor, pairs: SuperResSet, batch_size: int = 16
) -> dict[str, dict[str, float]]:
    """Return Dice of WT, TC and ET over the slices of each case: id -> region -> Dice.

    Parameters
    ----------
    images : Tensor (N, 1, H, W)
        For the slices of `pairs`, in their order.
    """
    guesses = forward(model, images, batch_size).argmax(dim=1).numpy()  # (N, H, W)
    truths, numbers = labels_of(pairs).numpy(), np.array([number for number, _ in pairs.index])
    table = {}
    for number, case in enumerate(pairs.cached):
        guess, truth = guesses[numbers == number], truths[numbers == number]
        table[case.id] = {
            name: dice(np.isin(guess, labels), np.isin(truth, labels)) for name, labels in REGIONS.items()
        }
    return table
