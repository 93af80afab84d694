import pytest
import torch
import torch.nn.functional as F

from brainlab.losses import probabilities
from brainlab.losses.crossentropy import log_probabilities


def test_softmax_and_one_hot(problem):
    logits, target = problem()
    prob, truth = probabilities(logits, target)
    torch.testing.assert_close(prob, logits.softmax(1))
    assert torch.equal(truth, F.one_hot(target, 4).movedim(-1, 1).float())
    assert truth.dtype == prob.dtype


def test_one_channel_has_a_sigmoid(problem):
    logits, target = problem((2, 1, 5, 7))
    prob, truth = probabilities(logits, target)
    torch.testing.assert_close(prob, logits.sigmoid())
    assert torch.equal(truth, target[:, None].float())


@pytest.mark.parametrize(
    ("given", "returned"),
    [
        (torch.float16, torch.float32),
        (torch.bfloat16, torch.float32),
        (torch.float32, torch.float32),
        (torch.float64, torch.float64),
    ],
)
@pytest.mark.parametrize("channels", [1, 4])
def test_dtype(channels, given, returned, problem):
    logits, target = problem((2, channels, 5, 7))
    assert {x.dtype for x in probabilities(logits.to(given), target)} == {returned}


def test_only_the_logits_have_a_gradient(problem):
    logits, target = problem()
    prob, truth = probabilities(logits.requires_grad_(), target)
    assert prob.requires_grad
    assert not truth.requires_grad


@pytest.mark.parametrize("shape", [(3, 1), (3, 1, 4), (3, 1, 4, 5)])
def test_log_of_one_channel_gains_the_background(shape):
    logits = torch.randn(shape) * 50
    log_prob = log_probabilities(logits)
    assert log_prob.shape == (3, 2, *shape[2:])
    torch.testing.assert_close(log_prob, torch.cat([F.logsigmoid(-logits), F.logsigmoid(logits)], dim=1))
