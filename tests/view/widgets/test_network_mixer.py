import numpy as np
import pytest
import torch

from brainlab.metrics.images import psnr
from brainlab.models import SRResNet
from brainlab.view import NetworkMixer


class Scaled(torch.nn.Module):
    """The smallest generator: pixels are repeated, and multiplied by one weight."""

    def __init__(self, weight):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor(weight))

    def forward(self, x, size):
        return self.weight * torch.nn.functional.interpolate(x, size=size)


def example(**traits):
    lr = torch.rand(1, 12, 16, generator=torch.Generator().manual_seed(0))
    hr = torch.nn.functional.interpolate(lr[None], scale_factor=2)[0]
    states = Scaled(1.0).state_dict(), Scaled(0.5).state_dict()
    return NetworkMixer(Scaled(1.0), *states, lr, hr, np.diag([-1.0, -1.0, 1.0, 1.0]), **traits)


@pytest.fixture
def networks():
    torch.manual_seed(0)
    return [SRResNet(num_feat=4, num_block=1, scale=2) for _ in range(2)]


@pytest.fixture
def pair():
    lr = torch.rand(1, 12, 16, generator=torch.Generator().manual_seed(1))
    return lr, torch.nn.functional.interpolate(lr[None], scale_factor=2, mode="bilinear")[0]


def test_the_ends_are_the_two_networks_and_the_middle_their_mean(networks, pair):
    first, second = networks
    shown = NetworkMixer(first, first.state_dict(), second.state_dict(), *pair, alpha=1.0)
    for alpha, model in ((0.0, first), (1.0, second)):
        shown.alpha = alpha
        expected = model.eval()(pair[0][None], (24, 32))[0, 0].clamp(0, 1)
        np.testing.assert_allclose(shown.image(), expected.detach(), atol=1e-6)
        assert shown.scores()["PSNR"] == pytest.approx(
            psnr(expected[None, None], pair[1][None]).item(), rel=1e-5
        )
    shown.alpha = 0.5
    middle = SRResNet(num_feat=4, num_block=1, scale=2).eval()
    with torch.no_grad():
        for weight, a, b in zip(middle.parameters(), first.parameters(), second.parameters(), strict=True):
            weight.copy_((a + b) / 2)
        for mean, a, b in zip(middle.buffers(), first.buffers(), second.buffers(), strict=True):
            mean.copy_((a + b) / 2 if mean.is_floating_point() else b)
        expected = middle(pair[0][None], (24, 32))[0, 0].clamp(0, 1)
    np.testing.assert_allclose(shown.image(), expected, atol=1e-5)


def test_the_model_stays_as_it_is(networks, pair):
    first, second = networks
    before = {name: value.clone() for name, value in first.state_dict().items()}
    first.train()
    NetworkMixer(first, first.state_dict(), second.state_dict(), *pair).alpha = 0.7
    assert first.training
    assert all(torch.equal(value, before[name]) for name, value in first.state_dict().items())


def test_the_zoom_stays_inside_and_any_alpha_may_be_asked(networks, pair):
    first, second = networks
    shown = NetworkMixer(first, first.state_dict(), second.state_dict(), *pair, centre=(23, 0), side=8)
    assert shown.to_figure().axes[0].images[0].get_array().shape == (8, 8)
    shown.alpha = 0.123
    assert "alpha 0.12" in shown.describe()
    assert len(shown.path) == 11


def test_wrong_input_is_named(networks, pair):
    first = networks[0]
    other = SRResNet(num_feat=8, num_block=1, scale=2)
    with pytest.raises(ValueError, match="expected two networks of one architecture"):
        NetworkMixer(first, first.state_dict(), other.state_dict(), *pair)
    with pytest.raises(ValueError, match=r"lr has shape \(1, 1, 12, 16\); expected \(1, H, W\)"):
        NetworkMixer(first, first.state_dict(), first.state_dict(), pair[0][None], pair[1])
