"""The page of one visitor: what its buttons do. The logic is in the other modules."""

import html
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import ipywidgets as widgets
import numpy as np

from brainlab.data.case import Case
from brainlab.labels import MODALITY_NAMES
from brainlab.view import SliceViewer
from demo.builtin import open_built_in
from demo.controls import Controls, heading
from demo.enlarge import affine_of_slice, enlarge_slice, slice_of
from demo.inbox import Received
from demo.intake import Intake, Picture
from demo.limits import Limits
from demo.networks import find_networks, how_to_train
from demo.places import models_folders
from demo.report import case_report, enlarged_report, picture_report
from demo.segment import nifti_of, segment_case, segment_picture
from demo.session import Session, exit_on_sigterm
from demo.uploader import Uploader

NO_NETWORK = "bicubic, without a network"


def open_page() -> widgets.Widget:
    """Return the page of a new visitor; called by the notebook that Voila serves."""
    exit_on_sigterm()
    return Page(Session(), models_folders()).controls.all


class Page:
    """The state of one visitor's page.

    Parameters
    ----------
    session : Session
        Holds the visitor's files.
    folders : list of Path
        Searched for networks.
    limits : Limits
    """

    def __init__(self, session: Session, folders: list[Path], limits: Limits | None = None) -> None:
        self.session, self.folders = session, folders
        self.intake = Intake(session.folder, limits)
        self.shown: Case | Picture | None = None
        self.viewer: SliceViewer | None = None
        uploader = Uploader(self.intake.inbox, lambda: self._message(""), self._take, self._refuse)
        self.controls = c = Controls(uploader)
        for button, act in {
            c.start_over: self._start_over,
            c.open: self._open_built_in,
            c.segment: self._segment,
            c.enlarge: self._enlarge,
        }.items():
            button.on_click(self._pressed(act))
        self._list_networks()

    # Networks

    def _list_networks(self) -> None:
        c = self.controls
        found, problems = find_networks(self.folders)
        found.sort(key=lambda network: -network.channels)  # those of four modalities first
        segmenting = [(network.title, network) for network in found if network.segments]
        enlarging = [(network.title, network) for network in found if not network.segments]
        c.network.options, c.network.value = segmenting, segmenting[0][1] if segmenting else None
        c.generator.options = [*enlarging, (NO_NETWORK, None)]
        c.generator.value = enlarging[0][1] if enlarging else None
        c.segment.disabled = not segmenting
        if not segmenting:
            problems = [how_to_train(self.folders[0]), *problems]
        c.hint.value = "<br>".join(map(html.escape, problems))

    # Uploads

    def _take(self, received: Received) -> None:
        made = self.intake.add(received)
        self._show_status()
        if made is not None:
            self._show(made)

    def _refuse(self, line: str) -> None:
        earlier = self.controls.message.value
        self._message("<br>".join(filter(None, [earlier, html.escape(line)])), error=True)
        self._show_status()

    def _start_over(self) -> None:
        self.intake.clear()
        self._show_status()
        self.shown = None
        self._clear_results()
        self._replace_viewer(None)

    def _open_built_in(self) -> None:
        self._message("Opening a synthetic patient; generating it takes some seconds the first time.")
        case = open_built_in(self.controls.built_in.value)
        self._message("")
        self._show(case)

    # Display

    def _show(self, shown: Case | Picture, pred: np.ndarray | None = None) -> None:
        """Show a case or a picture, optionally with predicted labels (X, Y, Z) or (H, W)."""
        if shown is not self.shown:
            self._clear_results()
            shutil.rmtree(self.session.folder / "cache", ignore_errors=True)
        self.shown = shown
        self.controls.modality.disabled = not isinstance(shown, Case)
        view = self.controls.view
        (view.add_class if isinstance(shown, Picture) else view.remove_class)("bl-picture")
        if isinstance(shown, Picture):
            labels = None if pred is None else pred.T[..., None]
            viewer = SliceViewer(shown.pixels.T[..., None], pred=labels)  # the viewer expects (X, Y, Z)
        elif pred is None:
            viewer = SliceViewer(shown)
        else:
            viewer = SliceViewer(shown, pred=pred, overlay="both" if shown.has_seg else "prediction")
        if isinstance(shown, Case):
            self.controls.notes.value = "<br>".join(html.escape(f"Note: {n}.") for n in shown.warnings)
        self._replace_viewer(viewer)

    def _replace_viewer(self, viewer: SliceViewer | None) -> None:
        old, self.viewer = self.viewer, viewer
        self.controls.view.children = [viewer] if viewer else []
        if old is not None:
            old.close()

    def _clear_results(self) -> None:
        c = self.controls
        c.result.value = c.enlarged_result.value = c.notes.value = ""
        c.enlarged.children = []

    # Computations

    def _segment(self) -> None:
        c, shown = self.controls, self._current()
        network, start = c.network.value, time.perf_counter()
        model = network.saved.build()
        c.progress.value, c.progress.layout.visibility = 0, "visible"
        try:
            if isinstance(shown, Case):
                labels = segment_case(model, network, shown, self.session.folder / "cache", self._progress)
                text = case_report(shown, network, labels, nifti_of(labels, shown, self.session.folder))
            else:
                labels = segment_picture(model, network, shown.pixels)
                text = picture_report(labels, network.num_classes)
            took = f"<p>{time.perf_counter() - start:.1f} s with {html.escape(network.title)}.</p>"
            self._show(shown, labels)
            c.result.value = text + took
        finally:
            c.progress.layout.visibility = "hidden"

    def _progress(self, share: float) -> None:
        self.controls.progress.value = share

    def _enlarge(self) -> None:
        c, shown = self.controls, self._current()
        network, start = c.generator.value, time.perf_counter()
        model = network.saved.build() if network else None
        if isinstance(shown, Case):
            z = self.viewer.voxel[2]
            pixels = slice_of(shown, c.modality.value, z)
            what = f"{MODALITY_NAMES[c.modality.value]}, slice {z}"
        else:
            pixels, what = shown.pixels.T, shown.name
        made = enlarge_slice(pixels, model, c.coarse.value)
        affine = affine_of_slice(shown, z, made) if isinstance(shown, Case) else None
        captions = ("bicubic", network.title if network else NO_NETWORK)
        viewer = SliceViewer(
            made.bicubic[..., None], after=made.network[..., None], affine=affine, captions=captions
        )
        took = f"<p>{time.perf_counter() - start:.2f} s.</p>"
        for old in c.enlarged.children:
            old.close()
        title = f"{what}: left bicubic, right {network.title if network else NO_NETWORK}"
        c.enlarged.children = [heading(html.escape(title)), viewer]
        c.enlarged_result.value = enlarged_report(made) + took

    def _current(self) -> Case | Picture:
        if self.shown is None:
            raise ValueError("there is no image yet: upload one, or open a synthetic patient")
        return self.shown

    # Messages

    def _show_status(self) -> None:
        self.controls.status.value = html.escape(self.intake.status())

    def _message(self, markup: str, error: bool = False) -> None:
        """Show a line above the images; the caller must escape HTML in file names and the like."""
        message = self.controls.message
        message.value = markup
        (message.add_class if error else message.remove_class)("bl-wrong")

    def _pressed(self, act: Callable[[], None]) -> Callable[[widgets.Button], None]:
        def press(_: widgets.Button) -> None:
            with self._working():
                act()

        return press

    @contextmanager
    def _working(self) -> Iterator[None]:
        """Disable the buttons; errors are shown as a line on the page."""
        before = {button: button.disabled for button in self.controls.buttons}
        for button in before:
            button.disabled = True
        self._message("")
        try:
            yield
        except (ValueError, OSError, RuntimeError) as error:
            text = " ".join(str(error).split()).replace(f"{self.session.folder}/", "")
            self._message(html.escape(text), error=True)
        except Exception as error:  # the page must stay usable after any error
            self._message(f"Something went wrong ({type(error).__name__}). Start over.", error=True)
        finally:
            for button, was in before.items():
                button.disabled = was
