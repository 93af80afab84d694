"""A folder holds one synthetic data set, and workers fill it."""

import math
import os

import pytest

from brainlab.synth.folder import claim_folder, read_json, run_jobs, write_json


def test_a_claim_is_recorded_and_repeated_without_deleting(tmp_path):
    manifest, deleted = tmp_path / "new" / "set.json", []
    for _ in range(2):
        claim_folder(manifest, 1, {"seed": 3, "size": 8}, lambda: deleted.append(1))
    assert read_json(manifest) == {"version": 1, "seed": 3, "size": 8}
    assert deleted == []
    assert [path.name for path in manifest.parent.iterdir()] == ["set.json"]


def test_another_setting_is_refused(tmp_path):
    manifest = tmp_path / "set.json"
    claim_folder(manifest, 1, {"seed": 3, "size": 8}, list)
    with pytest.raises(ValueError, match=r"of seed 3 and size 8; expected seed 3 and size 9: choose another"):
        claim_folder(manifest, 1, {"seed": 3, "size": 9}, list)


def test_data_of_another_version_are_deleted(tmp_path):
    manifest = tmp_path / "set.json"
    claim_folder(manifest, 1, {"seed": 3}, list)
    (tmp_path / "old.png").touch()
    claim_folder(manifest, 2, {"seed": 3}, (tmp_path / "old.png").unlink)
    assert not (tmp_path / "old.png").exists()
    assert read_json(manifest)["version"] == 2


def test_json_that_cannot_be_read_is_empty(tmp_path):
    assert read_json(tmp_path / "absent.json") == {}
    (tmp_path / "broken.json").write_text("{")
    assert read_json(tmp_path / "broken.json") == {}
    write_json(tmp_path / "broken.json", {"a": 1})
    assert read_json(tmp_path / "broken.json") == {"a": 1}


@pytest.mark.parametrize("processes", [1, 2])
def test_every_job_gives_its_result(processes):
    assert sorted(run_jobs(math.factorial, [3, 4, 5], processes)) == [6, 24, 120]


def test_a_worker_that_dies_is_named():
    with pytest.raises(RuntimeError, match=r"a worker process died; .*memory"):
        list(run_jobs(os._exit, [1, 1], 2))
