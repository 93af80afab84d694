"""How much a visitor may upload, and the error for an upload that cannot be used."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MB = 1_000_000


class UploadError(ValueError):
    """An upload cannot be used; the message is one line for the visitor."""


@dataclass(frozen=True)
class Limits:
    """The limits of one session.

    Attributes
    ----------
    files : number of uploaded files, and of files in a zip
    file_bytes, total_bytes : of one uploaded file, and of all stored files, decompressed
    unpacked_bytes : of all files of a zip, counted while they are decompressed
    voxels : of one volume; a BraTS volume has 8.9 million
    pixels : of one picture
    sides : fewest and most voxels along an axis
    """

    files: int = 16
    file_bytes: int = 160 * MB
    total_bytes: int = 800 * MB
    unpacked_bytes: int = 800 * MB
    voxels: int = 24 * MB
    pixels: int = 16 * MB
    sides: tuple[int, int] = (16, 1024)


def message_of(error: Exception, names: Mapping[Path, str]) -> str:
    """Return an error's message on one line, with the visitor's file names in place of server paths."""
    theirs = {str(path): name for path, name in names.items()}
    theirs |= {path.name: name for path, name in names.items() if path.suffix}  # of files, not of folders
    ours = "|".join(map(re.escape, sorted(theirs, key=len, reverse=True)))
    return re.sub(ours, lambda found: theirs[found[0]], " ".join(str(error).split()))
