"""Pairs from cached cases: the right slices, window and scale, by patient, and equal at every look."""

import functools
import pickle

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader

from brainlab.data.cache import cache_case
from brainlab.data.degradations import bicubic, kspace_crop
from brainlab.data.split import split_by_patient
from brainlab.data.superres import SuperResSet
from brainlab.labels import MODALITIES


def make(cached, **options):
    return SuperResSet(cached, **{"hr": 12, "lr": 3, **options})


@pytest.mark.parametrize("modality", MODALITIES)
@pytest.mark.parametrize("fit", ["resize", "crop"])
def test_a_pair_by_hand(cached_trio, modality, fit):
    case, m = cached_trio[1], MODALITIES.index(modality)  # a box of 13 x 17 x 8 voxels
    data = make(cached_trio, modality=modality, fit=fit)
    assert data.index == [
        (n, z) for n in range(3) for z in range(1, 7)
    ]  # 70 % of 8 slices, around the middle
    lr, hr = data[6 + 2]
    raw = torch.from_numpy(case.image[3, m].astype(np.float64))
    top = np.percentile(case.image[:, m][case.image[:, m] != 0], 99.5)
    image = (raw / top).clamp(0, 1)
    if fit == "crop":
        expected = F.pad(image[:, 2:14], (0, 0, 0, 0))[:12][None]
    else:
        square = F.pad(image, (0, 0, 2, 2))  # 17 x 17
        expected = F.interpolate(square[None, None], (12, 12), mode="bicubic", antialias=True)[0].clamp(0, 1)
    torch.testing.assert_close(hr, expected.float(), atol=1e-5, rtol=0)
    torch.testing.assert_close(lr, bicubic(hr, 3))
    assert (lr.shape, hr.shape, lr.dtype, hr.dtype) == ((1, 3, 3), (1, 12, 12), torch.float32, torch.float32)


@pytest.mark.parametrize(("hr", "lr"), [(12, 3), (13, 5), (11, 10), (16, 1)])
@pytest.mark.parametrize("degradation", [bicubic, kspace_crop, functools.partial(kspace_crop, noise=0.05)])
def test_any_sizes_and_degradation_stay_in_range(cached_trio, hr, lr, degradation):
    small, large = make(cached_trio, hr=hr, lr=lr, degradation=degradation)[4]
    assert (small.shape, large.shape) == ((1, lr, lr), (1, hr, hr))
    for image in (small, large):
        assert image.min() >= 0
        assert image.max() <= 1


def test_bright_vessels_are_clipped_and_leave_the_rest_its_contrast(tmp_path, make_volumes, make_case):
    image, seg = make_volumes()
    image[1, 9, 12, 2:8] = 20_000
    case = cache_case(make_case(tmp_path, image, seg), tmp_path / "cache")
    _, hr = make([case], hr=17, fit="crop")[2]
    assert hr.max() == 1
    assert hr[hr > 0].median() > 0.4


def test_a_split_by_patient_shares_nobody(cached_trio):
    parts = [make(part) for part in split_by_patient(cached_trio)]
    patients = [{case.patient for case in part.cached} for part in parts]
    assert all(patients)
    assert not patients[0] & patients[1]
    assert not (patients[0] | patients[1]) & patients[2]


def test_step_and_middle_select_slices(cached_trio):
    assert [z for _, z in make(cached_trio[:1], middle=1, step=3).index] == [0, 3, 6]
    assert [z for _, z in make(cached_trio[:1], middle=0.01).index] == [3]
    assert len(make(cached_trio, middle=1)) == 24


def test_labels_are_not_needed(without_labels):
    assert len(make([without_labels])) == 6


def test_preloaded_pairs_are_the_same_and_cannot_be_spoilt(cached_trio):
    data, memory = make(cached_trio), make(cached_trio).preload()
    for image in memory[4]:
        image += 1
    for one, other in zip(memory[4], data[4], strict=True):
        assert torch.equal(one, other)


def test_noise_is_new_at_every_look_unless_preloaded(cached_trio):
    noisy = functools.partial(kspace_crop, noise=0.1)
    data = make(cached_trio, degradation=noisy)
    assert not torch.equal(data[4][0], data[4][0])
    assert torch.equal(data[4][1], data[4][1])
    data.preload()
    assert torch.equal(data[4][0], data[4][0])


@pytest.mark.parametrize("degradation", [bicubic, kspace_crop])
def test_flips_mirror_both_images_and_follow_torchs_seed(cached_trio, degradation):
    plain = make(cached_trio, degradation=degradation)[4][1]
    data = make(cached_trio, degradation=degradation, flip=True)
    torch.manual_seed(0)
    looks = [data[4] for _ in range(24)]
    torch.manual_seed(0)
    assert all(torch.equal(a, b) for pair in looks for a, b in zip(pair, data[4], strict=True))
    for lr, hr in looks:
        torch.testing.assert_close(lr, degradation(hr, 3), atol=1e-5, rtol=0)  # 3 is odd: exact
    kinds = {hr.numpy().tobytes() for _, hr in looks}
    assert kinds == {plain.flip(axes).numpy().tobytes() for axes in ([], [-1], [-2], [-1, -2])}


def test_patches_of_both_images_belong_together(cached_trio):
    lr, hr = make(cached_trio)[4]
    data = make(cached_trio, patch=2).preload()
    torch.manual_seed(0)
    places = set()
    for _ in range(40):
        small, large = data[4]
        assert (small.shape, large.shape) == ((1, 2, 2), (1, 8, 8))
        (place,) = [
            (row, column)
            for row in range(2)
            for column in range(2)
            if torch.equal(small, lr[:, row : row + 2, column : column + 2])
        ]
        row, column = (4 * start for start in place)
        assert torch.equal(large, hr[:, row : row + 8, column : column + 8])
        places.add(place)
    assert len(places) == 4
    whole = make(cached_trio, patch=3)[4]
    assert torch.equal(whole[1], hr)


def test_workers_return_the_same_pairs(cached_trio):
    data = make(cached_trio)
    alone = next(iter(DataLoader(data, batch_size=18)))
    shared = next(iter(DataLoader(data, batch_size=18, num_workers=1)))
    assert alone[0].shape == (18, 1, 3, 3)
    for one, other in zip(alone, shared, strict=True):
        assert torch.equal(one, other)
    assert len(pickle.dumps(data)) < 5000


def test_interpolated_truth_warns(cached_trio):
    with pytest.warns(UserWarning, match="hr=18 is more than 3 of 3 brains have voxels across.*lower hr"):
        make(cached_trio, hr=18)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"modality": "flair"}, "modality is 'flair'; expected one of t1n, t1c, t2w, t2f"),
        ({"lr": 12}, "lr=12, hr=12; expected lr from 1 to below hr: are they swapped"),
        ({"fit": "pad"}, "fit is 'pad'; expected 'resize' or 'crop'"),
        ({"step": 0}, "step=0, middle=0.7; expected step from 1"),
        ({"patch": 4}, "patch=4, lr=3, hr=12; expected a patch from 1 to lr"),
        ({"patch": 2, "lr": 5}, "patch=2, lr=5, hr=12; expected .* hr a multiple of lr"),
        ({"middle": 70}, "step=1, middle=70; expected .* at most 1"),
    ],
)
def test_errors_say_what_to_do(cached_trio, options, message):
    with pytest.raises(ValueError, match=message):
        make(cached_trio, **options)


@pytest.mark.filterwarnings("ignore:.*constant inside the brain")
def test_cases_that_do_not_fit_are_named(tmp_path, make_volumes, make_case):
    with pytest.raises(ValueError, match="there are no cases; expected one or more"):
        make([])
    image, seg = make_volumes()
    image[0] = 0
    case = cache_case(make_case(tmp_path, image, seg), tmp_path / "cache")
    with pytest.raises(ValueError, match="BraTS-GLI-00000-000 has no intensities in t1n"):
        make([case], modality="t1n")
