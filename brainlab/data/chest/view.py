"""Where the patient stands before the film: pixels to centimetres and back."""

from dataclasses import dataclass

import numpy as np

WAVES = 4  # in the bend that gives every chest outlines of its own


@dataclass(frozen=True)
class View:
    """Pixels to cm: scale, shift, rotation, and a gentle bend.

    Attributes
    ----------
    size : pixels along each side
    field : cm along the width and along the height of the film. They differ: the films of both hospitals are
        not square, and are made square when they are read.
    middle : (x, y) at the middle of the film
    angle : rotation in radians
    waves : (WAVES, 5) amplitude in x and y (cm), wave vector in x and y (radians per cm), phase
    """

    size: int
    field: tuple[float, float]
    middle: tuple[float, float]
    angle: float
    waves: np.ndarray

    def grid(self) -> tuple[np.ndarray, np.ndarray]:
        """Return x and y of every pixel, each (H, W) float32, in cm of the straight patient."""
        unit = ((np.arange(self.size) + 0.5) / self.size - 0.5).astype(np.float32)  # (size,)
        u, v = unit[None] * self.field[0], unit[:, None] * self.field[1]
        c, s = np.float32(np.cos(self.angle)), np.float32(np.sin(self.angle))
        x, y = c * u - s * v + np.float32(self.middle[0]), s * u + c * v + np.float32(self.middle[1])
        dx, dy = self.bend(x, y)
        return x + dx, y + dy

    def to_pixels(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return column and row of points in cm, the inverse of `grid`."""
        # The bend is small and smooth, so it is nearly the same at both of its ends.
        dx, dy = self.bend(x, y)
        x, y = x - dx - self.middle[0], y - dy - self.middle[1]
        c, s = np.cos(self.angle), np.sin(self.angle)
        u, v = (c * x + s * y) / self.field[0], (c * y - s * x) / self.field[1]
        return (u + 0.5) * self.size - 0.5, (v + 0.5) * self.size - 0.5

    def bend(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the displacement at points in cm: a few long waves."""
        dx, dy = np.zeros_like(x), np.zeros_like(y)
        for ax, ay, kx, ky, phase in self.waves.astype(np.float32):
            wave = np.sin(kx * x + ky * y + phase)
            dx += ax * wave
            dy += ay * wave
        return dx, dy

    def splat(self, points: np.ndarray) -> np.ndarray:
        """Project a cloud of points onto the film.

        Parameters
        ----------
        points : ndarray (N, 3)
            x and y in cm, volume in cm3.

        Returns
        -------
        ndarray (H, W)
            Thickness in cm. Each point is shared by the four pixels around it.
        """
        column, row = self.to_pixels(*points[:, :2].T.astype(np.float32))
        inside = (column >= 0) & (column < self.size - 1) & (row >= 0) & (row < self.size - 1)
        column, row, volume = column[inside], row[inside], points[inside, 2]
        c, r = column.astype(np.int64), row.astype(np.int64)
        fc, fr = column - c, row - r
        first = r * self.size + c
        film = np.zeros(self.size**2)
        for offset, share in (
            (0, (1 - fr) * (1 - fc)),
            (1, (1 - fr) * fc),
            (self.size, fr * (1 - fc)),
            (self.size + 1, fr * fc),
        ):
            film += np.bincount(first + offset, share * volume, self.size**2)
        pixel = self.field[0] * self.field[1] / self.size**2  # cm2
        return (film / pixel).reshape(self.size, self.size).astype(np.float32)


def draw_view(rng: np.random.Generator, size: int, field: float) -> View:
    """Draw how a patient stands before a film of about `field` cm."""
    stretch = np.exp(rng.normal(0, 0.05))
    angle, length = rng.uniform(0, 2 * np.pi, WAVES), rng.uniform(10, 30, WAVES)
    amplitude = 0.022 * length[:, None] * rng.normal(0, 0.5, (WAVES, 2))  # long waves bend more
    k = 2 * np.pi / length
    waves = np.column_stack([amplitude, k * np.cos(angle), k * np.sin(angle), rng.uniform(0, 7, WAVES)])
    return View(
        size,
        field=(field * stretch, field / stretch),
        middle=(rng.normal(0, 0.7), rng.normal(0.3, 1.0)),
        angle=np.radians(rng.normal(0, 1.8)),
        waves=waves,
    )
