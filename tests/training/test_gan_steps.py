"""One step: who learns, who does not, what it is worth, and what a wrong detach would do."""

import copy

import pytest
import torch
from tiny_gan import all_losses, discriminator, features, generator, images

from brainlab.losses.perceptual import discriminator_loss, esrgan_loss
from brainlab.training import (
    DivergedError,
    discriminator_step,
    esrgan_losses,
    generator_step,
    psnr_step,
    srgan_losses,
)


@pytest.fixture
def networks():
    g, d = generator(), discriminator()
    for p in g.last.parameters():
        p.data = torch.randn_like(p) / 10  # away from the bicubic start, where most gradients are 0
    lr, hr = images()[:4]
    return g, d, lr, hr


def changed(model, before):
    return [not torch.equal(p, q) for p, q in zip(model.parameters(), before.parameters(), strict=True)]


@pytest.mark.parametrize("losses", all_losses(), ids=lambda losses: losses.name)
def test_the_discriminators_step_trains_the_discriminator_alone(networks, losses):
    g, d, lr, hr = networks
    before = copy.deepcopy(g), copy.deepcopy(d)
    discriminator_step(d, g(lr), hr, torch.optim.SGD(d.parameters(), 0.1), losses)
    assert all(p.grad is None for p in g.parameters())
    assert not any(changed(g, before[0]))
    assert any(changed(d, before[1]))


@pytest.mark.parametrize("losses", all_losses(), ids=lambda losses: losses.name)
def test_the_generators_step_trains_the_generator_alone(networks, losses):
    g, d, lr, hr = networks
    before = copy.deepcopy(g), copy.deepcopy(d)
    generator_step(d, g(lr), hr, torch.optim.SGD(g.parameters(), 0.1), losses)
    assert all(p.grad is None for p in d.parameters())
    assert not any(changed(d, before[1]))
    assert any(changed(g, before[0]))
    assert all(p.requires_grad for p in d.parameters())  # thawed again


def test_both_steps_share_one_forward_pass(networks):
    g, d, lr, hr = networks
    sr, losses = g(lr), srgan_losses()
    discriminator_step(d, sr, hr, torch.optim.SGD(d.parameters(), 0.1), losses)
    generator_step(d, sr, hr, torch.optim.SGD(g.parameters(), 0.1), losses)


def test_the_discriminators_step_by_hand(networks):
    g, d, lr, hr = networks
    other, sr = copy.deepcopy(d), g(lr).detach()
    values = discriminator_step(d, sr, hr, torch.optim.SGD(d.parameters(), 0.1), srgan_losses())
    real, fake = other(hr), other(sr)
    loss = discriminator_loss(real, fake)
    for p, gradient in zip(other.parameters(), torch.autograd.grad(loss, [*other.parameters()]), strict=True):
        p.data -= 0.1 * gradient
    for p, q in zip(d.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(p, q)
    assert values["d_loss"] == pytest.approx(loss.item())
    assert values["d_real"] == pytest.approx(real.sigmoid().mean().item())
    assert values["d_fake"] == pytest.approx(fake.sigmoid().mean().item())


def test_the_generators_step_by_hand(networks):
    g, d, lr, hr = networks
    other, f = copy.deepcopy(g), features()
    judge = copy.deepcopy(d)
    values = generator_step(d, g(lr), hr, torch.optim.SGD(g.parameters(), 0.1), esrgan_losses(f))
    sr = other(lr)
    fake, real = judge(sr), judge(hr)
    parts = esrgan_loss(sr, hr, real.detach(), fake, f)
    gradients = torch.autograd.grad(parts["total"], [*other.parameters()])
    for p, gradient in zip(other.parameters(), gradients, strict=True):
        p.data -= 0.1 * gradient
    for p, q in zip(g.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(p, q)
    assert values.pop("g_loss") == pytest.approx(parts["total"].item())
    assert values == {name: pytest.approx(part.item()) for name, part in parts.items() if name != "total"}


def test_a_relativistic_verdict_compares(networks):
    real, fake = torch.tensor([[5.0], [6.0]]), torch.tensor([[5.0], [5.0]])
    assert srgan_losses().probabilities(real, fake)["d_fake"] > 0.99  # true-looking by itself
    judged = esrgan_losses(features()).probabilities(real, fake)
    assert 0.5 < judged["d_real"] < 0.7
    assert judged["d_fake"] == pytest.approx(torch.sigmoid(torch.tensor(-0.5)).item())


@pytest.mark.parametrize("distance", ["l1", "mse"])
def test_steps_for_fidelity_make_the_loss_smaller(networks, distance):
    g, _, lr, hr = networks
    optimizer = torch.optim.Adam(g.parameters(), 1e-2)
    losses = [psnr_step(g, lr, hr, optimizer, distance)["g_loss"] for _ in range(20)]
    assert losses[-1] < 0.5 * losses[0]


def test_steps_of_the_discriminator_make_it_sure(networks):
    _, d, _, hr = networks
    sr, optimizer = torch.rand_like(hr), torch.optim.Adam(d.parameters(), 1e-2)
    steps = [discriminator_step(d, sr, hr, optimizer, srgan_losses()) for _ in range(60)]
    assert steps[-1]["d_real"] - steps[-1]["d_fake"] > 0.5
    assert steps[-1]["d_loss"] < steps[0]["d_loss"]


def test_a_detached_image_is_refused(networks):
    g, d, lr, hr = networks
    with pytest.raises(ValueError, match=r"sr has no gradient; expected .* was it detached"):
        generator_step(d, g(lr).detach(), hr, torch.optim.SGD(g.parameters(), 0.1), srgan_losses())


def test_a_loss_that_is_not_finite_changes_nothing(networks):
    g, d, lr, hr = networks
    before, bad = (copy.deepcopy(g), copy.deepcopy(d)), hr * torch.nan
    sgd = [torch.optim.SGD(model.parameters(), 0.1) for model in (g, d)]
    for step in (
        lambda: psnr_step(g, lr, bad, sgd[0]),
        lambda: generator_step(d, g(lr), bad, sgd[0], srgan_losses()),
        lambda: discriminator_step(d, g(lr), bad, sgd[1], srgan_losses()),
    ):
        with pytest.raises(DivergedError, match="'s loss is nan; expected a finite number: is the learning"):
            step()
    assert not any(changed(g, before[0]) + changed(d, before[1]))
