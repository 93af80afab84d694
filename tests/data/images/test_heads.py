"""Heads drawn around brains, and tumours accepted in the brain only."""

import numpy as np
import pytest
import torch
from slice_images.heads import BRAIN, OUTSIDE, TUMOUR, TumourInBrain, WithHead
from torch import nn


@pytest.fixture
def brain():
    """A grey disc (1, 64, 64) with a bright tumour, and its labels (64, 64)."""
    down, right = np.mgrid[:64, :64] - 32
    radius = np.hypot(down, right)
    tumour = np.hypot(down, right - 8) < 5
    grey = np.where(tumour, 1.0, np.where(radius < 20, 0.6, 0)).astype(np.float32)
    return torch.from_numpy(grey)[None], torch.from_numpy(tumour.astype(np.int64))


class Still(WithHead):
    """Heads that are not turned."""

    def __init__(self, **options):
        super().__init__(64, **options)
        self.augment = lambda image, labels, rng: (image, labels)


def test_the_head_lies_outside_the_brain_and_labels_stay(brain):
    image, labels = brain
    dark = 0
    for seed in range(10):
        head, classes = Still(bare=0, cavities=0)(image, labels, np.random.default_rng(seed))
        assert head.dtype == torch.float32
        assert head.min() >= 0
        assert head.max() <= 1
        torch.testing.assert_close((classes == TUMOUR).long(), labels)
        torch.testing.assert_close((classes != OUTSIDE), image[0] > 0)
        around = head[0][classes == OUTSIDE]
        assert (around > 0.3).float().mean() > 0.05, "skin and bone are there"
        dark += int(head[0][classes == BRAIN].median() < around.max())
    assert dark == 10, "something outside is brighter than the brain"


def test_a_bare_brain_stays_as_it_is(brain):
    head, classes = Still(bare=1)(*brain, np.random.default_rng(0))
    torch.testing.assert_close(head, brain[0])
    assert classes.unique().tolist() == [OUTSIDE, BRAIN, TUMOUR]


def test_cavities_are_tumour_inside_the_brain(brain):
    image, labels = brain
    with_one = [Still(bare=0, cavities=1)(image, labels, np.random.default_rng(n))[1] for n in range(10)]
    for classes in with_one:
        torch.testing.assert_close(classes != OUTSIDE, image[0] > 0)
        assert (classes[labels == 1] == TUMOUR).all()
    assert np.mean([(classes == TUMOUR).sum() > labels.sum() for classes in with_one]) > 0.6


def test_the_same_draw_gives_the_same_head_and_another_does_not(brain):
    one, two, other = (WithHead(64)(*brain, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert one[0].shape == (1, 64, 64)
    torch.testing.assert_close(one, two)
    assert not torch.equal(one[0], other[0])


def test_an_empty_slice_has_no_brain():
    head, classes = WithHead(64)(torch.zeros(1, 64, 64), torch.zeros(64, 64).long(), np.random.default_rng(0))
    assert head.sum() == classes.sum() == 0


def test_tumours_count_in_the_largest_filled_brain_only():
    classes = torch.zeros(2, 32, 32).long()
    classes[0, 4:20, 4:20] = BRAIN
    classes[0, 6:9, 6:9] = TUMOUR
    classes[0, 12:16, 12:16] = OUTSIDE  # a hole
    classes[0, 24:30, 24:30] = TUMOUR  # the neck
    logits = 5.0 * nn.functional.one_hot(classes, 3).movedim(-1, 1)  # (2, 3, 32, 32)
    logits[0, TUMOUR, 13, 13] = 9.0  # a spot in the hole
    model = TumourInBrain(nn.Identity())
    found = model(logits) > 0  # (2, 1, 32, 32)
    expected = torch.zeros(2, 1, 32, 32).bool()
    expected[0, 0, 6:9, 6:9] = expected[0, 0, 13, 13] = True
    assert torch.equal(found, expected)
