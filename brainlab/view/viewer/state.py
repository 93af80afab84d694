"""The state of the slice browser: traits to read, set and observe, and the rules that they keep."""

from typing import Any

import numpy as np
from traitlets import Bool, Enum, Float, HasTraits, Int, List, TraitError, Unicode, observe, validate

from brainlab.data.display import VIEWS, frame_of
from brainlab.view.picture import refuse_unknown
from brainlab.view.viewer import counts
from brainlab.view.viewer.source import Source

OVERLAYS = ("none", "truth", "prediction", "both", "errors")
FIRST = "t2f"  # FLAIR shows oedema best, which is the largest part of most tumours


class ViewerState(HasTraits):
    """The state of a slice browser.

    Parameters
    ----------
    case_or_arrays : Case, CachedCase or ndarray
        A case, or intensities (X, Y, Z) or (C, X, Y, Z); four channels are taken to be in the order of
        `brainlab.labels.MODALITIES`.
    seg : ndarray (X, Y, Z), optional
        The true labels, 0 to 3. Of a case: by default its own.
    pred : ndarray (X, Y, Z), optional
        The predicted labels, 0 to 3.
    affine : ndarray (4, 4), optional
        Voxel to mm of arrays. Without it left and right are not known and are not marked.
    after : ndarray, optional
        A second image of the same shape, compared with the first by a wipe, e.g. after super-resolution.
    captions : pair of str
        What the two images are called in the picture, left and right of the wipe.
    **traits
        First values of the traits below.

    Attributes
    ----------
    view : str
        "axial", "coronal" or "sagittal".
    slice : int
        Index of the slice along the array's axis: `image[..., slice]` in the axial view of most data.
    voxel : list of int
        The voxel under the crosshair, [i, j, k] of the array.
    modality : str
        A key of `modalities`, such as "t2f".
    side_by_side : bool
        Whether all modalities are shown, linked.
    three_views : bool
        Whether one modality is shown in all three views, linked by the crosshair; overrides `side_by_side`.
    window, level : float
        Width and middle of the grey scale, as a share of each modality's own default range; the default is 1
        and 0.5. MRI has no absolute unit, so one pair of shares serves all modalities.
    overlay : str
        "none", "truth", "prediction", "both" (truth filled, prediction as a contour), or "errors".
    alpha : float
        Opacity of the overlay, 0 to 1.
    contour : bool
        Contours in place of filled areas.
    labels : list of int
        The labels that are shown.
    crosshair : bool
        Whether the crosshair is drawn.
    wipe : float
        Share of the width, from the left, that shows the image; the rest shows `after`.
    playing : bool
        Whether the slices advance by themselves, `fps` of them per second.
    """

    view = Enum(VIEWS, "axial").tag(sync=True)
    slice = Int(0).tag(sync=True)
    voxel = List(Int(), [0, 0, 0], minlen=3, maxlen=3).tag(sync=True)
    modality = Unicode().tag(sync=True)
    side_by_side = Bool(False).tag(sync=True)
    three_views = Bool(False).tag(sync=True)
    window = Float(1.0, min=0.01, max=4.0).tag(sync=True)
    level = Float(0.5, min=-1.0, max=2.0).tag(sync=True)
    overlay = Enum(OVERLAYS, "none").tag(sync=True)
    alpha = Float(0.45, min=0.0, max=1.0).tag(sync=True)
    contour = Bool(False).tag(sync=True)
    labels = List(Int(min=1, max=3), [1, 2, 3]).tag(sync=True)
    crosshair = Bool(True).tag(sync=True)
    wipe = Float(0.5, min=0.0, max=1.0).tag(sync=True)
    playing = Bool(False).tag(sync=True)
    fps = Float(12.0, min=0.5, max=60.0).tag(sync=True)

    def __init__(
        self,
        case_or_arrays: Any,
        seg: np.ndarray | None = None,
        pred: np.ndarray | None = None,
        *,
        affine: np.ndarray | None = None,
        after: np.ndarray | None = None,
        captions: tuple[str, str] = ("before", "after"),
        **traits: Any,
    ) -> None:
        self.captions = captions
        self.source = source = Source(case_or_arrays, seg, pred, affine, after)
        self.frame = frame = frame_of(source.shape, source.affine)
        maps = {"truth": source.truth, "prediction": source.prediction}
        self.maps = {name: labels for name, labels in maps.items() if labels is not None}
        self.slice_counts = {name: counts.slice_counts(labels, frame) for name, labels in self.maps.items()}
        index, voxel = traits.pop("slice", None), traits.pop("voxel", None)
        refuse_unknown(self, traits)
        default = FIRST if FIRST in source.titles else next(iter(source.titles))
        wanted = traits.get("modality", default)
        self.first_modality = wanted if wanted in source.titles else default
        first_volume = source.volume(self.first_modality)
        self.boxes = counts.head_boxes(first_volume, frame)
        self.middle = counts.head_middle(first_volume)
        start: dict[str, object] = {
            "modality": default,
            "overlay": next(iter(self.maps), "none"),
            "voxel": [n // 2 for n in source.shape],
        }
        super().__init__(**{**start, **traits, **self._opening()})
        self.slice = self.voxel[self._axis]
        self.jump()
        if voxel is not None:
            self.voxel = list(voxel)
        if index is not None:
            self.slice = index

    def _opening(self) -> dict[str, object]:
        """Return further traits that must be set when the widget opens."""
        return {}

    @property
    def modalities(self) -> dict[str, str]:
        """Name of each modality -> its title."""
        return dict(self.source.titles)

    @property
    def volumes(self) -> dict[str, list[float]]:
        """Volumes of labels 0 (always 0) to 3 in cm³, of "truth" and of "prediction" where given."""
        return {name: counts.label_volumes(labels, self.frame) for name, labels in self.maps.items()}

    @property
    def _axis(self) -> int:
        return self.frame.axis(self.view)

    def jump(self, labels: list[int] | None = None) -> int:
        """Go to the slice of this view with the largest tumour area, and move the crosshair into its middle.

        Parameters
        ----------
        labels : list of int, optional
            The labels that count, such as `REGIONS["TC"]`; by default those that are shown.

        Returns
        -------
        int
            The slice; unchanged if none of these labels occurs.
        """
        labels = list(self.labels if labels is None else labels)
        name = "prediction" if self.overlay == "prediction" else next(iter(self.maps), None)
        if name is not None:
            index = counts.largest(self.slice_counts[name][self.view], labels)
            if index is not None:
                self.voxel = counts.centre(self.maps[name], self._axis, index, labels)
        return self.slice

    @observe("view", "voxel")
    def _follow_voxel(self, _: object) -> None:
        self.slice = self.voxel[self._axis]

    @observe("slice")
    def _follow_slice(self, _: object) -> None:
        if self.voxel[self._axis] != self.slice:
            self.voxel = [self.slice if axis == self._axis else v for axis, v in enumerate(self.voxel)]

    @validate("slice")
    def _check_slice(self, proposal: dict) -> int:
        last = self.source.shape[self._axis] - 1
        if not 0 <= proposal["value"] <= last:
            raise TraitError(f"slice is {proposal['value']}; expected 0 to {last} in the {self.view} view")
        return proposal["value"]

    @validate("voxel")
    def _check_voxel(self, proposal: dict) -> list[int]:
        shape = self.source.shape
        if not all(0 <= v < n for v, n in zip(proposal["value"], shape, strict=True)):
            raise TraitError(f"voxel is {proposal['value']}; expected one inside the shape {shape}")
        return proposal["value"]

    @validate("modality")
    def _check_modality(self, proposal: dict) -> str:
        if proposal["value"] not in self.source.titles:
            raise TraitError(
                f"modality is {proposal['value']!r}; expected one of {', '.join(self.source.titles)}"
            )
        return proposal["value"]

    @validate("overlay")
    def _check_overlay(self, proposal: dict) -> str:
        overlay = proposal["value"]
        needed = {"none": (), "truth": ("truth",), "prediction": ("prediction",)}
        missing = [n for n in needed.get(overlay, ("truth", "prediction")) if n not in self.maps]
        if missing:
            given = {"truth": "seg", "prediction": "pred"}[missing[0]]
            raise TraitError(f"overlay is {overlay!r}, but there is no {missing[0]}: was {given} given?")
        return overlay

    @validate("labels")
    def _check_labels(self, proposal: dict) -> list[int]:
        return sorted(set(proposal["value"]))
