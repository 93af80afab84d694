"""Files as they come in, piece by piece: counted while they come, and stored under names of our own."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from demo.limits import MB, Limits, UploadError

LONGEST_NAME = 100


@dataclass(frozen=True)
class Received:
    """A file that came in.

    Attributes
    ----------
    name : str
        What the sender calls it, to be shown and to be read; never a path of ours.
    path : Path
        Where it lies.
    """

    name: str
    path: Path


def shown_name(name: str) -> str:
    """Return the last part of a name, without what cannot be printed, of at most 100 characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    printable = "".join(c for c in last if c.isprintable()).strip()
    return printable[-LONGEST_NAME:] or "a file without a name"


class Inbox:
    """Receive files, one after the other, into a folder.

    Parameters
    ----------
    folder : Path
        Is emptied.
    limits : Limits
    """

    def __init__(self, folder: Path, limits: Limits | None = None) -> None:
        self.folder, self.limits = Path(folder), limits or Limits()
        self._open: BinaryIO | None = None
        self.clear()

    def begin(self, name: str, size: int) -> None:
        """Prepare for a file that is said to have `size` bytes.

        Raises
        ------
        UploadError
            If it is empty or too large, or there were too many.
        """
        self.abort()
        limits, name = self.limits, shown_name(name)
        lying = [path.stat().st_size for path in self.folder.iterdir()]  # also what was unpacked
        if len(lying) >= limits.files:
            raise UploadError(
                f"{name} is one file too many; expected at most {limits.files}: send a zip, or start over"
            )
        if size < 1:
            raise UploadError(f"{name} is empty (0 bytes); expected an image: was its download interrupted?")
        if size > limits.file_bytes:
            raise UploadError(
                f"{name} has {size / MB:.0f} MB; expected at most {limits.file_bytes / MB:.0f} MB: "
                "is it a whole data set, or a volume that is not compressed?"
            )
        if sum(lying) + size > limits.total_bytes:
            raise UploadError(
                f"with {name} it would be {(sum(lying) + size) / MB:.0f} MB; expected at most "
                f"{limits.total_bytes / MB:.0f} MB in all: start over first"
            )
        self._received = Received(name, self.folder / f"{self._number:03d}")
        self._number += 1
        self._size, self._got = size, 0
        self._open = self._received.path.open("wb")

    def append(self, data: bytes) -> int:
        """Add the next piece and return how many bytes there are; never more than `begin` was told.

        Raises
        ------
        UploadError
            If there is more than was said, or no file has begun.
        """
        if self._open is None:
            raise UploadError("a piece of a file came without its beginning: send the file again")
        if self._got + len(data) > self._size:
            name, said = self._received.name, self._size
            self.abort()
            raise UploadError(f"{name} is longer than the {said:,} bytes that were said: send it again")
        self._open.write(data)
        self._got += len(data)
        return self._got

    def finish(self) -> Received:
        """Return the file, now whole.

        Raises
        ------
        UploadError
            If bytes are missing.
        """
        if self._open is None or self._got != self._size:
            self.abort()
            raise UploadError("the upload broke off before the end of the file: send it again")
        self._open.close()
        self._open = None
        return self._received

    def abort(self) -> None:
        """Drop the file that is coming in, if there is one."""
        if self._open is not None:
            self._open.close()
            self._received.path.unlink(missing_ok=True)
            self._open = None

    def clear(self) -> None:
        """Forget and delete everything."""
        if self._open is not None:
            self._open.close()
            self._open = None
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self._number = self._got = self._size = 0
