"""The perceptual loss: perceptual_loss(features, sr, hr)."""

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from brainlab.losses import perceptual_loss
from grading_tests.checks.nb04.ideas import Attempt, rival_of
from grading_tests.gap import Gap, Property, Wrong, expect, same
from grading_tests.networks import IN_PLACE, Given, noise
from grading_tests.values import plain

attempt = Attempt(
    **{
        r"object has no attribute '(eval|train|parameters|modules|training)'": "features may be a function: "
        "call it, and leave its settings alone.",
        r"expected input.* to have \d+ channels": "the images have other channels than the extractor "
        "takes: give them to features as they come.",
    }
)


def oracle(features: Any, sr: Tensor, hr: Tensor) -> Tensor:
    """The mean of |features(sr) - features(hr)|, written out."""
    difference = features(sr) - features(hr).detach()
    return torch.where(difference > 0, difference, -difference).sum() / difference.numel()


def rivals(features: Any, sr: Tensor, hr: Tensor) -> dict[str, Any]:
    """Return other formulas, by the idea behind them."""
    made, true = features(sr), features(hr)

    def apart(change: Any) -> tuple[Any, ...]:
        return (lambda: F.l1_loss(change(made), change(true)),)

    def gram(x: Tensor) -> Tensor:
        return x.flatten(2) @ x.flatten(2).mT

    size = made[0, 0].numel()
    return {
        "the features of the difference are taken; it is the difference of the features.": (
            lambda: features(sr - hr).abs().mean(),
            lambda: features((sr - hr).abs()).abs().mean(),
        ),
        "Gram matrices are compared, a loss of style; here the features themselves are.": (
            *apart(gram),
            *apart(lambda x: gram(x) / size),
            *apart(lambda x: gram(x) / (size * x.shape[1])),
        ),
        "the features are normalised before; they are compared as they come.": (
            *apart(lambda x: F.normalize(x, dim=1)),
            *apart(lambda x: F.normalize(x.flatten(1), dim=1)),
            *apart(lambda x: (x - x.mean()) / x.std()),
            *apart(lambda x: F.instance_norm(x)),
            *apart(lambda x: x.softmax(dim=1)),
        ),
        "the difference is divided by the size of the features; its mean is asked for.": (
            lambda: F.l1_loss(made, true) / true.abs().mean(),
            lambda: F.l1_loss(made, true) / made.abs().mean(),
            lambda: ((made - true).abs() / (true.abs() + 1e-8)).mean(),
        ),
        "an activation is applied to one of the two features; both are compared as they come.": (
            lambda: F.l1_loss(made, true.relu()),
            lambda: F.l1_loss(made.relu(), true),
        ),
        "an activation is applied to the features; they are compared as they come.": tuple(
            one
            for act in (torch.relu, F.leaky_relu, leaky, torch.sigmoid, torch.tanh, F.elu)
            for one in apart(act)
        ),
        "absolute values of the features are compared; the sign of a feature counts.": apart(torch.abs),
        "squares of the features are compared; they are compared as they come.": apart(torch.square),
        "the features are averaged or pooled before; every position counts by itself.": (
            *apart(lambda x: x.mean(dim=(2, 3))),
            *apart(lambda x: x.mean(dim=1)),
            *apart(lambda x: x.amax(dim=(2, 3))),
            *apart(lambda x: F.avg_pool2d(x, 2)),
        ),
        "sr is clipped first: outside 0 to 1 nothing would be learnt.": (
            lambda: F.l1_loss(features(sr.clamp(0, 1)), true)
        ),
        "a root, a square or a logarithm is taken; the mean absolute difference is asked for.": (
            lambda: F.l1_loss(made, true).sqrt(),
            lambda: F.l1_loss(made, true).square(),
            lambda: (made - true).abs().sqrt().mean(),
            lambda: torch.log(torch.cosh(made - true)).mean(),
            lambda: torch.log1p((made - true).abs()).mean(),
        ),
        "one minus a similarity; the mean absolute difference is asked for.": (
            lambda: 1 - F.cosine_similarity(made, true).mean(),
            lambda: 1 - F.cosine_similarity(made.flatten(1), true.flatten(1)).mean(),
        ),
    }


def leaky(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.2)


def idea_of(got: Any, features: Any, sr: Tensor, hr: Tensor, expected: Tensor) -> str:
    """Return the idea behind a wrong value: a formula, or a sum where a mean is asked for."""
    if found := rival_of(got, expected, rivals(features, sr, hr)):
        return found
    array, (batch, channels, height, width) = plain(got), features(sr).shape
    if array is None or array.size != 1:
        return ""
    times = float(array) / float(expected)
    axes = {"images": batch, "channels": channels, "rows": height, "columns": width}
    sums = {number: (name,) for name, number in axes.items()}
    sums |= {height * width: ("positions",), channels * height * width: ("channels", "positions")}
    for number, names in sums.items():
        if list(sums).count(number) == 1 and abs(times / number - 1) < 1e-4 and number > 1:
            return f"the differences are summed over {' and '.join(names)}; the mean over all is asked for."
    if abs(times) > 1e-6 and abs(times * round(1 / times) - 1) < 1e-4:
        return f"the loss is {times:.3g} times the mean absolute difference: no factor is asked for."
    return ""


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
    try:
        expect(got, expected, tried, step, like=True)
    except Wrong as wrong:
        moved = not all(same(now, before) for now, before in zip(given, (sr, hr), strict=True))
        wrong.idea = wrong.idea or IN_PLACE * moved or idea_of(got, features, sr, hr, expected)
        raise
    given.expect_unchanged(tried)
    wanted = [image.requires_grad for image in given]
    tried = f"{tried}: do sr and hr require a gradient now?"
    idea = "requires_grad of the caller's image is changed: leave it as it is."
    expect(wanted, [sr.requires_grad, hr.requires_grad], tried, idea=idea)


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
    idea = "requires_grad of the caller's image is switched off (requires_grad_, detach_): leave it as it is."
    asked = [leaf.requires_grad for leaf in leaves]
    expect(asked, [True, True], f"{tried}: do sr and hr still require a gradient?", idea=idea)
    if not (isinstance(loss, Tensor) and loss.requires_grad):
        raise Wrong(tried, "a gradient", "none: the graph is cut")
    loss.sum().backward()
    return [torch.zeros_like(leaf) if leaf.grad is None else leaf.grad for leaf in leaves]


def gradient_in_sr(answer: Any, rng: np.random.Generator) -> None:
    features, images = extractor(rng), pictures(rng, 2, 1, 5, 6)
    tried = "the gradient in sr, from which the generator learns"
    (got, in_hr), (expected, _) = (gradients(each, features, *images, tried) for each in (answer, oracle))
    if not got.any() and in_hr.any():
        expect(got, expected, f"{tried} (there is one in hr)", "step 2")
    idea = "sr is cut off: detached, or replaced by a copy that has a gradient of its own."
    expect(got, expected, tried, "step 2", idea=idea * (not got.any()))


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
