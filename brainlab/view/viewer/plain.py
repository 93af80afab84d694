"""The slice browser where anywidget cannot load: pictures come from the kernel, controls are ipywidgets' own.

Slower (about 60 ms a step, and it waits while the kernel trains), with the same traits and the same picture;
only `playing` does nothing, because ipywidgets 7 cannot start its own player from Python.
Choose it yourself with `from brainlab.view.viewer.plain import PlainViewer`, for a page that can load
ipywidgets but not anywidget.
"""

import io
from html import escape

import ipywidgets as widgets
import numpy as np
from PIL import Image, ImageDraw
from traitlets import link

from brainlab.labels import LABELS
from brainlab.view.viewer.frame import VIEWS
from brainlab.view.viewer.pictures import views_of
from brainlab.view.viewer.state import OVERLAYS, ViewerState

LONGEST = 420  # pixels of the longest side of a picture
DRAWN = (
    "view", "voxel", "modality", "side_by_side", "three_views", "window", "level",
    "overlay", "alpha", "contour", "labels", "wipe", "crosshair",
)  # fmt: skip


class PlainViewer(ViewerState, widgets.VBox):
    __doc__ = ViewerState.__doc__.replace("The state of a slice browser", "Browse a case slice by slice", 1)

    def __init__(self, *volumes: object, **options: object) -> None:
        super().__init__(*volumes, **options)
        self._image, self._words = widgets.Image(format="png"), widgets.HTML()
        last = self.source.shape[self._axis] - 1
        self._slider = widgets.IntSlider(description="slice", max=last, value=self.slice)
        link((self, "slice"), (self._slider, "value"))
        player = widgets.Play(max=last, value=self.slice, interval=round(1000 / self.fps))
        link((self._slider, "max"), (player, "max"))
        link((self._slider, "value"), (player, "value"))
        given = [o for o in OVERLAYS if self._possible(o)]
        controls = [
            self._linked("view", widgets.Dropdown(options=VIEWS, value=self.view)),
            self._linked("modality", widgets.Dropdown(options=list(self.source.titles), value=self.modality)),
            self._linked("overlay", widgets.Dropdown(options=given, value=self.overlay)),
            self._linked("alpha", widgets.FloatSlider(min=0, max=1, step=0.05, value=self.alpha)),
            self._linked("window", widgets.FloatSlider(min=0.05, max=4, step=0.05, value=self.window)),
            self._linked("level", widgets.FloatSlider(min=-1, max=2, step=0.05, value=self.level)),
            self._linked("contour", widgets.Checkbox(value=self.contour)),
            self._linked("side_by_side", widgets.Checkbox(value=self.side_by_side)),
            self._linked("three_views", widgets.Checkbox(value=self.three_views)),
        ]
        if self.maps:
            names = [(label.name, label.value) for label in LABELS[1:]]
            shown = widgets.SelectMultiple(description="labels", options=names, rows=len(names))
            link((self, "labels"), (shown, "value"), transform=(tuple, list))
            jump = widgets.Button(description="largest tumour")
            jump.on_click(lambda _: self.jump())
            controls += [shown, jump]
        if self.source.has_after:
            controls.append(self._linked("wipe", widgets.FloatSlider(min=0, max=1, value=self.wipe)))
        controls = [self._slider, player, *controls]
        self.children = [widgets.HBox([self._image, widgets.VBox(controls)]), self._words]
        self.observe(self._draw, DRAWN)
        self._draw()

    def _linked(self, trait: str, control: widgets.Widget) -> widgets.Widget:
        control.description = trait.replace("_", " ")
        link((self, trait), (control, "value"))
        return control

    def _possible(self, overlay: str) -> bool:
        needed = {"none": set(), "truth": {"truth"}, "prediction": {"prediction"}}
        return needed.get(overlay, {"truth", "prediction"}) <= set(self.maps)

    def _draw(self, change: dict | None = None) -> None:
        if change and change["name"] == "view":
            self._slider.max = max(self.source.shape)  # for the moment in which both change
            self._slider.value = self.slice
            self._slider.max = self.source.shape[self._axis] - 1
        shown = zip(self.pictures().values(), views_of(self), strict=True)
        pictures = [self._scaled(rgb, view) for rgb, view in shown]
        sheet = Image.new("RGB", (sum(p.width for p in pictures), max(p.height for p in pictures)))
        for number, picture in enumerate(pictures):
            sheet.paste(picture, (sum(p.width for p in pictures[:number]), 0))
        buffer = io.BytesIO()
        sheet.save(buffer, "png", compress_level=1)
        self._image.value = buffer.getvalue()
        self._words.value = escape(self.describe())

    def _scaled(self, rgb: np.ndarray, view: str) -> Image.Image:
        """Bring a picture to its true proportions and put the marks on it."""
        height, width = self.frame.pixel_size(view)
        top, low, left, far = self.boxes[view]
        rgb, rows, columns = rgb[top:low, left:far], low - top, far - left
        scale = LONGEST / max(rows * height, columns * width)
        size = (round(columns * width * scale), round(rows * height * scale))
        picture = Image.fromarray((rgb * 255 + 0.5).astype(np.uint8)).resize(size, Image.Resampling.NEAREST)
        ink = ImageDraw.Draw(picture)
        right, bottom = size
        if self.crosshair:
            row, column = self.frame.pixel(view, self.voxel)
            x, y = (column - left + 0.5) * right / columns, (row - top + 0.5) * bottom / rows
            ink.line([(x, 0), (x, bottom)], fill="#999999")
            ink.line([(0, y), (right, y)], fill="#999999")
        places = ((4, bottom / 2), (right - 12, bottom / 2), (right / 2, 4), (right / 2, bottom - 14))
        for letter, place in zip(self.frame.marks(view), places, strict=False):
            ink.text(place, letter, fill="white")
        return picture
