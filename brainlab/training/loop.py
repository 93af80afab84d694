"""A plain training loop: read `train_step` (one step), then `fit` (the epochs around it).

Sources: Adam (D. P. Kingma, J. Ba, 2015, arXiv:1412.6980); Adagrad (J. Duchi, E. Hazan, Y. Singer, 2011,
JMLR 12, 2121-2159); on a GPU float16 with a scaled loss (P. Micikevicius et al., 2018, arXiv:1710.03740).
"""

import math
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.amp import GradScaler
from torch.optim.lr_scheduler import ReduceLROnPlateau
from torch.utils.data import Dataset
from tqdm import tqdm

from brainlab.models.checkpoint import load_weights, seed_all
from brainlab.training.batches import check_set, on_device, training_loader, validation_loader
from brainlab.training.distributed import Team
from brainlab.training.history import History
from brainlab.training.run import Run, identity
from brainlab.training.settings import TrainSettings, cosine_lr, stop_reason
from brainlab.training.validation import DivergedError, Regions, comparable, evaluate, region_dice

Loss = Callable[[Tensor, Tensor], Tensor]
NO_SCALER = GradScaler(enabled=False)


def train_step(
    model: nn.Module,
    batch: tuple[Tensor, Tensor],
    loss_fn: Loss,
    optimizer: torch.optim.Optimizer,
    scaler: GradScaler = NO_SCALER,
    clip: float | None = None,
) -> float:
    """Improve the weights once, on one batch.

    Parameters
    ----------
    model : nn.Module
        Images (B, 4, H, W) to logits (B, C, H, W), on the device of the batch. It is put into training mode:
        a validation leaves it in evaluation mode.
    batch : (Tensor, Tensor)
        Images (B, 4, H, W) and labels (B, H, W). If the logits are smaller, as without padding, the labels
        are cropped to their centre.
    loss_fn : callable
        (logits, labels) to a scalar.
    optimizer : torch.optim.Optimizer
        Over the model's parameters.
    scaler : GradScaler
        When enabled, the forward pass is in float16 and the loss is scaled up so that small gradients
        survive.
    clip : float, optional
        Largest norm of the gradient.

    Returns
    -------
    float
        The loss before the step.

    Raises
    ------
    DivergedError
        If the loss is not finite; the weights stay as they were.
    """
    image, target = batch
    model.train()
    optimizer.zero_grad()
    with torch.autocast(image.device.type, torch.float16, enabled=scaler.is_enabled()):
        logits = model(image)  # (B, C, H, W)
    try:
        loss = loss_fn(*comparable(logits, target))
        value = loss.item()
    except FloatingPointError:  # the losses of brainlab refuse NaN themselves
        value = math.nan
    if not math.isfinite(value):
        raise DivergedError(f"the loss is {value}; expected a finite number: {_why(image, logits)}")
    scaler.scale(loss).backward()
    if clip is not None:
        scaler.unscale_(optimizer)  # clip the true gradient, not the scaled one
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    scaler.step(optimizer)
    scaler.update()
    return value


def _why(image: Tensor, logits: Tensor) -> str:
    if not image.isfinite().all():
        return "the images hold NaN or infinity: was a z-score divided by the deviation of an empty mask?"
    if logits.isfinite().all():
        return "images and logits are finite, so the loss makes it: is there a log(0) or a 0/0 in it?"
    return "the network makes it from finite images: is the learning rate too high? Try a tenth, or clip=1"


def fit(
    model: nn.Module,
    train_set: Dataset,
    val_set: Dataset,
    loss_fn: Loss,
    settings: TrainSettings | None = None,
    folder: Path | str | None = None,
    resume: bool = True,
    progress: bool = True,
    regions: Regions | None = None,
    on_epoch: Callable[[History], None] | None = None,
) -> History:
    """Train `model` until the epochs, the patience or the time run out, and leave the best weights in it.

    The best weights are those of the lowest validation loss. With a `folder`, each epoch leaves there
    `last.pt` (all that is needed to go on), `best.pt`, `history.csv` and `history.json`; a run that was
    killed and resumed gives the same weights as an unbroken one. Under `torchrun` every process takes its
    share of each epoch's images.

    Parameters
    ----------
    model : nn.Module
        Images (B, 4, H, W) to logits (B, C, H, W).
    train_set, val_set : Dataset
        Items (image (4, H, W) float32, labels (H, W) int64). If a set has `set_epoch(epoch)`, it is called
        before each epoch, so that augmentation can follow seed and epoch.
    loss_fn : callable
        (logits, labels) to a scalar; a module is moved to the device.
    settings : TrainSettings, optional
    folder : path, optional
        Where the run is kept; without it no file is written.
    resume : bool
        Go on from `folder/last.pt` if it is there; otherwise start anew over it.
    progress : bool
        A bar, and a line per epoch, on standard output; never while nbgrader grades.
    regions : dict of str to labels, optional
        Regions whose Dice is followed; see `region_dice`.
    on_epoch : callable, optional
        Called with the history after each epoch, in the main process: such as a `TrainingMonitor`.

    Raises
    ------
    TypeError, ValueError
        If a set is no data set of pairs, or is empty.
    DivergedError
        If a loss is not finite; names epoch and step and the likely cause.
    CheckpointError
        If `last.pt` is damaged, or of another network, other settings or other data.
    """
    settings = settings or TrainSettings()
    check_set("train_set", train_set)
    check_set("val_set", val_set)
    team = Team(settings.device)
    talk = progress and team.is_main and not os.environ.get("NBGRADER_EXECUTION")
    seed_all(settings.seed + team.rank)  # dropout differs between processes
    # Channels innermost: convolutions are faster, see benchmarks/training_step.py.
    model.to(device=team.device, memory_format=torch.channels_last)
    if isinstance(loss_fn, nn.Module):
        loss_fn.to(team.device)
    optimizer = make_optimizer(model, settings)
    plateau = ReduceLROnPlateau(optimizer, factor=0.5, patience=settings.lr_patience)
    scaler = GradScaler(enabled=settings.amp and team.device.type == "cuda")

    parts = {"model": model, "optimizer": optimizer, "plateau": plateau, "scaler": scaler}
    run = Run(folder, team, parts, identity(settings, loss_fn, train_set, val_set))
    history = run.restore() if resume else History()
    if talk and len(history):
        print(f"resumed after epoch {len(history)}")
    shared = team.share(model)  # the same weights; its gradients are averaged over the processes

    while not (reason := stop_reason(history, settings)):
        epoch, start = len(history), time.perf_counter()
        loader = training_loader(train_set, settings, epoch, team)
        bar = tqdm(total=len(loader), file=sys.stdout, leave=False, mininterval=1, disable=not talk)
        loss_sum = images = 0
        model.train()
        for step, batch in enumerate(on_device(loader, team.device)):
            if settings.schedule == "cosine":
                set_lr(
                    optimizer,
                    cosine_lr(epoch * len(loader) + step, settings.epochs * len(loader), settings.lr),
                )
            try:
                loss = train_step(shared, batch, loss_fn, optimizer, scaler, settings.clip)
            except DivergedError as error:
                raise DivergedError(f"epoch {epoch + 1}, step {step + 1}: {error}") from error
            loss_sum, images = loss_sum + loss * len(batch[0]), images + len(batch[0])
            bar.update()
        bar.close()
        lr = optimizer.param_groups[0]["lr"]

        team.average_buffers(model)
        val_batches = on_device(validation_loader(val_set, settings, team), team.device)
        val_loss, confusion = evaluate(model, val_batches, loss_fn, scaler.is_enabled(), team)
        if settings.schedule == "plateau":
            plateau.step(val_loss)
        loss_sum, images = team.sum_of(loss_sum, images)
        seconds = team.from_main(time.perf_counter() - start)  # one clock, so that all stop together
        history.add(loss_sum / images, val_loss, region_dice(confusion, regions), lr, seconds)
        run.keep(history)
        if talk:
            print(history.line(epoch, settings.epochs), flush=True)
        if on_epoch is not None and team.is_main:
            on_epoch(history)

    load_weights(model, run.best)
    if talk:
        print(f"{reason}; the weights are those of epoch {history.best_epoch + 1}")
    return history


def make_optimizer(model: nn.Module, settings: TrainSettings) -> torch.optim.Optimizer:
    """Return the optimiser of the settings over the weights of `model`.

    Adagrad divides by the root of all squared gradients so far, so its steps only get smaller. They are
    counted from 0.1, as in Keras; torch counts from 0, which makes the first steps much longer.
    """
    shared = {"lr": settings.lr, "weight_decay": settings.weight_decay}
    if settings.optimizer == "adagrad":
        return torch.optim.Adagrad(model.parameters(), initial_accumulator_value=0.1, **shared)
    return torch.optim.Adam(model.parameters(), **shared)


def set_lr(optimizer: torch.optim.Optimizer, lr: float) -> None:
    """Set the learning rate of all parameters."""
    for group in optimizer.param_groups:
        group["lr"] = lr
