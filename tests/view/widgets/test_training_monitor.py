import pytest
import torch
from torch import nn

from brainlab.training import History, TrainSettings, fit
from brainlab.view import TrainingMonitor
from brainlab.view.widgets import training_monitor


def example(**traits):
    history = History()
    for value in (0.9, 0.5):
        history.add({"loss": value}, {"loss": value, "WT": 1 - value}, 2.0, 1e-3)
    monitor = TrainingMonitor(4, **traits)
    monitor(history)
    return monitor


class Slices(torch.utils.data.Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, number):
        image = torch.rand(4, 8, 8, generator=torch.Generator().manual_seed(number))
        return image, (image[0] > 0.5).long()


def train(**options):
    torch.manual_seed(0)
    model = nn.Conv2d(4, 4, 1)
    settings = TrainSettings(epochs=3, batch_size=2, device="cpu")
    history = fit(model, Slices(), Slices(), nn.functional.cross_entropy, settings, progress=False, **options)
    return history, model


class Handle:
    """A stand-in for the page: keeps the text of each update."""

    def __init__(self):
        self.shown = []

    def update(self, widget):
        self.shown.append(widget._repr_mimebundle_()[0]["text/plain"])


def test_it_follows_a_training_without_changing_it(monkeypatch):
    handle = Handle()
    monkeypatch.setattr(training_monitor, "display", lambda widget, display_id: handle)
    monitor = TrainingMonitor(3).show()
    pictures = []
    monitor.observe(lambda change: pictures.append(monitor.children[0].value), "epoch")
    history, model = train(on_epoch=monitor)
    plain, other = train()
    assert [text.split(",")[1] for text in handle.shown] == [f" epoch {n} of 3" for n in (1, 2, 3)]
    assert len(set(pictures)) == 3
    assert history.val_loss == pytest.approx(plain.val_loss, rel=1e-4)
    torch.testing.assert_close(model.weight, other.weight, rtol=1e-4, atol=1e-5)
    assert monitor.history is history
    lines = monitor.to_figure().axes[0].lines
    assert list(lines[0].get_ydata()) == history.train_loss
    assert list(lines[1].get_ydata()) == history.val_loss


def test_before_the_first_epoch_it_says_so():
    monitor = TrainingMonitor(5)
    assert "waiting for the first epoch" in monitor.describe()
    assert monitor.to_figure().axes[0].get_xlim() == (0.5, 5.5)


def test_a_gan_is_followed_too():
    history = History(before={"psnr": 20.0})
    monitor = TrainingMonitor()
    for value in (0.6, 0.7):
        history.add(
            {"g_loss": 1.0, "d_loss": value, "d_real": value, "d_fake": 0.3}, {"psnr": 25.0}, 1.0, 1e-4
        )
        monitor(history)
    axes = {ax.get_title(): ax for ax in monitor.to_figure().axes}
    assert list(axes["discriminator output"].lines[0].get_ydata()) == [0.6, 0.7]
    assert list(axes["PSNR in dB"].lines[0].get_ydata()) == [20.0, 25.0, 25.0]  # from before the training on
    assert "D(generated) 0.3" in monitor.describe()


def test_a_loss_that_is_0_has_a_linear_axis():
    history = History()
    history.add({"loss": 0.0}, {"loss": 0.1, "WT": 1.0}, 1.0, 1e-3)
    monitor = TrainingMonitor()
    monitor(history)
    assert monitor.to_figure().axes[0].get_yscale() == "linear"


def test_wrong_input_is_named():
    with pytest.raises(ValueError, match="epochs is -1"):
        TrainingMonitor(-1)
