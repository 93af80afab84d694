"""The slice browser `SliceViewer`."""

from brainlab.view.viewer.canvas import SliceViewer

__all__ = ["SliceViewer"]
