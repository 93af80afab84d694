"""The general tests of every widget in `brainlab.view.WIDGETS`: drawing, alt text, controls and traits.

A widget that cannot be built without arguments has a function `example(**traits)` in its own test module.
"""

import base64
import importlib.util
import inspect
import re
import subprocess
import sys
from pathlib import Path

import ipywidgets
import pytest
from matplotlib.figure import Figure
from traitlets import Bool, Enum, List, TraitError

from brainlab import view
from brainlab.view.widgets.panel import Panel

TESTS, MODULES = Path(__file__).parent, Path(view.__file__).parent / "widgets"
every_widget = pytest.mark.parametrize("name", view.WIDGETS)


def example(name, **traits):
    """Return a widget of each class, by `example` of its test module or without arguments."""
    path = TESTS / f"test_{view.WIDGETS[name]}.py"
    if not path.exists():
        pytest.fail(f"{name} has no tests of its own: expected {path.name} in tests/view/widgets")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    make = getattr(module, "example", getattr(view, name))
    try:
        inspect.signature(make).bind(**traits)
    except TypeError as error:
        pytest.fail(f"{name}(): {error}; expected a function `example(**traits)` in {path.name}")
    return make(**traits)


def labelled(widget):
    """Return the traits that have controls."""
    return {name: trait for name, trait in widget.traits().items() if "label" in trait.metadata}


def another(trait, value):
    """Return a value of a trait that differs from `value`."""
    if isinstance(trait, Bool):
        return not value
    if isinstance(trait, Enum):
        return next(other for other in trait.values if other != value)
    if isinstance(trait, List):
        return [one / 2 for one in value]
    highest = value + 3 if trait.max is None else trait.max
    return highest if value != highest else trait.min


def html(widget):
    return widget.children[0].value


def png(widget):
    return base64.b64decode(re.search(r"base64,([^\"]+)", html(widget)).group(1))


MODULE_NAMES = sorted({path.stem for path in MODULES.glob("*.py")} - {"__init__", "panel"})


@pytest.mark.parametrize("module", MODULE_NAMES)
def test_no_widget_is_left_out(module):
    members = vars(importlib.import_module(f"brainlab.view.widgets.{module}")).values()
    classes = [c for c in members if inspect.isclass(c) and issubclass(c, Panel) and c is not Panel]
    assert classes, f"widgets/{module}.py has no subclass of Panel"
    for cls in classes:
        name = cls.__name__
        assert view.WIDGETS.get(name) == module, f"{name} is in widgets/{module}.py but not in view.WIDGETS"


@every_widget
def test_a_trait_moves_its_control_and_the_picture(name):
    widget = example(name)
    controls = widget.children[1].children
    for trait, kind in labelled(widget).items():
        before, values, picture = getattr(widget, trait), [c.value for c in controls], png(widget)
        setattr(widget, trait, another(kind, before))
        assert [control.value for control in controls] != values, trait
        assert png(widget) != picture, trait
        setattr(widget, trait, before)


@every_widget
def test_a_control_sets_the_trait_and_the_picture(name):
    widget = example(name)
    for control in widget.children[1].children:
        before, picture = [getattr(widget, trait) for trait in labelled(widget)], png(widget)
        value = control.value
        if isinstance(control, ipywidgets.Checkbox):
            control.value = not control.value
        elif isinstance(control, ipywidgets.Dropdown):
            control.value = next(option for option in control.options if option != control.value)
        else:
            control.value = control.max if control.value != control.max else control.min
        assert [getattr(widget, trait) for trait in labelled(widget)] != before, control.description
        assert png(widget) != picture, control.description
        control.value = value


@every_widget
def test_controls_are_named_and_plain(name):
    plain = (ipywidgets.IntSlider, ipywidgets.FloatSlider, ipywidgets.Checkbox, ipywidgets.Dropdown)
    controls = example(name).children[1].children
    assert controls, f"{name} has no control: has a trait a tag `label`?"
    for control in controls:
        assert isinstance(control, plain)
        assert control.description


@every_widget
def test_a_static_page_gets_a_picture_with_alt_text(name):
    widget = example(name)
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
    with pytest.raises(TypeError, match=f"{name} has no trait 'colour'"):
        example(name, colour="red")


@every_widget
def test_a_value_out_of_range_is_refused(name):
    widget = example(name)
    for trait, kind in labelled(widget).items():
        if isinstance(kind, Bool):
            continue
        wrong = [-1.0] if isinstance(kind, List) else -1000
        with pytest.raises(TraitError, match=trait):
            setattr(widget, trait, wrong)


def test_importing_the_view_loads_neither_torch_nor_widgets():
    code = "import brainlab.view, sys; print({'torch', 'ipywidgets', 'anywidget'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.stdout.strip() == "set()"


def test_an_unknown_widget_is_named():
    with pytest.raises(AttributeError, match="no attribute 'Slider'; it has AugmentPreview, "):
        view.Slider  # noqa: B018
