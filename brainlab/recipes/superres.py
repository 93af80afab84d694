"""Super-resolution of notebook 04 and of its benchmark: pairs, networks, settings and scores.

The networks are smaller versions of those of SRGAN (Ledig et al. 2017, arXiv:1609.04802) and ESRGAN (Wang et
al. 2018, arXiv:1809.00219). Deviations: the feature extractor is a U-Net that segments the same images, not
VGG19, so that the weights of the losses differ (`UNET_WEIGHTS`).

Every name without an underscore that is defined here is public.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from brainlab.budgets import SUPERRES, Budget, SRSizes
from brainlab.data.degradations import bicubic
from brainlab.data.split import Split
from brainlab.data.superres import SlicesWithLabels, SuperResSet, labels_of
from brainlab.inference import evaluating
from brainlab.inference.predict import forward
from brainlab.losses import cross_entropy, soft_dice_loss
from brainlab.metrics import lesion_recall, region_dice_of_labels
from brainlab.metrics.images import frechet_distance, high_frequency_ratio, perceptual_distance, psnr, ssim
from brainlab.models import Discriminator, RRDBNet, SRResNet, UNet
from brainlab.models.features import UNetFeatures, VGG19Features
from brainlab.training import GanSettings, TrainSettings

# Weights of SRGAN's adversarial loss ("SRGAN") and of the terms of ESRGAN's loss: those of the papers, for
# features of VGG19, and those for features of our U-Net, whose gradients have another size. Chosen on
# validation patients with seeds that are not in benchmarks/gan_seeds.py: of 3e-4 and 1e-3 for SRGAN (with the
# scale 1 / 12.75 the discriminator learns nothing), and of 1e-3 to 5e-3 for ESRGAN.
PAPER_WEIGHTS = {"SRGAN": 1e-3, "perceptual": 1.0, "adversarial": 5e-3, "pixel": 1e-2}
UNET_WEIGHTS = {"SRGAN": 1e-3, "perceptual": 1.0, "adversarial": 1e-3, "pixel": 1e-2}
LOSS_LEVEL = 2  # level of the U-Net whose features the losses compare
MIN_PIXELS = 30  # of tumour in a training slice of the U-Net
MIN_LESION = 10  # pixels of tumour core that count as a lesion in a slice


def sr_sizes(budget: Budget) -> SRSizes:
    """Return the numbers that belong to a budget of the course."""
    return SUPERRES[budget.name]


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
        Another size of the small images. If `hr` is no multiple of it, training uses whole slices.
    degradation, modality
        As in `SuperResSet`.
    """
    lr = lr or sizes.lr
    make = partial(SuperResSet, modality=modality, hr=sizes.hr, lr=lr, degradation=degradation)
    patch = sizes.patch if sizes.hr % lr == 0 else None
    train = make(split.train, step=sizes.step, flip=True, patch=patch)
    val, test = (make(part, step=sizes.val_step) for part in (split.val, split.test))
    return train.preload(), val.preload(), test.preload()


def unet_sets(
    split: Split, sizes: SRSizes, modality: str = "t1c", coarse: bool = False
) -> tuple[SlicesWithLabels, SlicesWithLabels]:
    """Return whole slices with labels for the U-Net: with tumour to train, all to validate."""
    make = partial(SuperResSet, modality=modality, hr=sizes.hr, lr=sizes.lr)
    train, val = make(split.train, step=sizes.step), make(split.val, step=sizes.val_step)
    return SlicesWithLabels(train, coarse, MIN_PIXELS), SlicesWithLabels(val, coarse)


def srresnet(sizes: SRSizes, seed: int = 0) -> SRResNet:
    """Return SRGAN's generator; before training it computes the bicubic enlargement."""
    torch.manual_seed(seed)
    return SRResNet(**srresnet_options(sizes))


def rrdbnet(sizes: SRSizes, seed: int = 0) -> RRDBNet:
    """Return ESRGAN's generator; before training it computes the bicubic enlargement."""
    torch.manual_seed(seed)
    return RRDBNet(**rrdbnet_options(sizes))


def unet(sizes: SRSizes, seed: int = 0) -> UNet:
    """Return a U-Net for slices of one modality in 0..1."""
    torch.manual_seed(seed)
    return UNet(**unet_options(sizes))


def srresnet_options(sizes: SRSizes) -> dict:
    """Return the options of `srresnet`, for `save_model`."""
    return {"in_channels": 1, "num_feat": sizes.num_feat, "num_block": sizes.num_block, "image_skip": True}


def rrdbnet_options(sizes: SRSizes) -> dict:
    """Return the options of `rrdbnet`, for `save_model`."""
    blocks = {"num_block": sizes.rrdb_block, "num_grow_ch": sizes.num_grow_ch}
    return {"in_channels": 1, "num_feat": sizes.num_feat, **blocks, "image_skip": True}


def unet_options(sizes: SRSizes) -> dict:
    """Return the options of `unet`, for `save_model`."""
    return {"in_channels": 1, "num_classes": 4, "width": sizes.unet_width}


def discriminator(sizes: SRSizes, seed: int = 0) -> Discriminator:
    """Return a discriminator for windows and for whole slices."""
    torch.manual_seed(seed)
    return Discriminator(1, sizes.d_feat, pool=3)


def library_twin(model: nn.Module, twin: nn.Module) -> nn.Module:
    """Copy the weights of a notebook's network, in their order, into `twin`, a network of brainlab's class.

    For `save_model`, because the modules of a student's network have other names.

    Raises
    ------
    ValueError
        If the weights have another order, or the outputs of the two networks differ.
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
    epochs, batch_size = sizes.psnr_epochs, sizes.batch_size
    return GanSettings(epochs, 1e-3, batch_size, schedule="cosine", seed=seed, device=device)


def gan_settings(sizes: SRSizes, name: str, device: str | None = None, seed: int = 0) -> GanSettings:
    """Return the settings of the second phase of "SRGAN" or "ESRGAN"."""
    batch_size = {"SRGAN": sizes.srgan_batch, "ESRGAN": sizes.esrgan_batch}[name]
    phase = partial(GanSettings, sizes.gan_epochs, sizes.gan_lr, batch_size, d_lr=sizes.gan_d_lr)
    return phase(schedule=sizes.gan_schedule, seed=seed, device=device)


def unet_settings(sizes: SRSizes, device: str | None = None, seed: int = 0) -> TrainSettings:
    """Return the settings of the U-Net that segments."""
    return TrainSettings(
        epochs=sizes.unet_epochs, lr=3e-3, batch_size=8, schedule="cosine", seed=seed, device=device
    )


def tumour_loss(logits: Tensor, target: Tensor) -> Tensor:
    """Return cross-entropy + soft Dice over the batch: (B, C, H, W) and (B, H, W) to a scalar."""
    return cross_entropy(logits, target) + soft_dice_loss(logits, target, per_image=False)


def features(model: UNet, vgg19: Path | str | None = None) -> tuple[nn.Module, nn.Module]:
    """Return two feature extractors: after the activation for SRGAN's loss, before it for ESRGAN's.

    With `vgg19`, the path of torchvision's file `vgg19-dcbb9e9d.pth`, they are conv5_4 of VGG19 as in the
    papers; otherwise a level of the U-Net.
    """
    if vgg19 is not None:
        return VGG19Features("conv5_4", False, vgg19), VGG19Features("conv5_4", True, vgg19)
    return UNetFeatures(model, LOSS_LEVEL, before_activation=False), UNetFeatures(model, LOSS_LEVEL)


def loss_weights(features: nn.Module) -> dict[str, float]:
    """Return the weights that belong to a feature extractor: those of the papers to VGG19, else ours."""
    return PAPER_WEIGHTS if isinstance(features, VGG19Features) else UNET_WEIGHTS


def perceptual_levels(unet: UNet) -> list[UNetFeatures]:
    """Return feature extractors of all levels of a U-Net's encoder, to measure perceptual distances.

    Use another U-Net than that of the losses: the generator was trained to lower that one's distance.
    """
    return [UNetFeatures(unet, level) for level in range(unet.depth)]


def enlarge(model: nn.Module, small: Tensor, size: int, batch_size: int = 16) -> Tensor:
    """Return a generator's output, (N, 1, size, size) in 0..1 on the CPU, for small images (N, 1, h, w)."""
    device = next(model.parameters()).device
    with evaluating(model):
        made = [model(part.to(device), (size, size)).float().cpu() for part in small.split(batch_size)]
    return torch.cat(made).contiguous().clamp(0, 1)


def scores(made: Tensor, true: Tensor, levels: Sequence[UNetFeatures]) -> dict[str, float]:
    """Return scores of images (N, 1, H, W): means of PSNR, SSIM, distance and sharpness, and one of the set.

    "distance" is the mean perceptual distance over the `levels`, as in LPIPS (Zhang et al. 2018,
    arXiv:1801.03924) without learnt weights; "high-frequency ratio" is `high_frequency_ratio`; "artefacts" is
    the mean grey value, in thousandths, of the pixels that are black in the true image. "Fréchet" compares
    the two sets: `frechet_distance` between the features of all positions of all made and of all true images,
    in percent of the variance of the true ones, mean over the `levels`.
    """
    device = next(levels[0].parameters()).device
    seen = [perceptual_distance(level, made.to(device), true.to(device)).cpu() for level in levels]
    values = {"PSNR": psnr(made, true), "SSIM": ssim(made, true), "distance": torch.stack(seen)}
    values |= {"high-frequency ratio": high_frequency_ratio(made, true), "artefacts": 1000 * made[true == 0]}
    means = {name: value.mean().item() for name, value in values.items()}
    return means | {"Fréchet": float(np.mean([_frechet(level, made, true) for level in levels]))}


def _frechet(level: UNetFeatures, made: Tensor, true: Tensor) -> float:
    """Return the Fréchet distance of one level, in percent of the variance of the true features."""
    x, y = (forward(level, images).movedim(1, -1).flatten(0, 2) for images in (made, true))  # (positions, K)
    return 100 * frechet_distance(x, y) / y.var(dim=0).sum().item()


def core_probability(model: nn.Module, images: Tensor, batch_size: int = 16) -> Tensor:
    """Return the probability of tumour core (labels 1 and 3), (N, H, W) on the CPU.

    Not of the whole tumour: oedema is hardly visible in T1 with contrast.
    """
    return forward(model, images, batch_size).softmax(dim=1)[:, [1, 3]].sum(dim=1)


def lesion_counts(found: Tensor, true: Tensor, min_pixels: int = MIN_LESION) -> dict[str, int]:
    """Count lesions of two masks (N, H, W): "lesions" in truth, of these "missed", and "invented" ones.

    A lesion is a connected region of at least `min_pixels` in a slice. It is missed if no pixel of it was
    found, and invented if no pixel of it is true.
    """
    masks = [mask.bool().movedim(0, -1).numpy() for mask in (found, true)]  # (H, W, N) each
    invented, missed = (
        (areas >= min_pixels, recalls == 0)
        for areas, recalls in (lesion_recall(masks[1], masks[0]), lesion_recall(*masks))
    )
    numbers = {"lesions": missed[0], "missed": missed[0] & missed[1], "invented": invented[0] & invented[1]}
    return {name: int(chosen.sum()) for name, chosen in numbers.items()}


def dice_by_patient(
    model: nn.Module, images: Tensor, pairs: SuperResSet, batch_size: int = 16
) -> dict[str, dict[str, float]]:
    """Return Dice of WT, TC and ET over the slices of each case: id -> region -> Dice.

    Parameters
    ----------
    images : Tensor (N, 1, H, W)
        Of the slices of `pairs`, in their order.
    """
    guesses = forward(model, images, batch_size).argmax(dim=1).numpy()  # (N, H, W)
    truths, numbers = labels_of(pairs).numpy(), np.array([number for number, _ in pairs.index])
    table = {}
    for number, case in enumerate(pairs.cached):
        table[case.id] = region_dice_of_labels(guesses[numbers == number], truths[numbers == number])
    return table
