"""Two losses are compared by value, gradient and inputs that stay as they were."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from grading_tests.gap import Wrong
from grading_tests.losses import certain, expect_loss, expect_loss_gradient, gradient_of, scan

LOGITS, TARGET = scan(np.random.default_rng(0), 3, 4, 6, 5)


@pytest.mark.parametrize("shape", [(3, 4, 6, 5), (1, 2, 7, 3), (2, 6, 4, 4), (3, 5, 5, 3)])
def test_a_scan_holds_every_class_and_mostly_background(shape):
    logits, target = scan(np.random.default_rng(1), *shape)
    assert logits.shape == shape
    assert target.shape == (shape[0], *shape[2:])
    for image in target:
        count = torch.bincount(image.flatten(), minlength=shape[1])
        assert int(count.min()) > 0
        assert int(count.argmax()) == 0


def test_the_tumours_of_a_scan_shrink():
    _, target = scan(np.random.default_rng(2), 3, 4, 16, 16)
    areas = (target > 0).sum(dim=(1, 2)).tolist()
    assert areas[0] > areas[1] > areas[2]


def test_a_certain_prediction_is_right_and_has_no_doubt():
    prob = certain(TARGET, 4).softmax(dim=1)
    assert torch.equal(prob, F.one_hot(TARGET, 4).movedim(-1, 1).float())


def test_the_value_counts_not_the_shape():
    expect_loss(lambda x, y: F.cross_entropy(x, y).reshape(1), F.cross_entropy, LOGITS, TARGET, "random")
    with pytest.raises(Wrong) as caught:
        expect_loss(
            lambda x, y: 2 * F.cross_entropy(x, y), F.cross_entropy, LOGITS, TARGET, "random", "step 4"
        )
    assert (caught.value.tried, caught.value.step) == ("random", "step 4")
    assert caught.value.got == 2 * caught.value.expected


def test_options_reach_both():
    expect_loss(F.cross_entropy, F.cross_entropy, LOGITS, TARGET, "weights", weight=torch.ones(4))
    with pytest.raises(Wrong) as caught:
        expect_loss(lambda x, y: 0.0, F.cross_entropy, LOGITS, TARGET, "weights", weight=torch.ones(4))
    assert str(caught.value.got).startswith("TypeError")


def test_a_gradient_is_compared_and_a_cut_graph_named():
    expect_loss_gradient(F.cross_entropy, F.cross_entropy, LOGITS, TARGET, "the gradient")
    with pytest.raises(Wrong) as caught:
        expect_loss_gradient(lambda x, y: F.cross_entropy(2 * x, y), F.cross_entropy, LOGITS, TARGET, "slope")
    assert caught.value.got.shape == LOGITS.shape
    for answer in (lambda x, y: F.cross_entropy(x, y).detach(), lambda x, y: F.cross_entropy(x, y).item()):
        with pytest.raises(Wrong) as caught:
            gradient_of(answer, LOGITS, TARGET, "the gradient")
        assert caught.value.got == "none: the graph is cut"


def test_an_answer_may_not_write_into_its_inputs():
    def into_logits(x, y):
        loss = F.cross_entropy(x, y)
        if not x.requires_grad:
            x -= x.amax(dim=1, keepdim=True)
        return loss

    def into_target(x, y):
        loss = F.cross_entropy(x, y.clone())
        y[y == 3] = 2
        return loss

    for answer, name in ((into_logits, "logits"), (into_target, "target")):
        with pytest.raises(Wrong, match=name):
            expect_loss_gradient(answer, F.cross_entropy, LOGITS, TARGET, "the gradient")
    assert TARGET.max() == 3


def test_an_empty_gap_stays_empty():
    def empty(x, y):
        raise NotImplementedError("fill this gap")

    for compare in (expect_loss, expect_loss_gradient):
        with pytest.raises(NotImplementedError):
            compare(empty, F.cross_entropy, LOGITS, TARGET, "random")
