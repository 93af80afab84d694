"""The Fréchet distance of feature vectors against scipy, a closed form, and its bias with few vectors."""

import numpy as np
import pytest
import torch
from scipy import linalg

from brainlab.metrics import frechet_distance


def vectors(n, k, seed, shift=0.0, scale=1.0):
    draw = torch.Generator().manual_seed(seed)
    mix = torch.randn(k, k, generator=torch.Generator().manual_seed(1))  # correlated features
    return shift + scale * torch.randn(n, k, generator=draw, dtype=torch.float64) @ mix.double()


@pytest.mark.parametrize(("n", "m", "k"), [(50, 50, 3), (200, 90, 8), (40, 1000, 1)])
def test_it_is_the_formula_with_scipys_root(n, m, k):
    x, y = vectors(n, k, 2), vectors(m, k, 3, shift=0.7, scale=1.4)
    first, second = (np.cov(z.numpy().T).reshape(k, k) for z in (x, y))
    apart = ((x.mean(0) - y.mean(0)) ** 2).sum().item()
    wanted = apart + np.trace(first + second - 2 * linalg.sqrtm(first @ second).real)
    assert frechet_distance(x, y) == pytest.approx(wanted, rel=1e-6)


def test_closed_forms():
    x = vectors(500, 4, 5)
    assert frechet_distance(x, x) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(x, x.flip(0)) == pytest.approx(0, abs=1e-6)  # no pairs
    assert frechet_distance(x, x + torch.tensor([3.0, 0, 4, 0])) == pytest.approx(25, rel=1e-6)
    total = x.var(dim=0).sum().item()
    centred = x - x.mean(dim=0)
    assert frechet_distance(2 * centred, centred) == pytest.approx(total, rel=1e-6)  # (2 - 1)^2 times


def test_it_is_symmetric_and_ordered():
    true, near, far = vectors(400, 5, 7), vectors(400, 5, 8, shift=0.2), vectors(400, 5, 8, shift=1.0)
    assert frechet_distance(true, near) == pytest.approx(frechet_distance(near, true), rel=1e-6)
    assert frechet_distance(near, true) < frechet_distance(far, true)


def test_few_vectors_make_it_too_large_as_documented():
    k, n = 16, 2000
    equal = [
        frechet_distance(*torch.randn(2, n, k, generator=torch.Generator().manual_seed(seed)))
        for seed in range(8)
    ]
    assert np.mean(equal) == pytest.approx(k * (k + 5) / (2 * n), rel=0.2)


def test_too_few_vectors_are_refused():
    with pytest.raises(ValueError, match="more vectors than features"):
        frechet_distance(torch.rand(4, 4), torch.rand(100, 4))
    with pytest.raises(ValueError, match=r"\(9, 2\) and \(9, 3\)"):
        frechet_distance(torch.rand(9, 2), torch.rand(9, 3))
