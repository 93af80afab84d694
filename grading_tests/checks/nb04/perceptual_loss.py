"""The perceptual loss: perceptual_loss(features, sr, hr)."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from brainlab.losses import perceptual_loss
from grading_tests.gap import Gap, Property, Wrong, expect
from grading_tests.networks import Given, attempt, noise


def oracle(features: Any, sr: Tensor, hr: Tensor) -> Tensor:
    """The mean of |features(sr) - features(hr)|, written out."""
    difference = features(sr) - features(hr).detach()
    return torch.where(difference > 0, difference, -difference).sum() / difference.numel()


def extractor(rng: np.random.Generator, dark: float = 0.0) -> nn.Module:
    """Return a frozen network (B, 1, H, W) -> (B, 5, h, w) that ends before an activation.

    `dark` lowers all its features, so that a ReLU after it would leave nothing.
    """
    layers = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 5, 3, stride=2, padding=1))
    for weight in layers.parameters():
        weight.data.copy_(noise(rng, *weight.shape) / 2)
    layers[2].bias.data.sub_(dark)
    return layers.requires_grad_(False).eval()


def pictures(rng: np.random.Generator, *shape: int) -> tuple[Tensor, Tensor]:
    """Return a generated and a true image of about 0..1; the generated one has values outside."""
    hr = torch.as_tensor(rng.random(shape), dtype=torch.get_default_dtype())
    return hr + 0.3 * noise(rng, *shape) + 0.1, hr


def value(answer: Any, features: Any, sr: Tensor, hr: Tensor, tried: str, step: str = "") -> None:
    expected, given = oracle(features, sr, hr), Given(sr, hr)
    got = attempt(tried, expected, answer, features, *given)
    expect(got, expected, tried, step, like=True)
    given.expect_unchanged(tried)
    wanted = [image.requires_grad for image in given]
    expect(wanted, [sr.requires_grad, hr.requires_grad], f"{tried}: do sr and hr require a gradient now?")


def values(answer: Any, rng: np.random.Generator) -> None:
    for shape in ((2, 1, 6, 8), (3, 1, 5, 4)):
        features, tried = extractor(rng), f"{shape[0]} images of {shape[2]} x {shape[3]}"
        value(answer, features, *pictures(rng, *shape), tried, "step 3")
        expect(features.training, False, f"{tried}: have the frozen features been put in training mode?")


def dark_features(answer: Any, rng: np.random.Generator) -> None:
    tried = "features that are all negative, as before an activation"
    value(answer, extractor(rng, dark=30.0), *pictures(rng, 2, 1, 6, 6), tried, "step 2")


def gradients(answer: Any, features: Any, sr: Tensor, hr: Tensor, tried: str) -> list[Tensor]:
    """Return the gradients of a loss in sr and in hr; 0 where none is.

    Raises
    ------
    Wrong
        If the loss has no graph.
    """
    leaves = [image.clone().requires_grad_() for image in (sr, hr)]
    loss = attempt(tried, "a loss", answer, features, *leaves)
    if not (isinstance(loss, Tensor) and loss.requires_grad):
        raise Wrong(tried, "a gradient", "none: the graph is cut")
    loss.sum().backward()
    return [torch.zeros_like(leaf) if leaf.grad is None else leaf.grad for leaf in leaves]


def gradient_in_sr(answer: Any, rng: np.random.Generator) -> None:
    features, images = extractor(rng), pictures(rng, 2, 1, 5, 6)
    tried = "the gradient in sr, from which the generator learns"
    got, expected = (gradients(each, features, *images, tried)[0] for each in (answer, oracle))
    expect(got, expected, tried, "step 2")


def no_gradient_in_hr(answer: Any, rng: np.random.Generator) -> None:
    tried = "the gradient in hr, which is the truth"
    got = gradients(answer, extractor(rng), *pictures(rng, 2, 1, 5, 6), tried)[1]
    expect(got, torch.zeros_like(got), tried, "step 1")


def any_function(answer: Any, rng: np.random.Generator) -> None:
    """Features need not come from a network: here edges, on one image, in float64."""
    sr, hr = (image.double() for image in pictures(rng, 1, 1, 7, 4))

    def edges(images: Tensor) -> Tensor:
        return torch.cat([images.diff(dim=2)[..., 1:], images.diff(dim=3)[:, :, 1:]], dim=1)

    value(answer, edges, sr, hr, "features that are a plain function: edges of one image, float64")


GAP = Gap(
    "g04_perceptual_loss",
    "perceptual_loss",
    minutes=5,
    points=3,
    reference=perceptual_loss,
    properties=[
        Property("random images", values, share=2),
        Property("negative features", dark_features),
        Property("the gradient in sr", gradient_in_sr, share=2),
        Property("no gradient in hr", no_gradient_in_hr),
        Property("a plain function, one image, float64", any_function),
    ],
)
