"""A widget's picture for pages without a kernel: static HTML, GitHub, a notebook that is not trusted."""

import base64
import io

from matplotlib.figure import Figure

WIDGET = "application/vnd.jupyter.widget-view+json"


def with_picture(widget: object, bundle: tuple | dict | None, figure: Figure, alt: str) -> tuple[dict, dict]:
    """Add a PNG with alt text to what Jupyter stores of a widget; the widget's state is not stored.

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
    return {**data, "image/png": png, "text/plain": alt}, {**metadata, "image/png": {"alt": alt}}
