"""Both phases: they learn, resume as an unbroken run, keep the best weights, and stop when they diverge."""

from dataclasses import replace

import pytest
import torch
from tiny_gan import SETTINGS, all_losses, discriminator, features, generator, images

from brainlab.metrics.images import psnr
from brainlab.models import copy_weights
from brainlab.training import (
    CheckpointError,
    GanSettings,
    History,
    devices,
    diversity,
    esrgan_losses,
    gan,
    image_scores,
    load_checkpoint,
    load_weights,
    srgan_losses,
    train_gan,
    train_psnr,
)

TRAIN, VAL = images(), images(4, seed=9)


def same(one, other):
    return all(
        torch.equal(p, q) for p, q in zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    )


def test_the_first_phase_beats_bicubic():
    history = train_psnr(generator(), TRAIN, VAL, replace(SETTINGS, epochs=12, lr=1e-2, schedule="cosine"))
    assert len(history) == 12
    assert history.scores["psnr"][-1] > history.before["psnr"] + 1
    assert history.steps["g_loss"][-1] < history.steps["g_loss"][0]


@pytest.mark.parametrize("losses", all_losses(), ids=lambda losses: losses.name)
def test_the_second_phase_keeps_a_full_history(losses):
    history = train_gan(generator(), discriminator(), losses, TRAIN, VAL, SETTINGS)
    parts = {"perceptual", "adversarial", "pixel"} if losses.relativistic else {"content", "adversarial"}
    assert set(history.steps) == {"g_loss", "d_loss", "d_real", "d_fake", *parts}
    scores = {"psnr", "ssim", "high-frequency ratio", "diversity", "brightness"} | (
        {"distance"} if losses.features else set()
    )
    assert set(history.scores) == scores == set(history.before)
    assert all(len(values) == 3 for values in (*history.steps.values(), *history.scores.values()))
    assert not history.stopped


@pytest.mark.parametrize("schedule", ["constant", "cosine"])
def test_a_resumed_gan_is_as_an_unbroken_one(tmp_path, schedule):
    settings = replace(SETTINGS, schedule=schedule, d_lr=3e-3)

    def run(folder, seed, until=None):
        g, d, seen = generator(seed), discriminator(seed), []

        class Killed(torch.utils.data.Dataset):  # dies in the middle of the epoch `until`
            def __len__(self):
                return len(TRAIN)

            def __getitem__(self, item):
                seen.append(item)
                if until is not None and len(seen) > until * len(TRAIN) + 5:
                    raise KeyboardInterrupt
                noise = 0.01 * torch.randn(1, 6, 6)  # the random state counts, too
                return TRAIN[item][0] + noise, TRAIN[item][1]

        history = train_gan(g, d, esrgan_losses(features()), Killed(), VAL, settings, folder)
        return g, d, history

    whole = run(tmp_path / "whole", seed=1)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "broken", seed=1, until=1)
    assert len(History.load(tmp_path / "broken")) == 1
    resumed = run(tmp_path / "broken", seed=7)  # other first weights: everything comes from the file
    assert same(whole[0], resumed[0])
    assert same(whole[1], resumed[1])
    assert replace(whole[2], seconds=[]) == replace(resumed[2], seconds=[])
    best = [load_checkpoint(tmp_path / name / "best.pt")["model"] for name in ("whole", "broken")]
    assert all(torch.equal(value, best[1][name]) for name, value in best[0].items())


def test_the_checkpoint_holds_both_networks(tmp_path):
    g, d = generator(), discriminator()
    train_gan(g, d, srgan_losses(), TRAIN, VAL, SETTINGS, tmp_path)
    state = load_checkpoint(tmp_path / "last.pt")  # weights_only
    assert {"model", "discriminator", "model optimizer", "discriminator optimizer", "rng", "history"} <= set(
        state
    )
    other = generator(8)
    load_weights(other, tmp_path / "last.pt")
    assert same(other, g)


def test_more_epochs_may_follow_but_no_other_run(tmp_path):
    train_psnr(generator(), TRAIN, VAL, SETTINGS, tmp_path)
    history = train_psnr(generator(), TRAIN, VAL, replace(SETTINGS, epochs=4), tmp_path)
    assert len(history) == 4
    with pytest.raises(CheckpointError, match=r"of another run: lr was 0.001 and is 0.1 now: use another"):
        train_psnr(generator(), TRAIN, VAL, replace(SETTINGS, lr=0.1), tmp_path)
    with pytest.raises(CheckpointError, match="loss was psnr and is SRGAN now"):
        train_gan(generator(), discriminator(), srgan_losses(), TRAIN, VAL, SETTINGS, tmp_path)
    assert len(train_psnr(generator(), TRAIN, VAL, replace(SETTINGS, lr=0.1), tmp_path, resume=False)) == 3


@pytest.mark.filterwarnings("ignore")
def test_a_diverged_training_stops_and_says_where(tmp_path):
    wild = replace(SETTINGS, lr=1e30, optimizer="rmsprop", epochs=5)
    g = generator()
    history = train_psnr(g, TRAIN, VAL, wild, tmp_path)
    assert history.stopped.startswith("epoch ")
    assert "loss is " in history.stopped
    assert len(history) < 5
    assert History.load(tmp_path).stopped == history.stopped


def test_a_small_image_of_another_size_gets_the_size_of_the_large_one():
    small = torch.utils.data.TensorDataset(TRAIN.tensors[0][..., :5, :5], TRAIN.tensors[1])
    history = train_psnr(generator(), small, small, replace(SETTINGS, epochs=1))
    assert len(history) == 1


def test_a_line_per_epoch_is_printed_and_none_while_grading(capsys, monkeypatch):
    train_gan(generator(), discriminator(), srgan_losses(), TRAIN, VAL, SETTINGS)
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("epoch ")]
    assert len(lines) == 3
    for part in ("epoch 3/3", "d_real", "d_fake", "psnr", "diversity"):
        assert part in lines[-1]
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    train_psnr(generator(), TRAIN, VAL, SETTINGS)
    assert not capsys.readouterr().out


def test_scores_are_means_over_the_images():
    g = generator()  # starts as bicubic
    lr, hr = VAL.tensors
    expected = psnr(g.eval()(lr), hr).mean().item()
    scores = image_scores(g.train(), [(lr[:3], hr[:3]), (lr[3:], hr[3:])])
    assert scores["psnr"] == pytest.approx(expected)
    assert g.training


def test_diversity_of_truth_collapse_and_noise():
    hr = VAL.tensors[1]
    assert diversity(hr, hr) == pytest.approx(1)
    assert diversity(hr[:1].expand_as(hr), hr) == pytest.approx(0, abs=1e-6)
    assert diversity(0.5 + (hr - 0.5) / 4, hr) == pytest.approx(0.25)
    assert diversity((hr + 0.5 * torch.randn_like(hr)), hr) > 1
    for wrong in (hr[:1], hr[:1].expand_as(hr)):
        with pytest.raises(ValueError, match=f"{len(wrong)} true images without any difference"):
            diversity(wrong, wrong)


def test_settings_are_checked():
    for name in ("epochs", "lr", "d_lr", "batch_size"):
        with pytest.raises(ValueError, match=f"{name} is 0; expected more than 0"):
            GanSettings(**{name: 0})
    for name in ("optimizer", "schedule", "distance"):
        with pytest.raises(ValueError, match=f"{name} is 'x'; expected one of "):
            GanSettings(**{name: "x"})


@pytest.mark.parametrize(
    ("losses", "best"),
    [(None, 2), (srgan_losses(), 4), (srgan_losses(features()), 1), (esrgan_losses(features()), 1)],
    ids=["highest PSNR", "the last without features", "smallest distance", "smallest distance, ESRGAN"],
)
def test_which_epoch_is_the_best(tmp_path, monkeypatch, losses, best):
    psnrs, distances = iter([9.0, 1.0, 2.0, 5.0, 5.0, 3.0]), iter([0.1, 0.5, 0.2, 0.4, 0.2, 0.3])

    def scores(*_, **__):  # before the first epoch, and after each of five
        return {"psnr": next(psnrs), "distance": next(distances)}

    monkeypatch.setattr(gan, "image_scores", scores)
    g, weights = generator(), []
    sets = (TRAIN, VAL, replace(SETTINGS, epochs=5), tmp_path)
    options = {"progress": False, "on_epoch": lambda history: weights.append(copy_weights(g))}
    if losses is None:
        history = train_psnr(g, *sets, **options)
    else:
        history = train_gan(g, discriminator(), losses, *sets, **options)
    assert history.best_epoch == best
    kept = load_checkpoint(tmp_path / "best.pt")["model"]
    assert all(torch.equal(value, weights[best][name]) for name, value in kept.items())
    final = g.state_dict()  # the model has its final weights
    assert all(torch.equal(value, weights[4][name]) for name, value in final.items())
    assert not g.training


@pytest.mark.parametrize("phase", ["psnr", "SRGAN", "ESRGAN"])
def test_mixed_precision_is_close_to_float32(phase, monkeypatch):
    """bfloat16 on the CPU stands in for a GPU: the same code path."""
    seen = []
    monkeypatch.setattr(devices, "half_type", lambda device: torch.bfloat16)

    def run(amp):
        g, settings = generator(), replace(SETTINGS, amp=amp, optimizer="rmsprop")
        g.first.register_forward_hook(lambda module, inputs, output: seen.append((amp, output.dtype)))
        if phase == "psnr":
            return train_psnr(g, TRAIN, VAL, settings, progress=False)
        losses = srgan_losses() if phase == "SRGAN" else esrgan_losses(features())
        return train_gan(g, discriminator(), losses, TRAIN, VAL, settings, progress=False)

    half, full = run(True), run(False)
    assert (True, torch.bfloat16) in seen
    assert (False, torch.bfloat16) not in seen
    assert half.steps["g_loss"] != full.steps["g_loss"]  # it was another precision
    for name, values in full.steps.items():
        assert half.steps[name] == pytest.approx(values, rel=0.05, abs=0.02), name


def test_a_watcher_sees_the_history_after_each_epoch():
    seen = []

    def watch(history):
        seen.append((len(history), history.scores["psnr"][-1]))

    history = train_psnr(generator(), TRAIN, VAL, SETTINGS, progress=False, on_epoch=watch)
    assert seen == list(enumerate(history.scores["psnr"], start=1))
    train_gan(
        generator(), discriminator(), all_losses()[0], TRAIN, VAL, SETTINGS, progress=False, on_epoch=watch
    )
    assert [epoch for epoch, _ in seen] == [1, 2, 3, 1, 2, 3]
