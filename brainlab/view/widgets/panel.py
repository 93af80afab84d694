"""What the small widgets share: a picture that the kernel draws, and labelled controls under it.

They need nothing but the controls of ipywidgets (7.7 or 8) and a PNG, so they work without a network and
wherever there is a kernel: JupyterLab, Colab, VS Code, Voila.
"""

import base64
import io
from collections.abc import Sequence
from html import escape

import ipywidgets as widgets
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from PIL import Image
from traitlets import link

from brainlab.view.picture import with_picture
from brainlab.view.slices import head_box, oriented

DPI = 80


class Panel(widgets.VBox):
    """A picture over its controls. What is shown are traits of the widget: read, set and observe them.

    A widget says what it shows twice: `to_figure` draws it, `describe` says it in words.
    """

    def __init__(self, **traits: object) -> None:
        unknown = sorted(name for name in traits if not self.has_trait(name))
        if unknown:
            raise TypeError(
                f"{type(self).__name__} has no trait {unknown[0]!r}; see its docstring for those it has"
            )
        super().__init__(**traits)
        self._picture = widgets.HTML()

    def to_figure(self) -> Figure:
        """Draw what is shown as a new Matplotlib figure."""
        raise NotImplementedError

    def describe(self) -> str:
        """Say in words what is shown, as alt text."""
        raise NotImplementedError

    def _linked(self, trait: str, control: widgets.Widget) -> widgets.Widget:
        """Return a control that shows a trait and sets it."""
        link((self, trait), (control, "value"))
        return labelled(control)

    def _open(self, controls: Sequence[widgets.Widget], drawn: Sequence[str]) -> None:
        """Put the controls under the picture; draw it now, and when one of the traits `drawn` changes."""
        row = widgets.Layout(display="flex", flex_flow="row wrap")
        self.children = [self._picture, widgets.Box(controls, layout=row)]
        self.observe(self._redraw, list(drawn))
        self._redraw()

    def _redraw(self, _: object = None) -> None:
        png, (width, height) = picture_of(self.to_figure())
        data = base64.b64encode(png).decode()
        # With its size known before it is decoded, the page does not jump.
        self._picture.value = (
            f'<img alt="{escape(self.describe())}" width="{width}" height="{height}" decoding="sync" '
            f'style="max-width:100%;height:auto" src="data:image/png;base64,{data}">'
        )

    # ipywidgets 7 has this method in place of the next one, and then no picture would be stored.
    _ipython_display_ = None

    def _repr_mimebundle_(self, **options: object) -> tuple[dict, dict]:
        own = getattr(super(), "_repr_mimebundle_", lambda **_: None)(**options)
        return with_picture(self, own, self.to_figure(), self.describe())


def labelled(control: widgets.Widget) -> widgets.Widget:
    """Give a control room for its whole label."""
    control.style.description_width = "initial"
    control.layout.width = "auto" if isinstance(control, widgets.Checkbox) else "330px"
    return control


def picture_of(figure: Figure) -> tuple[bytes, tuple[int, int]]:
    """Return a figure as PNG, quickly made rather than small, with its width and height in pixels."""
    figure.set_dpi(DPI)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    buffer = io.BytesIO()
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    image.save(buffer, "png", compress_level=1)
    return buffer.getvalue(), image.size


def show_plane(
    ax: Axes, plane: np.ndarray, affine: np.ndarray | None, title: str, marks: bool = True
) -> None:
    """Draw a plane as it is, in grey from 0 to 1 or in colours.

    Parameters
    ----------
    plane : ndarray (X, Y) or (X, Y, 3)
    affine : ndarray (4, 4) or None
        Turns it to the radiological view; without it rows run downwards, as in a photograph.
    marks : bool
        Whether left and right are marked; they are known with an affine only.
    """
    picture = plane if affine is None else oriented(plane, affine)
    ax.imshow(picture, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    ax.set(xticks=[], yticks=[])
    ax.set_title(title, fontsize=9)
    if marks and affine is not None:
        mark_sides(ax)


def mark_sides(ax: Axes) -> None:
    """Write R and L at the sides of a picture in the radiological view."""
    for x, side in ((0.04, "R"), (0.96, "L")):
        mark = ax.text(x, 0.5, side, transform=ax.transAxes, color="white", fontsize=9, fontweight="bold")
        mark.set(ha="center", va="center")
        mark.set_path_effects([withStroke(linewidth=2, foreground="black")])


def close_to_head(ax: Axes, image: np.ndarray, affine: np.ndarray | None) -> None:
    """Limit a picture that `show_plane` drew to what is not 0 in an image (X, Y)."""
    left, right, bottom, top = head_box(image if affine is None else oriented(image, affine))
    ax.set(xlim=(left, right), ylim=(bottom, top), facecolor="black")


def as_array(values: object) -> np.ndarray:
    """Return an array or a tensor, wherever it lies, as an array."""
    return np.asarray(values.detach().cpu() if hasattr(values, "detach") else values)
