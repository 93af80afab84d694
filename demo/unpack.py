"""Zip and gzip, unpacked with a count: what is inside may be larger than it says, or named to do harm.

No name of an archive becomes a path. Bytes are counted as they come out, so that a bomb stops at the limit,
not when the disk is full.
"""

import gzip
import stat
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

from demo.inbox import Received, shown_name
from demo.limits import MB, Limits, UploadError

PIECE = 1 << 20
LONGEST_END = 22 + 65_535 + 20  # bytes: end record, comment, and where the record of large zips is said
LONGEST_TABLE = 1 << 20


def unpack_zip(archive: Received, folder: Path, limits: Limits) -> list[Received]:
    """Return the files of a zip, unpacked into `folder`: all or, with an error, none.

    Folders and what macOS adds are left out.

    Raises
    ------
    UploadError
        If it is damaged, locked, too large or has too many files, or a name leads out of the folder.
    """
    name, unpacked = archive.name, []
    _check_directory(archive)
    try:
        with zipfile.ZipFile(archive.path) as file:
            entries = [entry for entry in file.infolist() if not _is_furniture(entry)]
            _check_entries(name, entries, limits)
            left = limits.unpacked_bytes
            for number, entry in enumerate(entries):
                path = folder / f"{archive.path.name}-{number:03d}"
                unpacked.append(Received(shown_name(entry.filename), path))
                with file.open(entry) as source:
                    left -= _copy(source, path, left, name)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        for received in unpacked:
            received.path.unlink(missing_ok=True)
        raise UploadError(
            f"{name} cannot be unpacked ({_short(error)}); expected a whole zip: was its download cut?"
        ) from error
    except UploadError:
        for received in unpacked:
            received.path.unlink(missing_ok=True)
        raise
    return unpacked


def gzip_start(received: Received, size: int) -> bytes:
    """Return the first `size` bytes of what a gzip file holds.

    Raises
    ------
    UploadError
        If it is damaged.
    """
    try:
        with gzip.open(received.path) as source:
            return source.read(size)
    except (EOFError, OSError, zlib.error) as error:
        raise _cut(received.name, error) from error


def inflate(received: Received, path: Path, most: int) -> Received:
    """Unpack a gzip file to `path`, at most `most` bytes; the packed file goes.

    Raises
    ------
    UploadError
        If it is damaged, or holds more.
    """
    try:
        with gzip.open(received.path) as source:
            _copy(source, path, most, received.name)
    except (EOFError, OSError, zlib.error) as error:
        path.unlink(missing_ok=True)
        raise _cut(received.name, error) from error
    except UploadError:
        path.unlink(missing_ok=True)
        raise
    received.path.unlink()
    return Received(received.name, path)


def _copy(source: BinaryIO, path: Path, most: int, name: str) -> int:
    """Write what `source` gives and return how much it was; stop where it is more than `most`."""
    total = 0
    with path.open("wb") as target:
        while piece := source.read(PIECE):
            total += len(piece)
            if total > most:
                raise UploadError(
                    f"{name} unpacks to more than {most / MB:.0f} MB; expected brain images: "
                    "is it a decompression bomb?"
                )
            target.write(piece)
    return total


def _is_furniture(entry: zipfile.ZipInfo) -> bool:
    parts = entry.filename.split("/")
    return entry.is_dir() or parts[0] == "__MACOSX" or parts[-1] in (".DS_Store", "Thumbs.db")


def _check_directory(archive: Received) -> None:
    """Refuse a table of contents that is too long to be read at all: a million entries take a gigabyte."""
    with archive.path.open("rb") as file:
        file.seek(max(0, archive.path.stat().st_size - LONGEST_END))
        end = file.read()
    at = end.rfind(b"PK\x05\x06")
    if at < 0 or len(end) < at + 22:
        raise UploadError(f"{archive.name} breaks off; expected a whole zip: was the upload or download cut?")
    size = int.from_bytes(end[at + 12 : at + 16], "little")
    if size > LONGEST_TABLE or b"PK\x06\x07" in end[:at]:  # the latter: sizes of more than 32 bits
        raise UploadError(f"{archive.name} holds far too many files; expected one case at a time")


def _check_entries(name: str, entries: list[zipfile.ZipInfo], limits: Limits) -> None:
    """Refuse a zip by its table of contents, before a byte is unpacked."""
    if not entries:
        raise UploadError(f"{name} is an empty zip; expected four volumes, or one picture")
    if len(entries) > limits.files:
        raise UploadError(
            f"{name} holds {len(entries)} files; expected at most {limits.files}: one case at a time"
        )
    for entry in entries:
        parts = entry.filename.replace("\\", "/").split("/")
        if ".." in parts or parts[0] == "" or ":" in parts[0]:
            shown = shown_name(entry.filename.replace("/", "|").replace("\\", "|")).replace("|", "/")
            raise UploadError(
                f"{name} holds a file named {shown}, which leads out of its folder; expected plain names: "
                "nothing was unpacked"
            )
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise UploadError(f"{name} holds a link, {parts[-1]}; expected files only: nothing was unpacked")
        if entry.flag_bits & 1:
            raise UploadError(f"{name} is locked with a password; expected an open zip")
    total = sum(entry.file_size for entry in entries)
    if total > limits.unpacked_bytes:
        raise UploadError(
            f"{name} unpacks to {total / MB:.0f} MB; expected at most {limits.unpacked_bytes / MB:.0f} MB: "
            "is it a decompression bomb?"
        )


def _cut(name: str, error: Exception) -> UploadError:
    return UploadError(
        f"{name} is damaged gzip data ({_short(error)}); expected a whole file: was its download interrupted?"
    )


def _short(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:100] if str(error).strip() else type(error).__name__
