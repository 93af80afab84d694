"""What all small widgets share: they draw, describe and store themselves, and controls and traits agree."""

import base64
import re
import subprocess
import sys

import ipywidgets
import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from torch import nn
from traitlets import TraitError

from brainlab.training import History
from brainlab.view import (
    AugmentPreview,
    LossExplorer,
    NetworkMixer,
    ReceptiveField,
    ThresholdExplorer,
    TrainingMonitor,
)

AFFINE = np.diag([-1.0, -1.0, 1.0, 1.0])


class Twice(nn.Module):
    """The smallest generator: pixels are repeated, and weighted."""

    def __init__(self, weight: float):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(weight))

    def forward(self, x, size):
        return self.weight * nn.functional.interpolate(x, size=size)


def head():
    """Return a slice (24, 32) and its labels."""
    image, labels = np.zeros((24, 32), np.float32), np.zeros((24, 32), int)
    image[4:20, 4:28] = 1 + np.random.default_rng(0).random((16, 24))
    labels[8:14, 8:16], labels[10:12, 10:12], labels[10:12, 12:14] = 2, 3, 1
    return image, labels


def preview():
    return AugmentPreview(*head(), AFFINE)


def thresholds():
    image, labels = head()
    prob = np.random.default_rng(1).dirichlet(np.ones(4), labels.shape).transpose(2, 0, 1)
    return ThresholdExplorer(
        0.5 * prob + 0.5 * (labels == np.arange(4)[:, None, None]), labels, image, AFFINE
    )


def monitor():
    history = History()
    for value in (0.9, 0.5):
        history.add({"loss": value}, {"loss": value, "WT": 1 - value}, 2.0, 1e-3)
    opened = TrainingMonitor(4)
    opened(history)
    return opened


def mixer():
    lr = torch.rand(1, 12, 16, generator=torch.Generator().manual_seed(0))
    hr = nn.functional.interpolate(lr[None], scale_factor=2)[0]
    return NetworkMixer(Twice(1.0), Twice(1.0).state_dict(), Twice(0.5).state_dict(), lr, hr, AFFINE)


# Each with another value for each of its traits.
WIDGETS = {
    "AugmentPreview": (preview, {"elastic": 3.0, "strength": 0.7, "seed": 3, "flip": True}),
    "LossExplorer": (LossExplorer, {"right": 4, "down": -3, "grow": 2, "sure": 0.8}),
    "NetworkMixer": (mixer, {"alpha": 0.6}),
    "ReceptiveField": (ReceptiveField, {"layers": 2, "kernel": 5, "dilation": 3, "doubled": True}),
    "ThresholdExplorer": (thresholds, {"thresholds": [0.2, 0.3, 0.6]}),
    "TrainingMonitor": (monitor, {"log": False}),
}
every_widget = pytest.mark.parametrize("name", WIDGETS)


def html(widget):
    return widget.children[0].value


def png(widget):
    return base64.b64decode(re.search(r"base64,([^\"]+)", html(widget)).group(1))


@every_widget
def test_a_trait_moves_its_control_and_the_picture(name):
    make, others = WIDGETS[name]
    widget = make()
    controls = widget.children[1].children
    seen = {png(widget)}
    for trait, value in others.items():
        before = [control.value for control in controls]
        setattr(widget, trait, value)
        assert [control.value for control in controls] != before, trait
        assert png(widget) not in seen, trait
        seen.add(png(widget))


@every_widget
def test_a_control_sets_the_trait_and_the_picture(name):
    make, others = WIDGETS[name]
    widget = make()
    for control in widget.children[1].children:
        before, picture = [getattr(widget, trait) for trait in others], png(widget)
        if isinstance(control, ipywidgets.Checkbox):
            control.value = not control.value
        elif isinstance(control, ipywidgets.Dropdown):
            control.value = control.options[-1]
        else:
            control.value = control.max if control.value != control.max else control.min
        assert [getattr(widget, trait) for trait in others] != before, control.description
        if control.description != "mirror every second":  # this seed does not mirror
            assert png(widget) != picture, control.description


@every_widget
def test_controls_are_named_and_plain(name):
    plain = (ipywidgets.IntSlider, ipywidgets.FloatSlider, ipywidgets.Checkbox, ipywidgets.Dropdown)
    for control in WIDGETS[name][0]().children[1].children:
        assert isinstance(control, plain)
        assert control.description


@every_widget
def test_a_static_page_gets_a_picture_with_words(name):
    widget = WIDGETS[name][0]()
    data, metadata = widget._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert metadata["image/png"]["alt"] == data["text/plain"] == widget.describe()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert 20 < len(widget.describe()) < 1000
    assert len(html(widget)) < 150_000  # what a notebook stores if somebody stores the state
    alt = re.search(r'alt="([^"]+)"', html(widget)).group(1)
    assert alt.startswith(widget.describe()[:20])
    assert isinstance(widget.to_figure(), Figure)
    assert widget.to_figure() is not widget.to_figure()
    assert widget._ipython_display_ is None


@every_widget
def test_an_unknown_trait_is_refused(name):
    arguments = {
        "AugmentPreview": head(),
        "ThresholdExplorer": (np.full((2, 4, 4), 0.5), np.zeros((4, 4), int)),
        "NetworkMixer": (Twice(1.0), {}, {}, torch.zeros(1, 4, 4), torch.zeros(1, 8, 8)),
    }
    make = type(WIDGETS[name][0]())
    if name == "NetworkMixer":
        state = Twice(1.0).state_dict()
        arguments[name] = (Twice(1.0), state, state, torch.rand(1, 4, 4), torch.rand(1, 8, 8))
    with pytest.raises(TypeError, match=f"{name} has no trait 'colour'"):
        make(*arguments.get(name, ()), colour="red")


def test_a_value_out_of_range_is_refused():
    for widget, trait, value in (
        (ReceptiveField(), "layers", 9),
        (ReceptiveField(), "kernel", 4),
        (LossExplorer(), "sure", 1.0),
        (preview(), "elastic", -1.0),
        (mixer(), "alpha", 1.5),
    ):
        with pytest.raises(TraitError, match=trait):
            setattr(widget, trait, value)


def test_importing_the_view_loads_neither_torch_nor_widgets():
    code = "import brainlab.view, sys; print({'torch', 'ipywidgets', 'anywidget'} & set(sys.modules))"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "set()"
    )


def test_an_unknown_widget_is_named():
    import brainlab.view

    with pytest.raises(AttributeError, match="no attribute 'Slider'; it has AugmentPreview, "):
        brainlab.view.Slider  # noqa: B018
