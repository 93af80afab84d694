"""Where cases come from. The cohort itself is not made here: a small one stands in for it."""

import subprocess
import sys

import pytest
from fake_cases import fake_case

from brainlab import budgets
from brainlab.home import cohort_folder
from brainlab.lab import open_cases


@pytest.fixture
def cohort(monkeypatch, tmp_path):
    """Stand in for the phantom; return the list of calls."""
    calls = []

    def make_cohort(n, seed=0, folder=None, spacing=1, **_):
        calls.append((n, seed, folder, spacing))
        for number in range(n):
            fake_case(folder, f"BraTS-GLI-{number:05d}-000", number)
        return folder

    monkeypatch.setattr("brainlab.lab.make_cohort", make_cohort)
    monkeypatch.setenv("BRAINLAB_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("BRAINLAB_DATA", raising=False)
    return calls


def test_without_data_the_cohort_is_made(cohort, capsys):
    cases = open_cases(patients=3, spacing=2)
    assert cohort == [(3, 0, cohort_folder(2), 2)]
    assert [case.id for case in cases] == [f"BraTS-GLI-0000{n}-000" for n in range(3)]
    assert capsys.readouterr() == ("", "")


def test_cohort_has_the_size_of_the_budget(cohort, monkeypatch):
    monkeypatch.setenv("BRAINLAB_BUDGET", "quick")
    assert len(open_cases()) == budgets.current().patients


def test_larger_cohort_on_disk_gives_the_first_patients(cohort):
    open_cases(patients=4)
    assert [case.id[-9:] for case in open_cases(patients=2)] == ["00000-000", "00001-000"]


def test_a_path_and_the_variable_come_before_the_cohort(cohort, monkeypatch, tmp_path):
    fake_case(tmp_path / "mine", "BraTS-GLI-00777-000")
    fake_case(tmp_path / "other", "BraTS-GLI-00888-000")
    monkeypatch.setenv("BRAINLAB_DATA", str(tmp_path / "mine"))
    assert [case.id for case in open_cases()] == ["BraTS-GLI-00777-000"]
    assert [case.id for case in open_cases(tmp_path / "other")] == ["BraTS-GLI-00888-000"]
    assert cohort == []


def test_patients_are_counted_not_time_points(tmp_path):
    for case_id in ("02063-100", "02063-101", "02064-100"):
        fake_case(tmp_path, f"BraTS-GLI-{case_id}")
    assert [case.id[-9:] for case in open_cases(tmp_path, patients=1)] == ["02063-100", "02063-101"]
    assert len(open_cases(tmp_path, patients=99)) == 3


def test_broken_cases_are_passed_on(tmp_path):
    fake_case(tmp_path, "BraTS-GLI-00001-000")
    fake_case(tmp_path, "BraTS-GLI-00002-000", t1n=None)
    cases = open_cases(tmp_path, patients=1)
    assert (len(cases), [problem.case_id for problem in cases.problems]) == (1, ["BraTS-GLI-00002-000"])


def test_only_broken_cases_is_an_error_with_the_report(tmp_path):
    fake_case(tmp_path, t1n=None)
    with pytest.raises(ValueError, match=r"no case can be used(.|\n)*no t1n"):
        open_cases(tmp_path)


def test_no_patients_is_refused(tmp_path):
    with pytest.raises(ValueError, match="patients is 0; expected at least 1"):
        open_cases(tmp_path, patients=0)


def test_home_of_the_cohort(monkeypatch, tmp_path):
    monkeypatch.setenv("BRAINLAB_HOME", str(tmp_path))
    assert cohort_folder() == tmp_path / "cohort-1mm"
    assert cohort_folder(2) == tmp_path / "cohort-2mm"
    monkeypatch.delenv("BRAINLAB_HOME")
    assert cohort_folder().parts[-3:] == (".cache", "brainlab", "cohort-1mm")


def test_readers_do_not_import_torch():
    code = (
        "import sys, brainlab.data; from brainlab.data import find_cases, save_nifti; "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_unknown_name_is_told():
    import brainlab.data

    assert {"find_cases", "SliceDataset"} <= set(dir(brainlab.data))
    with pytest.raises(AttributeError, match=r"brainlab.data has no attribute 'find_case'; it has Augment"):
        brainlab.data.find_case  # noqa: B018
