"""Training of a generator: `train_psnr`, then `train_gan` on from there, by the epochs of `train_epochs`.

Sources: the two phases and their order, C. Ledig et al., 2017, arXiv:1609.04802, section 3.2, and X. Wang et
al., 2018, arXiv:1809.00219, section 4.1.
"""

from collections.abc import Callable
from pathlib import Path

from torch import nn
from torch.utils.data import Dataset

from brainlab.losses.perceptual import Features
from brainlab.training.gan_monitor import image_scores
from brainlab.training.gan_steps import GanLosses, discriminator_step, generator_step, psnr_step
from brainlab.training.history import DivergedError, History
from brainlab.training.loop import Batch, train_epochs, validation_batches
from brainlab.training.run import Run
from brainlab.training.settings import GanSettings


def train_psnr(
    generator: nn.Module,
    train_set: Dataset,
    val_set: Dataset,
    settings: GanSettings | None = None,
    folder: Path | str | None = None,
    resume: bool = True,
    progress: bool = True,
    on_epoch: Callable[[History], None] | None = None,
) -> History:
    """Train a generator on its pixel loss: the first phase, and the baseline of the second.

    The generator is left with its final weights, in evaluation mode. With a `folder`, each epoch leaves there
    `last.pt` (all that is needed to go on), `best.pt` (weights of the epoch with the highest PSNR on the
    validation set, for `load_weights`), `history.csv` and `history.json`. A loss that is not finite ends the
    training: `history.stopped` says so, and the weights are those before that step. Under
    `torchrun` every process takes its share of each epoch's images; there such a loss raises `DivergedError`,
    which ends all processes.

    Parameters
    ----------
    generator : nn.Module
        `SRResNet` or `RRDBNet`.
    train_set, val_set : Dataset
        Pairs (lr, hr), such as `SuperResSet`.
    settings : GanSettings, optional
    folder : path, optional
    resume : bool
        Go on from `folder/last.pt` if it is there; otherwise start over and replace it.
    progress : bool
        A bar, and a line per epoch; never while nbgrader grades.
    on_epoch : callable, optional
        Gets the history after each epoch, such as `brainlab.view.TrainingMonitor`.

    Raises
    ------
    TypeError, ValueError
        If a set is no data set of pairs or is empty.
    CheckpointError
        If `last.pt` is damaged, or of other settings.
    DivergedError
        With several processes only, see above.
    """
    # 1. The run: device, seeds, optimiser; new, or from the folder
    settings = settings or GanSettings()
    run = Run(settings, folder, "psnr", train_set, val_set, progress, best_by="psnr")
    fast, optimizer, scaler = run.add("model", generator)
    if resume:
        run.restore()

    # 2. What a step is
    def step(batch: Batch) -> dict[str, float]:
        return psnr_step(fast, *batch, optimizer, settings.distance, scaler)

    # 3. The epochs
    return _train(run, step, val_set, None, on_epoch)


def train_gan(
    generator: nn.Module,
    discriminator: nn.Module,
    losses: GanLosses,
    train_set: Dataset,
    val_set: Dataset,
    settings: GanSettings | None = None,
    folder: Path | str | None = None,
    resume: bool = True,
    progress: bool = True,
    on_epoch: Callable[[History], None] | None = None,
) -> History:
    """Train a generator against a discriminator: the second phase.

    The generator should come from `train_psnr`; keep a copy of its weights for `interpolate_networks`. The
    rest is as there; `last.pt` holds both networks and both optimisers. `diagnose` reads the history.

    No loss of a GAN measures quality. `best.pt` is that of the smallest perceptual distance to the true
    images of the validation set, by the features of the loss; without features it is the last epoch's.

    Parameters
    ----------
    generator, discriminator : nn.Module
    losses : GanLosses
        `srgan_losses(...)` or `esrgan_losses(...)`.
    train_set, val_set, settings, folder, resume, progress, on_epoch
        As in `train_psnr`.

    Raises
    ------
    TypeError, ValueError, CheckpointError, DivergedError
        As in `train_psnr`.
    """
    # 1. The run: device, seeds, optimisers; new, or from the folder
    settings = settings or GanSettings()
    best_by = "" if losses.features is None else "distance"
    run = Run(settings, folder, losses.name, train_set, val_set, progress, best_by)
    run.place(losses.features)
    fast, optimizer, scaler = run.add("model", generator)
    d_fast, d_optimizer, d_scaler = run.add("discriminator", discriminator, settings.d_lr)
    if resume:
        run.restore()

    # 2. What a step is
    def step(batch: Batch) -> dict[str, float]:
        lr, hr = batch
        generator.train()
        sr = fast(lr, hr.shape[-2:])  # (B, 1, H, W), one forward pass for both steps
        values = discriminator_step(d_fast, sr, hr, d_optimizer, losses, d_scaler)
        return values | generator_step(d_fast, sr, hr, optimizer, losses, scaler)

    # 3. The epochs
    return _train(run, step, val_set, losses.features, on_epoch)


def _train(
    run: Run,
    step: Callable[[Batch], dict[str, float]],
    val_set: Dataset,
    features: Features | None,
    on_epoch: Callable[[History], None] | None,
) -> History:
    """Train and validate a generator; a loss that is not finite ends the training, see `train_psnr`."""
    generator, history = run.parts["model"], run.history

    def validate() -> dict[str, float]:
        batches = validation_batches(val_set, run.settings, run.group)
        return image_scores(generator, batches, features, run.group)

    history.before = history.before or validate()
    try:
        train_epochs(run, step, validate, on_epoch)
    except DivergedError as error:
        if run.group.size > 1:  # the other ranks wait for this one's gradients
            raise
        history.stopped = str(error)
        run.save()
        if run.talk:
            print(history.stopped)
    generator.eval()
    return history
