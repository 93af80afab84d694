"""Training of a generator: `train_psnr`, then `train_gan` on from there, by the epochs of `train_epochs`.

Sources: the two phases and their order, C. Ledig et al., 2017, arXiv:1609.04802, section 3.2, and X. Wang et
al., 2018, arXiv:1809.00219, section 4.1.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from torch import Tensor, nn
from torch.utils.data import Dataset

from brainlab.models.modes import mixed_precision
from brainlab.training.distributed import ProcessGroup
from brainlab.training.gan_steps import GanLosses, discriminator_step, generator_step, psnr_step
from brainlab.training.loop import on_device, prepare, talks, train_epochs, validation_loader
from brainlab.training.run import History, Run, identity
from brainlab.training.settings import GanSettings
from brainlab.training.validation import DivergedError, image_scores

Batch = tuple[Tensor, Tensor]


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
    validation set, for `brainlab.models.load_weights`), `history.csv` and `history.json`. A loss that is not
    finite ends the training: `history.stopped` says so, and the weights are those before that step. Under
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
    # 1. Device, seeds, network, optimiser
    settings = settings or GanSettings()
    group = ProcessGroup(settings.device)
    prepare(settings, group, train_set, val_set, generator)
    fast, scaler = mixed_precision(generator, group.device, settings.amp)
    optimizer = settings.optimizer_of(generator)

    # 2. The run: a new one, or the one on disk
    parts = {"model": generator, "optimizer": optimizer, "scaler": scaler}
    run = Run(folder, group, parts, identity(settings, "psnr", train_set, val_set), best_by="psnr")
    if resume:
        run.restore()

    # 3. What a step is, and what a validation is
    def step(batch: Batch) -> dict[str, float]:
        return psnr_step(fast, *batch, optimizer, settings.distance, scaler)

    def validate() -> dict[str, float]:
        batches = on_device(validation_loader(val_set, settings, group), group.device)
        return image_scores(generator, batches, group=group)

    # 4. The epochs
    run.history.before = run.history.before or validate()
    with _stop_at_divergence(run, progress):
        rates = {optimizer: settings.lr}
        train_epochs(run, [generator], rates, step, validate, train_set, settings, progress, on_epoch)
    generator.eval()
    return run.history


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
    # 1. Device, seeds, networks, optimisers
    settings = settings or GanSettings()
    d_lr = settings.d_lr or settings.lr
    group = ProcessGroup(settings.device)
    prepare(settings, group, train_set, val_set, generator, discriminator, losses.features)
    fast, scaler = mixed_precision(generator, group.device, settings.amp)
    d_fast, d_scaler = mixed_precision(discriminator, group.device, settings.amp)
    optimizer, d_optimizer = settings.optimizer_of(generator), settings.optimizer_of(discriminator, d_lr)

    # 2. The run: a new one, or the one on disk
    parts = {"model": generator, "optimizer": optimizer, "scaler": scaler}
    parts |= {"discriminator": discriminator, "d_optimizer": d_optimizer, "d_scaler": d_scaler}
    best_by = "" if losses.features is None else "distance"
    run = Run(folder, group, parts, identity(settings, losses.name, train_set, val_set), best_by)
    if resume:
        run.restore()

    # 3. What a step is, and what a validation is
    def step(batch: Batch) -> dict[str, float]:
        lr, hr = batch
        generator.train()
        sr = fast(lr, hr.shape[-2:])  # (B, 1, H, W), one forward pass for both steps
        values = discriminator_step(d_fast, sr, hr, d_optimizer, losses, d_scaler)
        return values | generator_step(d_fast, sr, hr, optimizer, losses, scaler)

    def validate() -> dict[str, float]:
        batches = on_device(validation_loader(val_set, settings, group), group.device)
        return image_scores(generator, batches, losses.features, group)

    # 4. The epochs
    run.history.before = run.history.before or validate()
    with _stop_at_divergence(run, progress):
        models, rates = [generator, discriminator], {optimizer: settings.lr, d_optimizer: d_lr}
        train_epochs(run, models, rates, step, validate, train_set, settings, progress, on_epoch)
    generator.eval()
    return run.history


@contextmanager
def _stop_at_divergence(run: Run, progress: bool) -> Iterator[None]:
    """Note a loss that is not finite in the history and end the training without an error."""
    try:
        yield
    except DivergedError as error:
        if run.group.size > 1:  # the other ranks wait for this one's gradients
            raise
        run.history.stopped = str(error)
        run.save()
        if talks(run.group, progress):
            print(run.history.stopped)
