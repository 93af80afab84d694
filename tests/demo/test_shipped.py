"""The shipped networks: they load, are small, and work on patients that they were not trained on."""

import numpy as np
import pytest
import torch

from brainlab.data.degradations import bicubic
from brainlab.inference import evaluating
from brainlab.lab import open_cases
from brainlab.metrics import dice
from brainlab.metrics.images import high_frequency_ratio
from brainlab.models.upscaling import resample
from brainlab.synth.phantom import make_cohort
from demo.enlarge import slice_of
from demo.networks import find_networks
from demo.places import SHIPPED
from demo.segment import segment_case, segment_picture


@pytest.fixture(scope="module")
def networks():
    found, problems = find_networks([SHIPPED])
    assert not problems
    return {network.name: network for network in found}


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """Return a patient of another cohort than the training data, with voxels of 2 mm."""
    folder = make_cohort(1, seed=7, folder=tmp_path_factory.mktemp("others"), spacing=2, progress=False)
    return open_cases(folder)[0]


def test_three_small_files(networks):
    assert set(networks) == {"cohort-unet", "cohort-unet-t1c", "cohort-esrgan"}
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 8e6
    assert all(network.saved.about["learnt_from"] for network in networks.values())


def test_the_unet_segments_an_unseen_patient(networks, case, tmp_path):
    network = networks["cohort-unet"]
    labels = segment_case(network.saved.build(), network, case, tmp_path)
    assert dice(labels > 0, case.seg() > 0) > 0.7


@pytest.fixture(scope="module")
def slice_of_tumour(case):
    """Return the slice with most enhancing tumour: T1c in 0..1 and its labels, (X, Y) each."""
    labels = case.seg()
    z = int((labels == 3).sum(axis=(0, 1)).argmax())
    return slice_of(case, "t1c", z), labels[..., z]


def test_the_t1c_unet_finds_enhancing_tumour_in_a_picture(networks, slice_of_tumour):
    network = networks["cohort-unet-t1c"]
    image, labels = slice_of_tumour
    found = segment_picture(network.saved.build(), network, np.ascontiguousarray(image.T))  # rows, columns
    assert dice(found.T == 3, labels == 3) > 0.5


def test_the_generator_is_sharper_than_bicubic(networks, slice_of_tumour):
    image = torch.from_numpy(slice_of_tumour[0])[None, None]  # (1, 1, X, Y)
    side = 4 * (min(image.shape[-2:]) // 4)
    true = image[..., :side, :side]
    small, model = bicubic(true, side // 4), networks["cohort-esrgan"].saved.build()
    with evaluating(model):
        made = model(small, (side, side)).clamp(0, 1)
    up = resample(small, side).clamp(0, 1)
    assert high_frequency_ratio(made, true).item() > 2 * high_frequency_ratio(up, true).item()
    assert (made - true).abs().mean() < 1.1 * (up - true).abs().mean()
