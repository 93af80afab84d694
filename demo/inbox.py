"""Receive uploaded files in chunks, within the limits, and store them under generated names."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from demo.limits import MB, Limits, UploadError

LONGEST_NAME = 100


@dataclass(frozen=True)
class Received:
    """An uploaded file.

    Attributes
    ----------
    name : str
        The visitor's name for it, to be displayed and parsed; never used as a path.
    path : Path
        Where it is stored.
    """

    name: str
    path: Path


def shown_name(name: str) -> str:
    """Return the last part of a path without unprintable characters, at most 100 characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    printable = "".join(c for c in last if c.isprintable()).strip()
    return printable[-LONGEST_NAME:] or "unnamed file"


class Inbox:
    """Receive files, one after the other, into a folder.

    Parameters
    ----------
    folder : Path
        Its content is deleted.
    limits : Limits
    """

    def __init__(self, folder: Path, limits: Limits | None = None) -> None:
        self.folder, self.limits = Path(folder), limits or Limits()
        self._open: BinaryIO | None = None
        self.clear()

    def begin(self, name: str, size: int) -> None:
        """Prepare for a file of `size` bytes, as declared by the sender.

        Raises
        ------
        UploadError
            If it is empty or too large, or there are too many files.
        """
        self.abort()
        limits, name = self.limits, shown_name(name)
        stored = [path.stat().st_size for path in self.folder.iterdir()]  # including decompressed files
        if len(stored) >= limits.files:
            raise UploadError(
                f"{name} is one file too many; expected at most {limits.files}: upload a zip, or start over"
            )
        if size < 1:
            raise UploadError(f"{name} is empty (0 bytes); expected an image: was its download interrupted?")
        if size > limits.file_bytes:
            raise UploadError(
                f"{name} has {size / MB:.0f} MB; expected at most {limits.file_bytes / MB:.0f} MB: "
                "is it a whole data set, or an uncompressed volume?"
            )
        if sum(stored) + size > limits.total_bytes:
            raise UploadError(
                f"with {name} the total would be {(sum(stored) + size) / MB:.0f} MB; expected at most "
                f"{limits.total_bytes / MB:.0f} MB: start over first"
            )
        self._received = Received(name, self.folder / f"{self._number:03d}")
        self._number += 1
        self._size, self._got = size, 0
        self._open = self._received.path.open("wb")

    def append(self, data: bytes) -> int:
        """Append a chunk and return the number of bytes so far; never more than declared in `begin`.

        Raises
        ------
        UploadError
            If the file is longer than declared, or none was begun.
        """
        if self._open is None:
            raise UploadError("a chunk of a file arrived without its beginning: upload the file again")
        if self._got + len(data) > self._size:
            name, declared = self._received.name, self._size
            self.abort()
            raise UploadError(f"{name} is longer than the declared {declared:,} bytes: upload it again")
        self._open.write(data)
        self._got += len(data)
        return self._got

    def finish(self) -> Received:
        """Close the file that is being received and return it.

        Raises
        ------
        UploadError
            If bytes are missing.
        """
        if self._open is None or self._got != self._size:
            self.abort()
            raise UploadError("the upload was interrupted before the end of the file: upload it again")
        self._open.close()
        self._open = None
        return self._received

    def abort(self) -> None:
        """Discard the file that is being received, if any."""
        if self._open is not None:
            self._open.close()
            self._received.path.unlink(missing_ok=True)
            self._open = None

    def clear(self) -> None:
        """Delete all files."""
        if self._open is not None:
            self._open.close()
            self._open = None
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self._number = self._got = self._size = 0
