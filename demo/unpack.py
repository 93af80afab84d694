"""Decompress zip and gzip safely: the content may be larger than declared, or named maliciously.

Names in an archive never become paths. Bytes are counted while they are decompressed, so that a decompression
bomb stops at the limit and not when the disk is full.
"""

import gzip
import stat
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

from demo.inbox import Received, shown_name
from demo.limits import MB, Limits, UploadError

CHUNK = 1 << 20  # bytes
LONGEST_END = 22 + 65_535 + 20  # bytes: end record, comment, and Zip64 locator
LONGEST_TABLE = 1 << 20  # bytes of the central directory


def unpack_zip(archive: Received, folder: Path, limits: Limits) -> list[Received]:
    """Decompress the files of a zip into `folder`; on an error, none of them.

    Folders and the metadata files of macOS and Windows are skipped.

    Raises
    ------
    UploadError
        If it is damaged, encrypted, too large or has too many files, or a name points outside of the folder.
    """
    name, unpacked = archive.name, []
    _check_directory(archive)
    try:
        with zipfile.ZipFile(archive.path) as file:
            entries = [entry for entry in file.infolist() if not _is_metadata(entry)]
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
            f"{name} cannot be decompressed ({_short(error)}); expected a whole zip: was its download "
            "interrupted?"
        ) from error
    except UploadError:
        for received in unpacked:
            received.path.unlink(missing_ok=True)
        raise
    return unpacked


def gzip_start(received: Received, size: int) -> bytes:
    """Return the first `size` bytes of the content of a gzip file.

    Raises
    ------
    UploadError
        If it is damaged.
    """
    try:
        with gzip.open(received.path) as source:
            return source.read(size)
    except (EOFError, OSError, zlib.error) as error:
        raise _damaged(received.name, error) from error


def inflate(received: Received, path: Path, most: int) -> Received:
    """Decompress a gzip file to `path`, at most `most` bytes, and delete the compressed file.

    Raises
    ------
    UploadError
        If it is damaged, or its content is longer.
    """
    try:
        with gzip.open(received.path) as source:
            _copy(source, path, most, received.name)
    except (EOFError, OSError, zlib.error) as error:
        path.unlink(missing_ok=True)
        raise _damaged(received.name, error) from error
    except UploadError:
        path.unlink(missing_ok=True)
        raise
    received.path.unlink()
    return Received(received.name, path)


def _copy(source: BinaryIO, path: Path, most: int, name: str) -> int:
    """Copy `source` to a file and return its length; raise UploadError if it is more than `most` bytes."""
    total = 0
    with path.open("wb") as target:
        while chunk := source.read(CHUNK):
            total += len(chunk)
            if total > most:
                raise UploadError(
                    f"{name} decompresses to more than {most / MB:.0f} MB; expected brain images: "
                    "is it a decompression bomb?"
                )
            target.write(chunk)
    return total


def _is_metadata(entry: zipfile.ZipInfo) -> bool:
    parts = entry.filename.split("/")
    return entry.is_dir() or parts[0] == "__MACOSX" or parts[-1] in (".DS_Store", "Thumbs.db")


def _check_directory(archive: Received) -> None:
    """Reject a central directory that is too long to be parsed: a million entries need a gigabyte."""
    with archive.path.open("rb") as file:
        file.seek(max(0, archive.path.stat().st_size - LONGEST_END))
        end = file.read()
    at = end.rfind(b"PK\x05\x06")
    if at < 0 or len(end) < at + 22:
        raise UploadError(
            f"{archive.name} is incomplete; expected a whole zip: was its download interrupted?"
        )
    size = int.from_bytes(end[at + 12 : at + 16], "little")
    if size > LONGEST_TABLE or b"PK\x06\x07" in end[:at]:  # the latter: Zip64
        raise UploadError(f"{archive.name} holds far too many files; expected one case at a time")


def _check_entries(name: str, entries: list[zipfile.ZipInfo], limits: Limits) -> None:
    """Reject a zip by its central directory, before anything is decompressed."""
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
                f"{name} holds a file named {shown}, which points outside of its folder; expected plain "
                "names: nothing was decompressed"
            )
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise UploadError(f"{name} holds a link, {parts[-1]}; expected files: nothing was decompressed")
        if entry.flag_bits & 1:
            raise UploadError(f"{name} is encrypted; expected a zip without password")
    total = sum(entry.file_size for entry in entries)
    if total > limits.unpacked_bytes:
        raise UploadError(
            f"{name} decompresses to {total / MB:.0f} MB; expected at most "
            f"{limits.unpacked_bytes / MB:.0f} MB: is it a decompression bomb?"
        )


def _damaged(name: str, error: Exception) -> UploadError:
    return UploadError(
        f"{name} is damaged gzip data ({_short(error)}); expected a whole file: was its download interrupted?"
    )


def _short(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:100] if str(error).strip() else type(error).__name__
