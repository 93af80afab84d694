import pytest
import torch
from torch import nn

from brainlab.losses import cross_entropy, deeply_supervised, soft_dice_loss


class TwoSides(nn.Module):
    """A network whose side outputs are twice and three times its logits."""

    def __init__(self):
        super().__init__()
        self.head = nn.Conv2d(1, 4, 1)
        self.side_logits = []

    def forward(self, x):
        logits = self.head(x)
        self.side_logits = [2 * logits, 3 * logits] if self.training else []
        return logits


@pytest.fixture
def step(problem):
    model = TwoSides()
    return model, model(torch.randn(2, 1, 5, 7)), problem()[1]


@pytest.mark.parametrize("loss_fn", [cross_entropy, soft_dice_loss])
@pytest.mark.parametrize("weights", [None, (0.5, 0.25), torch.tensor([0.5, 0.0])])
def test_adds_the_side_outputs(loss_fn, weights, step):
    model, logits, target = step
    first, second = (1, 1) if weights is None else weights
    expected = loss_fn(logits, target) + first * loss_fn(2 * logits, target)
    expected = expected + second * loss_fn(3 * logits, target)
    torch.testing.assert_close(deeply_supervised(loss_fn, model, weights)(logits, target), expected)


def test_evaluation_is_the_loss_itself(step):
    model, logits, target = step
    loss_fn = deeply_supervised(cross_entropy, model.eval())
    assert model.side_logits  # of the training step before
    assert loss_fn(logits, target) == cross_entropy(logits, target)


def test_gradient_comes_from_every_output(step):
    model, logits, target = step
    losses = (
        deeply_supervised(cross_entropy, model)(logits, target),
        sum(cross_entropy(factor * logits, target) for factor in (1, 2, 3)),
    )
    deep, expected = (torch.autograd.grad(loss, model.head.weight, retain_graph=True) for loss in losses)
    torch.testing.assert_close(deep, expected)


def test_no_side_outputs(step):
    _, logits, target = step
    with pytest.raises(ValueError, match=r"Conv2d kept no side_logits.*deep_supervision=True"):
        deeply_supervised(cross_entropy, nn.Conv2d(1, 4, 1))(logits, target)


def test_a_weight_for_each_side_output(step):
    model, logits, target = step
    with pytest.raises(ValueError, match="weights are 3; expected 2, one for each side output"):
        deeply_supervised(cross_entropy, model, (1, 1, 1))(logits, target)
