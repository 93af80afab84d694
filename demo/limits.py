"""How much a visitor may send, and how it is said that something cannot be used."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MB = 1_000_000


class UploadError(ValueError):
    """Something that was sent cannot be used; the message is one line for the person who sent it."""


@dataclass(frozen=True)
class Limits:
    """The most that one session takes.

    Attributes
    ----------
    files : sent, and in a zip
    file_bytes, total_bytes : of one file as sent, and of all that lie there, unpacked
    unpacked_bytes : of all files of a zip, counted while they are unpacked
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


def told(error: Exception, names: Mapping[Path, str]) -> str:
    """Return an error's message in one line, with the sender's names in place of our paths."""
    theirs = {str(path): name for path, name in names.items()}
    theirs |= {
        path.name: name for path, name in names.items() if path.suffix
    }  # of files, not of their folder
    ours = "|".join(map(re.escape, sorted(theirs, key=len, reverse=True)))
    return re.sub(ours, lambda found: theirs[found[0]], " ".join(str(error).split()))
