"""Widgets and layout of the page; what they do is in `page`."""

import ipywidgets as widgets

from brainlab.labels import MODALITY_NAMES
from demo.builtin import BUILT_IN

INSTRUCTIONS = (
    "Upload four NIfTI files (T1, T1 with contrast, T2, FLAIR), one by one or as a zip, or one slice as PNG "
    "or JPEG. They stay on the machine that runs this page and are deleted when you close it."
)


def heading(text: str) -> widgets.HTML:
    """Return a heading; `text` is HTML."""
    return widgets.HTML(f"<h2>{text}</h2>")


def line(css_class: str, text: str = "") -> widgets.HTML:
    """Return a line of text; `text` is HTML."""
    widget = widgets.HTML(text)
    widget.add_class(css_class)
    return widget


def button(name: str, style: str = "") -> widgets.Button:
    """Return a button."""
    return widgets.Button(description=name, button_style=style)


class Controls:
    """The widgets of a page.

    Parameters
    ----------
    uploader : widget
        The upload area.
    """

    def __init__(self, uploader: widgets.Widget) -> None:
        self.uploader = uploader
        self.status, self.hint = line("bl-line"), line("bl-line")
        self.message, self.notes = line("bl-message"), line("bl-notes")
        self.result, self.enlarged_result = line("bl-result"), line("bl-result")
        self.start_over, self.open = button("Start over"), button("Open")
        self.segment, self.enlarge = button("Segment", "primary"), button("Enlarge this slice", "primary")
        self.buttons = (self.start_over, self.open, self.segment, self.enlarge)
        self.built_in = widgets.Dropdown(options=[(name, n) for n, name in enumerate(BUILT_IN)])
        self.network, self.generator = (widgets.Dropdown(description="network") for _ in range(2))
        titles = [(title, name) for name, title in MODALITY_NAMES.items()]
        self.modality = widgets.Dropdown(description="modality", options=titles, value="t1c")
        self.coarse = widgets.Checkbox(
            value=True, indent=False, description="downsample it first, to compare with the original"
        )
        self.progress = widgets.FloatProgress(min=0, max=1)
        self.progress.layout.visibility = "hidden"
        self.view, self.enlarged = widgets.VBox(), widgets.VBox()
        self.all = self._layout()

    def _layout(self) -> widgets.Widget:
        side = widgets.VBox(
            [
                heading("1. Images"),
                line("bl-line", INSTRUCTIONS),
                self.uploader,
                self.status,
                self.start_over,
                line("bl-line", "Or open a synthetic patient:"),
                widgets.HBox([self.built_in, self.open]),
                heading("2. Segment"),
                self.network,
                self.hint,
                self.segment,
                self.progress,
                self.result,
                heading("3. Enlarge the displayed slice"),
                self.generator,
                self.modality,
                self.coarse,
                self.enlarge,
                self.enlarged_result,
            ]
        )
        side.add_class("bl-side-panel")
        main = widgets.VBox([self.message, self.notes, self.view, self.enlarged])
        main.add_class("bl-main-panel")
        both = widgets.HBox([side, main])
        both.add_class("bl-app")
        return both
