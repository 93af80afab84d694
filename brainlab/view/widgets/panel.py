"""The base of the small widgets: a picture that the kernel draws, and labelled controls below it.

They need only the controls of ipywidgets (7.7 or 8) and a PNG, so they work offline and in every front end
with a kernel: JupyterLab, Colab, VS Code, Voila.
"""

import io
from collections.abc import Sequence

import ipywidgets as widgets
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from traitlets import Bool, Enum, Float, Int, TraitType, link

from brainlab.view.picture import Picture, StoredPicture, refuse_unknown


class Panel(StoredPicture, widgets.VBox):
    """A picture above its controls. What is shown are traits of the widget: read, set and observe them.

    A widget tags each trait that has a control with a `label` (a slider of a float also with a `step`), has
    the methods `to_figure` and `describe`, and calls `_open` at the end of `__init__`.
    """

    def __init__(self, **traits: object) -> None:
        refuse_unknown(self, traits)
        super().__init__(**traits)
        self._picture = widgets.HTML()

    def _open(self, controls: Sequence[widgets.Widget] | None = None, **limits: tuple[float, float]) -> None:
        """Put the controls below the picture, and draw it now and when a trait with a label changes.

        Parameters
        ----------
        controls : sequence of widgets, optional
            By default one for each trait with a label: a slider, a box to tick or a menu.
        **limits
            Ends of the slider of a trait, where they are not those of the trait.
        """
        traits = {
            name: trait
            for kind in reversed(type(self).__mro__)
            for name, trait in vars(kind).items()
            if isinstance(trait, TraitType) and "label" in trait.metadata
        }
        if controls is None:
            controls = [self._control(name, trait, limits.get(name)) for name, trait in traits.items()]
        row = widgets.Layout(display="flex", flex_flow="row wrap")
        self.children = [self._picture, widgets.Box(controls, layout=row)]
        self.observe(self._redraw, list(traits))
        self._redraw()

    def _control(self, name: str, trait: TraitType, limits: tuple[float, float] | None) -> widgets.Widget:
        """Return a control that shows a trait and sets it."""
        label, step = trait.metadata["label"], trait.metadata.get("step", 0.05)
        if isinstance(trait, Bool):
            control = widgets.Checkbox(description=label, indent=False)
        elif isinstance(trait, Enum):
            control = widgets.Dropdown(description=label, options=list(trait.values or ()))
        else:
            assert isinstance(trait, Int | Float), f"no control shows a {type(trait).__name__}"
            low, high = limits or (trait.min, trait.max)
            fine = {"step": step, "readout_format": ".3f" if step < 0.01 else ".2f"}
            slider, more = (widgets.IntSlider, {}) if isinstance(trait, Int) else (widgets.FloatSlider, fine)
            control = slider(description=label, min=low, max=high, **more)
        link((self, name), (control, "value"))
        return labelled(control)

    def _redraw(self, _: object = None) -> None:
        png, (width, height) = picture_of(self.to_figure())
        # With its size known before it is decoded, the page does not jump.
        size = f'width="{width}" height="{height}" decoding="sync" style="max-width:100%;height:auto"'
        self._picture.value = Picture(png, self.describe()).html(size)


def labelled(control: widgets.Widget) -> widgets.Widget:
    """Give a control room for its whole label."""
    control.style.description_width = "initial"
    control.layout.width = "auto" if isinstance(control, widgets.Checkbox) else "330px"
    return control


def picture_of(figure: Figure) -> tuple[bytes, tuple[int, int]]:
    """Return a figure as PNG, encoded for speed rather than size, with its width and height in pixels."""
    figure.set_dpi(80)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    buffer = io.BytesIO()
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    image.save(buffer, "png", compress_level=1)
    return buffer.getvalue(), image.size


def as_array(values: object) -> np.ndarray:
    """Return an array or a tensor, on whatever device, as an array."""
    return np.asarray(values.detach().cpu() if hasattr(values, "detach") else values)


def as_plane(values: object | None, name: str, shape: tuple[int, ...] | None = None) -> np.ndarray:
    """Return an array or a tensor as an array (H, W); zeros of `shape` where nothing is given.

    Raises
    ------
    ValueError
        If there are not two axes, or the shape is not `shape`.
    """
    plane: np.ndarray = np.zeros(shape or (), np.float32) if values is None else as_array(values)
    if plane.ndim != 2 or shape not in (None, plane.shape):
        raise ValueError(
            f"{name}: shape {plane.shape}; expected {shape or '(H, W)'}: is it one plane of this slice, such "
            "as image[3]?"
        )
    return plane
