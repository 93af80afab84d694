"""The recipe of notebook 04: pairs and labels that fit together, and what the scores mean."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from brainlab import sr_recipe
from brainlab.budgets import BUDGETS
from brainlab.data.split import Split
from brainlab.models import count_parameters

SIZES = sr_recipe.SRSizes(32, 8, 1, 2, 4, 4, 1, 1, 2, 2, 1, 1, 4, 2, 1)


class Head(SimpleNamespace):
    """What a pair needs of a cached case. The grey value of a voxel is 100 times (1 + its label)."""

    has_labels = True

    def __len__(self):
        return len(self.labels)


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
    sizes = sr_recipe.SIZES["full"]
    three = count_parameters(sr_recipe.RRDBNet(3))
    one = count_parameters(sr_recipe.rrdbnet(sizes))
    assert three - one == 2 * 9 * 64 + 2 * 9 * 64 + 2  # two colours less in the first and the last layer
    assert count_parameters(sr_recipe.srresnet(sizes)) == count_parameters(sr_recipe.SRResNet(1))


def test_labels_lie_on_their_image(split):
    train, _ = sr_recipe.whole_slices(split, SIZES)
    images, labels = sr_recipe.stack(train)[1], sr_recipe.labels_of(train)
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
        sr_recipe.SlicesWithLabels(sr_recipe.sr_sets(split, SIZES)[0])


def test_coarse_slices_have_the_same_labels(split):
    pairs = sr_recipe.whole_slices(split, SIZES)[1]
    sharp, coarse = sr_recipe.SlicesWithLabels(pairs), sr_recipe.SlicesWithLabels(pairs, coarse=True)
    assert torch.equal(sharp[1][1], coarse[1][1])
    assert sharp[1][0].shape == coarse[1][0].shape
    assert coarse[1][0].diff().abs().mean() < sharp[1][0].diff().abs().mean()


@pytest.mark.parametrize("make", [sr_recipe.srresnet, sr_recipe.rrdbnet])
@pytest.mark.parametrize("size", [32, 29])
def test_generators_begin_as_the_enlargement(split, make, size):
    small = sr_recipe.stack(sr_recipe.sr_sets(split, SIZES)[2])[0]
    model = make(SIZES).train()
    made = sr_recipe.enlarge(model, small, size, batch_size=3)
    torch.testing.assert_close(made, sr_recipe.resample(small, size).clamp(0, 1))
    assert model.training


def test_scores_of_the_truth_and_of_haze(split):
    hr = sr_recipe.stack(sr_recipe.sr_sets(split, SIZES)[2])[1]
    hr[:, :, :4] = 0
    judge = sr_recipe.features(sr_recipe.unet(SIZES))[2]
    perfect = sr_recipe.scores(hr, hr, judge)
    assert (perfect["SSIM"], perfect["distance"], perfect["haze"]) == pytest.approx((1, 0, 0), abs=1e-5)
    hazy = sr_recipe.scores(hr + 0.02 * (hr == 0), hr, judge)
    assert hazy["haze"] == pytest.approx(20)
    assert hazy["PSNR"] < perfect["PSNR"]


def test_dice_is_each_patients_own(split):
    test = sr_recipe.sr_sets(split, SIZES)[2]
    labels = sr_recipe.labels_of(test)
    images = (0.25 * (1 + labels))[:, None]  # as a perfect image would be
    images[[number == 0 for number, _ in test.index]] = 0.25  # the first patient looks healthy
    table = sr_recipe.dice_by_patient(Reader(), images, test, batch_size=3)
    assert table["case 3"] == {"WT": 0, "TC": 0, "ET": 0}
    assert table["case 4"] == {"WT": 1, "TC": 1, "ET": 1}
    tumour = sr_recipe.tumour_probability(Reader(), images)
    assert torch.equal(tumour[-1] > 0.5, labels[-1] > 0)
