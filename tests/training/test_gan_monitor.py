"""The monitor names what it sees, once, and keeps quiet about a healthy training."""

import math

import pytest

from brainlab.training import History, diagnose


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


def test_findings_come_in_order():
    found = diagnose(history([0.99] * 3, [0.01] * 3, [1, 1, 0.1], [10, 10, 10]))
    assert [(f.epoch, f.name) for f in found] == [
        (1, "divergence"),
        (2, "discriminator wins"),
        (3, "mode collapse"),
    ]
