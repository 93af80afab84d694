"""The epochs around the steps: `train_psnr`, then `train_gan` on from there. One process.

Sources: the two phases and their order, C. Ledig et al., 2017, arXiv:1609.04802, section 3.2, and X. Wang et
al., 2018, arXiv:1809.00219, section 4.1.
"""

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from brainlab.training.distributed import Team
from brainlab.training.gan_epochs import run_epochs
from brainlab.training.gan_history import GanHistory
from brainlab.training.gan_losses import Game
from brainlab.training.gan_settings import GanSettings
from brainlab.training.gan_steps import discriminator_step, generator_step, psnr_step


def train_psnr(
    generator: nn.Module,
    train_set: Dataset,
    val_set: Dataset,
    settings: GanSettings | None = None,
    folder: Path | str | None = None,
    resume: bool = True,
    progress: bool = True,
    on_epoch: Callable[[GanHistory], None] | None = None,
) -> GanHistory:
    """Train a generator for fidelity: the first phase, and the baseline of the second.

    With a `folder`, each epoch leaves there `last.pt` (weights, optimiser, random state: all that is needed
    to go on) and `history.json`. A loss that is not finite ends the training: `history.stopped` says so, and
    the weights are those before that step.

    Parameters
    ----------
    generator : nn.Module
        `SRResNet` or `RRDBNet`.
    train_set, val_set : Dataset
        Pairs (lr, hr), such as `SuperResSet`.
    settings : GanSettings, optional
    folder : path, optional
    resume : bool
        Go on from `folder/last.pt` if it is there; otherwise start anew over it.
    progress : bool
        Print a line per epoch; never while nbgrader grades.
    on_epoch : callable, optional
        Gets the history after each epoch, such as `brainlab.view.TrainingMonitor`.

    Raises
    ------
    TypeError, ValueError
        If a set is no data set of pairs or is empty, or there is more than one process.
    CheckpointError
        If `last.pt` is damaged, or of other settings.
    """
    settings = settings or GanSettings()
    optimizer = settings.optimizer_of(_to_device(generator, settings))

    def step(lr: Tensor, hr: Tensor) -> dict[str, float]:
        return psnr_step(generator, lr, hr, optimizer, settings.distance)

    parts = {"generator": generator, "optimizer": optimizer}
    return run_epochs("psnr", step, parts, train_set, val_set, settings, folder, resume, progress, on_epoch)


def train_gan(
    generator: nn.Module,
    discriminator: nn.Module,
    game: Game,
    train_set: Dataset,
    val_set: Dataset,
    settings: GanSettings | None = None,
    folder: Path | str | None = None,
    resume: bool = True,
    progress: bool = True,
    on_epoch: Callable[[GanHistory], None] | None = None,
) -> GanHistory:
    """Train a generator against a discriminator: the second phase.

    The generator should come from `train_psnr`; keep a copy of its weights for `interpolate_networks`. The
    rest is as there; `last.pt` holds both networks and both optimisers. `diagnose` reads the history.

    Parameters
    ----------
    generator, discriminator : nn.Module
    game : Game
        `srgan_game(...)` or `esrgan_game(...)`.
    train_set, val_set, settings, folder, resume, progress, on_epoch
        As in `train_psnr`.

    Raises
    ------
    TypeError, ValueError, CheckpointError
        As in `train_psnr`.
    """
    settings = settings or GanSettings()
    if isinstance(game.features, nn.Module):
        _to_device(game.features, settings)
    g_optimizer = settings.optimizer_of(_to_device(generator, settings))
    d_optimizer = settings.optimizer_of(_to_device(discriminator, settings), settings.d_lr)

    def step(lr: Tensor, hr: Tensor) -> dict[str, float]:
        generator.train()
        sr = generator(lr, hr.shape[-2:])  # (B, 1, H, W), one forward pass for both players
        values = discriminator_step(discriminator, sr, hr, d_optimizer, game)
        return values | generator_step(discriminator, sr, hr, g_optimizer, game)

    parts = {
        "generator": generator,
        "discriminator": discriminator,
        "optimizer": g_optimizer,
        "d_optimizer": d_optimizer,
    }
    return run_epochs(
        game.name, step, parts, train_set, val_set, settings, folder, resume, progress, on_epoch
    )


def _to_device(model: nn.Module, settings: GanSettings) -> nn.Module:
    team = Team(settings.device)
    if team.size > 1:
        raise ValueError(f"there are {team.size} processes; expected one: start it without torchrun")
    # Channels innermost: convolutions are faster, as in `brainlab.training.fit`.
    return model.to(device=team.device, memory_format=torch.channels_last)
