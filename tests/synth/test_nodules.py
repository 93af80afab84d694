"""Small lesions apart from the main tumour: how many, how large, where, and whether they can be seen."""

import sys

import numpy as np
import pytest
from scipy import ndimage

from brainlab.data.geometry import pool_labels
from brainlab.metrics import lesion_wise
from brainlab.synth.phantom import generate
from brainlab.synth.phantom.subject import Fields, draw_subject

WITH, WITHOUT = (0, 3, 10), (1,)  # cases of seed 0
REGIONS = {"WT": (1, 2, 3), "TC": (1, 3), "ET": (3,)}


@pytest.fixture(scope="module")
def cases() -> dict[int, dict]:
    return {index: generate(0, index, spacing=2) for index in (*WITH, *WITHOUT)}


def small_lesions(case: dict, region: str) -> list[float]:
    """Return the volumes below 2000 mm3 of the lesions that BraTS would count, smallest first."""
    mask = np.isin(case["seg"], REGIONS[region])
    rows = lesion_wise(mask, mask, (case["meta"]["spacing"],) * 3, min_volume=0).lesions
    return sorted(row.volume for row in rows if 50 < row.volume < 2000)


def test_almost_half_of_the_patients_have_some_and_none_of_low_grade():
    subjects = [draw_subject(Fields(7, index)) for index in range(600)]
    numbers = np.array([subject.small for subject in subjects])
    assert np.mean(numbers > 0) == pytest.approx(0.44, abs=0.03)
    assert set(numbers) == {0, 1, 2, 3, 4}
    assert not any(subject.small for subject in subjects if subject.kind == "low-grade")


@pytest.mark.parametrize("seed", range(4))
def test_a_small_cohort_has_its_share(seed):
    has = [draw_subject(Fields(seed, index)).small > 0 for index in range(24)]
    assert 8 <= sum(has) <= 15


def test_each_is_a_component_of_its_own_in_the_regions_where_it_should_be(cases):
    for index in WITH:
        planned = cases[index]["meta"]["small_lesions"]
        assert planned
        outside = sorted(lesion["mm3"] for lesion in planned if lesion["place"] != "oedema")
        assert outside
        assert small_lesions(cases[index], "WT") == pytest.approx(outside, rel=0.15, abs=9)
        assert len(small_lesions(cases[index], "TC")) == len(planned)
        assert len(small_lesions(cases[index], "ET")) == len(planned)
    for index in WITHOUT:
        assert cases[index]["meta"]["small_lesions"] == []
        assert small_lesions(cases[index], "WT") == []


def test_volumes_are_small(cases):
    lesions = [lesion for index in WITH for lesion in cases[index]["meta"]["small_lesions"]]
    assert all(80 <= lesion["mm3"] <= 1600 for lesion in lesions)
    assert {lesion["place"] for lesion in lesions} == {"near", "far", "oedema"}


def components(case: dict) -> list[tuple[np.ndarray, dict]]:
    """Return the mask and the record of each small lesion outside the main tumour."""
    parts, _ = ndimage.label(case["seg"] > 0, np.ones((3, 3, 3)))
    found = []
    for lesion in case["meta"]["small_lesions"]:
        voxel = tuple(((np.array(lesion["centre_mm"]) - 0.5) / 2).round().astype(int))
        if lesion["place"] != "oedema":
            assert parts[voxel] > 0
            found.append((parts == parts[voxel], lesion))
    return found


def test_they_enhance_and_lie_in_the_brain(cases):
    for index in WITH:
        case = cases[index]
        healthy = (case["t1n"] > 0) & (case["seg"] == 0)
        for part, _ in components(case):
            assert case["t1n"][part].all()
            assert set(np.unique(case["seg"][part])) - {1} == {2, 3}
            assert np.median(case["t1c"][part & (case["seg"] == 3)]) > 1.15 * np.median(case["t1c"][healthy])


def test_near_and_far_are_so(cases):
    for index in WITH:
        parts, _ = ndimage.label(cases[index]["seg"] > 0)
        main = parts == np.bincount(parts.ravel())[1:].argmax() + 1
        distance = ndimage.distance_transform_edt(~main, sampling=2)
        for part, lesion in components(cases[index]):
            assert distance[part].min() > 7
            assert (distance[part].min() < 30) == (lesion["place"] == "near")


def test_the_main_tumour_is_as_without_them(cases, monkeypatch):
    case = cases[3]
    monkeypatch.setattr(sys.modules[generate.__module__], "place_nodules", lambda *_: [])
    plain = generate(0, 3, spacing=2)
    changed = case["seg"] != plain["seg"]
    parts = sum(part for part, _ in components(case))
    assert changed.sum() > 20
    assert (changed == parts).all()
    far = ndimage.binary_dilation(parts, iterations=6)
    np.testing.assert_array_equal(case["t1n"][~far], plain["t1n"][~far])


@pytest.mark.slow
def test_one_millimetre_shows_the_same_lesions_also_in_large_pixels(cases):
    fine = generate(0, 0, spacing=1)
    assert fine["meta"]["small_lesions"] == cases[0]["meta"]["small_lesions"]
    for region in REGIONS:
        wanted = small_lesions(cases[0], region)
        assert small_lesions(fine, region) == pytest.approx(wanted, rel=0.25, abs=60)
    for lesion in fine["meta"]["small_lesions"]:
        x, y, z = (round(value) for value in lesion["centre_mm"])
        for pixel in (2, 3):  # of the budgets lesson and table
            pooled = pool_labels(fine["seg"][..., z], pixel)
            here = pooled[x // pixel - 2 : x // pixel + 3, y // pixel - 2 : y // pixel + 3]
            assert (here == 3).any()
