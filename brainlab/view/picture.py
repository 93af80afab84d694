"""A figure as a picture with alt text, for a notebook.

Alt text that is read off a figure: its titles, axes, names and values.
"""

import base64
import io
from collections.abc import Iterator
from html import escape

import numpy as np
from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from matplotlib.figure import Figure

WIDGET = "application/vnd.jupyter.widget-view+json"
MOST_BARS = 8  # more are a histogram, of which only the range is told


def describe(fig: Figure) -> str:
    """Say in words what a figure shows.

    A figure that knows better says it itself, with `fig.set_label(...)`.
    """
    if fig.get_label():
        return fig.get_label()
    axes = [ax for ax in fig.axes if not hasattr(ax, "_colorbar") and ax.axison]
    # A row of pictures is told as one list.
    pictures = [ax.get_title() or ax.get_ylabel() or "untitled" for ax in axes if _is_picture(ax)]
    parts = [" ".join(fig.get_suptitle().split())]
    if pictures:
        parts.append(f"Pictures: {', '.join(' '.join(name.split()) for name in pictures)}")
    parts += [_chart(ax) for ax in axes if not _is_picture(ax)]
    names = [text.get_text() for legend in fig.legends for text in legend.get_texts()]
    if names and pictures:
        parts.append(f"Colours: {', '.join(names)}")
    return ". ".join(part for part in parts if part) or "A figure without words"


def _is_picture(ax: Axes) -> bool:
    return bool(ax.images)


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
        name = line.get_label()
        y = np.asarray(line.get_ydata(), float)
        if name.startswith("_") or not len(y):
            continue
        finite = y[np.isfinite(y)]
        if line.get_transform() == ax.get_xaxis_transform() or not len(finite):
            yield name  # a mark across the axis, which says itself what it is
        elif len(finite) == 1:
            yield f"{name} {finite[0]:.3g}"
        else:
            yield f"{name} from {finite[0]:.3g} to {finite[-1]:.3g}"


def _dots(ax: Axes) -> Iterator[str]:
    for dots in ax.collections:
        places = np.ma.asarray(dots.get_offsets())
        if dots.get_label().startswith("_") or not len(places):
            continue
        if len(places) == 1:
            x, y = places[0]
            yield f"{dots.get_label()} at {x:.3g}, {y:.3g}"
        else:
            yield f"{dots.get_label()}: {len(places)} dots"


class Picture:
    """A PNG with alt text that Jupyter shows as an image."""

    def __init__(self, png: bytes, alt: str) -> None:
        self.png, self.alt = png, alt

    def _repr_mimebundle_(self, **_: object) -> dict[str, object]:
        data = base64.b64encode(self.png).decode()
        html = f'<img alt="{escape(self.alt)}" style="max-width:100%" src="data:image/png;base64,{data}">'
        return {"text/html": html, "text/plain": f"[figure: {self.alt}]"}


def show(fig: Figure, alt: str | None = None, dpi: int = 80) -> Picture:
    """Turn a figure into a picture with alt text, for the last line of a notebook cell.

    Parameters
    ----------
    fig : Figure
        Any Matplotlib figure.
    alt : str, optional
        What the picture shows, for a reader who cannot see it; by default `describe(fig)`,
        which knows titles, axes and values, but not what to look for.
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
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", dpi=dpi, bbox_inches="tight", facecolor="white")
    return Picture(buffer.getvalue(), alt)


def with_picture(widget: object, bundle: tuple | dict | None, figure: Figure, alt: str) -> tuple[dict, dict]:
    """Add a PNG with alt text to what Jupyter stores of a widget; the widget's state is not stored.

    The picture comes twice: nbconvert and GitHub give the alt text only of one that is HTML.

    Parameters
    ----------
    bundle : tuple or dict or None
        Of the widget's own `_repr_mimebundle_`; None in ipywidgets 7, where there is none.
    """
    data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
    if not data:
        data = {WIDGET: {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}}
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=80, facecolor="white")
    png = base64.b64encode(buffer.getvalue()).decode()
    html = f'<img alt="{escape(alt)}" style="max-width:100%" src="data:image/png;base64,{png}">'
    stored = {"text/html": html, "image/png": png, "text/plain": alt}
    return {**data, **stored}, {**metadata, "image/png": {"alt": alt}}
