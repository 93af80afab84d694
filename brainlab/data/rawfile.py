"""The bytes of a file, and what is wrong with them: empty, a pointer, a web page, cut off, damaged.

Real data sets are full of such files. Every error names the file, what was found, what was expected and the
likely cause, because the person who meets it did not make the file.
"""

import gzip
import zlib
from pathlib import Path

GZIP_MAGIC = b"\x1f\x8b"


class VolumeError(ValueError):
    """A file or a case that cannot be read as it should."""


def problem(path: Path | str, found: str, expected: str, cause: str) -> VolumeError:
    """Return the error with the message in the house's form; the caller raises it."""
    return VolumeError(f"{path}: found {found}; expected {expected}. Likely cause: {cause}.")


def read_start(path: Path, size: int = 540) -> bytes:
    """Return the first `size` bytes of the content, inflated if the file is gzip (whatever its name says).

    Raises
    ------
    VolumeError
        If the file is absent, empty, a pointer to a file elsewhere, a web page, or gzip cut off in the
        header.
    """
    raw = _peek(path)
    if not raw.startswith(GZIP_MAGIC):
        return raw[:size]
    try:
        with gzip.open(path) as file:
            return file.read(size)
    except (EOFError, OSError, zlib.error) as error:
        raise _damaged(path, error) from error


def read_whole(path: Path) -> bytes:
    """Return the whole content, inflated if the file is gzip. Raises VolumeError as `read_start`."""
    raw = path.read_bytes() if _peek(path) else b""
    if not raw.startswith(GZIP_MAGIC):
        return raw
    try:
        return gzip.decompress(raw)
    except (EOFError, OSError, zlib.error) as error:
        raise _damaged(path, error) from error


def check_length(path: Path, expected: int) -> None:
    """Raise VolumeError if the content is shorter than `expected` bytes, without inflating it where possible.

    The last four bytes of a gzip file are its inflated size modulo 2**32 (RFC 1952). Only when they disagree
    is the file inflated: a file made of several gzip members, as bgzip writes, is not a defect.
    """
    with path.open("rb") as file:
        zipped = file.read(2) == GZIP_MAGIC
        file.seek(-4, 2)
        trailer = int.from_bytes(file.read(4), "little")
    if zipped and trailer == expected % 2**32:
        return
    # read_whole says so itself if the stream is cut off.
    length = len(read_whole(path)) if zipped else path.stat().st_size
    if length < expected:
        found = f"{length:,} bytes of content"
        raise problem(
            path, found, f"{expected:,} bytes by its header", "an interrupted download or full disk"
        )


def _peek(path: Path, size: int = 1024) -> bytes:
    expected = "an image volume"
    if not path.exists():
        if path.is_symlink():
            cause = "a git-annex or DVC link whose content was not fetched (`git annex get`, `dvc pull`)"
            raise problem(path, "a link that leads nowhere", expected, cause)
        raise problem(path, "no such file", expected, "it was moved or deleted after the folder was read")
    try:
        with path.open("rb") as file:
            raw = file.read(size)
    except OSError as error:
        raise problem(
            path, f"a file that does not open ({error.strerror})", expected, "its permissions"
        ) from error
    if not raw:
        raise problem(path, "an empty file", expected, "an interrupted download or a full disk")
    if raw.startswith(b"version https://git-lfs") or b"annex/objects" in raw:
        found = f"a pointer file of {path.stat().st_size} bytes, the content is elsewhere"
        raise problem(path, found, expected, "cloned without `git lfs pull` or `git annex get`")
    if raw.lstrip()[:1] == b"<":
        raise problem(path, "a web page or XML", expected, "a download that needed a login")
    return raw


def _damaged(path: Path, error: Exception) -> VolumeError:
    if isinstance(error, EOFError):
        size = path.stat().st_size
        cause = "an interrupted download: fetch the file again"
        return problem(path, f"gzip data that ends too early ({size:,} bytes)", "a complete gzip file", cause)
    return problem(
        path, f"damaged gzip data ({error})", "a complete gzip file", "a faulty copy: fetch the file again"
    )
