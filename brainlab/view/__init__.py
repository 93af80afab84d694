"""Figures of slices, labels and learning, drawn the same way everywhere, and the slice browser."""


def __getattr__(name: str):
    # The widget loads ipywidgets, which a figure does not need.
    if name == "SliceViewer":
        from brainlab.view.viewer import SliceViewer

        return SliceViewer
    raise AttributeError(f"brainlab.view has no attribute {name!r}; it has SliceViewer and its modules")
