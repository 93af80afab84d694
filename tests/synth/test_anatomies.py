"""The shipped template maps: small, with their licence, correctly oriented, reproducible."""

import importlib.util
from importlib.util import find_spec
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "brainlab" / "synth" / "phantom"


@pytest.fixture(scope="module")
def region() -> np.ndarray:
    with np.load(DATA / "anatomies.npz") as archive:
        return archive["region"]


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("build_anatomies", ROOT / "scripts" / "build_anatomies.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_archive_is_small_and_has_its_licence_notice():
    assert (DATA / "anatomies.npz").stat().st_size < 3e6
    notice = (DATA / "ANATOMIES-NOTICE.txt").read_text()
    assert "McConnell Brain Imaging Centre" in notice
    assert "provided that the above copyright notice appear in all\n    copies" in notice


def test_maps_have_one_value_per_brain_voxel(region):
    with np.load(DATA / "anatomies.npz") as archive:
        for name in ("t1", "gm", "wm"):
            assert archive[name].shape == ((region > 0).sum(),)
            assert archive[name].max() <= archive[f"{name}_levels"]


def test_the_axes_are_those_of_brats(region):
    """x to the left, y to the back, z up: the cerebellum is low and behind."""
    brain = np.argwhere(region > 0).mean(0)
    cerebellum = np.argwhere(region == 6).mean(0)
    assert cerebellum[1] > brain[1] + 30
    assert cerebellum[2] < brain[2] - 30
    assert abs(cerebellum[0] - brain[0]) < 2


def test_regions_have_sizes_of_a_brain(region):
    volumes = np.bincount(region.ravel(), minlength=8) / 1000  # cm³
    assert 1600 < volumes[1:].sum() < 2000
    assert 15 < volumes[2] + volumes[7] < 40  # ventricles
    assert 100 < volumes[6] < 260  # cerebellum
    left, right = (region == 3)[: region.shape[0] // 2].sum(), (region == 3)[region.shape[0] // 2 :].sum()
    assert abs(left - right) < 0.05 * (left + right)


def small_template(folder: Path) -> None:
    """Write a ball of 60 mm with a fluid-filled centre as files named like nilearn's."""
    x, y, z = np.meshgrid(*[np.arange(64) - 32] * 3, indexing="ij")
    distance = np.sqrt(x**2 + y**2 + z**2)
    affine = np.diag([1.0, 1, 1, 1])
    affine[:3, 3] = -32
    ventricle = distance < 6
    maps = {
        "t1": np.where(distance < 30, 200 - 3 * distance, 0) * np.where(ventricle, 0.3, 1),
        "gm": 255 * ((distance > 22) & (distance < 30)),
        "wm": 255 * ((distance <= 22) & ~ventricle),
    }
    for name, array in maps.items():
        image = nib.Nifti1Image(array.astype(np.uint8), affine)
        nib.save(image, folder / f"mni_icbm152_{name}_tal_nlin_sym_09a_converted.nii.gz")


def test_the_same_template_gives_the_same_bytes(script, tmp_path):
    small_template(tmp_path)
    script.build(tmp_path, tmp_path / "a.npz")
    script.build(tmp_path, tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    with np.load(tmp_path / "a.npz") as archive:
        assert set(np.unique(archive["region"])) >= {0, 1, 2}


@pytest.mark.skipif(find_spec("nilearn") is None, reason="nilearn is needed at build time only")
def test_the_script_makes_the_shipped_archive(script, tmp_path):
    script.build(script.template_folder(), tmp_path / "again.npz")
    with np.load(tmp_path / "again.npz") as again, np.load(DATA / "anatomies.npz") as shipped:
        assert again.files == shipped.files
        for name in shipped.files:
            np.testing.assert_array_equal(again[name], shipped[name])
