"""The cache notices what changed, and survives damage and company."""

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from brainlab.data import cache
from brainlab.data.cache import cache_case, cache_cases, cache_folder
from brainlab.data.layouts import find_cases


@pytest.fixture
def no_reading(monkeypatch):
    """Make reading a source file fail: what is asked for must come from the cache."""

    def fail(*_):
        raise AssertionError("the source was read")

    monkeypatch.setattr("brainlab.data.case.Case.image", fail)
    monkeypatch.setattr("brainlab.data.case.Case.seg", fail)


def test_the_second_time_nothing_is_read(tiny_case, tmp_path, request):
    first = cache_case(tiny_case, tmp_path)
    request.getfixturevalue("no_reading")
    second = cache_case(tiny_case, tmp_path)
    assert second.folder == first.folder
    np.testing.assert_array_equal(second.label_counts, first.label_counts)


def test_the_default_folder_follows_brainlab_home(tiny_case, tmp_path, monkeypatch):
    monkeypatch.setenv("BRAINLAB_HOME", str(tmp_path / "home"))
    assert cache_folder() == tmp_path / "home" / "cache"
    assert cache_case(tiny_case).folder.is_relative_to(cache_folder())


def test_a_changed_source_is_cached_anew_and_the_old_entry_goes(tiny_case, tmp_path, make_volumes, make_case):
    old = cache_case(tiny_case, tmp_path / "cache")
    image, seg = make_volumes(seed=5)
    case = make_case(tmp_path / "source", image, seg)
    new = cache_case(case, tmp_path / "cache")
    np.testing.assert_array_equal(new.to_full(new.image[:, 0]), image[0])
    assert [entry.name for entry in new.folder.parent.iterdir()] == [new.folder.name]
    assert old.folder != new.folder


def test_a_segmentation_that_came_later_is_noticed(tmp_path, make_volumes, make_case):
    image, seg = make_volumes()
    assert not cache_case(make_case(tmp_path / "source", image), tmp_path / "cache").has_labels
    assert cache_case(make_case(tmp_path / "source", image, seg), tmp_path / "cache").has_labels


def _empty(path):
    path.write_bytes(b"")


def _halve(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize("name", ["image.npy", "labels.npy", "case.json"])
@pytest.mark.parametrize("damage", [Path.unlink, _empty, _halve])
def test_a_damaged_entry_is_made_again(tiny_case, tmp_path, name, damage):
    folder = cache_case(tiny_case, tmp_path).folder
    good = {path.name: path.read_bytes() for path in folder.iterdir()}
    damage(folder / name)
    cached = cache_case(tiny_case, tmp_path)
    assert {path.name: path.read_bytes() for path in cached.folder.iterdir()} == good
    assert [entry.name for entry in folder.parent.iterdir()] == [folder.name]


def test_a_build_that_fails_leaves_nothing_behind(tiny_case, tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "save", interrupted)
    with pytest.raises(KeyboardInterrupt):
        cache_case(tiny_case, tmp_path / "cache")
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


def test_what_a_dead_process_left_goes_after_an_hour(tiny_case, tmp_path):
    first = cache_case(tiny_case, tmp_path).folder
    old, young = first.with_name(".old"), first.with_name(".young")
    for path in (old, young):
        path.mkdir()
    os.utime(old, (0, 0))
    _empty(first / "case.json")
    cache_case(tiny_case, tmp_path)
    assert young.exists()
    assert not old.exists()


def _build(source, folder):
    return cache_case(find_cases(source)[0], folder).slice(2)


@pytest.mark.parametrize("damaged", [False, True])
def test_many_processes_at_once_all_end_well(tmp_path, damaged, make_volumes, make_case):
    case = make_case(tmp_path / "source", *make_volumes())
    if damaged:
        _halve(cache_case(case, tmp_path / "cache").folder / "image.npy")
    with ProcessPoolExecutor(4, mp_context=get_context("fork")) as pool:
        work = [pool.submit(_build, tmp_path / "source", tmp_path / "cache") for _ in range(12)]
        slices = [job.result(timeout=60) for job in work]
    for one in slices:
        np.testing.assert_array_equal(one, slices[0])
    assert len(list((tmp_path / "cache").glob("*/*"))) == 1


def test_whoever_comes_second_opens_the_entry_of_the_first(tiny_case, tmp_path, monkeypatch):
    def other_process_wins(case, folder):
        monkeypatch.undo()
        cache_case(case, tmp_path)
        cache.write_entry(case, folder)

    monkeypatch.setattr(cache, "write_entry", other_process_wins)
    cached = cache_case(tiny_case, tmp_path)
    assert cached.slice(0).shape == (4, 13, 17)
    assert [entry.name for entry in cached.folder.parent.iterdir()] == [cached.folder.name]


def test_an_empty_case_is_named(tmp_path, make_case):
    image = np.zeros((4, 8, 8, 8), np.int16)
    with pytest.raises(ValueError, match=r"BraTS-GLI-00000-000 is empty: every voxel is 0"):
        cache_case(make_case(tmp_path, image), tmp_path / "cache")


def test_a_broken_case_does_not_hide_the_good_ones(tmp_path, make_volumes, make_case):
    image, seg = make_volumes()
    good = make_case(tmp_path, image, seg, "BraTS-GLI-00001-000")
    bad = make_case(tmp_path, image * 0, seg * 0, "BraTS-GLI-00002-000")
    with pytest.warns(UserWarning, match="BraTS-GLI-00002-000 is left out: .* is empty"):
        cached = cache_cases([bad, good], tmp_path / "cache", progress=False)
    assert [case.id for case in cached] == ["BraTS-GLI-00001-000"]


@pytest.mark.filterwarnings("ignore:BraTS-GLI-00000-000 is left out")
def test_no_readable_case_at_all_is_an_error(tmp_path, make_volumes, make_case):
    bad = make_case(tmp_path, make_volumes()[0] * 0)
    with pytest.raises(
        ValueError, match="none of the 1 cases could be read; the first: BraTS-GLI-00000-000 is empty"
    ):
        cache_cases([bad], tmp_path / "cache", progress=False)
