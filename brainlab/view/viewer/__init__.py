"""The slice browser `SliceViewer`; where anywidget is not installed, a plainer one of ipywidgets alone."""

from importlib.util import find_spec

if find_spec("anywidget"):
    from brainlab.view.viewer.canvas import SliceViewer
else:
    from brainlab.view.viewer.plain import PlainViewer as SliceViewer

__all__ = ["SliceViewer"]
