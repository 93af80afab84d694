"""Two-class segmentation of images with masks, in one place: sets, network, settings, training and scores.

The lungs in chest X-rays are the example; any `Split` of image pairs trains the same way. The recipe is that
of the U-Net paper (Ronneberger, Fischer and Brox 2015, arXiv:1505.04597): few images, elastic deformation,
dropout; with batch normalisation (Ioffe and Szegedy 2015, arXiv:1502.03167), which the paper had not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from brainlab.budgets import Budget
from brainlab.data.augment import Augment
from brainlab.data.images import ImageDataset, find_chest, split_chest
from brainlab.data.split import Split
from brainlab.metrics import dice, jaccard
from brainlab.models import UNet
from brainlab.synth.chest import chest_names, make_chest_set
from brainlab.training import History, TrainSettings, fit
from brainlab.training.settings import settings_for

LONG = 50  # epochs from which a plateau of the validation loss can be waited for
PAPER_SIZE = 512  # pixels of the images for which the U-Net paper chose displacements of 10 pixels


@dataclass(frozen=True)
class ImageSizes:
    """Numbers of a two-class training.

    Attributes
    ----------
    images : of the built-in set of chest X-rays; two of three train
    size : height and width of a training image in pixels
    width : channels of the first level of the network
    epochs : longest training
    batch_size : images in a batch
    """

    images: int
    size: int
    width: int
    epochs: int
    batch_size: int


SIZES = {
    "quick": ImageSizes(images=60, size=64, width=8, epochs=10, batch_size=8),
    "lesson": ImageSizes(images=150, size=128, width=8, epochs=20, batch_size=8),
    "full": ImageSizes(images=1200, size=256, width=32, epochs=100, batch_size=16),
}


def image_sizes(budget: Budget) -> ImageSizes:
    """Return the numbers that belong to a budget of the course."""
    return SIZES[budget.name]


def chest_split(sizes: ImageSizes, folder: Path | str | None = None, seed: int = 0) -> Split:
    """Return chest X-rays for training (CHN), validation and test (a half of MCU each).

    Parameters
    ----------
    sizes : ImageSizes
    folder : path, optional
        With both hospitals' X-rays; see `find_chest`. By default the built-in synthetic set, whose missing
        X-rays are drawn.
    seed : int
        Draws the halves of MCU.
    """
    if folder is not None:
        return split_chest(find_chest(folder), seed)
    wanted = set(chest_names(sizes.images))  # the set on disk may be larger
    pairs = find_chest(make_chest_set(sizes.images), check=False)
    return split_chest([pair for pair in pairs if pair.image.name in wanted], seed)


def image_sets(
    split: Split, sizes: ImageSizes, flip: bool = False, seed: int = 0
) -> tuple[ImageDataset, ImageDataset]:
    """Return training images, deformed anew in every epoch, and validation images; both in memory.

    Parameters
    ----------
    split : Split
        Of image pairs with masks.
    sizes : ImageSizes
    flip : bool
        Also mirror left and right. That suits brains, not chests: the heart is on one side.
    seed : int
        Draws the deformations.
    """
    elastic = 10 * sizes.size / PAPER_SIZE
    augment = Augment(flip, rotation=8.0, shift=0.06, zoom=0.15, shear=0.05, elastic=elastic)
    train = ImageDataset(split.train, sizes.size, augment=augment, seed=seed)
    return train.preload(), ImageDataset(split.val, sizes.size).preload()


def image_network(sizes: ImageSizes, num_classes: int = 2, seed: int = 0) -> UNet:
    """Return a U-Net with batch normalisation and dropout; a seed gives the same weights to start from.

    Two classes are for a softmax, `num_classes=1` for a sigmoid.
    """
    torch.manual_seed(seed)
    return UNet(1, num_classes, width=sizes.width, batch_norm=True, dropout=0.2)


def image_settings(sizes: ImageSizes, device: str | None = None, seed: int = 0) -> TrainSettings:
    """Return the settings of a training: a cosine for a short one, waiting for plateaus in a long one."""
    return settings_for(sizes.epochs, sizes.batch_size, LONG, device, seed)


def train_binary(
    model: nn.Module,
    sets: tuple[Dataset, Dataset],
    loss_fn: Callable[[Tensor, Tensor], Tensor],
    settings: TrainSettings | None = None,
    folder: Path | str | None = None,
    progress: bool = True,
) -> History:
    """Train a network on images with masks; it is left with the weights of the lowest validation loss.

    Parameters
    ----------
    model : nn.Module
        Images (B, C, H, W) to logits (B, 2, H, W), or (B, 1, H, W) with a loss for sigmoids.
    sets : (Dataset, Dataset)
        Training and validation, from `image_sets`.
    loss_fn : callable
        (logits, labels) to a scalar, any of `brainlab.losses`.
    settings, folder, progress
        As in `brainlab.training.fit`.

    Raises
    ------
    TypeError, ValueError, DivergedError, CheckpointError
        As `brainlab.training.fit`.
    """
    return fit(model, *sets, loss_fn, settings, folder, progress=progress, regions={"mask": (1,)})


@torch.no_grad()
def predict_masks(model: nn.Module, dataset: Dataset, batch_size: int = 8) -> np.ndarray:
    """Return the predicted masks of a data set, (N, H, W) bool. The model is left in evaluation mode.

    Raises
    ------
    ValueError
        If the network gives more than two classes.
    """
    model.eval()
    device = next((parameter.device for parameter in model.parameters()), "cpu")
    masks = []
    for image, _ in DataLoader(dataset, batch_size):
        logits = model(image.to(device))  # (B, C, H, W)
        if logits.shape[1] > 2:
            raise ValueError(
                f"logits have {logits.shape[1]} classes; expected 2, or 1 for a sigmoid: is it the network "
                "for the classes of a tumour?"
            )
        inside = logits[:, 0] > 0 if logits.shape[1] == 1 else logits[:, 1] > logits[:, 0]
        masks.append(inside.cpu().numpy())  # (B, H, W)
    return np.concatenate(masks)


def binary_scores(model: nn.Module, dataset: Dataset) -> dict[str, float]:
    """Return how well a network finds the masks of a data set.

    `dice` = 2 TP / (2 TP + FP + FN) and `jaccard` = TP / (TP + FP + FN) of the mask are computed for each
    image and averaged over the images, so every patient counts the same; 1 where truth and prediction are
    both empty, 0 where only one is. `pooled_dice` and `pooled_jaccard` are those of the pixels of all images
    counted together, as if they were one image, so large masks count more. `accuracy` = (TP + TN) / all
    pixels is the same either way, because all images have one size. Mind that the background counts in it:
    an empty prediction scores as much as there is background.

    Parameters
    ----------
    model : nn.Module
        With two logits, or with one.
    dataset : Dataset
        Items (image (C, H, W), labels (H, W) of 0 and 1); not augmented.

    Raises
    ------
    ValueError
        If the network gives more than two classes, or its masks have another size than the labels.
    """
    predicted = predict_masks(model, dataset)
    true = np.stack([dataset[item][1].numpy() == 1 for item in range(len(dataset))])  # (N, H, W)
    pairs = list(zip(predicted, true, strict=True))
    return {
        "accuracy": float((predicted == true).mean()),
        "dice": float(np.mean([dice(*pair) for pair in pairs])),
        "jaccard": float(np.mean([jaccard(*pair) for pair in pairs])),
        "pooled_dice": dice(predicted, true),
        "pooled_jaccard": jaccard(predicted, true),
    }
