"""Two-class segmentation of images with masks (notebook 03): sets, network, settings, training and scores.

The example is the lungs in chest X-rays; any `Split` of image pairs trains the same way. As in the U-Net
paper (Ronneberger, Fischer and Brox 2015, arXiv:1505.04597): few images, elastic deformation, dropout.
Deviation: batch normalisation (Ioffe and Szegedy 2015, arXiv:1502.03167).

Every name without an underscore that is defined here is public.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from brainlab.budgets import IMAGES, Budget, ImageSizes
from brainlab.data.augment import Augment
from brainlab.data.images import ImageDataset, find_chest, split_chest
from brainlab.data.split import Split
from brainlab.inference import evaluating
from brainlab.metrics import dice, jaccard
from brainlab.models import UNet
from brainlab.synth.chest import chest_names, make_chest_set
from brainlab.training import History, TrainSettings, fit
from brainlab.training.settings import settings_for

LONG = 50  # epochs from which a plateau of the validation loss can be expected
PAPER_SIZE = 512  # pixels of the images for which the U-Net paper chose displacements of 10 pixels


def image_sizes(budget: Budget) -> ImageSizes:
    """Return the numbers that belong to a budget of the course."""
    return IMAGES[budget.name]


def chest_split(sizes: ImageSizes, folder: Path | str | None = None, seed: int = 0) -> Split:
    """Return chest X-rays for training (CHN), validation and test (half of MCU each).

    Parameters
    ----------
    sizes : ImageSizes
    folder : path, optional
        With the X-rays of both hospitals; see `find_chest`. By default the built-in synthetic set; its
        missing images are generated first.
    seed : int
        Of the random halves of MCU.
    """
    if folder is not None:
        return split_chest(find_chest(folder), seed)
    wanted = set(chest_names(sizes.images))  # the set on disk may be larger
    pairs = find_chest(make_chest_set(sizes.images), check=False)
    return split_chest([pair for pair in pairs if pair.image.name in wanted], seed)


def image_sets(
    split: Split, sizes: ImageSizes, flip: bool = False, seed: int = 0
) -> tuple[ImageDataset, ImageDataset]:
    """Return training images, augmented anew in every epoch, and validation images; both in memory.

    Parameters
    ----------
    split : Split
        Of image pairs with masks.
    sizes : ImageSizes
    flip : bool
        Also mirror left and right: for brains, not for chests, because the heart is on one side.
    seed : int
        Of the augmentation.
    """
    elastic = 10 * sizes.size / PAPER_SIZE
    augment = Augment(flip, rotation=8.0, shift=0.06, zoom=0.15, shear=0.05, elastic=elastic)
    train = ImageDataset(split.train, sizes.size, augment=augment, seed=seed)
    return train.preload(), ImageDataset(split.val, sizes.size).preload()


def image_network(sizes: ImageSizes, num_classes: int = 2, seed: int = 0) -> UNet:
    """Return a U-Net with batch normalisation and dropout; a seed gives the same initial weights.

    Use two classes with a softmax, `num_classes=1` with a sigmoid.
    """
    torch.manual_seed(seed)
    return UNet(1, num_classes, width=sizes.width, batch_norm=True, dropout=0.2)


def image_settings(sizes: ImageSizes, device: str | None = None, seed: int = 0) -> TrainSettings:
    """Return the settings of a training: the cosine for a short one, the plateau schedule for a long one."""
    return settings_for(sizes.epochs, sizes.batch_size, LONG, device, seed)


def train_binary(
    model: nn.Module,
    sets: tuple[Dataset, Dataset],
    loss_fn: Callable[[Tensor, Tensor], Tensor],
    settings: TrainSettings | None = None,
    folder: Path | str | None = None,
    progress: bool = True,
) -> History:
    """Train a network on images with masks, and leave the weights of the lowest validation loss in it.

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


def predict_masks(model: nn.Module, dataset: Dataset, batch_size: int = 8) -> np.ndarray:
    """Return the predicted masks of a data set, (N, H, W) bool.

    Raises
    ------
    ValueError
        If the network gives more than two classes.
    """
    device = next((parameter.device for parameter in model.parameters()), "cpu")
    masks = []
    with evaluating(model):
        for image, _ in DataLoader(dataset, batch_size):
            logits = model(image.to(device))  # (B, C, H, W)
            if logits.shape[1] > 2:
                raise ValueError(
                    f"logits have {logits.shape[1]} classes; expected 2, or 1 for a sigmoid: is it the "
                    "network for the classes of a tumour?"
                )
            inside = logits[:, 0] > 0 if logits.shape[1] == 1 else logits[:, 1] > logits[:, 0]
            masks.append(inside.cpu().numpy())  # (B, H, W)
    return np.concatenate(masks)


def binary_scores(model: nn.Module, dataset: Dataset) -> dict[str, float]:
    """Return accuracy, Dice and Jaccard of the predicted masks of a data set.

    `dice` = 2 TP / (2 TP + FP + FN) and `jaccard` = TP / (TP + FP + FN) of the mask are computed for each
    image and averaged over the images, so that every patient counts the same; 1 if truth and prediction are
    both empty, 0 if only one is. `pooled_dice` and `pooled_jaccard` pool the pixels of all images, so that
    large masks count more. `accuracy` = (TP + TN) / all pixels is the same either way, because all images
    have one size. It counts the background: the accuracy of an empty prediction is the share of the
    background.

    Parameters
    ----------
    model : nn.Module
        Images (B, C, H, W) to logits (B, 2, H, W) or (B, 1, H, W).
    dataset : Dataset
        Items (image (C, H, W), labels (H, W) of 0 and 1); not augmented.

    Raises
    ------
    ValueError
        If the network gives more than two classes, or its masks have another size than the labels.
    """
    predicted = predict_masks(model, dataset)
    true = np.stack([dataset[item][1].numpy() == 1 for item in range(len(dataset))])  # type: ignore[arg-type]
    pairs = list(zip(predicted, true, strict=True))
    return {
        "accuracy": float((predicted == true).mean()),
        "dice": float(np.mean([dice(*pair) for pair in pairs])),
        "jaccard": float(np.mean([jaccard(*pair) for pair in pairs])),
        "pooled_dice": dice(predicted, true),
        "pooled_jaccard": jaccard(predicted, true),
    }
