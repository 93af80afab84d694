"""The slice browser: a widget that draws in the browser, so that it responds also while the kernel trains.

The opening state holds the labels and the first modality, gzipped; the page requests other modalities when
they are first shown, and needs the kernel no more once it has them. The JavaScript lies in `js/`, one idea
per file, and is joined to one module: no bundler, and nothing is loaded from other machines.
"""

from pathlib import Path
from typing import Any
from uuid import uuid4

import anywidget
import numpy as np
from traitlets import Bytes, Dict, Unicode

from brainlab.data.display import VIEWS
from brainlab.labels import LABELS
from brainlab.view.viewer.counts import label_volumes
from brainlab.view.viewer.paint import ERRORS, error_codes
from brainlab.view.viewer.shown import ShownViewer
from brainlab.view.viewer.source import Quantised, pack, quantise
from brainlab.view.viewer.state import ViewerState

HERE = Path(__file__).parent
# Each file uses only the ones before it.
PARTS = (
    "decode", "geometry", "paint", "store", "link",
    "words", "elements", "panel", "controls", "input", "viewer",
)  # fmt: skip
STATE = list(ViewerState.class_traits(sync=True))
MOST = 2_700_000  # bytes of one modality: with labels and the rest, the opening state stays under 3 MB


class SliceViewer(ShownViewer, anywidget.AnyWidget):
    _esm = "\n".join((HERE / "js" / f"{part}.js").read_text(encoding="utf-8") for part in PARTS)
    _css = (HERE / "viewer.css").read_text(encoding="utf-8")

    key = Unicode().tag(sync=True)  # the model's id, for link.js
    about = Dict().tag(sync=True)
    first = Dict().tag(sync=True)
    first_codes = Bytes().tag(sync=True)
    truth_codes = Bytes().tag(sync=True)
    prediction_codes = Bytes().tag(sync=True)

    __doc__ = str(ViewerState.__doc__).replace("The state of a slice browser", "Browse a case slice by slice")

    def __init__(self, *volumes: Any, **options: Any) -> None:
        super().__init__(*volumes, **options)
        self.on_msg(self._answer)

    def _opening(self) -> dict[str, object]:
        first = self.first_modality
        quantised = quantise(self.source.volume(first))
        codes = {f"{name}_codes": self._packed(labels) for name, labels in self.maps.items()}
        key = uuid4().hex
        return {
            "model_id": key,
            "key": key,
            "about": self._about(),
            "first": {"part": first, **_numbers(quantised)},
            "first_codes": self._packed(quantised.codes, MOST),
            **codes,
        }

    def _about(self) -> dict[str, object]:
        """Return the constants that the page needs: frame, names, colours and counts."""
        frame, source = self.frame, self.source
        about: dict[str, Any] = {
            "name": source.name,
            "shape": list(frame.shape),
            "axes": list(frame.axes),
            "flipped": list(frame.flipped),
            "spacing": list(frame.spacing),
            "affine": None if frame.affine is None else frame.affine.tolist(),
            "boxes": self.boxes,
            "middle": self.middle,
            "marks": {view: frame.marks(view) for view in VIEWS},
            "modalities": [{"name": name, "title": title} for name, title in source.titles.items()],
            "labels": [{"short": one.short, "name": one.name, "colour": one.colour} for one in LABELS],
            "errors": [{"name": name, "colour": colour} for name, colour in ERRORS],
            "after": source.has_after,
            "captions": list(self.captions),
            "volumes": self.volumes,
            "counts": self.slice_counts,
        }
        if len(self.maps) == 2:
            about["volumes"]["errors"] = label_volumes(error_codes(*self.maps.values()), frame)
        return about

    def _packed(self, volume: np.ndarray, most: int | None = None) -> bytes:
        return pack(self.frame.display(volume), most)

    def _answer(self, _: object, message: dict, __: list) -> None:
        """Answer a request of the page: a modality, exact intensities under the crosshair, or the state."""
        try:
            if message.get("ask") == "part":
                self._send_part(message["part"])
            elif message.get("ask") == "values":
                self._send_values(tuple(message["voxel"]), message["parts"])
            elif message.get("ask") == "state":
                self.send_state(STATE)
        except Exception as error:  # shown on the page: an exception here would only reach a log
            self.send({"kind": "problem", "part": message.get("part"), "text": str(error)})

    def _volume(self, part: str) -> np.ndarray:
        """Return the volume of a part: "t2f", or "t2f/after" for the second image."""
        name, _, second = part.partition("/")
        return self.source.after(name) if second else self.source.volume(name)

    def _send_part(self, part: str) -> None:
        quantised = quantise(self._volume(part))
        header = {"kind": "part", "part": part, **_numbers(quantised)}
        self.send(header, [self._packed(quantised.codes, MOST)])

    def _send_values(self, voxel: tuple[int, ...], parts: list[str]) -> None:
        values = {part: float(self._volume(part)[voxel]) for part in parts}
        self.send({"kind": "values", "voxel": list(voxel), "values": values})


def _numbers(quantised: Quantised) -> dict[str, float]:
    return {name: getattr(quantised, name) for name in ("offset", "step", "black", "white")}
