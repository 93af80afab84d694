"""MetaImage (`.mha`), the format of BraTS 2015, read with SimpleITK, which is imported only when needed."""

from pathlib import Path

import numpy as np

from brainlab.data.rawfile import VolumeError, problem

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def read_geometry(path: Path) -> tuple[tuple[int, ...], np.ndarray]:
    """Return the shape (X, Y, Z) and the affine (4, 4) from voxel to mm in RAS+; ITK itself counts in LPS+.

    Raises
    ------
    VolumeError
        If the file is not a MetaImage, or SimpleITK is not installed.
    """
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
    return reader.GetSize(), LPS_TO_RAS @ affine


def read_voxels(path: Path) -> np.ndarray:
    """Return the voxels (X, Y, Z) in the stored type. Raises as `read_geometry`, or if the file is cut."""
    itk = _simple_itk()
    try:
        return itk.GetArrayFromImage(itk.ReadImage(str(path))).T  # (Z, Y, X) -> (X, Y, Z)
    except RuntimeError as error:
        raise problem(
            path, "voxels that do not read", "a complete volume", "an interrupted download"
        ) from error


def _simple_itk():
    try:
        import SimpleITK
    except ImportError as error:
        raise VolumeError("reading .mha needs SimpleITK, which is absent: pip install SimpleITK") from error
    SimpleITK.ProcessObject.SetGlobalWarningDisplay(False)
    return SimpleITK
