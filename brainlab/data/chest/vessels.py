"""Vessels of the lungs: trees that leave the roots of the lungs (hila), fork and thin out."""

import numpy as np

from brainlab.data.chest.lungs import ball
from brainlab.data.chest.patient import SIDES, Patient

BRANCHES, FORKS, STEPS = 11, 3, 26
TWIGS = 2**FORKS  # a branch ends as so many
FINE = 4  # points per step
ACROSS = np.array([-0.8, -0.4, 0.0, 0.4, 0.8])  # of the radius


def vessels(patient: Patient, rng: np.random.Generator) -> np.ndarray:
    """Return the cloud of the vessels, (N, 3): x, y in cm and volume in cm3.

    Main branches fan out from each hilum, to the side and downwards. Each wanders a little on its way and
    forks three times. Every twig is walked from the hilum; what twigs have in common they share out, so that
    the volume is counted once.
    """
    clouds = []
    for side, sign in enumerate(SIDES):
        hilum = np.array([sign * rng.normal(3.2, 0.3), rng.normal(-0.3, 0.6) - 0.8 * side])
        fan = np.linspace(-1.3, 1.45, BRANCHES) + rng.normal(0, 0.12, BRANCHES)  # 0 level, above 0 downwards
        turn = np.zeros((BRANCHES, TWIGS, STEPS)) + rng.normal(0, 0.07, (BRANCHES, 1, STEPS))
        turn[:, :, 0] += fan[:, None]
        share = np.full((BRANCHES, TWIGS, STEPS), 1 / TWIGS)
        for fork in range(FORKS):
            begin = 3 + fork * STEPS // (FORKS + 1)
            way = 1 - 2 * (np.arange(TWIGS) >> fork & 1)  # +1 or -1
            turn[:, :, begin] += way * rng.uniform(0.15, 0.55, (BRANCHES, 1))
            share[:, :, begin:] *= 2
        turn[:, :, begin:] += rng.normal(0, 0.06, (BRANCHES, TWIGS, STEPS - begin))
        heading = np.cumsum(turn, axis=-1)  # (BRANCHES, TWIGS, STEPS)
        step = rng.uniform(0.36, 0.58, (BRANCHES, 1, 1))
        radius = (
            patient.vessels * rng.uniform(0.2, 0.42, (BRANCHES, 1, 1)) * np.linspace(1, 0.1, STEPS) ** 1.2
        )

        part = np.tile((np.arange(FINE) + 0.5) / FINE, STEPS)  # of a step, (STEPS * FINE,)
        heading, share, radius = (np.repeat(a, FINE, axis=-1) for a in (heading, share, radius))
        x, y = np.cos(heading), np.sin(heading)  # the way of each step
        along = [
            np.cumsum(way[..., ::FINE], axis=-1).repeat(FINE, axis=-1) + (part - 1) * way for way in (x, y)
        ]
        offset = ACROSS * radius[..., None]  # (..., 5)
        root = hilum + rng.normal(0, (0.4, 0.9), (BRANCHES, 1, 1, 1, 2))
        px = root[..., 0] + sign * (step[..., None] * along[0][..., None] - y[..., None] * offset)
        py = root[..., 1] + step[..., None] * along[1][..., None] + x[..., None] * offset
        section = 2 * radius[..., None] * np.sqrt(1 - ACROSS**2) * 0.4 * radius[..., None]  # cm2
        volume = (step * share / FINE)[..., None] * section
        clouds.append(np.stack([px, py, np.broadcast_to(volume, px.shape)], -1).reshape(-1, 3))
    return np.concatenate(clouds)


def hila(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the thickness of the roots of the lungs in cm, (H, W): large vessels and lymph nodes."""
    thick = np.zeros_like(x)
    for side, sign in enumerate(SIDES):
        for _ in range(rng.integers(2, 7)):
            centre = (sign * rng.uniform(2.4, 4.8), rng.uniform(-2.5, 3.5) - 0.8 * side)
            radii = (rng.uniform(0.4, 1.1), rng.uniform(0.7, 2.0))
            thick += rng.uniform(0.5, 2.2) * np.clip(
                ball(x, y, centre, radii, sign * rng.uniform(-0.7, 0.2)), 0, None
            )
    return thick
