"""A figure as a picture with alt text, for a notebook."""

import base64
import io
from html import escape

from matplotlib.figure import Figure

from brainlab.view.alt import describe


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
        What the picture shows, for a reader who cannot see it; by default `brainlab.view.alt.describe(fig)`,
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
