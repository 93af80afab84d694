"""The training loop: read `train_step` (one step), `train_epochs` (the epochs around it), then `fit`.

Sources: the optimisers and the schedule, see `brainlab.training.settings`; mixed precision, P. Micikevicius
et al., 2018, arXiv:1710.03740.
"""

import math
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.amp import GradScaler
from torch.optim.lr_scheduler import ReduceLROnPlateau
from torch.utils.data import DataLoader, Dataset, DistributedSampler, Sampler, Subset
from tqdm import tqdm

from brainlab.metrics.confusion import Regions, region_dice
from brainlab.training.devices import NO_SCALER, ProcessGroup
from brainlab.training.history import DivergedError, History, comparable, evaluate
from brainlab.training.run import Run, load_weights
from brainlab.training.settings import Settings, TrainSettings, cosine_lr

Loss = Callable[[Tensor, Tensor], Tensor]
Batch = tuple[Tensor, Tensor]


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
        Images (B, 4, H, W) to logits (B, C, H, W), on the device of the batch. It is put into training mode,
        because a prediction may have left it in evaluation mode.
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

    The best weights are those of the lowest validation loss; the model is left in evaluation mode. With a
    `folder`, each epoch leaves there `last.pt` (all that is needed to go on), `best.pt`, `history.csv` and
    `history.json`; a run that was killed and resumed gives the same weights as an unbroken one. Under
    `torchrun` every process takes its share of each epoch's images.

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
        Go on from `folder/last.pt` if it is there; otherwise start over and replace it.
    progress : bool
        A bar, and a line per epoch, on standard output; never while nbgrader grades.
    regions : dict of str to labels, optional
        Regions whose Dice is followed; see `brainlab.metrics.region_dice`.
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
    # 1. The run: device, seeds, optimiser, schedule; new, or from the folder
    settings = settings or TrainSettings()
    run = Run(settings, folder, loss_fn, train_set, val_set, progress)
    run.place(loss_fn)
    fast, optimizer, scaler = run.add("model", model)
    plateau = ReduceLROnPlateau(optimizer, factor=0.5, patience=settings.lr_patience)
    run.parts["plateau"] = plateau
    if resume:
        run.restore()

    # 2. What a step is, and what a validation is
    def step(batch: Batch) -> dict[str, float]:
        return {"loss": train_step(fast, batch, loss_fn, optimizer, scaler, settings.clip)}

    def validate() -> dict[str, float]:
        batches = validation_batches(val_set, settings, run.group)
        loss, confusion = evaluate(fast, batches, loss_fn, run.group)
        if settings.schedule == "plateau":
            plateau.step(loss)
        return {"loss": loss, **region_dice(confusion, regions)}

    # 3. The epochs
    reason = train_epochs(run, step, validate, on_epoch)

    # 4. The best weights
    load_weights(model, run.best["weights"])
    model.eval()
    if run.talk:
        print(f"{reason}; the weights are those of epoch {run.best['epoch'] + 1}")
    return run.history


def train_epochs(
    run: Run,
    step: Callable[[Batch], dict[str, float]],
    validate: Callable[[], dict[str, float]],
    on_epoch: Callable[[History], None] | None = None,
) -> str:
    """Train from the end of `run.history` on, and return why it ended.

    Parameters
    ----------
    run : Run
        Gets every epoch.
    step : callable
        Trains on one batch and returns the step's numbers, by name.
    validate : callable
        Returns the scores after an epoch, by name.
    on_epoch
        As in `fit`.

    Raises
    ------
    DivergedError
        If `step` raises it: with epoch and step. Under torchrun this ends the other processes.
    """
    settings, history, group = run.settings, run.history, run.group
    models = [part for part in run.parts.values() if isinstance(part, nn.Module)]
    with group.share(*models):  # the same weights everywhere; gradients are averaged over the processes
        while not (reason := history.stop_reason(settings)):
            # a. Train on every image once
            epoch, began = len(history), time.perf_counter()
            loader = training_loader(run.train_set, settings, epoch, group)
            sums: dict[str, float] = defaultdict(float)
            images = 0
            bar = tqdm(total=len(loader), file=sys.stdout, leave=False, mininterval=1, disable=not run.talk)
            for number, batch in enumerate(on_device(loader, group.device)):
                if settings.schedule == "cosine":
                    done, steps = epoch * len(loader) + number, settings.epochs * len(loader)
                    for optimizer, peak in run.rates.items():
                        set_lr(optimizer, cosine_lr(done, steps, peak))
                try:
                    values = step(batch)
                except DivergedError as error:
                    bar.close()
                    raise DivergedError(f"epoch {epoch + 1}, step {number + 1}: {error}") from error
                images += len(batch[0])
                for name, value in values.items():
                    sums[name] += value * len(batch[0])
                bar.update()
            bar.close()
            lr = next(iter(run.rates)).param_groups[0]["lr"]

            # b. Validate
            group.average_buffers(*models)
            scores = validate()
            *totals, images = group.sum_of(*sums.values(), images)
            means = {name: total / images for name, total in zip(sums, totals, strict=True)}
            seconds = group.from_main(time.perf_counter() - began)  # one clock, so that all stop together

            # c. Keep and report
            history.add(means, scores, seconds, lr)
            run.keep()
            if run.talk:
                print(history.line(settings.epochs), flush=True)
            if on_epoch is not None and group.is_main:
                on_epoch(history)
    return reason


def set_lr(optimizer: torch.optim.Optimizer, lr: float) -> None:
    """Set the learning rate of all parameters."""
    for group in optimizer.param_groups:
        group["lr"] = lr


# From a data set to the batches of an epoch


def training_loader(dataset: Dataset, settings: Settings, epoch: int, group: ProcessGroup) -> DataLoader:
    """Return this process's share of one epoch, in an order that depends on seed and epoch alone.

    So a resumed run needs no stored position. All shares are of the same length: some images may come twice.
    """
    sampler: DistributedSampler = DistributedSampler(dataset, group.size, group.rank, seed=settings.seed)
    sampler.set_epoch(epoch)
    if hasattr(dataset, "set_epoch"):
        dataset.set_epoch(epoch)  # fresh augmentation in each epoch, the same one after a resume
    return _loader(dataset, settings, group, sampler)


def validation_batches(dataset: Dataset, settings: Settings, group: ProcessGroup) -> Iterator[Batch]:
    """Yield this process's share of the validation set, on the device: each image once, in order."""
    share = Subset(dataset, range(group.rank, len(dataset), group.size))  # type: ignore[arg-type]
    return on_device(_loader(share, settings, group), group.device)


def _loader(
    dataset: Dataset, settings: Settings, group: ProcessGroup, sampler: Sampler | None = None
) -> DataLoader:
    pinned = group.device.type == "cuda"
    return DataLoader(
        dataset, settings.batch_size, sampler=sampler, num_workers=settings.num_workers, pin_memory=pinned
    )


def on_device(loader: DataLoader, device: torch.device) -> Iterator[Batch]:
    """Yield images (B, C, H, W), with the channels innermost in memory, and labels (B, H, W) on `device`."""
    for image, target in loader:
        image = image.to(device, non_blocking=True)
        if image.ndim == 4:
            image = image.contiguous(memory_format=torch.channels_last)
        yield image, target.to(device, non_blocking=True)
