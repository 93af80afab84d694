"""Two-class tasks on images with masks: sets, training and scores."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import Dataset

from brainlab.budgets import BUDGETS, IMAGES, ImageSizes
from brainlab.losses import binary_cross_entropy, cross_entropy, soft_dice_loss
from brainlab.recipes import images as image_recipe
from brainlab.synth.chest import draw as files

TINY = ImageSizes(images=9, size=32, width=4, epochs=2, batch_size=2)


class Squares(Dataset):
    """Bright squares on dark ground, image (1, 32, 32)."""

    def __init__(self, count=12):
        rng = np.random.default_rng(0)
        self.labels = torch.zeros(count, 32, 32, dtype=torch.long)
        for labels in self.labels:
            row, column, edge = rng.integers(2, 14, 3)
            labels[row : row + 4 + edge, column : column + 4 + edge] = 1
        self.images = (
            self.labels[:, None] + 0.1 * torch.from_numpy(rng.normal(size=(count, 1, 32, 32))).float()
        )

    def __len__(self):
        return len(self.images)

    def __getitem__(self, item):
        return self.images[item], self.labels[item]


class Says(nn.Module):
    """Gives these masks (N, H, W), whatever it sees."""

    def __init__(self, masks, classes=2):
        super().__init__()
        self.masks, self.classes, self.next = masks, classes, 0

    def forward(self, x):
        masks = self.masks[self.next : self.next + len(x)].float()
        self.next += len(x)
        inside = 0.2 * (2 * masks - 1)[:, None]  # (B, 1, H, W), not far from 0
        return inside if self.classes == 1 else torch.cat([-inside, inside], 1)


class Pairs(Dataset):
    """Given labels (N, H, W), empty images."""

    def __init__(self, labels):
        self.labels = labels

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, item):
        return torch.zeros(1, *self.labels.shape[1:]), self.labels[item]


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("BRAINLAB_HOME", str(tmp_path))
    monkeypatch.setattr(
        image_recipe, "make_chest_set", lambda n: files.make_chest_set(n, size=64, progress=False)
    )
    return tmp_path


@pytest.mark.parametrize("classes", [1, 2])
def test_scores_by_hand(classes):
    true = torch.zeros(3, 2, 4, dtype=torch.long)
    true[0, 0] = 1  # four pixels, two of them found and one made up
    true[1] = 1  # eight, all found
    said = torch.zeros(3, 2, 4, dtype=torch.long)
    said[0, 0, :2] = said[0, 1, 0] = 1
    said[1] = 1
    # The third image is empty in both: perfect.
    scores = image_recipe.binary_scores(Says(said, classes), Pairs(true))
    assert scores["accuracy"] == pytest.approx(21 / 24)
    assert scores["dice"] == pytest.approx((4 / 7 + 1 + 1) / 3)
    assert scores["jaccard"] == pytest.approx((2 / 5 + 1 + 1) / 3)
    assert scores["pooled_dice"] == pytest.approx(20 / 23)
    assert scores["pooled_jaccard"] == pytest.approx(10 / 13)


def test_a_mask_made_up_scores_nothing():
    true = torch.zeros(1, 4, 4, dtype=torch.long)
    scores = image_recipe.binary_scores(Says(torch.ones(1, 4, 4)), Pairs(true))
    assert scores == {"accuracy": 0, "dice": 0, "jaccard": 0, "pooled_dice": 0, "pooled_jaccard": 0}


def test_more_images_than_a_batch():
    true = (torch.rand(11, 4, 4, generator=torch.Generator().manual_seed(0)) > 0.5).long()
    model = Says(true)
    masks = image_recipe.predict_masks(model, Pairs(true), batch_size=4)
    assert masks.dtype == bool
    assert model.training  # as before
    np.testing.assert_array_equal(masks, true.numpy() == 1)


def test_four_classes_are_refused():
    with pytest.raises(ValueError, match="logits have 4 classes; expected 2, or 1 for a sigmoid"):
        image_recipe.binary_scores(nn.Conv2d(1, 4, 1), Squares())


@pytest.mark.parametrize(
    ("classes", "loss"),
    [(2, cross_entropy), (2, soft_dice_loss), (1, binary_cross_entropy), (1, soft_dice_loss)],
)
def test_softmax_and_sigmoid_learn_squares(classes, loss):
    data = Squares()
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, classes, 1))
    settings = image_recipe.TrainSettings(epochs=15, lr=3e-2, batch_size=4, schedule="cosine")
    history = image_recipe.train_binary(model, (data, data), loss, settings, progress=False)
    assert list(history.regions) == ["mask"]
    assert image_recipe.binary_scores(model, data)["dice"] > 0.9


def test_the_whole_way_on_chests(home, capsys):
    split = image_recipe.chest_split(TINY)
    assert [len(part) for part in split] == [6, 1, 2]
    sets = image_recipe.image_sets(split, TINY)
    assert sets[0][0][0].shape == (1, 32, 32)
    model = image_recipe.image_network(TINY)
    history = image_recipe.train_binary(model, sets, soft_dice_loss, image_recipe.image_settings(TINY))
    assert len(history) == 2
    assert "mask" in capsys.readouterr().out
    scores = image_recipe.binary_scores(model, sets[1])
    assert all(0 <= value <= 1 for value in scores.values())


def test_training_images_move_from_epoch_to_epoch_and_validation_images_do_not(home):
    train, val = image_recipe.image_sets(image_recipe.chest_split(TINY), TINY)
    looks = []
    for epoch in (0, 1, 0):
        train.set_epoch(epoch)
        looks.append(train[0][0])
    assert not torch.equal(looks[0], looks[1])
    torch.testing.assert_close(looks[0], looks[2])
    torch.testing.assert_close(val[0][0], val[0][0])


def test_a_smaller_budget_uses_the_first_of_a_larger_set(home):
    whole = image_recipe.chest_split(ImageSizes(12, 32, 4, 1, 2))
    part = image_recipe.chest_split(TINY)
    assert len(whole.train) == 8
    assert [pair.id for pair in part.train] == [pair.id for pair in whole.train[:6]]


def test_a_folder_of_ones_own(home):
    folder = files.make_chest_set(6, home / "own", size=64, progress=False)
    split = image_recipe.chest_split(IMAGES["full"], folder)
    assert [len(part) for part in split] == [4, 1, 1]
    assert split.train[0].image.is_relative_to(folder)


def test_the_heart_stays_on_its_side(home):
    split = image_recipe.chest_split(TINY)
    for flip, mirrored in ((False, False), (True, True)):
        train, _ = image_recipe.image_sets(split, TINY, flip=flip)
        assert train.augment.flip is mirrored


def test_one_place_of_numbers():
    for budget in BUDGETS.values():
        assert image_recipe.image_sizes(budget) is IMAGES[budget.name]
    assert image_recipe.image_settings(IMAGES["lesson"]).schedule == "cosine"
    assert image_recipe.image_settings(IMAGES["full"]).schedule == "plateau"


def test_networks_start_alike():
    first, again = (image_recipe.image_network(TINY, seed=3).state_dict() for _ in range(2))
    other = image_recipe.image_network(TINY, seed=4).state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)
    assert image_recipe.image_network(TINY, num_classes=1).head.out_channels == 1
