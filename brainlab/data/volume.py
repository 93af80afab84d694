"""One volume in one file: NIfTI (`.nii`, `.nii.gz`) or MetaImage (`.mha`) in, NIfTI out; which side is left.

A volume is an array (X, Y, Z) with an affine (4, 4) that takes voxel indices to millimetres in RAS+ (x grows
to the patient's right, y to the front, z to the top), as in nibabel. Arrays are never flipped here: the
affine says how they lie.

Real data sets are full of files that are empty, cut off, damaged, or mere pointers to a file elsewhere. Every
error names the file, what was found, what was expected and the likely cause.
"""

import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np

from brainlab.home import replace_file

SUFFIXES = (".nii.gz", ".nii", ".mha")
GZIP_MAGIC = b"\x1f\x8b"


class VolumeError(ValueError):
    """A file or a case that cannot be read as it should."""


def problem(path: Path | str, found: str, expected: str, cause: str) -> VolumeError:
    """Return the error for a file, with found, expected and cause in one message; the caller raises it."""
    return VolumeError(f"{path}: found {found}; expected {expected}. Likely cause: {cause}.")


def read_start(path: Path, size: int = 540) -> bytes:
    """Return the first `size` bytes of the content, decompressed if it is gzip (whatever its name says).

    Raises
    ------
    VolumeError
        If the file is absent, empty, a pointer to another file, a web page, or gzip cut off in the header.
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
    """Return the whole content, decompressed if it is gzip. Raises VolumeError as `read_start`."""
    raw = path.read_bytes() if _peek(path) else b""
    if not raw.startswith(GZIP_MAGIC):
        return raw
    try:
        return gzip.decompress(raw)
    except (EOFError, OSError, zlib.error) as error:
        raise _damaged(path, error) from error


def check_length(path: Path, expected: int) -> None:
    """Raise VolumeError if the content is shorter than `expected` bytes, decompressing only if needed.

    The last four bytes of a gzip file are its uncompressed size modulo 2**32 (RFC 1952). Only when they
    disagree is the file decompressed: several gzip members, as bgzip writes, are not a defect.
    """
    with path.open("rb") as file:
        zipped = file.read(2) == GZIP_MAGIC
        file.seek(-4, 2)
        trailer = int.from_bytes(file.read(4), "little")
    if zipped and trailer == expected % 2**32:
        return
    length = len(read_whole(path)) if zipped else path.stat().st_size  # raises if the stream is cut off
    if length < expected:
        cause = "an interrupted download or full disk"
        raise problem(path, f"{length:,} bytes of content", f"{expected:,} bytes by its header", cause)


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
        found = f"a file that does not open ({error.strerror})"
        raise problem(path, found, expected, "its permissions") from error
    if not raw:
        raise problem(path, "an empty file", expected, "an interrupted download or a full disk")
    if raw.startswith(b"version https://git-lfs") or b"annex/objects" in raw:
        found = f"a pointer file of {path.stat().st_size} bytes, the content is elsewhere"
        raise problem(path, found, expected, "cloned without `git lfs pull` or `git annex get`")
    if raw.lstrip()[:1] == b"<":
        raise problem(path, "a web page or XML", expected, "a download that needed a login")
    return raw


def _damaged(path: Path, error: Exception) -> VolumeError:
    found, cause = f"damaged gzip data ({error})", "a faulty copy: fetch the file again"
    if isinstance(error, EOFError):
        found = f"gzip data that ends too early ({path.stat().st_size:,} bytes)"
        cause = "an interrupted download: fetch the file again"
    return problem(path, found, "a complete gzip file", cause)


@dataclass(frozen=True)
class Header:
    """What the header of a file says about its volume.

    Attributes
    ----------
    shape : tuple of int
        (X, Y, Z), or (X, Y, Z, C) for several volumes in one file.
    affine : numpy.ndarray (4, 4)
        Voxel to mm, RAS+.
    notes : tuple of str
        What looks odd.
    """

    shape: tuple[int, ...]
    affine: np.ndarray
    notes: tuple[str, ...] = ()


def read_header(path: Path | str) -> Header:
    """Read shape and affine and check that the file is long enough, without reading the voxels.

    Raises
    ------
    VolumeError
        If the file is not a volume, or is cut off.
    """
    path = Path(path)
    start = read_start(path)
    if path.name.lower().endswith(".mha"):
        shape, affine = _metaimage_header(path)
        return Header(_drop_single_volume(shape), affine)
    header_class = _nifti_class(path, start).header_class
    with nib.imageglobals.LoggingOutputSuppressor():  # nibabel reports harmless repairs on stderr
        header = header_class(start[: header_class.sizeof_hdr], check=False)
        affine, notes = _nifti_affine(header)
    shape = tuple(int(n) for n in header.get_data_shape())
    if not np.isfinite(affine).all() or abs(np.linalg.det(affine)) < 1e-9:
        found = f"an affine that cannot be inverted, {affine.round(3).tolist()}"
        raise problem(path, found, "a size and a direction for each axis", "a header written by hand")
    check_length(path, int(header["vox_offset"]) + int(np.prod(shape)) * header.get_data_dtype().itemsize)
    return Header(_drop_single_volume(shape), affine, notes)


def read_volume(path: Path | str) -> np.ndarray:
    """Read the voxels (X, Y, Z) or (X, Y, Z, C) in the stored type; scaled if the header has a slope.

    Raises
    ------
    VolumeError
        If the file is not a volume, or is cut off or damaged.
    """
    path = Path(path)
    if path.name.lower().endswith(".mha"):
        read_start(path)
        voxels = _metaimage_voxels(path)
        return voxels.reshape(_drop_single_volume(voxels.shape))
    content = read_whole(path)
    image_class = _nifti_class(path, content)
    try:
        with nib.imageglobals.LoggingOutputSuppressor():
            voxels = np.asarray(image_class.from_bytes(content).dataobj)
    except (OSError, ValueError, nib.spatialimages.HeaderDataError) as error:
        found, cause = f"voxels that do not read ({error})", "a cut or damaged file"
        raise problem(path, found, "a complete volume", cause) from error
    if voxels.dtype.kind not in "iuf":
        found = f"voxels of type {voxels.dtype}"
        raise problem(path, found, "one number per voxel", "a colour or complex image")
    return voxels.reshape(_drop_single_volume(voxels.shape))


def save_nifti(array: np.ndarray, path: Path | str, affine: np.ndarray) -> Path:
    """Write `array` (X, Y, Z) as NIfTI by `home.replace_file`, so that a kill leaves no half file.

    Booleans become uint8, 64-bit integers int32 and 64-bit floats float32: what other tools read. The same
    array gives the same bytes. The name ends in `.nii` or `.nii.gz`.

    Raises
    ------
    ValueError
        If the name does not end so, the array is not 3D, or a 64-bit integer does not fit.
    """
    path, array = Path(path), np.asarray(array)
    if not path.name.endswith((".nii", ".nii.gz")):
        raise ValueError(f"cannot save {path.name}; expected a name that ends in .nii or .nii.gz")
    if array.ndim != 3:
        raise ValueError(f"array has shape {array.shape}; expected (X, Y, Z): a batch or channel axis left?")
    types = {"bool": "u1", "int64": "i4", "uint64": "i4", "float64": "f4", "float16": "f4"}
    stored = array.astype(types.get(array.dtype.name, array.dtype))
    if array.dtype.kind in "iu" and not np.array_equal(stored, array):
        raise ValueError(f"array has values up to {array.max()}; expected values that fit in {stored.dtype}")
    image = nib.Nifti1Image(stored, affine)
    image.header.set_xyzt_units("mm")
    image.set_qform(affine, code=1)  # 1: scanner coordinates, as in the BraTS files
    image.set_sform(affine, code=1)
    content = image.to_bytes()
    if path.name.endswith(".gz"):
        content = gzip.compress(content, compresslevel=3, mtime=0)
    replace_file(path, lambda temporary: temporary.write_bytes(content))
    return path


def orientation(affine: np.ndarray) -> str:
    """Return the directions of the axes: "LPS" if the indices grow to the Left, Posterior and Superior."""
    return "".join(code or "?" for code in nib.aff2axcodes(affine))


def voxel_to_mm(voxel: np.ndarray, affine: np.ndarray) -> np.ndarray:
    """Turn voxel indices (..., 3) into millimetres (..., 3) in RAS+: `affine @ (i, j, k, 1)`."""
    return nib.affines.apply_affine(affine, voxel)


def side_of_voxel(voxel: np.ndarray, affine: np.ndarray, shape: tuple[int, ...]) -> str:
    """Return the patient's side, "left" or "right", of a voxel (3,); "middle" within one voxel of the middle.

    The middle is that of the grid (X, Y, Z) = `shape`, which is the middle of the brain in atlas space. The
    radiological display shows the patient's left on the right of the picture.
    """
    middle = (np.asarray(shape[:3]) - 1) / 2
    x, x_middle = voxel_to_mm(voxel, affine)[0], voxel_to_mm(middle, affine)[0]
    if abs(x - x_middle) < nib.affines.voxel_sizes(affine).min():
        return "middle"
    return "right" if x > x_middle else "left"


def affine_gap(one: np.ndarray, other: np.ndarray, shape: tuple[int, ...]) -> float:
    """Return how far apart (mm) two affines put the same voxel, at the worst corner of the grid `shape`."""
    corners = np.stack(np.meshgrid(*[(0, n - 1) for n in shape[:3]]), axis=-1).reshape(-1, 3)
    return float(np.linalg.norm(voxel_to_mm(corners, one) - voxel_to_mm(corners, other), axis=-1).max())


def _nifti_class(path: Path, start: bytes) -> type[nib.Nifti1Image]:
    for image_class in (nib.Nifti1Image, nib.Nifti2Image):
        if image_class.header_class.may_contain_header(start):
            return image_class
    found = f"content that starts with {start[:8]!r}"
    raise problem(path, found, "a NIfTI file", "another format or a damaged file under this name")


def _nifti_affine(header: nib.Nifti1Header) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the affine, sform before qform as the standard has it, and what is odd about the two."""
    q, s = int(header["qform_code"]), int(header["sform_code"])
    if not q and not s:
        detail = "the header has no orientation (qform and sform codes 0): left and right are a guess"
        return header.get_best_affine(), (detail,)
    if q and s:
        gap = affine_gap(header.get_qform(), header.get_sform(), header.get_data_shape())
        if gap > 0.5 * min(header.get_zooms()[:3]):
            return header.get_sform(), (f"qform and sform disagree by up to {gap:.1f} mm; the sform is used",)
    return header.get_best_affine(), ()


def _drop_single_volume(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return (X, Y, Z) for (X, Y, Z, 1, ...); other shapes as they are."""
    return shape[:3] if len(shape) > 3 and set(shape[3:]) == {1} else shape


def _metaimage_header(path: Path) -> tuple[tuple[int, ...], np.ndarray]:
    """Return the shape (X, Y, Z) and the affine (4, 4) of a MetaImage, turned from ITK's LPS+ to RAS+."""
    reader = _simple_itk().ImageFileReader()
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
    except RuntimeError as error:
        raise problem(path, "content that does not read", "a MetaImage (.mha)", "a damaged file") from error
    size = reader.GetDimension()
    direction = np.array(reader.GetDirection()).reshape(size, size)[:3, :3]
    affine = np.eye(4)
    affine[:3, :3] = direction * np.array(reader.GetSpacing())[:3]  # scales the columns
    affine[:3, 3] = reader.GetOrigin()[:3]
    return reader.GetSize(), np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine


def _metaimage_voxels(path: Path) -> np.ndarray:
    """Return the voxels (X, Y, Z) of a MetaImage in the stored type."""
    itk = _simple_itk()
    try:
        return itk.GetArrayFromImage(itk.ReadImage(str(path))).T  # (Z, Y, X) -> (X, Y, Z)
    except RuntimeError as error:
        found, cause = "voxels that do not read", "an interrupted download"
        raise problem(path, found, "a complete volume", cause) from error


def _simple_itk():
    try:
        import SimpleITK  # for MetaImage (BraTS 2015) only: not everybody has it
    except ImportError as error:
        raise VolumeError("reading .mha needs SimpleITK, which is absent: pip install SimpleITK") from error
    SimpleITK.ProcessObject.SetGlobalWarningDisplay(False)
    return SimpleITK
