"""What a visitor has sent so far: whichever way it came, in the end a case or a picture."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from brainlab.data.case import Case
from brainlab.data.volume import GZIP_MAGIC
from demo.inbox import Inbox, Received
from demo.limits import Limits, UploadError
from demo.picture import is_picture, read_slice
from demo.together import check_together, make_case, missing
from demo.unpack import gzip_start, unpack_zip
from demo.volumes import Volume, is_nifti, read_upload

ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
OTHER_KINDS = {  # what people send by mistake, and what they should send
    b"%PDF": "a PDF; expected images",
    b"\x5c\x6e": "an Analyze or other old image; expected NIfTI",
    b"Rar!": "a RAR archive; expected a zip",
    b"7z\xbc\xaf": "a 7z archive; expected a zip",
    b"\x89HDF": "an HDF5 file; expected NIfTI",
    b"\x80": "a Python pickle; expected NIfTI, and pickles are never opened",
    b"GIF8": "a GIF; expected PNG or JPEG",
    b"BM": "a BMP; expected PNG or JPEG",
    b"II*\x00": "a TIFF; expected PNG or JPEG",
}


@dataclass(frozen=True)
class Picture:
    """One slice that came as a picture: (H, W) float32 in 0..1."""

    name: str
    pixels: np.ndarray


class Intake:
    """Collect files into a case or a picture.

    Parameters
    ----------
    folder : Path
        Of the session.
    limits : Limits

    Attributes
    ----------
    volumes : dict
        Role -> what came, so far.
    """

    def __init__(self, folder: Path, limits: Limits | None = None) -> None:
        self.folder, self.limits = Path(folder), limits or Limits()
        self.inbox = Inbox(self.folder / "inbox", self.limits)
        self.volumes: dict[str, Volume] = {}
        self._cases = 0

    def add(self, received: Received) -> Case | Picture | None:
        """Take one file; return the case or the picture once there is one.

        A file that cannot be used, or a zip with one, changes nothing.

        Raises
        ------
        UploadError
            If a file is of another kind, damaged, doubled, or does not fit the others.
        """
        try:
            return self._add(received)
        except UploadError:
            for path in self.inbox.folder.glob(f"{received.path.name}*"):  # also what was unpacked of it
                path.unlink()
            raise

    def _add(self, received: Received) -> Case | Picture | None:
        pieces = [received]
        if _start(received).startswith(ZIP_MAGIC):
            pieces = unpack_zip(received, self.inbox.folder, self.limits)
            received.path.unlink()
        pictures = [piece for piece in pieces if is_picture(_start(piece))]
        if pictures:
            if len(pieces) > 1:
                raise UploadError(
                    f"{received.name} holds {len(pieces)} files, {pictures[0].name} among them; expected "
                    "four volumes, or one picture"
                )
            self.volumes = {}
            return Picture(pictures[0].name, read_slice(pictures[0], self.limits))
        together = dict(self.volumes)
        for piece in pieces:
            volume = self._volume(piece)
            if volume.role in together:
                raise UploadError(
                    f"{volume.role} came twice, as {together[volume.role].received.name} and {piece.name}; "
                    "expected one file for each modality: start over to change one"
                )
            together[volume.role] = volume
        check_together(together)
        case = None if missing(together) else self._make_case(together)
        self.volumes = together
        return case

    def _make_case(self, volumes: dict[str, Volume]) -> Case:
        """Make a case in a folder of its own; the one before goes, once this one is sound."""
        self._cases += 1
        folder = self.folder / f"case{self._cases}"
        case = make_case(volumes, folder)
        for older in self.folder.glob("case*"):
            if older != folder:
                shutil.rmtree(older, ignore_errors=True)
        return case

    def status(self) -> str:
        """Say in a line what is there and what is missing."""
        if not self.volumes:
            return "Nothing here yet."
        here = ", ".join(f"{role} ({volume.received.name})" for role, volume in self.volumes.items())
        lacking = missing(self.volumes)
        return f"Here: {here}. " + (f"Missing: {', '.join(lacking)}." if lacking else "Complete.")

    def clear(self) -> None:
        """Start over."""
        self.volumes = {}
        self.inbox.clear()

    def _volume(self, piece: Received) -> Volume:
        start = _start(piece)
        if is_nifti(start):
            return read_upload(piece, self.limits)
        if start.startswith(ZIP_MAGIC):
            raise UploadError(f"{piece.name} is a zip in a zip; expected the images themselves")
        if start[128:132] == b"DICM":
            raise UploadError(f"{piece.name} is DICOM; expected NIfTI: convert the series with dcm2niix")
        if start.lstrip()[:1] == b"<":
            raise UploadError(
                f"{piece.name} is a web page; expected an image: did its download need a login?"
            )
        for magic, what in OTHER_KINDS.items():
            if start.startswith(magic):
                raise UploadError(f"{piece.name} is {what}")
        raise UploadError(
            f"{piece.name} is no image; expected NIfTI (.nii, .nii.gz), a zip of them, or one PNG or JPEG"
        )


def _start(piece: Received) -> bytes:
    """Return the first bytes of what a file holds, unpacked if it is gzip."""
    with piece.path.open("rb") as file:
        start = file.read(540)
    return gzip_start(piece, 540) if start.startswith(GZIP_MAGIC) else start
