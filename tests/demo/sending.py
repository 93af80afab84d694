"""Upload files to an intake as the browser does, and make good and malicious files."""

import gzip
import io
import struct
import zipfile
import zlib
from pathlib import Path

import nibabel as nib
import numpy as np
import torch
from fake_cases import LPS, fake_brain
from PIL import Image

from brainlab.labels import MODALITIES
from brainlab.models import SRResNet, UNet
from brainlab.models.saved import save_model
from demo.intake import Intake

CHUNK = 5000


def send(intake: Intake, name: str, content: bytes):
    """Upload one file in chunks; return what the intake returns."""
    intake.inbox.begin(name, len(content))
    for start in range(0, len(content), CHUNK):
        intake.inbox.append(content[start : start + CHUNK])
    return intake.add(intake.inbox.finish())


def nifti(array: np.ndarray, affine: np.ndarray = LPS, compressed: bool = True) -> bytes:
    """Return an array as the bytes of a NIfTI file."""
    content = nib.Nifti1Image(array, affine).to_bytes()
    return gzip.compress(content, 1) if compressed else content


def case_files(
    prefix: str = "case7-", seed: int = 0, roles=MODALITIES, **changed: np.ndarray
) -> dict[str, bytes]:
    """Return the files of a small case: name -> bytes."""
    arrays = fake_brain(seed) | changed
    return {f"{prefix}{role}.nii.gz": nifti(arrays[role]) for role in roles}


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return files as the bytes of a zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def header_says(content: bytes, dims: tuple[int, ...], kind: int | None = None) -> bytes:
    """Return an uncompressed NIfTI file whose header declares other dimensions, or another type."""
    changed = bytearray(content)
    struct.pack_into("<8h", changed, 40, len(dims), *dims, *[1] * (7 - len(dims)))
    if kind is not None:
        struct.pack_into("<h", changed, 70, kind)
    return bytes(changed)


def png(pixels: np.ndarray, kind: str = "png") -> bytes:
    """Return a grey or colour picture as the bytes of a PNG, or of another kind."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue()


def slice_png(size: int = 48) -> bytes:
    """Return a bright disc on black as a PNG."""
    return slice_picture("png", size)


def slice_picture(kind: str, size: int = 48) -> bytes:
    """Return a bright disc on black."""
    grid = np.stack(np.meshgrid(*[np.linspace(-1, 1, size)] * 2))
    radius = np.sqrt((grid**2).sum(0))
    return png(np.where(radius < 0.8, 200 - 100 * radius, 0).astype(np.uint8), kind)


def png_bomb(side: int = 60_000) -> bytes:
    """Return a small PNG whose header declares `side` x `side` pixels: a decompression bomb."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(1_000_000), 9) * 3
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def write_networks(folder: Path) -> dict[str, Path]:
    """Write tiny untrained networks: two U-Nets with four and one channels, one that enlarges."""
    torch.manual_seed(0)
    unet = {"width": 2, "depth": 2}
    single = {**unet, "in_channels": 1, "num_classes": 2}
    enlarging = {"num_feat": 4, "num_block": 1, "image_skip": True}
    return {
        "four": save_model(folder / "four.pt", UNet(**unet), unet, pixel_mm=2.0),
        "one": save_model(folder / "one.pt", UNet(**single), single),
        "larger": save_model(folder / "larger.pt", SRResNet(**enlarging), enlarging, half=True),
    }
