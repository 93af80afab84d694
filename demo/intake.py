"""Collect uploads of any form, single files or a zip, into a case or a picture."""

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
OTHER_KINDS = {  # formats that are uploaded by mistake, recognised by their first bytes
    b"%PDF": "a PDF; expected images",
    b"\x5c\x6e": "an Analyze or other old image; expected NIfTI",
    b"Rar!": "a RAR archive; expected a zip",
    b"7z\xbc\xaf": "a 7z archive; expected a zip",
    b"\x89HDF": "an HDF5 file; expected NIfTI",
    b"\x80": "a Python pickle; expected NIfTI: pickles are never opened",
    b"GIF8": "a GIF; expected PNG or JPEG",
    b"BM": "a BMP; expected PNG or JPEG",
    b"II*\x00": "a TIFF; expected PNG or JPEG",
}


@dataclass(frozen=True)
class Picture:
    """One slice that was uploaded as a picture: (H, W) float32 in 0..1."""

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
        Role -> volume, as far as they were uploaded.
    """

    def __init__(self, folder: Path, limits: Limits | None = None) -> None:
        self.folder, self.limits = Path(folder), limits or Limits()
        self.inbox = Inbox(self.folder / "inbox", self.limits)
        self.volumes: dict[str, Volume] = {}
        self._cases = 0

    def add(self, received: Received) -> Case | Picture | None:
        """Add one file; return the case or the picture if it is complete, else None.

        A file that cannot be used, or a zip that contains one, is deleted and changes nothing.

        Raises
        ------
        UploadError
            If a file has another format, is damaged or a duplicate, or does not match the others.
        """
        try:
            return self._add(received)
        except UploadError:
            for path in self.inbox.folder.glob(f"{received.path.name}*"):  # and what was decompressed from it
                path.unlink()
            raise

    def _add(self, received: Received) -> Case | Picture | None:
        files = [received]
        if _start(received).startswith(ZIP_MAGIC):
            files = unpack_zip(received, self.inbox.folder, self.limits)
            received.path.unlink()
        pictures = [file for file in files if is_picture(_start(file))]
        if pictures:
            if len(files) > 1:
                raise UploadError(
                    f"{received.name} holds {len(files)} files including the picture {pictures[0].name}; "
                    "expected four volumes, or one picture"
                )
            self.volumes = {}
            return Picture(pictures[0].name, read_slice(pictures[0], self.limits))
        together = dict(self.volumes)
        for file in files:
            volume = self._volume(file)
            if volume.role in together:
                raise UploadError(
                    f"{volume.role} was uploaded twice, as {together[volume.role].received.name} and "
                    f"{file.name}; expected one file per modality: start over to replace one"
                )
            together[volume.role] = volume
        check_together(together)
        case = None if missing(together) else self._make_case(together)
        self.volumes = together
        return case

    def _make_case(self, volumes: dict[str, Volume]) -> Case:
        """Make a case in a new folder; delete the previous case once this one is valid."""
        self._cases += 1
        folder = self.folder / f"case{self._cases}"
        case = make_case(volumes, folder)
        for older in self.folder.glob("case*"):
            if older != folder:
                shutil.rmtree(older, ignore_errors=True)
        return case

    def status(self) -> str:
        """Return a line that says which files were uploaded and which are missing."""
        if not self.volumes:
            return "No files yet."
        uploaded = ", ".join(f"{role} ({volume.received.name})" for role, volume in self.volumes.items())
        lacking = missing(self.volumes)
        return f"Uploaded: {uploaded}. " + (f"Missing: {', '.join(lacking)}." if lacking else "Complete.")

    def clear(self) -> None:
        """Delete all files."""
        self.volumes = {}
        self.inbox.clear()

    def _volume(self, file: Received) -> Volume:
        start = _start(file)
        if is_nifti(start):
            return read_upload(file, self.limits)
        if start.startswith(ZIP_MAGIC):
            raise UploadError(f"{file.name} is a zip inside a zip; expected the images themselves")
        if start[128:132] == b"DICM":
            raise UploadError(f"{file.name} is DICOM; expected NIfTI: convert the series with dcm2niix")
        if start.lstrip()[:1] == b"<":
            raise UploadError(f"{file.name} is a web page; expected an image: did its download need a login?")
        for magic, what in OTHER_KINDS.items():
            if start.startswith(magic):
                raise UploadError(f"{file.name} is {what}")
        raise UploadError(
            f"{file.name} is no image; expected NIfTI (.nii, .nii.gz), a zip of them, or one PNG or JPEG"
        )


def _start(received: Received) -> bytes:
    """Return the first bytes of the content of a file, decompressed if it is gzip."""
    with received.path.open("rb") as file:
        start = file.read(540)
    return gzip_start(received, 540) if start.startswith(GZIP_MAGIC) else start
