"""A small head for the browser: an ellipsoid with a tumour, in voxels of 2 x 2 x 3 mm that run to L, P, S.

As in BraTS, x <= 0 and y >= 0 in the whole volume.
"""

import numpy as np

SHAPE = (48, 56, 32)
AFFINE = np.diag([-2.0, -2.0, 3.0, 1.0])
AFFINE[:3, 3] = (0, 110, 0)


def head() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return image (4, X, Y, Z), true and predicted labels (X, Y, Z)."""
    rng = np.random.default_rng(0)
    grid = np.stack(np.meshgrid(*(np.linspace(-1, 1, n) for n in SHAPE), indexing="ij"))  # (3, X, Y, Z)
    brain = (grid**2).sum(0) < 0.75
    image = np.zeros((4, *SHAPE), np.float32)
    for channel in range(4):
        texture = 300 + 80 * np.sin((channel + 2) * 3 * grid).sum(0) + rng.normal(0, 10, SHAPE)
        image[channel] = np.where(brain, texture + 100 * channel, 0)
    away = np.sqrt(((grid - np.array([0.3, -0.1, 0.2])[:, None, None, None]) ** 2).sum(0))
    seg = np.select([away < 0.12, away < 0.25, away < 0.42], [1, 3, 2], 0).astype(np.uint8) * brain
    pred = np.roll(seg, (2, -1, 1), (0, 1, 2))
    return image, seg, pred
