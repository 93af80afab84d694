"""Tiny cases on disk for the tests of this folder."""

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import torch
from scipy import ndimage

from brainlab.data.cache import cache_case
from brainlab.data.layouts import find_cases
from brainlab.labels import MODALITIES

AFFINE = np.diag([-1.0, -1.0, 1.5, 1.0])


def tiny_volumes(seed=0, shape=(20, 24, 10)):
    """Return int16 modalities (4, X, Y, Z) with an off-centre brain, and labels (X, Y, Z) inside it."""
    rng = np.random.default_rng(seed)
    image = np.zeros((4, *shape), np.int16)
    image[:, 3:16, 5:22, 1:9] = rng.integers(100, 1000, (4, 13, 17, 8))
    seg = np.zeros(shape, np.uint8)
    seg[6:12, 8:14, 2:7] = 2
    seg[7:10, 9:12, 3:6] = 3
    seg[8, 10, 4] = 1
    return image, seg


def write_case(folder, image, seg=None, name="BraTS-GLI-00000-000", affine=AFFINE):
    """Write a case in the layout of BraTS 2023 and return it as a `Case`."""
    place = Path(folder) / name
    place.mkdir(parents=True, exist_ok=True)
    for modality, volume in zip(MODALITIES, image, strict=True):
        nib.save(nib.Nifti1Image(volume, affine), place / f"{name}-{modality}.nii.gz")
    if seg is not None:
        nib.save(nib.Nifti1Image(seg, affine), place / f"{name}-seg.nii.gz")
    return find_cases(place)[0]


@pytest.fixture
def make_volumes():
    """`tiny_volumes`, for tests that change them."""
    return tiny_volumes


@pytest.fixture
def make_case():
    """`write_case`, for tests with volumes of their own."""
    return write_case


@pytest.fixture
def tiny_case(tmp_path):
    """A case with labels."""
    return write_case(tmp_path / "source", *tiny_volumes())


@pytest.fixture(scope="session")
def cached_trio(tmp_path_factory):
    """Three cached cases of three patients."""
    folder = tmp_path_factory.mktemp("trio")
    return [
        cache_case(write_case(folder, *tiny_volumes(n), name=f"BraTS-GLI-{n:05d}-000"), folder / "cache")
        for n in range(3)
    ]


@pytest.fixture(scope="session")
def without_labels(tmp_path_factory):
    """A cached case without a segmentation."""
    folder = tmp_path_factory.mktemp("unlabelled")
    return cache_case(write_case(folder, tiny_volumes()[0]), folder / "cache")


@pytest.fixture
def pair():
    """A smooth random image (3, 40, 33) and four labels (40, 33) in blobs."""
    noise = np.random.default_rng(0).normal(size=(3, 40, 33))
    image = ndimage.gaussian_filter(noise, (0, 2, 2)).astype(np.float32)
    labels = np.digitize(image[0], np.quantile(image[0], (0.4, 0.6, 0.8)))
    return torch.from_numpy(image), torch.from_numpy(labels)
