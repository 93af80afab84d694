"""The recipe of notebook 04: pairs and labels that fit together, and what the scores mean."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from brainlab.budgets import BUDGETS, SUPERRES, SRSizes
from brainlab.data.split import Split
from brainlab.data.superres import SlicesWithLabels, SuperResSet, labels_of, stack
from brainlab.models import RRDBNet, SRResNet, count_parameters
from brainlab.models.saved import load_model, save_model
from brainlab.models.upscaling import resample
from brainlab.recipes import superres as sr_recipe
from brainlab.training import GanSettings

SIZES = SRSizes(
    hr=32, lr=8, step=1, val_step=2, patch=4, batch_size=4, num_feat=4, num_block=1, rrdb_block=1,
    num_grow_ch=2, d_feat=2, psnr_epochs=1, gan_epochs=1, unet_width=2, unet_epochs=1,
)  # fmt: skip


class Head(SimpleNamespace):
    """What a pair needs of a cached case. The grey value of a voxel is 100 times (1 + its label)."""

    has_labels = True

    def __len__(self):
        return len(self.labels)

    def window(self, _):
        return 0.0, 400.0


def head(number, shape=(6, 40, 34)):
    labels = np.zeros(shape, np.uint8)
    for label, (low, high) in {2: (8, 30), 1: (12, 24), 3: (15, 20)}.items():
        labels[:, low:high, low - 6 : (low + high) // 2 - number // 2] = label  # on one side
    image = np.repeat(100 * (1 + labels[:, None].astype(np.int16)), 4, axis=1)  # (Z, 4, x, y)
    return Head(id=f"case {number}", image=image, labels=labels, percentiles=np.full((4, 9), 400.0))


@pytest.fixture
def split():
    return Split([head(0), head(1)], [head(2)], [head(3), head(4)])


class Reader(nn.Module):
    """Reads the label from the grey value, as `head` has written it."""

    def __init__(self):
        super().__init__()
        self.centres = nn.Parameter(torch.tensor([0.25, 0.5, 0.75, 1.0]).view(1, 4, 1, 1))

    def forward(self, x):
        return -1000 * (x - self.centres) ** 2


@pytest.mark.parametrize("budget", BUDGETS.values())
def test_sizes_fit_together(budget):
    sizes = sr_recipe.sr_sizes(budget)
    assert sizes.hr == 4 * sizes.lr
    assert 7 * sizes.lr // 8 / sizes.hr == 28 / 128
    assert sizes.patch <= sizes.lr


def test_full_has_the_networks_of_the_papers():
    sizes = SUPERRES["full"]
    three = count_parameters(RRDBNet(3))
    one = count_parameters(sr_recipe.rrdbnet(sizes))
    assert three - one == 2 * 9 * 64 + 2 * 9 * 64 + 2  # two colours less in the first and the last layer
    assert count_parameters(sr_recipe.srresnet(sizes)) == count_parameters(SRResNet(1))


def test_full_trains_as_the_reference_study():
    full, study = SUPERRES["full"], GanSettings(epochs=200, lr=1e-4, d_lr=1e-4)
    assert sr_recipe.gan_settings(full, "SRGAN") == replace(study, batch_size=32)
    assert sr_recipe.gan_settings(full, "ESRGAN") == replace(study, batch_size=8)
    assert full.psnr_epochs == 200


@pytest.mark.parametrize(("name", "epochs", "d_lr"), [("quick", 16, 3e-4), ("lesson", 14, 1e-4)])
def test_short_gans_train_with_the_same_settings(name, epochs, d_lr):
    short = GanSettings(epochs, lr=3e-4, d_lr=d_lr, batch_size=16, schedule="cosine", seed=2)
    for network in ("SRGAN", "ESRGAN"):
        assert sr_recipe.gan_settings(SUPERRES[name], network, seed=2) == short


def test_labels_lie_on_their_image(split):
    train = SuperResSet(split.train, hr=32, lr=8)
    images, labels = stack(train)[1], labels_of(train)
    assert labels.shape == (8, 32, 32)  # 70 % of 6 slices of each of two heads
    guess = Reader()(images).argmax(dim=1)
    assert (guess == labels).float().mean() > 0.95  # not on borders, which the image blurs
    assert (guess.flip(-1) == labels).float().mean() < 0.7  # a mirrored picture would be noticed


def test_windows_train_where_the_sizes_meet(split):
    train, val, test = sr_recipe.sr_sets(split, SIZES)
    assert [tuple(part[0][1].shape) for part in (train, val, test)] == [(1, 16, 16), (1, 32, 32), (1, 32, 32)]
    train, val, _ = sr_recipe.sr_sets(split, SIZES, lr=7)
    assert [tuple(x.shape) for x in train[0]] == [tuple(x.shape) for x in val[0]] == [(1, 7, 7), (1, 32, 32)]
    with pytest.raises(ValueError, match="whole labelled slices"):
        SlicesWithLabels(sr_recipe.sr_sets(split, SIZES)[0])


def test_coarse_slices_have_the_same_labels(split):
    sharp, coarse = (sr_recipe.unet_sets(split, SIZES, coarse=value)[1] for value in (False, True))
    assert torch.equal(sharp[1][1], coarse[1][1])
    assert sharp[1][0].shape == coarse[1][0].shape
    assert coarse[1][0].diff().abs().mean() < sharp[1][0].diff().abs().mean()


@pytest.mark.parametrize("make", [sr_recipe.srresnet, sr_recipe.rrdbnet])
@pytest.mark.parametrize("size", [32, 29])
def test_generators_begin_as_the_enlargement(split, make, size):
    small = stack(sr_recipe.sr_sets(split, SIZES)[2])[0]
    model = make(SIZES).train()
    made = sr_recipe.enlarge(model, small, size, batch_size=3)
    torch.testing.assert_close(made, resample(small, size).clamp(0, 1))
    assert model.training


def test_scores_of_the_truth_and_of_artefacts(split):
    hr = stack(sr_recipe.sr_sets(split, SIZES)[2])[1]
    hr[:, :, :4] = 0
    levels = sr_recipe.perceptual_levels(sr_recipe.unet(SIZES))
    assert len(levels) == 4
    perfect = sr_recipe.scores(hr, hr, levels)
    assert (perfect["SSIM"], perfect["distance"], perfect["artefacts"]) == pytest.approx((1, 0, 0), abs=1e-5)
    hazy = sr_recipe.scores(hr + 0.02 * (hr == 0), hr, levels)
    assert hazy["artefacts"] == pytest.approx(20)
    assert hazy["PSNR"] < perfect["PSNR"]


def test_distance_is_the_mean_of_the_levels(split):
    lr, hr = stack(sr_recipe.sr_sets(split, SIZES)[2])
    levels, up = sr_recipe.perceptual_levels(sr_recipe.unet(SIZES)), resample(lr, 32).clamp(0, 1)
    one_by_one = [sr_recipe.scores(up, hr, [level])["distance"] for level in levels]
    assert sr_recipe.scores(up, hr, levels)["distance"] == pytest.approx(np.mean(one_by_one), rel=1e-5)
    assert min(one_by_one) > 0


def test_the_unet_learns_from_slices_with_tumour(split):
    for case in split.train:
        case.labels[2:4] = 0
    train, val = sr_recipe.unet_sets(split, SIZES)
    assert (train.labels > 0).sum(dim=(1, 2)).min() >= sr_recipe.MIN_PIXELS
    assert len(train) < len(SuperResSet(split.train, hr=32, lr=8))
    assert len(val) == 2  # all, with and without
    with pytest.raises(ValueError, match="5000 pixels of tumour"):
        SlicesWithLabels(SuperResSet(split.val, hr=32, lr=8), min_pixels=5000)


class Renamed(nn.Module):
    """A generator of a notebook: the same layers in the same order, under other names."""

    def __init__(self, model):
        super().__init__()
        self.inner = model

    def forward(self, x, target_size=None):
        return self.inner(x, target_size)


def test_a_students_generator_is_saved_as_brainlabs(tmp_path):
    model = sr_recipe.rrdbnet(SIZES, seed=1)
    for weight in model.parameters():
        nn.init.normal_(weight, std=0.1)
    twin = sr_recipe.library_twin(Renamed(model), sr_recipe.rrdbnet(SIZES))
    path = save_model(tmp_path / "esrgan.pt", twin, sr_recipe.rrdbnet_options(SIZES))
    probe = torch.rand(2, 1, 8, 8)
    assert torch.equal(load_model(path)(probe, 29), model.eval()(probe, 29))


def test_another_network_is_no_twin():
    with pytest.raises(ValueError, match="other shapes or another order"):
        sr_recipe.library_twin(sr_recipe.srresnet(SIZES), sr_recipe.rrdbnet(SIZES))
    model = sr_recipe.rrdbnet(SIZES)
    nn.init.normal_(model.conv_last.weight)
    model.image_skip = False
    with pytest.raises(ValueError, match="images differ"):
        sr_recipe.library_twin(model, sr_recipe.rrdbnet(SIZES))


def test_networks_of_the_recipe_are_saved_and_come_back(tmp_path):
    x = torch.rand(1, 1, 32, 32)
    for name in ("srresnet", "rrdbnet", "unet"):
        model = getattr(sr_recipe, name)(SIZES).eval()
        options = getattr(sr_recipe, f"{name}_options")(SIZES)
        assert torch.equal(load_model(save_model(tmp_path / f"{name}.pt", model, options))(x), model(x))


def test_dice_is_each_patients_own(split):
    test = sr_recipe.sr_sets(split, SIZES)[2]
    labels = labels_of(test)
    images = (0.25 * (1 + labels))[:, None]  # as a perfect image would be
    images[[number == 0 for number, _ in test.index]] = 0.25  # the first patient looks healthy
    table = sr_recipe.dice_by_patient(Reader(), images, test, batch_size=3)
    assert table["case 3"] == {"WT": 0, "TC": 0, "ET": 0}
    assert table["case 4"] == {"WT": 1, "TC": 1, "ET": 1}
    core = sr_recipe.core_probability(Reader(), images)
    assert torch.equal(core[-1] > 0.5, labels[-1] % 2 == 1)


def test_lesions_are_counted_in_each_slice_against_the_truth():
    true, found = torch.zeros(2, 2, 20, 20, dtype=torch.bool)
    true[0, 2:6, 2:6] = True  # found in part
    true[0, 12:16, 2:6] = True  # missed
    true[1, 2:4, 2:4] = True  # too small to count
    true[1, 10:14, 10:14] = True  # missed: what is found lies in the other slice
    found[0, 4:9, 4:9] = True
    found[0, 10:14, 10:14] = True  # invented
    found[1, 0:3, 17:20] = True  # too small to count
    assert sr_recipe.lesion_counts(found, true) == {"lesions": 3, "missed": 2, "invented": 1}
    assert sr_recipe.lesion_counts(true, true) == {"lesions": 3, "missed": 0, "invented": 0}
    assert sr_recipe.lesion_counts(~true & False, true) == {"lesions": 3, "missed": 3, "invented": 0}
    assert sr_recipe.lesion_counts(true, true, min_pixels=4)["lesions"] == 4


def test_weights_belong_to_the_features(monkeypatch):
    """One setting, the path of its weights, chooses VGG19 with the papers' weights of the losses."""

    class Recorded(nn.Module):
        def __init__(self, *arguments):
            super().__init__()
            self.arguments = arguments

    monkeypatch.setattr(sr_recipe, "VGG19Features", Recorded)
    unet = sr_recipe.unet(SIZES)
    assert sr_recipe.loss_weights(sr_recipe.features(unet)[1]) is sr_recipe.UNET_WEIGHTS
    after, before = sr_recipe.features(unet, "vgg19.pth")
    assert after.arguments == ("conv5_4", False, "vgg19.pth")
    assert before.arguments == ("conv5_4", True, "vgg19.pth")
    paper = {"SRGAN": 1e-3, "perceptual": 1.0, "adversarial": 5e-3, "pixel": 1e-2}
    assert sr_recipe.loss_weights(before) == paper


def test_frechet_sees_the_distribution_and_not_the_pairs(split):
    lr, hr = stack(sr_recipe.sr_sets(split, SIZES)[2])
    levels, up = sr_recipe.perceptual_levels(sr_recipe.unet(SIZES))[:2], resample(lr, 32).clamp(0, 1)
    assert sr_recipe.scores(hr.flip(0), hr, levels)["Fréchet"] == pytest.approx(0, abs=1e-6)
    assert sr_recipe.scores(hr.flip(0), hr, levels)["distance"] > 0
    assert sr_recipe.scores(up, hr, levels)["Fréchet"] > 0.1
