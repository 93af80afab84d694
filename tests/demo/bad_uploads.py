"""Uploads that must be refused, and the message: name -> (files or zip, message)."""

import gzip
import io
import stat
import zipfile

import numpy as np
from fake_cases import LPS, SHAPE, fake_brain
from sending import case_files, header_says, nifti, png, png_bomb, slice_png, zipped

from brainlab.labels import MODALITIES


def bad(**changed):
    """Return four files of which some differ."""
    arrays = fake_brain()
    return {f"case-{r}.nii.gz": nifti(changed.get(r, arrays[r])) for r in MODALITIES}


def with_nan():
    image = fake_brain()["t1c"].astype(np.float32)
    image[10, 10, 8:11] = (np.nan, np.inf, -np.inf)
    return image


SHIFTED = LPS + np.array([[0, 0, 0, 3.0], [0] * 4, [0] * 4, [0] * 4])
RAS = np.diag([1.0, 1, 1, 1])
TINY = np.diag([1e-3, 1e-3, 1e-3, 1])
T1N = nifti(fake_brain()["t1n"], compressed=False)
REFUSED = {
    "text": ({"case-t1n.nii.gz": b"hello, this is no image"}, "case-t1n.nii.gz is no image; expected NIfTI"),
    "web page": ({"case-t1n.nii.gz": b"<!doctype html><html>"}, "is a web page; .*login"),
    "pdf": ({"a.nii": b"%PDF-1.7 ..."}, "a.nii is a PDF"),
    "pickle": ({"a.nii": b"\x80\x04\x95..."}, "a.nii is a Python pickle; .*never opened"),
    "dicom": ({"a.dcm": bytes(128) + b"DICM..."}, "a.dcm is DICOM; .*dcm2niix"),
    "executable": ({"flair.nii": b"\x7fELF" + bytes(600)}, "flair.nii is no image"),
    "gzip of text": ({"a-t1n.nii.gz": gzip.compress(b"hello")}, "a-t1n.nii.gz is no image"),
    "cut gzip": ({"a-t1n.nii.gz": nifti(fake_brain()["t1n"])[:3000]}, "a-t1n.nii.gz is damaged gzip data"),
    "cut file": ({"a-t1n.nii": T1N[:5000]}, "a-t1n.nii: found 5,000 bytes of content; expected 15,712"),
    "no modality": ({"scan.nii": T1N}, "the name scan.nii has no modality; .*case7-t1c.nii.gz"),
    "4D": ({"a-t1n.nii": nifti(np.ones((20, 20, 20, 2), "u1"))}, "20 x 20 x 20 x 2 voxels, 4 dimensions"),
    "2D": ({"a-t1n.nii": nifti(np.ones((20, 20), np.uint8))}, "20 x 20 voxels, 2 dimensions"),
    "flat": ({"a-t1n.nii": nifti(np.ones((20, 20, 2), np.uint8))}, "20 x 20 x 2 voxels; .* 16 to 1024"),
    "huge": ({"a-t1n.nii": header_says(T1N, (900, 900, 900))}, "900 x 900 x 900 voxels; .*most 24 million"),
    "huge compressed": (
        {"a-t1n.nii.gz": gzip.compress(header_says(T1N, (30000, 30000, 30000)))},
        "30000 x 30000 x 30000 voxels",
    ),
    "negative": ({"a-t1n.nii": header_says(T1N, (-20, 20, 20))}, "-20 x 20 x 20 voxels"),
    "colours": ({"a-t1n.nii": header_says(T1N, SHAPE, 128)}, "voxels of type .*not colours"),
    "complex": ({"a-t1n.nii": header_says(T1N, SHAPE, 32)}, "voxels of type complex64"),
    "odd type": ({"a-t1n.nii": header_says(T1N, SHAPE, 9999)}, "damaged NIfTI header"),
    "gzip bomb": (
        {"a-t1n.nii.gz": gzip.compress(T1N + bytes(5_000_000))},
        "a-t1n.nii.gz decompresses to more than 1 MB; .*decompression bomb",
    ),
    "voxel size": ({"a-t1n.nii": nifti(fake_brain()["t1n"], TINY)}, "0.001 x 0.001 x 0.001 mm; .*affine"),
    "NaN": (bad(t1c=with_nan()), "case-t1c.nii.gz has 3 voxels that are NaN or infinite"),
    "empty": (bad(t2w=np.zeros(SHAPE, np.int16)), "case-t2w.nii.gz is empty, every voxel is 0"),
    "other shape": (
        bad(t2f=np.ones((24, 20, 17), np.int16)),
        "case-t2f.nii.gz has 24 x 20 x 17 voxels; expected 24 x 20 x 16 as case-t1n.nii.gz",
    ),
    "other place": (
        {**bad(), "case-t2f.nii.gz": nifti(fake_brain()["t2f"], SHIFTED)},
        "case-t2f.nii.gz is up to 3.0 mm away from case-t1n.nii.gz; .*registered",
    ),
    "turned": (
        {**bad(), "case-t2f.nii.gz": nifti(fake_brain()["t2f"], RAS)},
        "the axes of case-t2f.nii.gz run RAS; expected LPS as in case-t1n.nii.gz",
    ),
    "two cases": (
        {"one-t1n.nii.gz": nifti(fake_brain()["t1n"]), "two-t1c.nii.gz": nifti(fake_brain()["t1c"])},
        "the names belong to 2 cases, one and two",
    ),
    "duplicate": (
        {"a-t1c.nii.gz": nifti(fake_brain()["t1c"]), "a-t1ce.nii.gz": nifti(fake_brain()["t1c"])},
        "t1c was uploaded twice, as a-t1c.nii.gz and a-t1ce.nii.gz; expected one file per modality",
    ),
    "PNG bomb": ({"a.png": png_bomb()}, "a.png unpacks to more than .* pixels; .*decompression bomb"),
    "large PNG": ({"a.png": png(np.ones((4097, 20), "u1"))}, "a.png has 20 x 4097 pixels; .*16 to 4096"),
    "cut PNG": ({"a.png": slice_png()[:200]}, "a.png breaks off or is damaged"),
    "black PNG": ({"a.png": png(np.zeros((40, 40), np.uint8))}, "a.png is empty, every pixel is 0"),
    "BMP": ({"a.bmp": b"BM" + bytes(100)}, "a.bmp is a BMP; expected PNG or JPEG"),
    "labels": (
        {"case-seg.nii.gz": nifti(np.full(SHAPE, 9, np.uint8)), **bad()},
        "case-seg.nii.gz: found .*9",
    ),
}  # fmt: skip


def archive(*entries):
    """Return a zip of (ZipInfo or name, content)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for entry, content in entries:
            file.writestr(entry, content)
    return buffer.getvalue()


def link(name, target):
    entry = zipfile.ZipInfo(name)
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry, target


def encrypted():
    """Return a zip whose header says that it is encrypted."""
    content = bytearray(zipped({"a-t1n.nii": T1N}))
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


GOOD = next(iter(case_files().values()))
BAD_ZIPS = {
    "traversal": (archive(("../../evil-t1n.nii.gz", GOOD)), r"named ../../evil-t1n.nii.gz, which"),
    "absolute": (archive(("/tmp/evil-t1n.nii.gz", GOOD)), "/tmp/evil-t1n.nii.gz, which points outside"),
    "windows": (archive(("..\\evil-t1n.nii.gz", GOOD)), "which points outside"),
    "drive": (archive(("C:/evil-t1n.nii.gz", GOOD)), "which points outside"),
    "link": (archive(link("a-t1n.nii", "/etc/passwd")), "holds a link, a-t1n.nii"),
    "encrypted": (encrypted(), "is encrypted; expected a zip without password"),
    "empty": (archive(), "all.zip is an empty zip"),
    "cut": (zipped(case_files())[:-30], "is incomplete; expected a whole zip"),
    "damaged": (zipped(case_files(), 0).replace(GOOD[40:60], bytes(20)), "cannot be decompressed"),
    "many": (archive(*((f"{n}.nii", b"x") for n in range(17))), "holds 17 files; expected at most 16"),
    "crowd": (archive(*((f"{n:0100d}", b"") for n in range(8000))), "far too many files"),
    "zip in zip": (archive(("a.zip", zipped(case_files()))), "a.zip is a zip inside a zip"),
    "program": (archive(("run.py", b"import os; os.abort()")), "run.py is no image"),
    "two pictures": (archive(("a.png", slice_png()), ("b.png", slice_png())), "2 files including"),
    "bomb": (archive(("a-t1n.nii", bytes(3_000_000))), "decompresses to 3 MB; expected at most 2 MB: .*bomb"),
}  # fmt: skip
