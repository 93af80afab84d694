import csv
import itertools
import math
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from tiny_training import SETTINGS, Noisy, images, net
from torch import nn
from torch.amp import GradScaler
from torch.utils.data import DataLoader, TensorDataset

from brainlab.losses import cross_entropy
from brainlab.models import UNet
from brainlab.training import (
    DivergedError,
    History,
    TrainSettings,
    devices,
    evaluate,
    fit,
    load_checkpoint,
    loop,
    train_step,
)
from brainlab.training.loop import validation_batches
from brainlab.training.settings import cosine_lr


def batch(n: int = 4, seed: int = 0):
    return images(n, seed)[:]


def plain_net() -> nn.Module:
    return net(dropout=0, norm=False)


def weights(model: nn.Module) -> list[torch.Tensor]:
    return [parameter.detach().clone() for parameter in model.parameters()]


def quiet_fit(model=None, train=None, val=None, loss=cross_entropy, **options) -> History:
    settings = replace(SETTINGS, **options)
    return fit(model or net(), train or Noisy(), val or images(6, 1), loss, settings, progress=False)


# The step


def test_step_is_the_gradient_step():
    model, sgd_model = plain_net(), plain_net()
    image, labels = batch()
    loss = nn.functional.cross_entropy(sgd_model(image), labels)
    gradients = torch.autograd.grad(loss, sgd_model.parameters())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, 7)  # left over from another batch
    assert train_step(model, (image, labels), cross_entropy, optimizer) == pytest.approx(loss.item())
    for before, gradient, after in zip(sgd_model.parameters(), gradients, model.parameters(), strict=True):
        torch.testing.assert_close(after, before - 0.1 * gradient)


@pytest.mark.parametrize("clip", [1e-3, 1e3])
def test_clip_bounds_the_gradient(clip):
    model = plain_net()
    before = weights(model)
    train_step(model, batch(), cross_entropy, torch.optim.SGD(model.parameters(), lr=1.0), clip=clip)
    moved = sum(((a - b) ** 2).sum() for a, b in zip(weights(model), before, strict=True)).sqrt()
    assert moved == pytest.approx(1e-3, rel=1e-2) if clip == 1e-3 else moved > 1e-2


@pytest.mark.parametrize("clip", [None, 1e-2])
def test_half_precision_step_is_close_to_the_full_one(clip):
    full, half = plain_net(), plain_net()
    before = weights(full)
    seen = []

    def loss_fn(logits, target):
        seen.append(logits.dtype)
        return cross_entropy(logits, target)

    for model, options in ((full, {}), (half, {"scaler": GradScaler("cpu", init_scale=1024.0)})):
        optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
        train_step(model, batch(), loss_fn, optimizer, clip=clip, **options)
    assert seen == [torch.float32] * 2  # losses sum over pixels: never in float16
    step, half_step = (
        torch.cat([(a - b).flatten() for a, b in zip(weights(model), before, strict=True)])
        for model in (full, half)
    )
    assert not torch.equal(step, half_step)  # it was another precision
    assert (half_step - step).norm() < 0.05 * step.norm()


def test_unpadded_network_learns_from_the_centre():
    model = nn.Conv2d(4, 4, 3)  # 8 x 8 pixels become 6 x 6
    image, labels = batch()
    expected = nn.functional.cross_entropy(model(image), labels[:, 1:7, 1:7]).item()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    assert train_step(model, (image, labels), cross_entropy, optimizer) == pytest.approx(expected)
    loss, confusion = evaluate(model, [(image, labels)], cross_entropy)
    assert loss == pytest.approx(expected)
    assert confusion.sum() == 4 * 36


def divides_by_zero(logits, target):
    return logits.sum() * 0 / 0


@pytest.mark.parametrize(
    ("spoil", "loss", "cause"),
    [
        ("image", cross_entropy, "the images hold NaN"),
        ("weights", cross_entropy, "is the learning rate too high"),
        ("nothing", divides_by_zero, r"so the loss makes it: is there a log\(0\)"),
    ],
)
def test_loss_that_is_not_finite_names_its_cause(spoil, loss, cause):
    model = plain_net()
    image, labels = batch()
    if spoil == "image":
        image[2, 1, 3, 3] = float("nan")
    if spoil == "weights":
        with torch.no_grad():
            model[0].weight[0] = float("inf")
    before = weights(model)
    with pytest.raises(DivergedError, match=cause):
        train_step(model, (image, labels), loss, torch.optim.SGD(model.parameters(), lr=0.1))
    assert all(torch.equal(a, b) for a, b in zip(before, weights(model), strict=True))


# Validation


def test_evaluate_counts_every_image_once():
    data = images(7, 5)
    model = plain_net()
    loss, confusion = evaluate(model, DataLoader(data, batch_size=3), cross_entropy)
    image, labels = data[:]
    logits = model(image)
    assert loss == pytest.approx(nn.functional.cross_entropy(logits, labels).item())
    for truth in range(4):
        for given in range(4):
            assert confusion[truth, given] == ((labels == truth) & (logits.argmax(1) == given)).sum()
    assert model.training  # as before


def test_processes_share_the_validation_images():
    data, device = images(7, 0), torch.device("cpu")
    shares = []
    for rank in range(3):
        group = SimpleNamespace(rank=rank, size=3, device=device)
        batches = validation_batches(data, TrainSettings(batch_size=2), group)
        shares.append([row for image, _ in batches for row in image[:, 0, 0, 0].tolist()])
    assert sorted(len(share) for share in shares) == [2, 2, 3]
    assert sorted(itertools.chain(*shares)) == sorted(data.tensors[0][:, 0, 0, 0].tolist())


# The epochs


def test_fit_learns_and_keeps_its_books():
    history = quiet_fit(train=images(40, 0), epochs=8)
    assert len(history) == len(history.seconds) == 8
    assert history.val_loss[-1] < 0.6 * history.val_loss[0]
    assert history.val_dice[-1] > history.val_dice[0] + 0.2
    assert history.val_dice[-1] == pytest.approx(sum(history.regions[r][-1] for r in ("WT", "TC", "ET")) / 3)
    assert history.best_epoch == history.val_loss.index(min(history.val_loss))


def test_train_loss_is_the_mean_over_images():
    history = quiet_fit(plain_net(), images(7, 0), lr=1e-12, epochs=1, batch_size=4)  # batches of 4 and 3
    image, labels = images(7, 0)[:]
    assert history.train_loss[0] == pytest.approx(cross_entropy(plain_net()(image), labels).item(), rel=1e-4)


def test_the_best_weights_are_left_in_the_model():
    contrary = images(6, 1, contrary=True)
    model = net()
    history = quiet_fit(model, val=contrary)
    assert history.best_epoch == 0
    assert not model.training  # ready to predict
    loss, _ = evaluate(model, [contrary[:]], cross_entropy)
    assert loss == pytest.approx(history.val_loss[0], rel=1e-5)


def test_early_stopping_waits_for_its_patience():
    contrary = images(6, 1, contrary=True)
    assert len(quiet_fit(val=contrary, epochs=9, patience=2)) == 1 + 2
    assert len(quiet_fit(train=images(40, 0), epochs=5, patience=1)) == 5  # better each time: no stop


def test_plateau_halves_the_rate():
    contrary = images(6, 1, contrary=True)
    assert quiet_fit(val=contrary, lr_patience=1).lr == [0.05, 0.05, 0.05, 0.025, 0.025]


def test_cosine_rises_and_falls():
    rates = [cosine_lr(step, 100, 0.1) for step in range(100)]
    assert rates[:5] == pytest.approx([0.02, 0.04, 0.06, 0.08, 0.1])
    assert all(a > b for a, b in itertools.pairwise(rates[5:]))
    assert rates[52] == pytest.approx(0.05, abs=1e-3)  # half of it half-way
    assert 0 < rates[-1] < 1e-4
    assert cosine_lr(0, 1, 0.1) == 0.1
    history = quiet_fit(schedule="cosine", epochs=3)
    assert history.lr == [pytest.approx(cosine_lr(step, 12, 0.05)) for step in (3, 7, 11)]


def test_max_seconds_stops_before_the_epoch_that_would_pass_it(monkeypatch):
    clock = SimpleNamespace(perf_counter=itertools.count(step=10).__next__)  # an epoch reads it twice
    monkeypatch.setattr(loop, "time", clock)
    assert quiet_fit(max_seconds=35).seconds == [10, 10, 10]
    assert quiet_fit(max_seconds=5).seconds == [10]


def test_stop_reason_reads_the_history_alone():
    settings = TrainSettings(epochs=3, patience=2, max_seconds=100)
    history = History()
    assert history.stop_reason(settings) == ""
    history.add({"loss": 1.0}, {"loss": 1.0}, 30.0, 1e-3)
    assert history.stop_reason(settings) == ""
    history.add({"loss": 1.0}, {"loss": 1.0}, 40.0, 1e-3)
    assert "pass 100 s" in history.stop_reason(settings)
    history.add({"loss": 1.0}, {"loss": 1.0}, 1.0, 1e-3)
    assert "all 3 epochs" in history.stop_reason(settings)
    assert "not improved for 2 epochs" in history.stop_reason(replace(settings, epochs=9))


def test_order_follows_epoch_and_seed():
    runs = []
    for seed in (3, 3, 4):
        data = Noisy()
        quiet_fit(train=data, seed=seed, epochs=3)
        assert data.epoch == 2  # set_epoch was called
        runs.append(data.order)
    assert all(sorted(epoch) == list(range(14)) for epoch in runs[0])
    assert runs[0][0] != runs[0][1] != runs[0][2]
    assert runs[0] == runs[1] != runs[2]


def test_workers_change_nothing():
    def train(workers):
        data = images(8, 0)
        return quiet_fit(train=data, epochs=2, num_workers=workers)

    assert train(0).train_loss == train(2).train_loss


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_mixed_precision_learns_as_float32(monkeypatch, tmp_path, dtype):
    """The CPU stands in for a GPU: the same code path."""
    monkeypatch.setattr(devices, "half_type", lambda device: dtype)
    full = quiet_fit(plain_net(), images(40, 0), amp=False)
    seen, model = [], plain_net()
    model[0].register_forward_hook(lambda module, inputs, output: seen.append(output.dtype))

    def loss_fn(logits, target):
        assert logits.dtype == torch.float32
        return cross_entropy(logits, target)

    settings = replace(SETTINGS, epochs=3)
    for epochs in (3, 5):  # it also resumes, with the state of the loss scaler
        settings = replace(settings, epochs=epochs)
        half = fit(model, images(40, 0), images(6, 1), loss_fn, settings, tmp_path, progress=False)
    assert set(seen) == {dtype}
    assert all(weight.dtype == torch.float32 for weight in model.parameters())
    assert half.val_loss != full.val_loss  # it was another precision
    assert half.val_loss == pytest.approx(full.val_loss, abs=0.05)
    scaler = load_checkpoint(tmp_path / "last.pt")["model scaler"]
    assert bool(scaler) == (dtype is torch.float16)  # bfloat16 needs none


def test_a_run_without_a_loss_scaler_goes_on_with_one(monkeypatch, tmp_path):
    for dtype, epochs in ((None, 1), (torch.float16, 2)):  # from a CPU to an older GPU
        monkeypatch.setattr(devices, "half_type", lambda device, dtype=dtype: dtype)
        settings = replace(SETTINGS, epochs=epochs)
        history = fit(net(), Noisy(), images(6, 1), cross_entropy, settings, tmp_path, progress=False)
    assert len(history) == 2


def test_half_precision_is_for_gpus_alone():
    assert devices.half_type(torch.device("cpu")) is None
    assert devices.half_type(torch.device("mps")) is None


def test_loss_module_and_unet():
    data = TensorDataset(torch.randn(4, 4, 16, 16), torch.randint(4, (4, 16, 16)))
    loss = nn.CrossEntropyLoss(weight=torch.tensor([0.1, 1.0, 1.0, 1.0]))
    model = UNet(width=2, depth=2)
    assert math.isfinite(quiet_fit(model, data, data, loss, epochs=1).val_loss[0])
    assert model(torch.randn(1, 4, 16, 16)).is_contiguous(memory_format=torch.channels_last)


# What it says


def test_on_epoch_gets_the_history_after_each_epoch():
    seen = []
    history = fit(
        net(),
        Noisy(),
        images(6, 1),
        cross_entropy,
        replace(SETTINGS, epochs=3),
        progress=False,
        on_epoch=lambda so_far: seen.append(list(so_far.val_loss)),
    )
    assert seen == [history.val_loss[:n] for n in (1, 2, 3)]


def test_divergence_names_epoch_and_step():
    class Spoilt(Noisy):
        def __getitem__(self, index):
            image, labels = super().__getitem__(index)
            spoilt = self.epoch == 1 and len(self.order[-1]) == 6  # second batch of the second epoch
            return image * (float("nan") if spoilt else 1), labels

    with pytest.raises(DivergedError, match=r"epoch 2, step 2: the loss is nan.*the images hold NaN"):
        quiet_fit(train=Spoilt())


def test_validation_loss_must_be_finite():
    image, labels = images(6, 1)[:]
    with pytest.raises(DivergedError, match="validation loss is nan"):
        quiet_fit(val=TensorDataset(image * float("nan"), labels))


def test_progress_goes_to_standard_output(capfd):
    fit(net(), Noisy(), images(6, 1), cross_entropy, replace(SETTINGS, epochs=2))
    out, err = capfd.readouterr()
    assert "epoch 1/2 · loss" in out
    assert "all 2 epochs are done" in out
    assert err == ""


@pytest.mark.parametrize("how", ["quiet", "grading"])
def test_silence(capfd, monkeypatch, tmp_path, how):
    if how == "grading":
        monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    for _ in range(2):  # the second time it resumes
        fit(net(), Noisy(), images(6, 1), cross_entropy, SETTINGS, tmp_path, progress=how == "grading")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": 0}, "epochs is 0; expected more than 0"),
        ({"lr": -1.0}, "lr is -1.0"),
        ({"max_seconds": 0}, "max_seconds is 0"),
        ({"schedule": "step"}, "schedule is 'step'; expected one of plateau, cosine, constant"),
        ({"optimizer": "sgd"}, "optimizer is 'sgd'; expected one of adam, adagrad, rmsprop"),
    ],
)
def test_settings_refuse_nonsense(settings, message):
    with pytest.raises(ValueError, match=message):
        TrainSettings(**settings)


def test_wrong_sets_are_refused():
    good = images(4, 0)
    with pytest.raises(TypeError, match="val_set is a DataLoader; expected its data set"):
        fit(net(), good, DataLoader(good), cross_entropy)
    with pytest.raises(ValueError, match=r"train_set is empty.*selection by area"):
        fit(net(), images(0, 0), good, cross_entropy)
    with pytest.raises(TypeError, match=r"train_set\[0\] is a Tensor; expected a pair"):
        fit(net(), good.tensors[0], good, cross_entropy)


# The history


def test_history_comes_back_from_disk(tmp_path):
    history = History()
    history.add({"loss": 1.0}, {"loss": 0.9, "WT": 0.5, "ET": 0.1}, 2.0, 1e-3)
    history.add({"loss": 0.8}, {"loss": 1 / 3, "WT": 0.6, "ET": 0.2}, 2.0, 1e-3)
    history.save(tmp_path)
    assert History.load(tmp_path) == history
    with (tmp_path / "history.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert float(rows[1]["val_loss"]) == 1 / 3
    assert float(rows[0]["dice_WT"]) == 0.5
    assert history.val_dice == pytest.approx([0.3, 0.4])


def test_empty_history_has_no_best_epoch():
    with pytest.raises(ValueError, match="the history is empty"):
        History().best_epoch  # noqa: B018


# The optimiser, and networks with one logit


def test_adagrad_takes_the_steps_of_its_formula():
    model, start = plain_net(), plain_net()
    image, labels = batch()
    optimizer = TrainSettings(optimizer="adagrad", lr=0.01).optimizer_of(model)
    squares = [torch.full_like(p, 0.1) for p in start.parameters()]
    for _ in range(3):
        gradients = torch.autograd.grad(cross_entropy(start(image), labels), start.parameters())
        train_step(model, (image, labels), cross_entropy, optimizer)
        for p, square, gradient in zip(start.parameters(), squares, gradients, strict=True):
            square += gradient**2
            p.data -= 0.01 * gradient / square.sqrt()
    for expected, got in zip(start.parameters(), model.parameters(), strict=True):
        torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-6)


def test_constant_schedule_leaves_the_rate():
    history = quiet_fit(schedule="constant", epochs=3, lr_patience=0)
    assert history.lr == [SETTINGS.lr] * 3


def test_one_logit_is_a_sigmoid():
    model = nn.Conv2d(4, 1, 1)
    image, labels = batch()
    target = (labels > 1).long()
    loss = lambda logits, t: nn.functional.binary_cross_entropy_with_logits(logits[:, 0], t.float())  # noqa: E731
    _, confusion = evaluate(model, [(image, target)], loss)
    pred = model(image)[:, 0].sigmoid() > 0.5
    assert confusion[1, 1] == (pred & (target == 1)).sum()
    assert confusion[1, 0] == (~pred & (target == 1)).sum()
    assert confusion.sum() == target.numel()
