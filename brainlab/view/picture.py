"""Pictures with alt text: of a figure for a notebook, and of a widget for pages without a kernel.

The alt text of a figure is composed from its titles, axes, names and values.
"""

import base64
import io
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from traitlets import HasTraits

WIDGET = "application/vnd.jupyter.widget-view+json"
MOST_BARS = 8  # more are a histogram, of which only the range is described


def describe(fig: Figure) -> str:
    """Return the alt text of a figure: its label (`fig.set_label`), or else its titles, axes and values."""
    if fig.get_label():
        return str(fig.get_label())
    axes = [ax for ax in fig.axes if not hasattr(ax, "_colorbar") and ax.axison]
    pictures = [ax.get_title() or ax.get_ylabel() or "untitled" for ax in axes if ax.images]
    parts = [" ".join(fig.get_suptitle().split())]
    if pictures:
        parts.append(f"Pictures: {', '.join(' '.join(name.split()) for name in pictures)}")
    parts += [_chart(ax) for ax in axes if not ax.images]
    names = [text.get_text() for legend in fig.legends for text in legend.get_texts()]
    if names and pictures:
        parts.append(f"Colours: {', '.join(names)}")
    return ". ".join(part for part in parts if part) or "A figure without text"


def _chart(ax: Axes) -> str:
    what = " by ".join(filter(None, (ax.get_ylabel(), ax.get_xlabel())))
    head = ": ".join(filter(None, (ax.get_title() or ax.get_title(loc="left"), what)))
    values = "; ".join((*_bars(ax), *_lines(ax), *_dots(ax)))
    return f"Chart, {head}: {values}" if values else f"Chart, {head or 'empty'}"


def _bars(ax: Axes) -> Iterator[str]:
    for bars in (part for part in ax.containers if isinstance(part, BarContainer)):
        upright = bars.orientation != "horizontal"
        sizes = [bar.get_height() if upright else bar.get_width() for bar in bars]
        axis = ax.xaxis if upright else ax.yaxis
        names = [label.get_text() for label in axis.get_ticklabels()]
        if len(sizes) > MOST_BARS or len(names) != len(sizes):
            edges = [bar.get_x() if upright else bar.get_y() for bar in bars]
            top = int(np.argmax(sizes))
            where = f"bars from {edges[0]:.3g} to {edges[-1]:.3g}"
            yield f"{where}, the highest ({sizes[top]:.3g}) at {edges[top]:.3g}"
        else:
            yield ", ".join(f"{name} {size:.3g}" for name, size in zip(names, sizes, strict=True))


def _lines(ax: Axes) -> Iterator[str]:
    for line in ax.lines:
        name = str(line.get_label())
        y = np.asarray(line.get_ydata(), float)
        if name.startswith("_") or not len(y):
            continue
        finite = y[np.isfinite(y)]
        if line.get_transform() == ax.get_xaxis_transform() or not len(finite):
            yield name  # a line across the whole axis: its name holds the value
        elif len(finite) == 1:
            yield f"{name} {finite[0]:.3g}"
        else:
            yield f"{name} from {finite[0]:.3g} to {finite[-1]:.3g}"


def _dots(ax: Axes) -> Iterator[str]:
    for dots in ax.collections:
        places: np.ndarray = np.ma.asarray(dots.get_offsets())
        name = str(dots.get_label())
        if name.startswith("_") or not len(places):
            continue
        if len(places) == 1:
            x, y = places[0]
            yield f"{name} at {x:.3g}, {y:.3g}"
        else:
            yield f"{name}: {len(places)} dots"


class Picture:
    """A PNG with alt text that Jupyter shows as an image."""

    def __init__(self, png: bytes, alt: str) -> None:
        self.png, self.alt = png, alt

    def html(self, style: str = 'style="max-width:100%"') -> str:
        """Return the `img` element that holds the picture."""
        data = base64.b64encode(self.png).decode()
        return f'<img alt="{escape(self.alt)}" {style} src="data:image/png;base64,{data}">'

    def _repr_mimebundle_(self, **_: object) -> dict[str, object]:
        return {"text/html": self.html(), "text/plain": f"[figure: {self.alt}]"}


def show(fig: Figure, alt: str | None = None, dpi: int = 80) -> Picture:
    """Turn a figure into a picture with alt text, for the last line of a notebook cell.

    Parameters
    ----------
    fig : Figure
        Any Matplotlib figure.
    alt : str, optional
        What the picture shows, for a reader who cannot see it; by default `describe(fig)`, which lists
        titles, axes and values, but cannot say what matters in them.
    dpi : int
        Dots per inch; 80 keeps a notebook small.

    Raises
    ------
    ValueError
        If `alt` is empty.
    """
    alt = describe(fig) if alt is None else alt
    if not alt.strip():
        raise ValueError("alt is empty; expected a sentence that says what the figure shows")
    return Picture(_png(fig, dpi, bbox_inches="tight"), alt)


def _png(fig: Figure, dpi: int = 80, **options: Any) -> bytes:
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", dpi=dpi, facecolor="white", **options)
    return buffer.getvalue()


class StoredPicture:
    """A widget that stores a picture with alt text, for static HTML, GitHub and notebooks not trusted."""

    model_id: str  # of the widget that inherits from this class

    def to_figure(self) -> Figure:
        """Draw what is shown as a new Matplotlib figure."""
        raise NotImplementedError

    def describe(self) -> str:
        """Return what is shown as alt text."""
        raise NotImplementedError

    # ipywidgets 7 has this method in place of the next one, and then no picture would be stored.
    _ipython_display_ = None

    def _repr_mimebundle_(self, **options: object) -> tuple[dict, dict]:
        """Return the widget without its state, and the picture as HTML and as PNG.

        The picture comes twice: nbconvert and GitHub show the alt text only of one that is HTML.
        """
        own = getattr(super(), "_repr_mimebundle_", lambda **_: None)(**options)  # ipywidgets 7 has none
        data, metadata = own if isinstance(own, tuple) else (own, {})
        data = data or {WIDGET: {"version_major": 2, "version_minor": 0, "model_id": self.model_id}}
        picture = Picture(_png(self.to_figure()), self.describe())
        png = base64.b64encode(picture.png).decode()
        stored = {"text/html": picture.html(), "image/png": png, "text/plain": picture.alt}
        return {**data, **stored}, {**metadata, "image/png": {"alt": picture.alt}}


def refuse_unknown(widget: HasTraits, traits: Mapping[str, object]) -> None:
    """Raise a TypeError if a widget is given something that is not one of its traits."""
    unknown = sorted(name for name in traits if not widget.has_trait(name))
    if unknown:
        name = type(widget).__name__
        raise TypeError(f"{name} has no trait {unknown[0]!r}; see its docstring for the traits it has")
