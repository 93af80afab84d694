"""From a case on disk to a predicted volume on disk, with networks whose answer is known."""

import nibabel as nib
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from brainlab.data.cache import cache_case
from brainlab.data.layouts import find_cases
from brainlab.data.volume import save_nifti
from brainlab.inference import evaluating, mirror_pad, predict_case, predict_logits, save_prediction
from brainlab.labels import MODALITIES
from brainlab.models import AttentionUNet, UNet

SHAPE = (30, 26, 9)
AFFINE = np.array([[-1.0, 0, 0, 12], [0, -1, 0, 30], [0, 0, 2, -7], [0, 0, 0, 1]])


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """A brain in which each voxel is brightest in one modality: blocks of 6 x 6 voxels take turns."""
    root = tmp_path_factory.mktemp("cohort")
    x, y, z = np.indices(SHAPE)
    brain = (x >= 3) & (x < 27) & (y >= 2) & (y < 24) & (z >= 1) & (z < 8)
    brain &= (x - 15) ** 2 + (y - 13) ** 2 < 170  # round, so that the corners of its box are outside
    brightest = ((x - 3) // 6 + (y - 2) // 6) % 4
    noise = np.random.default_rng(0).integers(0, 20, (4, *SHAPE))
    for channel, name in enumerate(MODALITIES):
        image = np.where(brightest == channel, 400, 100) + noise[channel]
        path = root / "BraTS-GLI-00001-000" / f"BraTS-GLI-00001-000-{name}.nii.gz"
        save_nifti((image * brain).astype(np.int16), path, AFFINE)
    (found,) = find_cases(root)
    return found, np.where(brain, brightest, 0).astype(np.uint8)


@pytest.fixture(scope="module")
def cached(case, tmp_path_factory):
    return cache_case(case[0], tmp_path_factory.mktemp("cache"))


class Brightest(nn.Module):
    """Logits are the intensities; where nothing is seen it votes for class 3, which must not show."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(5.0))
        self.seen = []

    def forward(self, x):
        self.seen.append(tuple(x.shape))
        empty = (x == 0).all(dim=1, keepdim=True) * torch.tensor([0.0, 0, 0, 9]).reshape(1, 4, 1, 1)
        return self.scale * x + empty


@pytest.mark.parametrize("batch_size", [1, 3, 16])
def test_a_case_is_segmented_in_the_grid_of_its_source(case, cached, batch_size):
    model = Brightest()
    labels = predict_case(model, cached, batch_size=batch_size)
    assert labels.dtype == np.uint8
    np.testing.assert_array_equal(labels, case[1])
    assert max(shape[0] for shape in model.seen) == min(batch_size, 7)


def test_pixels_of_two_voxels_are_right_inside_the_blocks(case, cached):
    truth = case[1]
    labels = predict_case(Brightest(), cached, pixel=2)
    inside = np.ones(SHAPE, bool)
    for axis in (0, 1):  # two voxels away from where the label changes
        for shift in (-2, -1, 1, 2):
            inside &= np.roll(truth, shift, axis) == truth
    assert inside.sum() > 300
    np.testing.assert_array_equal(labels[inside], truth[inside])
    assert not labels[truth == 0][inside[truth == 0]].any()


def test_probabilities_are_brought_to_voxels_before_the_largest_wins(cached):
    model = Brightest()
    x, y = cached.image.shape[2:]
    size = -(-max(x, y) // (2 * 16)) * 16
    left, top = size - x // 2, size - y // 2  # the window is centred on the box; both are even here
    for z in (0, 4):
        window = torch.zeros(4, 2 * size, 2 * size)
        window[:, left : left + x, top : top + y] = torch.from_numpy(cached.slice(z))
        with torch.no_grad():
            prob = model(F.avg_pool2d(window[None], 2)).softmax(dim=1)
        fine = F.interpolate(prob, scale_factor=2, mode="bilinear")[0, :, left : left + x, top : top + y]
        expected = fine.argmax(0).numpy() * (cached.slice(z) != 0).any(axis=0)
        (x0, x1), (y0, y1), (z0, _) = cached.box
        np.testing.assert_array_equal(predict_case(model, cached, pixel=2)[x0:x1, y0:y1, z0 + z], expected)


def test_what_the_window_cuts_is_background(case, cached):
    labels = predict_case(Brightest(), cached, size=16)
    truth = case[1].copy()
    middle = [(start + stop) // 2 for start, stop in cached.box[:2]]
    keep = np.zeros(SHAPE, bool)
    keep[middle[0] - 8 : middle[0] + 8, middle[1] - 8 : middle[1] + 8] = True
    np.testing.assert_array_equal(labels, np.where(keep, truth, 0))


@pytest.mark.parametrize("padded", [True, False])
def test_real_networks_segment_a_case(cached, padded):
    labels = predict_case(UNet(width=2, depth=2, padded=padded), cached)
    assert labels.shape == SHAPE
    assert labels.max() <= 3


def test_written_volume_lies_where_its_case_lies(case, cached, tmp_path):
    for source in (case[0], cached):
        path = save_prediction(case[1].astype(np.int64), source, tmp_path / "out" / "seg.nii.gz")
        image = nib.load(path)
        np.testing.assert_array_equal(np.asarray(image.dataobj), case[1])
        np.testing.assert_array_equal(image.affine, nib.load(case[0].files["t2f"]).affine)
        assert image.get_data_dtype() == np.uint8
        assert [p.name for p in path.parent.iterdir()] == ["seg.nii.gz"]


def test_wrong_volumes_are_not_written(case, cached, tmp_path):
    with pytest.raises(ValueError, match=r"shape \(7, 24, 22\); expected \(30, 26, 9\) of .* Use to_full"):
        save_prediction(np.zeros((7, 24, 22), np.uint8), cached, tmp_path / "seg.nii.gz")
    with pytest.raises(ValueError, match="other values than 0 to 3"):
        save_prediction(np.full(SHAPE, 0.5), case[0], tmp_path / "seg.nii.gz")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("size", [(32, 32), (33, 47)])
def test_logits_are_those_of_a_forward_pass(size):
    torch.manual_seed(0)
    model, images = UNet(width=2, depth=3), torch.randn(5, 4, *size)
    result = predict_logits(model, images, batch_size=2)
    with torch.no_grad():
        torch.testing.assert_close(result, model.eval()(images), atol=1e-5, rtol=1e-5)
    assert result.is_contiguous()


@pytest.mark.parametrize("kind", [UNet, AttentionUNet])
def test_unpadded_network_returns_the_size_of_the_image(kind):
    torch.manual_seed(0)
    model, images = kind(width=2, depth=2, padded=False).eval(), torch.randn(2, 4, 30, 41)
    result = predict_logits(model, images)
    assert result.shape == (2, 4, 30, 41)
    with torch.no_grad():
        m = model.margin
        logits = model(mirror_pad(images, (m, m), (50 - m, 51 - m)))  # 80 x 92 to 40 x 52
    torch.testing.assert_close(result, logits[..., m - 20 : m + 10, m - 20 : m + 21], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(predict_logits(model, images, tile=60), result, atol=1e-5, rtol=1e-5)


def test_the_mode_of_every_part_is_restored():
    model = UNet(width=2, depth=2, dropout=0.5).train()
    model.bottom.eval()  # frozen by its user
    modes = [module.training for module in model.modules()]
    images = torch.randn(2, 4, 16, 16)
    averages = model.down[0][1].running_mean.clone()
    torch.testing.assert_close(predict_logits(model, images), predict_logits(model, images))
    assert [module.training for module in model.modules()] == modes
    assert torch.equal(model.down[0][1].running_mean, averages)

    def stop():
        with evaluating(model):
            assert not torch.is_grad_enabled()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop()
    assert [module.training for module in model.modules()] == modes
    assert torch.is_grad_enabled()


def test_the_network_sees_channels_last_on_a_cpu():
    class Probe(nn.Conv2d):
        def forward(self, x):
            assert x.is_contiguous(memory_format=torch.channels_last)
            return super().forward(x)

    predict_logits(Probe(4, 4, 1), torch.randn(2, 4, 8, 8))


def test_wrong_input_is_named():
    with pytest.raises(ValueError, match=r"logits are \(14, 14\) for images \(16, 16\); .* pass a tile"):
        predict_logits(nn.Conv2d(4, 4, 3), torch.zeros(1, 4, 16, 16))
    with pytest.raises(ValueError, match="0 images in batches of 16; expected at least one"):
        predict_logits(UNet(width=2), torch.zeros(0, 4, 16, 16))
    with pytest.raises(ValueError, match="are the channels last"):
        predict_logits(UNet(width=2), torch.zeros(1, 16, 16, 4))
