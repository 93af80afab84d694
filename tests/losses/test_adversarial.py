"""GAN losses: by hand, at the point of knowing nothing, in the right direction, and what detach is for."""

import math

import pytest
import torch
from torch import nn

from brainlab.losses.perceptual import (
    discriminator_loss,
    generator_loss,
    relativistic_discriminator_loss,
    relativistic_generator_loss,
)

REAL = torch.tensor([[1.5], [-0.3], [0.8]], dtype=torch.float64)
FAKE = torch.tensor([[-0.7], [0.4]], dtype=torch.float64)  # another number of images


def s(x):
    return 1 / (1 + math.exp(-x))


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def test_plain_losses_by_hand():
    real, fake = REAL.flatten().tolist(), FAKE.flatten().tolist()
    expected = -mean(math.log(s(r)) for r in real) - mean(math.log(1 - s(f)) for f in fake)
    assert discriminator_loss(REAL, FAKE).item() == pytest.approx(expected)
    assert generator_loss(FAKE).item() == pytest.approx(-mean(math.log(s(f)) for f in fake))


def test_relativistic_losses_by_hand():
    real, fake = REAL.flatten().tolist(), FAKE.flatten().tolist()
    r_mean, f_mean = mean(real), mean(fake)
    d = -mean(math.log(s(r - f_mean)) for r in real) - mean(math.log(1 - s(f - r_mean)) for f in fake)
    g = -mean(math.log(1 - s(r - f_mean)) for r in real) - mean(math.log(s(f - r_mean)) for f in fake)
    assert relativistic_discriminator_loss(REAL, FAKE).item() == pytest.approx(d)
    assert relativistic_generator_loss(REAL, FAKE).item() == pytest.approx(g)


def test_knowing_nothing_costs_log_2():
    same = torch.full((4, 1), 0.0)
    assert discriminator_loss(same, same).item() == pytest.approx(2 * math.log(2))
    assert generator_loss(same).item() == pytest.approx(math.log(2))
    for loss in (relativistic_discriminator_loss, relativistic_generator_loss):
        assert loss(same + 3, same + 3).item() == pytest.approx(2 * math.log(2))


def test_only_differences_count_for_the_relativistic_ones():
    for loss in (relativistic_discriminator_loss, relativistic_generator_loss):
        torch.testing.assert_close(loss(REAL + 5, FAKE + 5), loss(REAL, FAKE))
    assert discriminator_loss(REAL + 5, FAKE + 5) > discriminator_loss(REAL, FAKE)


def test_the_network_that_does_better_has_the_smaller_loss():
    above, below = torch.full((2, 1), 2.0), torch.full((2, 1), -2.0)
    assert discriminator_loss(above, below) < discriminator_loss(below, above)
    assert relativistic_discriminator_loss(above, below) < relativistic_discriminator_loss(below, above)
    assert generator_loss(above) < generator_loss(below)
    assert relativistic_generator_loss(below, above) < relativistic_generator_loss(above, below)


@pytest.mark.parametrize("size", [1e4, -1e4])
def test_extreme_logits_stay_finite(size):
    real, fake = torch.full((2, 1), size, requires_grad=True), torch.full((2, 1), -size, requires_grad=True)
    total = discriminator_loss(real, fake) + generator_loss(fake) + relativistic_generator_loss(real, fake)
    total.backward()
    assert total.isfinite()
    assert real.grad.isfinite().all()


def test_gradients_are_those_of_finite_differences():
    real, fake = REAL.clone().requires_grad_(), FAKE.clone().requires_grad_()
    assert torch.autograd.gradcheck(discriminator_loss, (real, fake))
    assert torch.autograd.gradcheck(generator_loss, fake)
    assert torch.autograd.gradcheck(relativistic_discriminator_loss, (real, fake))
    assert torch.autograd.gradcheck(relativistic_generator_loss, (real, fake))


def has_gradient(module):
    return any(p.grad is not None and p.grad.abs().sum() > 0 for p in module.parameters())


@pytest.mark.parametrize("loss", [discriminator_loss, relativistic_discriminator_loss])
def test_detach_keeps_the_discriminators_step_out_of_the_generator(loss):
    torch.manual_seed(0)
    g, d, x, hr = nn.Linear(3, 4), nn.Linear(4, 1), torch.randn(5, 3), torch.randn(5, 4)
    loss(d(hr), d(g(x).detach())).backward()
    assert has_gradient(d)
    assert not has_gradient(g)
    loss(d(hr), d(g(x))).backward()  # without it the generator would be taught to help its opponent
    assert has_gradient(g)


def test_the_generators_step_reaches_the_generator():
    torch.manual_seed(0)
    for loss in (lambda real, fake: generator_loss(fake), relativistic_generator_loss):
        g, d, x, hr = nn.Linear(3, 4), nn.Linear(4, 1), torch.randn(5, 3), torch.randn(5, 4)
        loss(d(hr), d(g(x))).backward()
        assert has_gradient(g)


def test_errors_say_what_to_do():
    for wrong in (torch.ones(2, 1, dtype=torch.int64), torch.zeros(0, 1)):
        for arguments in ((wrong, FAKE), (REAL, wrong)):
            for loss in (discriminator_loss, relativistic_discriminator_loss, relativistic_generator_loss):
                with pytest.raises(ValueError, match=r"logits are .*; expected floating point \(B, 1\)"):
                    loss(*arguments)
        with pytest.raises(ValueError, match=r"are they decisions, or is the batch empty\?"):
            generator_loss(wrong)
