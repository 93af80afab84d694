"""What a viewer shows, as pictures, as a Matplotlib figure and in words."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from brainlab.data.display import VIEWS
from brainlab.view.picture import StoredPicture
from brainlab.view.slices import GLOWING_TEXT, label_handles, legend_below, mark_sides
from brainlab.view.viewer.paint import ERRORS, layers, paint
from brainlab.view.viewer.state import ViewerState

LEGEND = 6.6  # inches that the names of the labels need


class ShownViewer(StoredPicture, ViewerState):
    """The state of a slice browser, with the methods that draw it without a browser."""

    def pictures(self) -> dict[str, np.ndarray]:
        """Return title -> RGB (rows, columns, 3) in [0, 1]: one image, or one per modality or view."""
        if self.three_views:
            slices = {view: self.voxel[self.frame.axis(view)] for view in VIEWS}
            return {f"{v} slice {index}": self._paint(self.modality, v, index) for v, index in slices.items()}
        names = self.modalities if self.side_by_side else [self.modality]
        return {self.modalities[name]: self._paint(name, self.view, self.slice) for name in names}

    def _paint(self, modality: str, view: str, index: int) -> np.ndarray:
        source = self.source

        def cut(volume: np.ndarray) -> np.ndarray:
            return self.frame.plane(volume, view, index)

        low, high = source.window(modality)
        black = low + (self.level - self.window / 2) * (high - low)
        white = black + self.window * (high - low)
        maps = {name: cut(labels) for name, labels in self.maps.items()}
        over = layers(maps, self.overlay, self.labels, self.alpha, self.contour)
        # Both images on one grey scale, or they could not be compared.
        after = (cut(source.after(modality)), self.wipe) if source.has_after else None
        return paint(cut(source.volume(modality)), (black, white), over, after)

    def to_figure(self) -> Figure:
        """Draw what is shown as a Matplotlib figure: pictures in a row, in their true proportions."""
        pictures = self.pictures()
        views = VIEWS if self.three_views else [self.view] * len(pictures)
        size = {view: self.frame.pixel_size(view) for view in views}  # height, width of a pixel
        box = {view: self.boxes[view] for view in views}
        high = {view: (low - top) * size[view][0] for view, (top, low, _, _) in box.items()}  # mm
        wide = {view: (far - near) * size[view][1] for view, (_, _, near, far) in box.items()}
        inches = 3.2 if len(pictures) > 1 else 4.6
        scale = inches / max(*high.values(), *wide.values())
        across = sum(wide[view] * scale + 0.1 for view in views)
        fig = Figure(figsize=(max(across, LEGEND), max(high.values()) * scale + 0.9), layout="constrained")
        axes = fig.subplots(1, len(views), squeeze=False, width_ratios=[wide[view] for view in views])[0]
        for ax, view, (title, rgb) in zip(axes, views, pictures.items(), strict=True):
            height, width = size[view]
            top, bottom, left, right = box[view]
            ax.imshow(rgb, aspect=height / width, interpolation="nearest")
            ax.set(xlim=(left - 0.5, right - 0.5), ylim=(bottom - 0.5, top - 0.5), xticks=[], yticks=[])
            ax.set_title(title, fontsize=9)
            mark_sides(ax, self.frame.marks(view))
            if self.source.has_after:
                self._name_halves(ax, round(self.wipe * rgb.shape[1]), bottom)
            if self.crosshair:
                i, j, k = self.voxel
                row, column = self.frame.pixel(view, (i, j, k))
                ax.axvline(column, color="white", linewidth=0.6, alpha=0.5)
                ax.axhline(row, color="white", linewidth=0.6, alpha=0.5)
        if self.overlay == "errors":
            legend_below(fig, [Patch(color=colour, label=name) for name, colour in ERRORS[1:]])
        elif self.overlay != "none" and self.labels:
            legend_below(fig, label_handles(self.labels))
        place = self.modalities[self.modality] if self.three_views else f"{self.view} slice {self.slice}"
        fig.suptitle(f"{self.source.name}  {place}".strip(), fontsize=10)
        return fig

    def _name_halves(self, ax: Axes, column: int, row: int) -> None:
        """Draw the divider of the wipe and write the name of each image on its side."""
        ax.axvline(column - 0.5, color="#f0e442", linewidth=0.8)
        for text, side, shift in zip(self.captions, ("right", "left"), (-4, 4), strict=True):
            ax.annotate(
                text, (column - 0.5, row - 0.5), (shift, 24), textcoords="offset points", ha=side, va="bottom"
            ).set(color="white", fontsize=8, path_effects=GLOWING_TEXT)

    def describe(self) -> str:
        """Return what is shown as alt text."""
        what, where = self.modalities[self.modality], f"{self.view} slice {self.slice}"
        if self.three_views:
            where = ", ".join(self.pictures())
        elif self.side_by_side:
            what = f"{len(self.modalities)} modalities"
        if self.source.has_after:
            what += f", {self.captions[0]} left of the divider and {self.captions[1]} right of it"
        text = f"{self.source.name} {where} of {what}".strip()
        if self.overlay == "none":
            return text
        sizes = [f"{name} {sum(volume):.1f} cm³ of tumour" for name, volume in self.volumes.items()]
        return f"{text}, overlay: {self.overlay}; {', '.join(sizes)} in the whole volume"
