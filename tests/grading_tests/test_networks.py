"""Two networks are compared by what they compute, whatever their layers are called."""

import numpy as np
import pytest
import torch
from torch import nn

from grading_tests.gap import Wrong
from grading_tests.networks import Given, attempt, expect_gradient, layers, noise, share_weights, twin


class Plain(nn.Module):
    def __init__(self, bias=True):
        super().__init__()
        self.norm = nn.BatchNorm2d(3)
        self.conv = nn.Conv2d(2, 3, 3, bias=bias)

    def forward(self, x):
        return self.norm(self.conv(x))


def reference():
    return nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3))


@pytest.mark.parametrize("bias", [True, False])
def test_names_order_and_a_needless_bias_do_not_matter(bias):
    theirs = reference()
    ours = twin(lambda: Plain(bias), theirs, np.random.default_rng(0), "a block")
    x = noise(np.random.default_rng(1), 2, 2, 5, 5)
    torch.testing.assert_close(ours(x), theirs(x))
    ours.train()
    theirs.train()
    torch.testing.assert_close(ours(x), theirs(x))


def test_random_weights_and_statistics_matter():
    theirs = reference()
    twin(Plain, theirs, np.random.default_rng(0), "a block")
    x = noise(np.random.default_rng(1), 1, 2, 5, 5)
    evaluated = theirs(x)
    assert not torch.allclose(evaluated, theirs.train()(x), atol=0.1)
    assert float(theirs[1].running_var.min()) >= 0.5


def test_other_layers_are_listed():
    with pytest.raises(Wrong) as caught:
        share_weights(reference(), nn.Sequential(nn.Conv2d(2, 4, 3)), "a block")
    assert caught.value.expected == "2 layers: weights (3, 2, 3, 3), norm (3,)"
    assert caught.value.got == "1 layers: weights (4, 2, 3, 3)"


def test_a_layer_used_twice_counts_twice():
    shared = nn.BatchNorm2d(3)
    assert len(layers(nn.Sequential(nn.Conv2d(1, 3, 3), shared, nn.Conv2d(3, 3, 3), shared))) == 4


def test_no_network():
    with pytest.raises(Wrong) as caught:
        twin(lambda: "a string", reference(), np.random.default_rng(0), "a block")
    assert caught.value.got == "str"


def test_an_exception_is_shown_and_an_empty_gap_stays_empty():
    with pytest.raises(Wrong) as caught:
        attempt("1 / 0", 1, lambda: 1 / 0)
    assert caught.value.got == "ZeroDivisionError: division by zero"

    def empty():
        raise NotImplementedError("fill this gap")

    with pytest.raises(NotImplementedError):
        attempt("empty", 1, empty)


def test_blocked_gradients_are_counted():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    expect_gradient(model, model(torch.ones(1, 2)), "both")
    model.zero_grad()
    with pytest.raises(Wrong) as caught:
        expect_gradient(model, model[1](model[0](torch.ones(1, 2)).detach()), "the first is cut off")
    assert caught.value.got == "none for 2 of them"
    with pytest.raises(Wrong) as caught:
        expect_gradient(model, model(torch.ones(1, 2)).detach(), "all is cut off")
    assert caught.value.got == "none: the graph is cut"


def test_given_hands_out_copies_and_knows_whether_they_were_changed():
    x, weights = torch.ones(3, requires_grad=True), {"a": np.ones(2)}
    given = Given(x, weights, 3)
    ours, table, number = given
    assert ours.requires_grad
    assert ours is not x
    assert number == 3
    given.expect_unchanged("a call")
    table["a"][0] = 5
    with pytest.raises(Wrong, match="a call: is input 2 still"):
        given.expect_unchanged("a call")
    assert weights["a"][0] == 1  # what is expected can be computed from the originals
    with torch.no_grad():
        ours += 1
    with pytest.raises(Wrong, match="input 1"):
        given.expect_unchanged("a call")
