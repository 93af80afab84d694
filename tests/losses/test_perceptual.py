"""Perceptual and total losses: by hand, with the papers' weights, and where the gradient goes."""

import pytest
import torch
from torch import nn

from brainlab.losses.perceptual import (
    esrgan_loss,
    generator_loss,
    perceptual_loss,
    pixel_loss,
    relativistic_generator_loss,
    srgan_loss,
)
from brainlab.models import VGG19Features


@pytest.fixture
def batch():
    torch.manual_seed(0)
    sr, hr = torch.rand(3, 1, 6, 7, requires_grad=True), torch.rand(3, 1, 6, 7)
    real, fake = torch.randn(3, 1), torch.randn(3, 1, requires_grad=True)
    features = nn.Conv2d(1, 5, 3)
    return sr, hr, real, fake, features.requires_grad_(False)


def test_pixels_and_features_by_hand(batch):
    sr, hr, _, _, f = batch
    torch.testing.assert_close(pixel_loss(sr, hr, "l1"), (sr - hr).abs().mean())
    torch.testing.assert_close(pixel_loss(sr, hr), ((sr - hr) ** 2).mean())
    torch.testing.assert_close(perceptual_loss(f, sr, hr), (f(sr) - f(hr)).abs().mean())
    scaled = perceptual_loss(f, sr, hr, "mse", 1 / 12.75)
    torch.testing.assert_close(scaled, ((f(sr) - f(hr)) ** 2).mean() / 12.75**2)
    assert perceptual_loss(f, hr, hr) == 0


def test_srgan_is_content_and_a_thousandth_adversarial(batch):
    sr, hr, _, fake, f = batch
    parts = srgan_loss(sr, hr, fake)
    torch.testing.assert_close(parts["total"], pixel_loss(sr, hr) + 1e-3 * generator_loss(fake))
    torch.testing.assert_close(parts["content"], pixel_loss(sr, hr))
    torch.testing.assert_close(parts["adversarial"], generator_loss(fake))
    parts = srgan_loss(sr, hr, fake, f)
    torch.testing.assert_close(parts["content"], perceptual_loss(f, sr, hr, "mse"))
    parts = srgan_loss(sr, hr, fake, f, feature_scale=0.3)
    torch.testing.assert_close(parts["content"], perceptual_loss(f, sr, hr, "mse", 0.3))


def test_the_scale_of_the_paper_is_that_of_vgg19(batch):
    class Features(VGG19Features):
        """VGG19 without its weights."""

        def __init__(self, convolution):
            nn.Module.__init__(self)
            self.convolution = convolution

        def forward(self, x):
            return self.convolution(x)

    sr, hr, _, fake, f = batch
    parts = srgan_loss(sr, hr, fake, Features(f))
    torch.testing.assert_close(parts["content"], perceptual_loss(f, sr, hr, "mse", 1 / 12.75))


def test_esrgan_is_perceptual_relativistic_and_a_hundredth_of_the_pixels(batch):
    sr, hr, real, fake, f = batch
    parts = esrgan_loss(sr, hr, real, fake, f)
    adversarial, features, pixels = (
        relativistic_generator_loss(real, fake),
        perceptual_loss(f, sr, hr, "l1"),
        pixel_loss(sr, hr, "l1"),
    )
    torch.testing.assert_close(parts["total"], features + 5e-3 * adversarial + 1e-2 * pixels)
    assert set(parts) == {"total", "perceptual", "adversarial", "pixel"}
    for name, expected in (("perceptual", features), ("adversarial", adversarial), ("pixel", pixels)):
        torch.testing.assert_close(parts[name], expected)


def test_only_the_generated_image_gets_a_gradient(batch):
    sr, hr, real, fake, f = batch
    hr.requires_grad_()
    perceptual_loss(f, sr, hr).backward()
    assert sr.grad.abs().sum() > 0
    assert hr.grad is None
    esrgan_loss(sr, hr.detach(), real, fake, f)["total"].backward()
    assert fake.grad.abs().sum() > 0
    assert all(p.grad is None for p in f.parameters())


def test_the_gradient_is_that_of_finite_differences(batch):
    sr, hr, _, fake, f = (part.double() for part in batch)
    small, truth = sr[:1, :, :4, :4].detach().requires_grad_(), hr[:1, :, :4, :4]
    assert torch.autograd.gradcheck(lambda x: srgan_loss(x, truth, fake, f)["total"], small)


def test_errors_say_what_to_do(batch):
    sr, hr, _, _, f = batch
    for call in (pixel_loss, lambda *args: perceptual_loss(f, *args)):
        with pytest.raises(ValueError, match=r"\(3, 1, 6, 3\), hr \(3, 1, 6, 7\); expected the same"):
            call(sr[..., :3], hr)
        with pytest.raises(ValueError, match="distance is 'l2'; expected 'l1' or 'mse'"):
            call(sr, hr, "l2")
