"""Super-resolution of notebook 04, in one place: sizes, pairs, networks, settings, games and scores.

The networks are small relatives of those of SRGAN (Ledig et al. 2017, arXiv:1609.04802) and ESRGAN (Wang et
al. 2018, arXiv:1809.00219). Their features come from a U-Net that segments the same images.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import Dataset

from brainlab.budgets import Budget
from brainlab.data.geometry import crop
from brainlab.data.split import Split
from brainlab.data.superres import SuperResSet, bicubic
from brainlab.gan_training import Game, GanSettings, srgan_game
from brainlab.inference.forward import evaluating
from brainlab.labels import REGIONS
from brainlab.metrics import dice
from brainlab.metrics.images import high_frequency_ratio, perceptual_distance, psnr, ssim
from brainlab.models import Discriminator, RRDBNet, SRResNet, UNet
from brainlab.models.unet_features import UNetFeatures
from brainlab.models.upscaling import resample
from brainlab.training import TrainSettings


@dataclass(frozen=True)
class SRSizes:
    """Numbers of one budget.

    Attributes
    ----------
    hr, lr : pixels of the large and of the small images; `lr` is a quarter
    step, val_step : every how many slices of a case train, and validate or test
    patch : coarse pixels of a training window
    num_feat : channels of both generators
    num_block : residual blocks of SRResNet
    rrdb_block, num_grow_ch : blocks of RRDBNet, and channels that its convolutions add
    d_feat : channels of the discriminator's first layer
    psnr_epochs, gan_epochs : of the two phases
    batch_size : windows in a batch
    unet_width, unet_epochs : of the U-Net that segments
    """

    hr: int
    lr: int
    step: int
    val_step: int
    patch: int
    num_feat: int
    num_block: int
    rrdb_block: int
    num_grow_ch: int
    d_feat: int
    psnr_epochs: int
    gan_epochs: int
    batch_size: int
    unet_width: int
    unet_epochs: int


# To be tuned. `full` is the networks of the papers and the reference study's 200 epochs.
SIZES = {
    "quick": SRSizes(64, 16, 4, 8, 8, 16, 2, 1, 8, 4, 2, 2, 16, 8, 3),
    "lesson": SRSizes(128, 32, 4, 12, 12, 32, 4, 2, 16, 8, 6, 4, 16, 8, 4),
    "full": SRSizes(128, 32, 1, 4, 24, 64, 16, 23, 32, 64, 200, 200, 16, 32, 50),
}

SRGAN_WEIGHTS = {"adversarial_weight": 1e-3, "feature_scale": 0.1}
ESRGAN_WEIGHTS = {"perceptual": 0.1, "adversarial": 5e-3, "pixel": 1.0}
LOSS_LEVEL, JUDGE_LEVEL = 1, 2  # of the U-Net: what the losses compare, and what the distance is measured on


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


def whole_slices(split: Split, sizes: SRSizes, modality: str = "t1c") -> tuple[SuperResSet, SuperResSet]:
    """Return training and validation slices as a whole, for a network that segments."""
    options = {"modality": modality, "hr": sizes.hr, "lr": sizes.lr}
    train = SuperResSet(split.train, step=sizes.step, **options)
    return train, SuperResSet(split.val, step=sizes.val_step, **options)


class SlicesWithLabels(Dataset):
    """The slices of a set with their labels: (image (1, H, W), labels (H, W) int64), in memory.

    Parameters
    ----------
    pairs : SuperResSet
        Of whole slices and labelled cases.
    coarse : bool
        Show the bicubic enlargement of the small images in place of the large ones.

    Raises
    ------
    ValueError
        If a case has no labels, or the set returns windows.
    """

    def __init__(self, pairs: SuperResSet, coarse: bool = False):
        if pairs.patch is not None or not all(case.has_labels for case in pairs.cached):
            raise ValueError("the set has windows or cases without labels; expected whole labelled slices")
        small, large = stack(pairs)
        self.images = resample(small, pairs.hr).clamp(0, 1) if coarse else large  # (N, 1, H, W)
        self.labels = labels_of(pairs)  # (N, H, W)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, item: int) -> tuple[Tensor, Tensor]:
        return self.images[item], self.labels[item]


def stack(pairs: SuperResSet) -> tuple[Tensor, Tensor]:
    """Return all pairs of a set: (N, 1, h, w) and (N, 1, H, W)."""
    small, large = zip(*(pairs[item] for item in range(len(pairs))), strict=True)
    return torch.stack(small), torch.stack(large)


def labels_of(pairs: SuperResSet) -> Tensor:
    """Return the labels of the large images, int64 (N, H, W): the same window, nearest voxel."""
    planes = []
    for number, z in pairs.index:
        case = pairs.cached[number]
        side = pairs.hr if pairs.fit == "crop" else max(case.image.shape[2:])
        plane = torch.from_numpy(crop(np.asarray(case.labels[z]), side))[None, None].float()
        planes.append(F.interpolate(plane, (pairs.hr, pairs.hr), mode="nearest-exact")[0, 0].long())
    return torch.stack(planes)


def srresnet(sizes: SRSizes, seed: int = 0) -> SRResNet:
    """Return SRGAN's generator; it begins as the bicubic enlargement."""
    torch.manual_seed(seed)
    return SRResNet(1, sizes.num_feat, sizes.num_block, image_skip=True)


def rrdbnet(sizes: SRSizes, seed: int = 0) -> RRDBNet:
    """Return ESRGAN's generator; it begins as the bicubic enlargement."""
    torch.manual_seed(seed)
    return RRDBNet(1, sizes.num_feat, sizes.rrdb_block, sizes.num_grow_ch, image_skip=True)


def discriminator(sizes: SRSizes, seed: int = 0) -> Discriminator:
    """Return a discriminator for windows and for whole slices."""
    torch.manual_seed(seed)
    return Discriminator(1, sizes.d_feat, pool=3)


def psnr_settings(sizes: SRSizes, device: str | None = None, seed: int = 0) -> GanSettings:
    """Return the settings of the first phase."""
    numbers = {"epochs": sizes.psnr_epochs, "batch_size": sizes.batch_size}
    return GanSettings(lr=1e-3, schedule="cosine", device=device, seed=seed, **numbers)


def gan_settings(sizes: SRSizes, device: str | None = None, seed: int = 0) -> GanSettings:
    """Return the settings of the second phase."""
    numbers = {"epochs": sizes.gan_epochs, "batch_size": sizes.batch_size}
    return GanSettings(lr=1e-4, d_lr=1e-4, device=device, seed=seed, **numbers)


def unet_settings(sizes: SRSizes, device: str | None = None, seed: int = 0) -> TrainSettings:
    """Return the settings of the U-Net that segments."""
    return TrainSettings(
        epochs=sizes.unet_epochs, lr=3e-3, batch_size=8, schedule="cosine", seed=seed, device=device
    )


def unet(sizes: SRSizes, seed: int = 0) -> UNet:
    """Return a U-Net for slices of one modality in 0..1."""
    torch.manual_seed(seed)
    return UNet(1, 4, width=sizes.unet_width)


def features(model: UNet) -> tuple[UNetFeatures, UNetFeatures, UNetFeatures]:
    """Return what the U-Net's encoder sees: for SRGAN's loss, for ESRGAN's, and to measure distances."""
    after = UNetFeatures(model, LOSS_LEVEL, before_activation=False)
    return after, UNetFeatures(model, LOSS_LEVEL), UNetFeatures(model, JUDGE_LEVEL)


def srgan(extractor: Callable[[Tensor], Tensor]) -> Game:
    """Return SRGAN's game with weights for the features of the U-Net."""
    return srgan_game(extractor, **SRGAN_WEIGHTS)


def enlarge(model: nn.Module, small: Tensor, size: int, batch_size: int = 16) -> Tensor:
    """Return the images of a generator, (N, 1, size, size) in 0..1 on the CPU."""
    device = next(model.parameters()).device
    with evaluating(model):
        made = [model(part.to(device), (size, size)).float().cpu() for part in small.split(batch_size)]
    return torch.cat(made).contiguous().clamp(0, 1)


def scores(made: Tensor, true: Tensor, judge: Callable[[Tensor], Tensor]) -> dict[str, float]:
    """Return the means over images (N, 1, H, W): PSNR, SSIM, perceptual distance, detail and haze.

    "detail" is `high_frequency_ratio`; "haze" the mean grey value where the true image is black, in
    thousandths: artefacts show there first.
    """
    device = next(judge.parameters()).device if isinstance(judge, nn.Module) else made.device
    distance = perceptual_distance(judge, made.to(device), true.to(device))
    values = {"PSNR": psnr(made, true), "SSIM": ssim(made, true), "distance": distance}
    values |= {"detail": high_frequency_ratio(made, true), "haze": 1000 * made[true == 0]}
    return {name: value.mean().item() for name, value in values.items()}


def tumour_probability(model: nn.Module, images: Tensor, batch_size: int = 16) -> Tensor:
    """Return the probability of tumour of any class, (N, H, W) on the CPU."""
    return 1 - _softmax(model, images, batch_size)[:, 0]


def dice_by_patient(
    model: nn.Module, images: Tensor, pairs: SuperResSet, batch_size: int = 16
) -> dict[str, dict[str, float]]:
    """Return Dice of WT, TC and ET over the slices of each case: id -> region -> Dice.

    Parameters
    ----------
    images : Tensor (N, 1, H, W)
        For the slices of `pairs`, in their order.
    """
    guesses = _softmax(model, images, batch_size).argmax(dim=1).numpy()  # (N, H, W)
    truths, numbers = labels_of(pairs).numpy(), np.array([number for number, _ in pairs.index])
    table = {}
    for number, case in enumerate(pairs.cached):
        guess, truth = guesses[numbers == number], truths[numbers == number]
        table[case.id] = {
            name: dice(np.isin(guess, labels), np.isin(truth, labels)) for name, labels in REGIONS.items()
        }
    return table


def _softmax(model: nn.Module, images: Tensor, batch_size: int) -> Tensor:
    device = next(model.parameters()).device
    with evaluating(model):
        return torch.cat([model(part.to(device)).softmax(1).cpu() for part in images.split(batch_size)])
