"""The monitor names what it sees, once, and keeps quiet about a healthy training."""

import math

import pytest
import torch
from scipy import stats
from torch import nn

from brainlab.training import GanSettings, History, diagnose, probe_auc, roc_auc, srgan_losses, train_gan


def history(d_real=(), d_fake=(), diversity=(), psnr=(), before=25.0, stopped=""):
    steps = {"d_real": list(d_real), "d_fake": list(d_fake)}
    scores = {"diversity": list(diversity), "psnr": list(psnr)}
    return History(steps, scores, {"psnr": before}, [1.0] * max(map(len, (d_real, psnr))), stopped)


def test_a_healthy_gan_has_no_findings():
    healthy = history(
        [0.5, 0.7, 0.65, 0.97], [0.5, 0.4, 0.35, 0.02], [0.98, 0.95, 1.02, 1], [24, 23, 22.5, 23]
    )
    assert diagnose(healthy) == []
    assert diagnose(History()) == []


def test_a_win_must_last():
    (finding,) = diagnose(history([0.99, 0.6, 0.97, 0.99, 0.99], [0.01, 0.4, 0.02, 0.01, 0.01]))
    assert (finding.epoch, finding.name) == (4, "discriminator wins")
    assert "D(real) 0.99 and D(fake) 0.01 for 2 epochs" in finding.message
    assert "lower d_lr" in finding.message


def test_collapse_is_seen_at_once():
    (finding,) = diagnose(history(diversity=[0.9, 0.3, 0.1]))
    assert (finding.epoch, finding.name) == (2, "mode collapse")
    assert "0.30 times as much as the true ones" in finding.message


@pytest.mark.parametrize(("psnr", "epoch"), [([24, 18], 2), ([30, 23.9], 2), ([10], 1), ([24, math.nan], 2)])
def test_a_fall_of_psnr_is_divergence(psnr, epoch):
    (finding,) = diagnose(history(psnr=psnr))
    assert (finding.epoch, finding.name) == (epoch, "divergence")


def test_a_stopped_training_is_divergence():
    (finding,) = diagnose(history(psnr=[24], stopped="epoch 2, step 3: the generator's loss is nan"))
    assert finding == (2, "divergence", "epoch 2, step 3: the generator's loss is nan")


@pytest.mark.parametrize(
    ("brightness", "name"), [(4.0, "divergence"), (0.1, "divergence"), (0.9, "mode collapse")]
)
def test_white_or_black_images_diverged_and_one_brain_for_all_collapsed(brightness, name):
    """In all three every output is the same, far from its truth; only in the last it looks like an image."""
    alike = history(diversity=[0.01], psnr=[8.0])
    alike.scores["brightness"] = [brightness]
    (finding,) = diagnose(alike)
    assert (finding.epoch, finding.name) == (1, name)


def test_findings_come_in_order():
    found = diagnose(history([0.99] * 3, [0.01] * 3, [1, 1, 0.1], [10, 10, 10]))
    assert [(f.epoch, f.name) for f in found] == [
        (1, "divergence"),
        (2, "discriminator wins"),
        (3, "mode collapse"),
    ]


IDLE = history([0.50] * 6, [0.49] * 6, [1] * 6, [24] * 6)


def test_an_idle_discriminator_needs_a_probe_to_be_named():
    assert diagnose(IDLE) == []
    (finding,) = diagnose(IDLE, probe=lambda: 0.97)
    assert (finding.epoch, finding.name) == (4, "discriminator learns nothing")
    assert "0.97" in finding.message


def test_a_true_balance_is_not_reported():
    assert diagnose(IDLE, probe=lambda: 0.55) == []


def test_the_probe_is_not_run_where_the_discriminator_learns():
    learns = history([0.5, 0.6, 0.7, 0.7], [0.5, 0.4, 0.3, 0.3])
    assert diagnose(learns, probe=lambda: pytest.fail("the probe takes time")) == []
    assert diagnose(History(), probe=lambda: pytest.fail("there is nothing to probe")) == []


def test_roc_auc_is_the_share_of_pairs_in_order():
    made, true = torch.tensor([0.0, 1, 1, 3]), torch.tensor([1.0, 2, 5])
    wanted = stats.mannwhitneyu(true, made).statistic / (len(made) * len(true))
    assert roc_auc(made, true) == pytest.approx(wanted)
    assert roc_auc(made, made) == 0.5
    assert roc_auc(true - 10, true) == 1


def waves(n, seed, ripple=0.0):
    """Return images (n, 1, 16, 16) of smooth noise, with a fine ripple on top."""
    draw = torch.Generator().manual_seed(seed)
    smooth = nn.functional.interpolate(torch.rand(n, 1, 4, 4, generator=draw), 16, mode="bicubic")
    pattern = (torch.arange(16)[:, None] + torch.arange(16)) % 2 - 0.5
    return (smooth + ripple * pattern).clamp(0, 1)


def fresh(seed=0):
    torch.manual_seed(seed)
    layers = nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.LeakyReLU(0.2), nn.Conv2d(8, 8, 3, stride=2)
    return nn.Sequential(*layers, nn.LeakyReLU(0.2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 1))


@pytest.mark.parametrize("seed", range(3))
def test_the_probe_separates_what_differs_and_nothing_else(seed):
    pairs = [(waves(64, 1, ripple=0.1), waves(64, 2)), (waves(64, 3, ripple=0.1), waves(64, 4))]
    assert probe_auc(fresh(seed), *pairs, steps=64) > 0.95
    equal = [(waves(200, 1), waves(200, 2)), (waves(200, 3), waves(200, 4))]
    assert abs(probe_auc(fresh(seed), *equal, steps=64) - 0.5) < 0.15


class Rippled(nn.Module):
    """A generator with one weight: the large image, and so much of a ripple on it."""

    def __init__(self, ripple):
        super().__init__()
        self.ripple = nn.Parameter(torch.tensor(ripple))

    def forward(self, x, size=None):
        return x + self.ripple * ((torch.arange(16)[:, None] + torch.arange(16)) % 2 - 0.5)


@pytest.mark.parametrize(("ripple", "names"), [(0.2, ["discriminator learns nothing"]), (0.002, [])])
def test_an_idle_discriminator_is_found_and_a_balanced_game_is_not(ripple, names):
    """The discriminator hardly moves in both games; only in one of them could it have learnt something."""
    train, val = (torch.utils.data.TensorDataset(*2 * [waves(64, seed)]) for seed in (1, 3))
    settings = GanSettings(epochs=4, lr=1e-9, d_lr=1e-9, batch_size=16, device="cpu")
    generator = Rippled(ripple)
    played = train_gan(generator, fresh(), srgan_losses(), train, val, settings, progress=False)
    others = {seed: waves(64, seed) for seed in (5, 6)}  # true images that the generator has not started from

    def probe():
        made = [generator(train.tensors[0]).detach(), generator(val.tensors[0]).detach()]
        return probe_auc(fresh(7), *zip(made, others.values(), strict=True), steps=64)

    assert [finding.name for finding in diagnose(played, probe)] == names
