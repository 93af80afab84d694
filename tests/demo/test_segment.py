"""Labels are on the grid of the files, volumes are in cm3, and a wrong network is named."""

import gzip
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest
import torch
from fake_cases import SHAPE, fake_case
from sending import write_networks

from brainlab.data import cache_case, find_cases
from brainlab.inference import predict_case
from brainlab.models import UNet
from demo.networks import find_networks
from demo.report import case_report, result_table, scores
from demo.segment import BATCH, WrongNetwork, nifti_of, segment_case, segment_picture, volumes_cm3


@pytest.fixture
def case(tmp_path):
    fake_case(tmp_path / "cases")
    return find_cases(tmp_path / "cases")[0]


@pytest.fixture
def networks(tmp_path):
    write_networks(tmp_path / "models")
    return {network.name: network for network in find_networks([tmp_path / "models"])[0]}


def test_a_case_is_segmented_as_in_the_notebooks(tmp_path, case, networks):
    progress = []
    model = networks["four"].saved.build()
    labels = segment_case(model, networks["four"], case, tmp_path / "cache", progress.append)
    assert labels.shape == SHAPE
    assert labels.dtype == np.uint8
    cached = cache_case(case, tmp_path / "other")
    expected = predict_case(model, cached, pixel=2, batch_size=BATCH)  # 2 mm a pixel, 1 mm a voxel
    np.testing.assert_array_equal(labels, expected)
    assert progress == sorted(progress)
    assert progress[0] > 0
    assert progress[-1] == 1
    assert not model._forward_hooks, "the hook is removed"


def test_a_picture_with_two_classes_and_with_one(networks):
    rng = np.random.default_rng(0)
    pixels = rng.random((50, 70)).astype(np.float32)
    pixels[:10] = 0
    labels = segment_picture(networks["one"].saved.build(), networks["one"], pixels)
    assert labels.shape == (50, 70)
    assert not labels[:10].any()
    # A constant logit of +10 or -10 marks all or nothing.
    model = UNet(1, 1, width=2, depth=2).eval()
    for sign, share in ((1, 1), (-1, 0)):
        torch.nn.init.zeros_(model.head.weight)
        torch.nn.init.constant_(model.head.bias, 10 * sign)
        found = segment_picture(model, networks["one"], pixels)
        assert (found[pixels > 0] == share).all()


def test_labels_of_a_picture_are_at_the_right_place(networks):
    """A network that marks bright pixels, applied to a picture of another size."""
    model = UNet(1, 2, width=2, depth=1).eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.zero_()
    pixels = np.full((300, 200), 0.1, np.float32)
    pixels[30:90, 120:170] = 0.9

    def bright(images):
        return torch.cat([0.5 - images, images - 0.5], dim=1)

    model.forward = bright
    labels = segment_picture(model, networks["one"], pixels)
    assert (labels != (pixels > 0.5)).mean() < 0.02


def test_a_network_trained_on_volumes_gets_the_picture_transposed(networks):
    one = networks["one"]
    turned = replace(one, saved=replace(one.saved, about={**one.saved.about, "axes": "xy"}))
    model, seen = UNet(1, 2, width=2, depth=1).eval(), []
    pixels = np.random.default_rng(0).random((64, 32)).astype(np.float32)

    def left_of_the_input(images):
        seen.append(images)
        logits = torch.zeros(len(images), 2, *images.shape[2:])
        logits[:, 1, :, : images.shape[3] // 4] = 9
        logits[:, 0, :, images.shape[3] // 4 :] = 9
        return logits

    model.forward = left_of_the_input
    labels = segment_picture(model, one, pixels), segment_picture(model, turned, pixels)
    assert labels[0][:, :7].all()
    assert not labels[0][:, 9:].any()
    assert labels[1][:15].all()
    assert not labels[1][17:].any()
    assert seen[0].shape[3] < seen[0].shape[2]
    assert seen[1].shape[3] > seen[1].shape[2]


def test_a_wrong_network_is_named(tmp_path, case, networks):
    with pytest.raises(WrongNetwork, match="one takes 1 input channel; expected 4, one per modality"):
        segment_case(networks["one"].saved.build(), networks["one"], case, tmp_path)
    with pytest.raises(WrongNetwork, match="four takes 4 modalities, and a picture has one"):
        segment_picture(networks["four"].saved.build(), networks["four"], np.ones((20, 20), np.float32))


def test_volumes():
    labels = np.zeros((10, 10, 10), np.uint8)
    labels[0], labels[1:3], labels[3, :5] = 1, 2, 3
    volumes = volumes_cm3(labels, np.diag([2.0, 1, 3, 1]))  # 6 mm3 a voxel
    assert volumes == pytest.approx(
        {
            "necrotic or non-enhancing core": 0.6,
            "oedema": 1.2,
            "enhancing tumour": 0.3,
            "whole tumour": 2.1,
            "tumour core": 0.9,
        }
    )


def test_the_download_has_the_grid_of_the_case(tmp_path, case):
    labels = case.seg()
    name, content = nifti_of(labels, case, tmp_path)
    assert name == f"{case.id}-prediction.nii.gz"
    image = nib.Nifti1Image.from_bytes(gzip.decompress(content))
    np.testing.assert_array_equal(np.asarray(image.dataobj), labels)
    np.testing.assert_allclose(image.affine, case.affine)
    assert list(tmp_path.glob("*.nii*")) == [], "no copy is left"


def test_the_report(tmp_path, case, networks):
    truth = case.seg()
    assert scores(truth, truth) == {"whole tumour": 1, "tumour core": 1, "enhancing tumour": 1}
    text = case_report(case, networks["four"], truth, ("a<b.nii.gz", b"abc"))
    assert text.count("<td>1.00</td>") == 3
    assert 'download="a&lt;b.nii.gz" href="data:application/gzip;base64,YWJj"' in text
    assert "was trained on" not in text
    networks["four"].saved.about["learnt_from"] = [case.id]
    assert "The network was trained on this case" in case_report(case, networks["four"], truth, ("a", b""))
    assert "truth" not in result_table({"oedema": 1.0})
