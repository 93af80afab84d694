"""The recipe of notebook 02: which cases train, what a pixel is, what a score is."""

import shutil
from types import SimpleNamespace

import numpy as np
import pytest
from torch import nn

from brainlab.budgets import BUDGETS, Budget
from brainlab.data.cache import cache_cases
from brainlab.data.layouts import find_cases
from brainlab.data.split import Split
from brainlab.lab import Lab
from brainlab.metrics import lesion_wise
from brainlab.recipes import segmentation as recipe
from brainlab.synth.phantom import make_cohort

SMALL = Budget("small", patients=3, spacing=2, size=96, pixel=1, width=4, epochs=2, batch_size=4)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Three cases of the cohort, in a home of their own."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BRAINLAB_HOME", str(folder))
        patch.delenv("BRAINLAB_DATA", raising=False)
        make_cohort(3, folder=folder / "cohort-2mm", spacing=2, progress=False)
        yield folder


@pytest.fixture(scope="module")
def cached(home):
    return cache_cases(find_cases(home / "cohort-2mm"), progress=False)


def test_cohort_trains_itself(home, capsys):
    cases = recipe.training_cases(Lab(SMALL, "cpu", 0, "cohort"))
    assert len(cases) == 3
    assert "need" not in capsys.readouterr().out


def test_a_small_folder_trains_on_the_cohort_and_is_looked_at(home, tmp_path, capsys):
    for path in (home / "cohort-2mm" / "BraTS-GLI-90000-000").iterdir():
        (tmp_path / "BraTS-GLI-00001-000").mkdir(exist_ok=True)
        shutil.copy(path, tmp_path / "BraTS-GLI-00001-000" / path.name.replace("90000", "00001"))
    lab = Lab(SMALL, "cpu", 0, str(tmp_path))
    cases = recipe.training_cases(lab)
    assert len(cases) == 3
    assert "has 1 patients with a segmentation; 8 or more are needed" in capsys.readouterr().out
    split = Split(cases[:1], cases[1:2], cases[2:])
    assert [case.id for case in recipe.cases_to_look_at(lab, split)] == [case.id for case in lab.cases]


def test_cohort_shows_the_test_cases(home, cached):
    split = Split(cached[:1], cached[1:2], cached[2:])
    assert recipe.cases_to_look_at(Lab(SMALL, "cpu", 0, "cohort"), split) == cached[2:]


@pytest.mark.parametrize(
    ("budget", "spacing", "pixel"),
    [("quick", 2.0, 1), ("quick", 1.0, 2), ("lesson", 1.0, 2), ("full", 1.0, 1)],
)
def test_a_pixel_has_the_size_of_training(budget, spacing, pixel):
    case = SimpleNamespace(spacing=np.full(3, spacing))
    assert recipe.pixel_of(case, BUDGETS[budget]) == pixel


def test_training_slices_hold_tumour_and_validation_slices_need_not(cached):
    train, val = recipe.slice_sets(Split(cached[:1], cached[1:2], cached[2:]), SMALL)
    areas = [int((train[i][1] > 0).sum()) * 4 for i in range(len(train))]  # mm2; moved by augmentation
    assert min(areas) > 0
    assert any(not (val[i][1] > 0).any() for i in range(len(val)))
    assert train[0][0].shape == (4, 96, 96)


def test_short_trainings_follow_a_cosine_long_ones_wait_for_plateaus():
    assert recipe.settings(BUDGETS["lesson"]).schedule == "cosine"
    assert recipe.settings(BUDGETS["full"]).schedule == "plateau"


class Constant(nn.Module):
    """Says one class everywhere."""

    def __init__(self, label):
        super().__init__()
        self.label = label

    def forward(self, x):
        logits = x.new_zeros(len(x), 4, *x.shape[-2:])
        logits[:, self.label] = 9
        return logits


def test_dice_of_cases(cached):
    predictions = recipe.predict_cases(Constant(0), cached[:2], SMALL)
    table = recipe.dice_of_cases(predictions, cached[:2])
    assert list(table) == [case.id for case in cached[:2]]
    assert all(row["WT"] == 0 for row in table.values())
    truths = {case.id: recipe.truth_of(case) for case in cached}
    perfect = recipe.dice_of_cases(truths, cached)
    assert all(value == 1 for row in perfect.values() for value in row.values())


def test_a_case_without_labels_has_no_score(cached):
    case = SimpleNamespace(id="x", has_labels=False)
    assert recipe.dice_of_cases({"x": np.zeros((2, 2, 2))}, [case]) == {}


def with_labels(labels, spacing):
    return SimpleNamespace(labels=labels, spacing=spacing)


def test_smallest_lesion_is_the_smallest_that_lesion_wise_counts(cached):
    for case in cached:
        truth = recipe.truth_of(case) > 0
        lesions = lesion_wise(truth, truth, case.spacing).lesions
        volume, (x, y, z) = recipe.smallest_lesion(case)
        assert volume == pytest.approx(min(lesion.volume for lesion in lesions))
        assert np.asarray(case.labels[z]).any()
        near = case.labels[max(0, z - 9) : z + 10, max(0, x - 9) : x + 10, max(0, y - 9) : y + 10]
        assert np.asarray(near).any()


def test_smallest_lesion_counts_voxels_joins_fragments_and_leaves_out_specks():
    labels = np.zeros((40, 30, 20), np.uint8)  # (Z, x, y)
    labels[2:12, 2:12, 2:12] = 2
    labels[30:33, 20:24, 10:15] = 3  # 60 voxels of 1.5 mm3
    labels[34, 20:23, 10:13] = 1  # 2 mm further, nine voxels
    labels[20, 28, 18] = 3  # a speck of one voxel
    volume, place = recipe.smallest_lesion(with_labels(labels, (1.0, 1.5, 1.0)))
    assert volume == pytest.approx(69 * 1.5)
    assert place == (21, 12, 31)
    assert recipe.smallest_lesion(with_labels(labels[15:25], (1, 1, 1))) == (np.inf, (0, 0, 0))


def test_specks_are_removed_by_volume_in_mm3():
    mask = np.zeros((12, 12, 12), bool)
    mask[0, 0, :3] = True  # three voxels
    mask[1, 1, 3] = True  # touches them by a corner
    mask[6:9, 6:9, 6:9] = True
    kept = recipe.without_specks(mask, (1.0, 2.0, 3.0), min_volume=24)
    assert kept.sum() == 27
    assert recipe.without_specks(mask, (1.0, 2.0, 3.0), min_volume=23.9).sum() == 31
    assert mask.sum() == 31, "the mask is left as it was"
    assert not recipe.without_specks(np.zeros((2, 2, 2), bool), (1, 1, 1)).any()


def test_one_training_of_four_is_smaller():
    lesson = BUDGETS["lesson"]
    one = recipe.one_of_four(lesson)
    assert (one.width, one.epochs) == (12, 4)
    assert one.size == lesson.size
    assert recipe.one_of_four(BUDGETS["quick"]) == BUDGETS["quick"]
