"""What both phases share: epochs of steps, validation, a checkpoint after each, and going on from it."""

import os
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from brainlab.models.checkpoint import (
    CheckpointError,
    load_checkpoint,
    rng_state,
    save_checkpoint,
    seed_all,
    set_rng_state,
)
from brainlab.training.batches import check_set, on_device, training_loader, validation_loader
from brainlab.training.distributed import Team
from brainlab.training.gan_history import GanHistory
from brainlab.training.gan_settings import GanSettings
from brainlab.training.gan_validation import image_scores
from brainlab.training.loop import set_lr
from brainlab.training.settings import cosine_lr
from brainlab.training.validation import DivergedError

Step = Callable[[Tensor, Tensor], dict[str, float]]
Parts = Mapping[str, nn.Module | torch.optim.Optimizer]
FREE_SETTINGS = ("epochs", "num_workers", "device")  # a resumed run may have other values of these


def run_epochs(
    phase: str,
    step: Step,
    parts: Parts,
    train_set: Dataset,
    val_set: Dataset,
    settings: GanSettings,
    folder: Path | str | None,
    resume: bool,
    progress: bool,
    on_epoch: Callable[[GanHistory], None] | None = None,
) -> GanHistory:
    """Repeat `step` over the epochs of one phase.

    Parameters
    ----------
    phase : str
        Name of the phase; a folder holds one phase.
    step : callable
        (lr, hr) on the device to the step's numbers; raises `DivergedError`.
    parts : dict
        All that a checkpoint needs: "generator", "optimizer", and a GAN's "discriminator", "d_optimizer".
    train_set, val_set, settings, folder, resume, progress, on_epoch
        As in `train_psnr`.
    """
    check_set("train_set", train_set)
    check_set("val_set", val_set)
    team = Team(settings.device)
    talk = progress and not os.environ.get("NBGRADER_EXECUTION")
    fixed = {name: value for name, value in asdict(settings).items() if name not in FREE_SETTINGS}
    identity = {"phase": phase, **fixed, "training images": len(train_set)}
    last = Path(folder) / "last.pt" if folder else None

    seed_all(settings.seed)
    history = GanHistory()
    if resume and last and last.exists():
        history = _restore(last, parts, identity)
        if talk:
            print(f"resumed after epoch {len(history)}")

    def scores() -> dict[str, float]:
        return image_scores(
            parts["generator"], on_device(validation_loader(val_set, settings, team), team.device)
        )

    history.before = history.before or scores()
    while len(history) < settings.epochs and not history.stopped:
        epoch, start = len(history), time.perf_counter()
        loader = training_loader(train_set, settings, epoch, team)
        sums, images = defaultdict(float), 0
        for number, (lr, hr) in enumerate(on_device(loader, team.device)):
            if settings.schedule == "cosine":
                _follow_cosine(parts, settings, epoch * len(loader) + number, settings.epochs * len(loader))
            try:
                values = step(lr, hr)
            except DivergedError as error:
                history.stopped = f"epoch {epoch + 1}, step {number + 1}: {error}"
                break
            images += len(lr)
            for name, value in values.items():
                sums[name] += value * len(lr)
        else:
            means = {name: value / images for name, value in sums.items()}
            history.add(means, scores(), time.perf_counter() - start)
            if talk:
                print(history.line(settings.epochs), flush=True)
            if on_epoch is not None:
                on_epoch(history)
        if last:
            states = {name: part.state_dict() for name, part in parts.items()}
            save_checkpoint(last, **states, history=history.as_dict(), identity=identity, rng=rng_state())
            history.save(last.parent)
    if history.stopped and talk:
        print(history.stopped)
    return history


def _follow_cosine(parts: Parts, settings: GanSettings, step: int, steps: int) -> None:
    set_lr(parts["optimizer"], cosine_lr(step, steps, settings.lr))
    if "d_optimizer" in parts:
        set_lr(parts["d_optimizer"], cosine_lr(step, steps, settings.d_lr or settings.lr))


def _restore(last: Path, parts: Parts, identity: dict) -> GanHistory:
    """Put everything back to the end of the last finished epoch."""
    state = load_checkpoint(last)
    there = state.get("identity", {})
    for name, here in identity.items():
        if there.get(name) != here:
            raise CheckpointError(
                f"{last} is of another run: {name} was {there.get(name)} and is {here} now: use another "
                "folder, or resume=False to start over"
            )
    for name, part in parts.items():
        part.load_state_dict(state[name])
    set_rng_state(state["rng"])
    return GanHistory(**state["history"])
