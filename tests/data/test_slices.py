"""Slices are selected by their counts, arrive as a network needs them, and can be drawn again."""

import pickle
import warnings
from itertools import pairwise

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight
from torch.utils.data import DataLoader

from brainlab.data.augment import Augment
from brainlab.data.geometry import labels_to_network, to_network
from brainlab.data.slices import SliceDataset, class_weights, one_hot, tumour_area


def test_items_have_the_form_that_a_network_needs(cached_trio):
    data = SliceDataset(cached_trio, size=16, pixel=2)
    assert len(data) == 3 * 8
    assert data.index[9] == (1, 1)
    image, labels = data[9]
    assert (image.shape, image.dtype) == ((4, 16, 16), torch.float32)
    assert (labels.shape, labels.dtype) == ((16, 16), torch.int64)
    np.testing.assert_array_equal(image, to_network(cached_trio[1], 1, 16, 2))
    np.testing.assert_array_equal(labels, labels_to_network(cached_trio[1], 1, 16, 2))


@pytest.mark.parametrize("min_area", [0, 1, 36])
def test_min_area_selects_by_whole_tumour(cached_trio, min_area):
    slow = [
        (n, z)
        for n, case in enumerate(cached_trio)
        for z, labels in enumerate(case.labels)
        if sum(label > 0 for label in labels.ravel().tolist()) >= min_area  # voxels of 1 mm2
    ]
    assert SliceDataset(cached_trio, size=32, min_area=min_area).index == slow


def test_area_counts_in_mm2_and_not_in_voxels(tmp_path, make_volumes, make_case):
    import nibabel as nib

    from brainlab.data.cache import cache_case
    from brainlab.data.layouts import find_cases

    image, seg = make_volumes()
    case = make_case(tmp_path, image, seg)
    for path in case.sources:
        volume = np.asarray(nib.load(path).dataobj)
        nib.save(nib.Nifti1Image(volume, np.diag([-2.0, -3.0, 7.0, 1.0])), path)
    cached = cache_case(find_cases(tmp_path)[0], tmp_path / "cache")
    assert tumour_area(cached).max() == 36 * 2 * 3


def test_step_keeps_every_nth_selected_slice_of_each_case(cached_trio):
    every = SliceDataset(cached_trio, size=32, min_area=1).index
    second = SliceDataset(cached_trio, size=32, min_area=1, step=2).index
    assert every == [(n, z) for n in range(3) for z in range(1, 6)]
    assert second == [(n, z) for n in range(3) for z in (1, 3, 5)]


def test_smaller_fractions_are_part_of_larger_ones(cached_trio):
    parts = [set(SliceDataset(cached_trio, size=32, fraction=f, seed=3).index) for f in (0.2, 0.4, 0.7, 1.0)]
    assert [len(part) for part in parts] == [6, 9, 18, 24]
    for smaller, larger in pairwise(parts):
        assert smaller < larger


def test_a_fraction_follows_its_seed_and_keeps_every_case(cached_trio):
    def draw(seed, fraction=0.4):
        return SliceDataset(cached_trio, size=32, fraction=fraction, seed=seed).index

    assert draw(1) == draw(1)
    assert draw(1) != draw(2)
    assert {n for n, _ in draw(0, fraction=0.01)} == {0, 1, 2}
    # What is drawn from a case does not depend on the cases beside it.
    alone = SliceDataset(cached_trio[2:], size=32, fraction=0.4, seed=1).index
    assert [z for _, z in alone] == [z for n, z in draw(1) if n == 2]


def test_selection_reads_no_voxel(cached_trio, monkeypatch):
    data = pickle.loads(pickle.dumps(cached_trio))
    for case in data:
        case.image, case.labels = case.image[:0].reshape(0, 4, 13, 17), case.labels[:0]
    assert (
        SliceDataset(data, size=32, min_area=1).index == SliceDataset(cached_trio, size=32, min_area=1).index
    )
    assert torch.equal(class_weights(data), class_weights(cached_trio))


def test_workers_return_the_same_slices(cached_trio):
    data = SliceDataset(cached_trio, size=16, pixel=2)
    alone = next(iter(DataLoader(data, batch_size=24)))
    shared = next(iter(DataLoader(data, batch_size=24, num_workers=1)))
    for one, other in zip(alone, shared, strict=True):
        assert torch.equal(one, other)
    assert len(pickle.dumps(data)) < 5000


def test_preloaded_slices_are_the_same_and_cannot_be_spoilt(cached_trio):
    data = SliceDataset(cached_trio, size=16, pixel=2)
    memory = SliceDataset(cached_trio, size=16, pixel=2).preload()
    image, labels = memory[4]
    image += 1
    labels += 1
    for one, other in zip(memory[4], data[4], strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("preload", [False, True])
def test_augmentation_is_new_at_every_look_and_follows_torchs_seed(cached_trio, preload):
    data = SliceDataset(cached_trio, size=32, augment=Augment())
    data = data.preload() if preload else data
    torch.manual_seed(0)
    first, second = data[3][0], data[3][0]
    torch.manual_seed(0)
    again = data[3][0]
    assert torch.equal(first, again)
    assert not torch.equal(first, second)


def test_workers_augment_differently_and_every_epoch_anew(cached_trio):
    # One slice four times: with a generator that workers copy, two of them would be equal.
    data = torch.utils.data.Subset(SliceDataset(cached_trio, size=32, augment=Augment()), [3] * 4)
    loader = DataLoader(data, batch_size=1, num_workers=2)
    torch.manual_seed(0)
    images = [image for _ in range(2) for image, _ in loader]
    assert len({image.numpy().tobytes() for image in images}) == 8


def test_a_window_that_cuts_brains_warns(cached_trio):
    with pytest.warns(
        UserWarning, match=r"size=8, pixel=2 cuts 3 of 3 brains; BraTS-GLI-\d+-000 needs size=9"
    ):
        SliceDataset(cached_trio, size=8, pixel=2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        SliceDataset(cached_trio, size=9, pixel=2)


def test_errors_say_what_to_do(cached_trio, without_labels):
    with pytest.raises(ValueError, match="BraTS-GLI-00000-000 has no segmentation; expected one"):
        SliceDataset([without_labels], size=32)
    with pytest.raises(ValueError, match="no segmentation"):
        class_weights([without_labels])
    with pytest.raises(ValueError, match="no slice of 3 cases has 1000 mm2 of tumour: is min_area too large"):
        SliceDataset(cached_trio, size=32, min_area=1000)
    with pytest.raises(ValueError, match="fraction=20; expected more than 0 and at most 1"):
        SliceDataset(cached_trio, size=32, fraction=20)
    with pytest.raises(ValueError, match="step=0; expected at least 1"):
        SliceDataset(cached_trio, size=32, step=0)


def test_one_hot_and_back():
    labels = torch.randint(4, (2, 5, 7))
    channels = one_hot(labels)
    assert (channels.shape, channels.dtype) == ((2, 4, 5, 7), torch.float32)
    for label in range(4):
        assert torch.equal(channels[:, label], (labels == label).float())
    assert torch.equal(channels.argmax(dim=1), labels)
    assert one_hot(torch.zeros(1, 2, 2, dtype=torch.uint8), num_classes=2).shape == (1, 2, 2, 2)


def test_one_hot_refuses_a_label_that_has_no_channel():
    with pytest.raises(ValueError, match="labels go from 0 to 4; expected 0 to 3: was label 4"):
        one_hot(torch.tensor([[[0, 4]]]))


def test_class_weights_are_those_of_scikit_learn(cached_trio):
    voxels = np.concatenate([np.asarray(case.labels).ravel() for case in cached_trio])
    expected = compute_class_weight("balanced", classes=np.arange(4), y=voxels)
    np.testing.assert_allclose(class_weights(cached_trio), expected, rtol=1e-6)
    assert class_weights(cached_trio).dtype == torch.float32
