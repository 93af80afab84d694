"""The built-in cohort on disk: names, resuming, worker processes, defects. Most tests use tiny cases."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from brainlab.labels import MODALITIES
from brainlab.synth.phantom import cohort, generate, make_cohort
from brainlab.synth.phantom.cohort import DEFECTS
from brainlab.synth.phantom.generate import affine_of

ROLES = (*MODALITIES, "seg")
ROOT = Path(__file__).resolve().parents[2]


def tiny_case(seed: int, index: int, spacing: int = 1) -> dict:
    """Replace `generate`: 40 x 40 x 10 voxels in a millisecond."""
    rng = np.random.default_rng([seed, index])
    case = {name: rng.integers(1, 500, (40, 40, 10)).astype(np.int16) for name in MODALITIES}
    case["seg"] = np.zeros((40, 40, 10), np.uint8)
    case["seg"][15:25, 15:25, 3:7] = 2
    case["seg"][18:22, 18:22, 4:6] = 3
    case["seg"][19:21, 19:21, 5] = 1
    return case | {"meta": {"kind": "ring", "spacing": spacing}}


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setattr(cohort, "generate", tiny_case)
    monkeypatch.setattr(cohort, "ring_enhancing_from", lambda seed, index: index)


def load(folder: Path, index: int, role: str) -> nib.Nifti1Image:
    name = f"BraTS-GLI-{90000 + index}-000"
    return nib.load(folder / name / f"{name}-{role}.nii.gz")


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.nii.gz"))}


def test_files_are_named_and_headed_as_in_brats_2023(tiny, tmp_path):
    folder = make_cohort(2, folder=tmp_path, processes=1, progress=False)
    assert folder == tmp_path
    assert sorted(path.name for path in folder.iterdir()) == [
        "BraTS-GLI-90000-000",
        "BraTS-GLI-90001-000",
        "cohort.json",
    ]
    for role in ROLES:
        image = load(folder, 1, role)
        np.testing.assert_array_equal(image.affine, affine_of(1))
        assert image.get_data_dtype() == (np.uint8 if role == "seg" else np.int16)
        assert image.header["qform_code"] == image.header["sform_code"] == 1
        np.testing.assert_array_equal(np.asarray(image.dataobj), tiny_case(0, 1)[role])
    records = json.loads((folder / "cohort.json").read_text())
    assert records["cases"]["BraTS-GLI-90001-000"]["kind"] == "ring"


def test_only_missing_cases_are_made(tiny, tmp_path, monkeypatch, capsys):
    make_cohort(2, folder=tmp_path, processes=1, progress=False)
    before = content(tmp_path)
    made = []
    monkeypatch.setattr(cohort, "generate", lambda *where: made.append(where) or tiny_case(*where))
    make_cohort(3, folder=tmp_path, processes=1)
    assert made == [(0, 2, 1)]
    assert "synthetic cases: 100%" in capsys.readouterr().out
    after = content(tmp_path)
    assert {name: after[name] for name in before} == before
    assert len(json.loads((tmp_path / "cohort.json").read_text())["cases"]) == 3


def test_a_failed_write_leaves_no_incomplete_case(tiny, tmp_path, monkeypatch):
    def full(array, path, affine):
        if path.name.endswith("t2w.nii.gz"):
            raise OSError("disk full")
        path.write_bytes(b"half")

    with monkeypatch.context() as patch:
        patch.setattr(cohort, "save_nifti", full)
        with pytest.raises(OSError, match="disk full"):
            make_cohort(1, folder=tmp_path, processes=1, progress=False)
    assert not list(tmp_path.glob("BraTS*"))
    (partial,) = tmp_path.glob(".partial-*")
    os.utime(partial, (0, 0))  # long ago
    make_cohort(1, folder=tmp_path, processes=1, progress=False)
    assert not list(tmp_path.glob(".partial-*"))
    assert load(tmp_path, 0, "t2w").shape == (40, 40, 10)


def test_cases_of_an_older_version_are_replaced(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(cohort, "VERSION", 0)
    make_cohort(1, folder=tmp_path, processes=1, progress=False)
    monkeypatch.setattr(cohort, "VERSION", 5)
    make_cohort(1, folder=tmp_path, processes=1, progress=False)
    assert json.loads((tmp_path / "cohort.json").read_text())["cases"]["BraTS-GLI-90000-000"]["version"] == 5


@pytest.mark.parametrize("change", [{"seed": 1}, {"spacing": 2}])
def test_a_folder_holds_one_cohort(tiny, tmp_path, change):
    make_cohort(1, folder=tmp_path, processes=1, progress=False)
    with pytest.raises(ValueError, match=r"of seed 0 and spacing 1; expected .* another folder"):
        make_cohort(1, folder=tmp_path, processes=1, progress=False, **change)


def test_too_many_cases_are_refused(tmp_path):
    with pytest.raises(ValueError, match="n is 901; expected 0 to 900"):
        make_cohort(901, folder=tmp_path)


def test_the_default_folder_is_the_home_of_the_cohort(tiny, tmp_path, monkeypatch):
    monkeypatch.setenv("BRAINLAB_HOME", str(tmp_path))
    plain = make_cohort(1, processes=1, progress=False)
    spoiled = make_cohort(1, processes=1, progress=False, defects=True)
    assert plain.parent == spoiled.parent == tmp_path
    assert plain != spoiled
    assert len(list(plain.glob("BraTS*"))) == 1


def test_every_defect_is_written_and_described(tiny, tmp_path):
    folder = make_cohort(0, folder=tmp_path, processes=1, defects=True, progress=False)
    described = json.loads((folder / "defects.json").read_text())
    assert len(described) == len(DEFECTS) == len(list(folder.glob("BraTS*")))
    where = {entry["defect"]: int(name[10:15]) - 90000 for name, entry in described.items()}
    assert all(entry["what"].endswith(".") and len(entry["what"]) < 120 for entry in described.values())

    def arrays(defect: str) -> dict[str, np.ndarray]:
        return {role: np.asarray(load(folder, where[defect], role).dataobj) for role in ROLES}

    good = {defect: tiny_case(0, index) for defect, index in where.items()}
    mirrored = arrays("mirrored_images")
    np.testing.assert_array_equal(mirrored["t2f"][::-1], good["mirrored_images"]["t2f"])
    np.testing.assert_array_equal(mirrored["seg"], good["mirrored_images"]["seg"])
    with pytest.raises(FileNotFoundError):
        load(folder, where["missing_modality"], "t2w")
    assert set(np.unique(arrays("label_four")["seg"])) == {0, 1, 2, 4}
    shifted = arrays("shifted_segmentation")["seg"]
    assert (shifted > 0).sum() == (good["shifted_segmentation"]["seg"] > 0).sum()
    assert not (shifted & (good["shifted_segmentation"]["seg"] == 3)).any()
    other = arrays("segmentation_of_other_shape")
    assert other["seg"].shape != other["t1n"].shape
    floats = arrays("float_labels")["seg"]
    assert floats.dtype == np.float32
    assert not np.isin(floats, (1, 2, 3)).any()
    np.testing.assert_array_equal(np.rint(floats), good["float_labels"]["seg"])
    assert not arrays("empty_segmentation")["seg"].any()
    flair = arrays("constant_modality")["t2f"]
    assert flair[flair > 0].std() == 0
    affine = load(folder, where["wrong_affine"], "t1n").affine
    assert nib.aff2axcodes(affine) == ("R", "A", "S")
    with pytest.raises((EOFError, OSError)):
        np.asarray(load(folder, where["truncated_file"], "t1c").dataobj)
    assert load(folder, where["truncated_file"], "t1c").shape == (40, 40, 10)


@pytest.mark.slow
def test_a_killed_run_leaves_complete_cases_and_no_process(tmp_path):
    call = f"make_cohort(40, folder={str(tmp_path)!r}, spacing=2, processes=2)"
    command = f"from brainlab.synth.phantom import make_cohort; {call}"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-c", command], env=environment, stdout=subprocess.PIPE)
    deadline = time.time() + 300
    while not list(tmp_path.glob("BraTS*")) and process.poll() is None and time.time() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    # The workers hold the same pipe: it ends when the last of them has noticed, and no further case appears.
    process.communicate(timeout=300)
    finished = list(tmp_path.glob("BraTS*"))
    assert finished
    for folder in finished:
        assert len(list(folder.glob("*.nii.gz"))) == 5
    # A case depends neither on the process nor on the number of cases.
    index = int(finished[0].name[10:15]) - 90000
    here = generate(0, index, spacing=2)
    for role in ROLES:
        np.testing.assert_array_equal(np.asarray(load(tmp_path, index, role).dataobj), here[role])
    before = content(tmp_path)
    make_cohort(2, folder=tmp_path, spacing=2, processes=1, progress=False)
    assert content(tmp_path).items() >= before.items()
    records = json.loads((tmp_path / "cohort.json").read_text())["cases"]
    assert records.keys() >= {"BraTS-GLI-90000-000", "BraTS-GLI-90001-000"}
