"""A widget's picture for pages without a kernel: static HTML, GitHub, a notebook that is not trusted."""

import base64
import io
from html import escape

from matplotlib.figure import Figure

WIDGET = "application/vnd.jupyter.widget-view+json"


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
