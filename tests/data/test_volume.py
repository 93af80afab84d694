"""One file: written and read back, and the geometry that its affine tells."""

import nibabel as nib
import numpy as np
import pytest
from fake_cases import LPS, fake_brain

from brainlab.data import VolumeError, orientation, save_nifti, side_of_voxel, voxel_to_mm
from brainlab.data.volume import affine_gap, read_header, read_volume


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int32, np.float32])
def test_saved_volume_is_read_back(tmp_path, suffix, dtype):
    array = fake_brain()["t1n"].astype(dtype)
    path = save_nifti(array, tmp_path / "new" / f"x{suffix}", LPS)
    header = read_header(path)
    assert read_volume(path).dtype == dtype
    np.testing.assert_array_equal(read_volume(path), array)
    np.testing.assert_array_equal(nib.load(path).dataobj, array)
    np.testing.assert_allclose(header.affine, LPS)
    assert (header.shape, header.notes) == (array.shape, ())
    assert (nib.load(path).header["sform_code"], nib.load(path).header["qform_code"]) == (1, 1)


@pytest.mark.parametrize(
    ("given", "stored"),
    [("bool", "uint8"), ("int64", "int32"), ("float64", "float32"), ("float16", "float32")],
)
def test_types_that_other_tools_do_not_read_are_narrowed(tmp_path, given, stored):
    array = (fake_brain()["seg"] > 0).astype(given)
    path = save_nifti(array, tmp_path / "x.nii.gz", LPS)
    assert read_volume(path).dtype == stored
    np.testing.assert_array_equal(read_volume(path), array)


def test_whole_numbers_too_large_to_narrow_are_refused(tmp_path):
    with pytest.raises(ValueError, match="values up to 4294967296"):
        save_nifti(np.full((2, 2, 2), 2**32), tmp_path / "x.nii", LPS)


def test_same_array_gives_same_bytes_at_any_time(tmp_path, monkeypatch):
    array, contents = fake_brain()["t1n"], []
    for now in (1e9, 2e9):  # gzip would write the time into its header
        monkeypatch.setattr("time.time", lambda now=now: now)
        contents.append(save_nifti(array, tmp_path / "x.nii.gz", LPS).read_bytes())
    assert contents[0] == contents[1]


def test_kill_while_saving_leaves_the_old_file(tmp_path, monkeypatch):
    path = save_nifti(np.zeros((2, 3, 4), np.uint8), tmp_path / "x.nii.gz", LPS)
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        save_nifti(np.ones((2, 3, 4), np.uint8), path, LPS)
    assert read_volume(path).sum() == 0
    assert [p.name for p in tmp_path.iterdir() if not p.name.startswith(".")] == ["x.nii.gz"]


@pytest.mark.parametrize(
    ("shape", "name", "message"),
    [
        ((2, 3, 4), "x.img", "cannot save x.img; expected a name that ends in .nii or .nii.gz"),
        ((1, 2, 3, 4), "x.nii", r"array has shape \(1, 2, 3, 4\); expected \(X, Y, Z\)"),
    ],
)
def test_save_refuses(tmp_path, shape, name, message):
    with pytest.raises(ValueError, match=message):
        save_nifti(np.zeros(shape, np.uint8), tmp_path / name, LPS)


def test_scaled_voxels_are_read_scaled(tmp_path):
    image = nib.Nifti1Image(np.arange(24, dtype=np.int16).reshape(2, 3, 4), LPS)
    image.header.set_slope_inter(0.5, 10)
    nib.save(image, tmp_path / "x.nii.gz")
    np.testing.assert_allclose(
        read_volume(tmp_path / "x.nii.gz"), nib.load(tmp_path / "x.nii.gz").get_fdata()
    )


@pytest.mark.parametrize("image_class", [nib.Nifti1Image, nib.Nifti2Image])
@pytest.mark.parametrize("order", ["<", ">"])
def test_both_versions_and_byte_orders(tmp_path, image_class, order):
    array = fake_brain()["t1n"].astype(f"{order}i2")
    header = image_class.header_class(endianness=order)
    header.set_data_dtype(f"{order}i2")
    nib.save(image_class(array, LPS, header), tmp_path / "x.nii.gz")
    np.testing.assert_array_equal(read_volume(tmp_path / "x.nii.gz"), array)
    assert read_header(tmp_path / "x.nii.gz").shape == array.shape


def test_single_volume_in_four_dimensions(tmp_path):
    array = fake_brain()["t1n"]
    nib.save(nib.Nifti1Image(array[..., None], LPS), tmp_path / "x.nii.gz")
    assert read_header(tmp_path / "x.nii.gz").shape == array.shape
    np.testing.assert_array_equal(read_volume(tmp_path / "x.nii.gz"), array)


def test_colour_image_is_refused(tmp_path):
    rgb = np.zeros((2, 3, 4), [("R", "u1"), ("G", "u1"), ("B", "u1")])
    nib.save(nib.Nifti1Image(rgb, LPS), tmp_path / "x.nii")
    with pytest.raises(VolumeError, match=r"x.nii: found voxels of type .*one number per voxel"):
        read_volume(tmp_path / "x.nii")


def test_absent_file(tmp_path):
    for read in (read_header, read_volume):
        with pytest.raises(VolumeError, match=r"x.nii.gz: found no such file; expected"):
            read(tmp_path / "x.nii.gz")


def test_mha_has_the_geometry_that_simple_itk_says(tmp_path):
    itk = pytest.importorskip("SimpleITK")
    array = fake_brain()["t1n"]
    image = itk.GetImageFromArray(array.transpose(2, 1, 0))
    image.SetSpacing((1.0, 2.0, 3.0))
    image.SetOrigin((-10.0, 5.0, 7.0))
    image.SetDirection((0, -1, 0, 1, 0, 0, 0, 0, 1))
    itk.WriteImage(image, str(tmp_path / "x.mha"))
    header = read_header(tmp_path / "x.mha")
    np.testing.assert_array_equal(read_volume(tmp_path / "x.mha"), array)
    for voxel in [(0, 0, 0), (3, 5, 7)]:
        lps = np.array(image.TransformIndexToPhysicalPoint(voxel))
        np.testing.assert_allclose(voxel_to_mm(voxel, header.affine), lps * (-1, -1, 1))


def test_cut_mha(tmp_path):
    itk = pytest.importorskip("SimpleITK")
    path = tmp_path / "x.mha"
    itk.WriteImage(itk.GetImageFromArray(fake_brain()["t1n"]), str(path))
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(VolumeError, match=r"x.mha: found voxels that do not read.*Likely cause"):
        read_volume(path)
    path.write_bytes(b"not a MetaImage at all" * 100)
    with pytest.raises(VolumeError, match=r"x.mha: found content that does not read; expected a MetaImage"):
        read_header(path)


def test_without_simple_itk_the_error_says_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "x.mha").write_bytes(b"ObjectType = Image\n")
    monkeypatch.setitem(__import__("sys").modules, "SimpleITK", None)
    with pytest.raises(VolumeError, match=r"needs SimpleITK.*pip install SimpleITK"):
        read_header(tmp_path / "x.mha")


def test_orientation_and_millimetres():
    assert orientation(LPS) == "LPS"
    assert orientation(np.diag([1.0, 1, 1, 1])) == "RAS"
    assert orientation(LPS[:, [2, 0, 1, 3]]) == "SLP"
    np.testing.assert_allclose(voxel_to_mm((1, 2, 3), LPS), (-1, 17, 3))
    np.testing.assert_allclose(voxel_to_mm([(0, 0, 0), (1, 2, 3)], LPS)[1], LPS[:3] @ (1, 2, 3, 1))


@pytest.mark.parametrize(
    ("affine", "first_index_0"), [(LPS, "right"), (np.eye(4), "left"), (np.diag([2.0, 2, 2, 1]), "left")]
)
def test_side_of_voxel(affine, first_index_0):
    other = {"left": "right", "right": "left"}[first_index_0]
    assert side_of_voxel((0, 5, 5), affine, (25, 20, 16)) == first_index_0
    assert side_of_voxel((24, 5, 5), affine, (25, 20, 16)) == other
    assert side_of_voxel((12, 5, 5), affine, (25, 20, 16)) == "middle"


def test_reorientation_does_not_change_the_side():
    image = nib.Nifti1Image(fake_brain()["t1n"], LPS)
    turned = nib.as_closest_canonical(image)
    voxel = np.array([3, 4, 5])
    there = np.rint(np.linalg.inv(turned.affine)[:3] @ (*voxel_to_mm(voxel, LPS), 1))
    assert (
        side_of_voxel(voxel, LPS, image.shape) == side_of_voxel(there, turned.affine, turned.shape) == "right"
    )


def test_affine_gap_is_that_of_the_worst_corner():
    shifted, turned = LPS.copy(), LPS.copy()
    shifted[:3, 3] += (3, 0, 4)
    turned[0, 0] *= 1.1
    assert affine_gap(LPS, LPS, (11, 11, 11)) == 0
    assert affine_gap(LPS, shifted, (11, 11, 11)) == pytest.approx(5)
    assert affine_gap(LPS, turned, (11, 11, 11)) == pytest.approx(1)
