"""The sizes of one chest, drawn at random, and its position before the film: pixels to cm and back.

All lengths are in cm. x increases to the viewer's right, which is the patient's left; y downwards from the
level of the carina, where the trachea forks; z from the back to the front. What exists on both sides is an
array of two: the patient's right (x < 0) first, the patient's left (x > 0) second.
"""

from dataclasses import dataclass

import numpy as np

SIDES = np.array([-1, 1])  # sign of x: the patient's right, the patient's left


@dataclass(frozen=True)
class Patient:
    """Sizes of one chest.

    Attributes
    ----------
    apex : y of the top of each lung
    width : half-width of the chest cavity at its widest
    flare : increase of that width per cm downwards
    shoulder : height over which the top of a lung curves into its side
    depth : half of the chest cavity from back to front
    dome : y of the highest point of each half of the diaphragm
    sulcus : depth of the lung's lateral corner below the dome
    heart : x, y, long and short half-axis of the heart's outline
    heart_tilt : radians by which the long axis points down
    atrium : x of the right border of the heart
    knob : x, y and radius of the aortic arch
    mediastinum : half-widths of the tissue between the lungs, to the right and to the left
    fat : factor by which fat widens the mediastinum, with a soft border
    wall : thickness of muscle and fat around the chest
    breast : radius of each breast, 0 in men
    clavicle : y of the medial and the lateral end of the clavicles
    scapula : x of the medial border of the scapulae
    rib_pitch : distance of neighbouring ribs at the spine
    bone : relative bone density, about 1
    vessels : relative width of the lung vessels, about 1
    sick : whether the lungs have opacities
    """

    apex: np.ndarray
    width: np.ndarray
    flare: float
    shoulder: float
    depth: float
    dome: np.ndarray
    sulcus: np.ndarray
    heart: tuple[float, float, float, float]
    heart_tilt: float
    atrium: float
    knob: tuple[float, float, float]
    mediastinum: tuple[float, float]
    fat: float
    wall: float
    breast: np.ndarray
    clavicle: tuple[float, float]
    scapula: float
    rib_pitch: float
    bone: float
    vessels: float
    sick: bool


def draw_patient(rng: np.random.Generator, sick: bool = False) -> Patient:
    """Draw the sizes of one chest.

    Parameters
    ----------
    rng : numpy.random.Generator
    sick : bool
        Whether the lungs have opacities.
    """
    width = rng.normal(13.0, 0.8)
    breath = rng.normal(0, 1)  # positive when inhaled: the diaphragm is low and the heart upright
    dome = 8.4 + 2.2 * breath
    long_axis = np.clip(rng.normal(0.56, 0.05), 0.46, 0.7) * width
    tilt = np.clip(0.85 + 0.13 * breath + rng.normal(0, 0.08), 0.5, 1.15)
    female = rng.random() < 0.5
    left_dome = dome + rng.normal(0.9, 0.6)
    return Patient(
        apex=-15.0 + rng.normal(0, 0.7) + rng.normal(0, 0.25, 2),
        width=width + rng.normal(0, 0.25, 2),
        flare=rng.uniform(0.0, 0.14),
        shoulder=rng.uniform(11, 17),
        depth=rng.uniform(7.0, 9.0),
        dome=np.array([dome, left_dome]),
        sulcus=rng.uniform(2.5, 6.0) + rng.normal(0, 0.5, 2),
        heart=(
            rng.normal(3.0, 0.5),
            left_dome - np.clip(rng.normal(4.6, 0.5), 3.6, 5.8),
            long_axis,
            long_axis * rng.uniform(0.56, 0.7),
        ),
        heart_tilt=tilt,
        atrium=rng.normal(2.5, 0.4),
        knob=(rng.normal(2.3, 0.3), rng.normal(-6.5, 0.9), rng.uniform(1.6, 2.5)),
        mediastinum=(rng.uniform(1.5, 2.5), rng.uniform(1.9, 3.0)),
        fat=rng.uniform(1.1, 1.7),
        wall=rng.uniform(2.0, 6.0),
        breast=rng.uniform(5.0, 7.5) + rng.normal(0, 0.3, 2) if female else np.zeros(2),
        clavicle=(rng.normal(-11.5, 1.2), rng.normal(-14.5, 1.2)),
        scapula=rng.normal(12.5, 1.2),
        rib_pitch=rng.normal(2.7, 0.15),
        bone=rng.uniform(0.6, 1.4),
        vessels=rng.uniform(0.8, 1.3),
        sick=sick,
    )


WAVES = 4  # of the smooth deformation that varies the outlines


@dataclass(frozen=True)
class View:
    """The map from pixels to cm: scale, shift, rotation and a smooth deformation.

    Attributes
    ----------
    size : pixels along each side
    field : width and height of the film in cm. They differ: the films of both hospitals are not square, and
        are resized to squares when they are read.
    middle : (x, y) at the centre of the film
    angle : rotation in radians
    waves : (WAVES, 5) amplitude in x and y (cm), wave vector in x and y (radians per cm), phase
    """

    size: int
    field: tuple[float, float]
    middle: tuple[float, float]
    angle: float
    waves: np.ndarray

    def grid(self) -> tuple[np.ndarray, np.ndarray]:
        """Return x and y of every pixel in cm, in the undeformed chest; each (H, W) float32."""
        unit = ((np.arange(self.size) + 0.5) / self.size - 0.5).astype(np.float32)  # (size,)
        u, v = unit[None] * self.field[0], unit[:, None] * self.field[1]
        c, s = np.float32(np.cos(self.angle)), np.float32(np.sin(self.angle))
        x, y = c * u - s * v + np.float32(self.middle[0]), s * u + c * v + np.float32(self.middle[1])
        dx, dy = self.bend(x, y)
        return x + dx, y + dy

    def to_pixels(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return column and row of points in cm: the inverse of `grid`, to a fraction of a pixel."""
        # The displacement is small and smooth, so it is nearly the same at its start and end point.
        dx, dy = self.bend(x, y)
        x, y = x - dx - self.middle[0], y - dy - self.middle[1]
        c, s = np.cos(self.angle), np.sin(self.angle)
        u, v = (c * x + s * y) / self.field[0], (c * y - s * x) / self.field[1]
        return (u + 0.5) * self.size - 0.5, (v + 0.5) * self.size - 0.5

    def bend(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the displacement at points in cm, a sum of long waves."""
        dx, dy = np.zeros_like(x), np.zeros_like(y)
        for ax, ay, kx, ky, phase in self.waves.astype(np.float32):
            wave = np.sin(kx * x + ky * y + phase)
            dx += ax * wave
            dy += ay * wave
        return dx, dy

    def splat(self, points: np.ndarray) -> np.ndarray:
        """Project a point cloud onto the film.

        Parameters
        ----------
        points : ndarray (N, 3)
            x and y in cm, volume in cm3.

        Returns
        -------
        ndarray (H, W)
            Thickness in cm. The volume of a point is distributed bilinearly to four pixels.
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
    """Draw the position of a patient before a film of about `field` cm."""
    stretch = np.exp(rng.normal(0, 0.05))
    angle, length = rng.uniform(0, 2 * np.pi, WAVES), rng.uniform(10, 30, WAVES)
    amplitude = 0.022 * length[:, None] * rng.normal(0, 0.5, (WAVES, 2))  # long waves are larger
    k = 2 * np.pi / length
    waves = np.column_stack([amplitude, k * np.cos(angle), k * np.sin(angle), rng.uniform(0, 7, WAVES)])
    return View(
        size,
        field=(field * stretch, field / stretch),
        middle=(rng.normal(0, 0.7), rng.normal(0.3, 1.0)),
        angle=np.radians(rng.normal(0, 1.8)),
        waves=waves,
    )
