"""Labels by the table of a data set."""

import numpy as np
import pytest

from brainlab.data.profiles import PROFILES, map_labels, relabel


@pytest.mark.parametrize("profile", ["brats2020", "brats2023", "brats2024-gli", "msd", "brats2015"])
def test_every_voxel_is_looked_up_in_the_table(profile, tmp_path):
    table = {0: 0, **PROFILES[profile].labels}
    seg = np.random.default_rng(0).choice(np.array(list(table), np.uint8), (3, 4, 5))
    expected = [table[number] for number in seg.ravel().tolist()]
    of_file, _ = map_labels(seg, profile, tmp_path)
    for labels in (relabel(seg, table), relabel(seg.astype(float), table), of_file):
        assert (labels.shape, labels.dtype) == (seg.shape, np.uint8)
        assert labels.ravel().tolist() == expected


def test_exchange_does_not_run_in_a_circle():
    assert relabel(np.array([0, 1, 2, 3]), {0: 0, 1: 2, 2: 1, 3: 3}).tolist() == [0, 2, 1, 3]


def test_floats_are_rounded_and_the_input_stays():
    seg = np.array([0.99999997, 2.0000001, 3.9999999])
    before = seg.copy()
    assert relabel(seg, {0: 0, 1: 1, 2: 2, 4: 3}).tolist() == [1, 2, 3]
    np.testing.assert_array_equal(seg, before)


def test_an_unknown_number_is_named():
    with pytest.raises(ValueError, match=r"holds \[4\]; expected only \[0, 1, 2, 3\]"):
        relabel(np.array([0, 1, 4]), {0: 0, 1: 1, 2: 2, 3: 3})
