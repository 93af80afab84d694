"""Network, loss, data set and training settings of an experiment."""

import warnings
from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from brainlab import losses, models
from brainlab.budgets import Budget
from brainlab.data.cached import CachedCase
from brainlab.data.slices import SliceDataset, class_weights
from brainlab.training import TrainSettings
from studies.edges import WithEdges
from studies.study import Experiment

CROP = 0.8  # of the field of view: the smallest window that contains nearly every head
MIN_AREA = 50.0  # mm2 of tumour per slice, in training and test
STEP = 2  # keep every second slice: neighbours are nearly identical
STUDY_WIDTH = 64


def make_network(experiment: Experiment, width: int = STUDY_WIDTH) -> nn.Module:
    """Return the untrained network of an experiment, from 4 or 5 channels to 4 classes.

    Parameters
    ----------
    experiment : Experiment
    width : int
        Channels of the first level. The study has 64; ResUNet++ gets a quarter, at least 4.
    """
    channels = 5 if experiment.inputs == "edges" else 4
    options = {"width": width, **experiment.options}
    if experiment.network == "UNet":
        options = {"batch_norm": False, **options}
    elif experiment.network == "ResUNetPlusPlus":
        options["width"] = max(4, width // 4)
    return models.ALL[experiment.network](channels, **options)


def make_loss(experiment: Experiment, weight: Tensor) -> Callable[[Tensor, Tensor], Tensor]:
    """Return the loss of an experiment, as (logits, labels) to a scalar.

    Parameters
    ----------
    weight : Tensor (4,)
        Class weights of the training slices, for the weighted cross-entropy.
    """
    # Dice is of each class over the whole batch, as in the study: most slices lack a class.
    dice = partial(losses.soft_dice_loss, per_image=False)
    if experiment.loss == "bce_dice":
        return lambda logits, target: losses.binary_cross_entropy(logits, target) + dice(logits, target)
    if experiment.loss == "soft_dice":
        return dice
    if experiment.loss == "weighted_ce":
        return partial(losses.cross_entropy, weight=weight)
    if experiment.loss == "ell":
        cross = experiment.cross_weight
        weights = {"dice_weight": 1 - cross, "cross_weight": cross}
        return partial(losses.exponential_logarithmic_loss, **weights, per_image=False)
    return losses.ALL[experiment.loss]


def make_set(experiment: Experiment, cases: Sequence[CachedCase], budget: Budget) -> Dataset:
    """Return the slices of some cases as input of the experiment's network, in memory."""
    size = budget.size
    if experiment.inputs == "cropped":
        size = round(CROP * size / 16) * 16
    with warnings.catch_warnings():
        # The cropped window cuts some millimetres off the longest heads.
        warnings.filterwarnings("ignore", message="size=.* cuts", category=UserWarning)
        slices = SliceDataset(cases, size, budget.pixel, min_area=MIN_AREA, step=STEP)
    slices = WithEdges(slices) if experiment.inputs == "edges" else slices
    return slices.preload()


def make_settings(experiment: Experiment, budget: Budget, seed: int, device: str | None) -> TrainSettings:
    """Return the study's settings: the learning rate of the experiment (Keras's default), no schedule."""
    return TrainSettings(
        epochs=budget.epochs,
        lr=experiment.lr,
        batch_size=budget.batch_size,
        optimizer=experiment.optimizer,
        schedule="constant",
        patience=budget.epochs,
        seed=seed,
        device=device,
    )


def loss_weight(experiment: Experiment, cases: Sequence[CachedCase]) -> Tensor:
    """Return the class weights (4,) that the weighted cross-entropy needs; ones for every other loss."""
    return class_weights(cases) if experiment.loss == "weighted_ce" else torch.ones(4)
