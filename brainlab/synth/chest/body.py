"""The rest of the body: how many cm of soft tissue and of air each ray crosses outside the lungs.

Vessels of the lungs: trees that leave the roots of the lungs (hila), fork and thin out.
"""

import numpy as np
from scipy import ndimage

from brainlab.synth.chest.lungs import ball, chord
from brainlab.synth.chest.patient import SIDES, Patient


def smooth_noise(rng: np.random.Generator, x: np.ndarray, nodes: int) -> np.ndarray:
    """Return smooth noise of mean 0 and deviation about 1, of the shape of x; `nodes` along each side."""
    grid = rng.standard_normal((nodes, nodes)).astype(np.float32)
    size = x.shape[0]
    at = np.linspace(0, nodes - 1, size, dtype=np.float32)
    weights = np.clip(1 - np.abs(at[:, None] - np.arange(nodes, dtype=np.float32)), 0, 1)  # (size, nodes)
    weights = weights * weights * (3 - 2 * weights)
    return 1.4 * weights @ grid @ weights.T


def trunk(x: np.ndarray, y: np.ndarray, patient: Patient, rng: np.random.Generator) -> np.ndarray:
    """Return the thickness of trunk, neck, shoulders and arms in cm, as if all were soft tissue, (H, W)."""
    half = patient.width.mean() + patient.wall + patient.flare * np.clip(y, -5, 15)
    half = half - rng.uniform(0, 2.5) * np.exp(-(((y - 24) / 8) ** 2))  # waist
    depth = patient.depth + 1.6 + 0.45 * patient.wall
    slope = rng.uniform(0.25, 0.5)
    line = -21 + rng.normal(0, 1.2) + slope * np.clip(np.abs(x) - 6.5, 0, None)  # the shoulders' outline
    below = np.clip((y - line) / rng.uniform(4, 12), 0, 1)
    chest = chord(1 - (np.abs(x) / half) ** 3, 2 * depth) * np.sqrt(below) * (y > line)
    # Above the armpits the trunk goes over into the shoulders.
    girdle = chord(1 - (np.abs(x) / 23) ** 4, 1.25 * depth) * np.sqrt(below) * np.clip((-y) / 7, 0, 1) ** 0.5
    neck = chord(1 - (x / rng.uniform(5.5, 7.0)) ** 2, rng.uniform(8, 12)) * np.clip((-9 - y) / 6, 0, 1)
    reach, arm = rng.uniform(18.5, 24), rng.uniform(4.5, 6.0)
    arms = np.zeros_like(x)
    for sign in SIDES:
        middle = sign * (18.5 + (reach - 18.5) * np.clip((y + 11) / 18, 0, 1.5))
        arms += chord(1 - ((x - middle) / arm) ** 2, 2 * arm) * np.clip((y + 13) / 3, 0, 1)
    return np.maximum.reduce([chest, girdle, neck, arms])


def soft_tissue(x: np.ndarray, y: np.ndarray, patient: Patient, rng: np.random.Generator) -> np.ndarray:
    """Return the thickness of the soft tissue in cm, (H, W): trunk, breasts, chest muscles, uneven fat.

    The lungs still count as soft tissue here.
    """
    thick = trunk(x, y, patient, rng)
    low = patient.dome.mean() - rng.uniform(0, 3)
    for side, sign in enumerate(SIDES):
        if patient.breast[side] > 0:
            r = patient.breast[side]
            centre = (sign * (patient.width[side] * 0.62), low - 0.35 * r)
            hanging = np.where(y > centre[1], np.float32(1.25), np.float32(0.8))
            inside = ball(x, centre[1] + (y - centre[1]) * hanging, centre, (r, r))
            thick = thick + rng.uniform(1, 4) * np.clip(inside, 0, None)
        else:  # the muscle from breastbone to arm
            start, end = np.array([sign * 4.0, 0.0]), np.array([sign * 17.0, -12.0])
            along = end - start
            t = ((x - start[0]) * along[0] + (y - start[1]) * along[1]) / (along @ along)
            across = ((x - start[0]) * along[1] - (y - start[1]) * along[0]) / np.linalg.norm(along)
            thick = thick + chord(1 - (across / 5.5) ** 2, 1.6) * np.clip(2 * t + 0.4, 0, 1) * (t < 1.3)
    # Muscle and fat: folds and gaps, most of all around the shoulders.
    coarse = rng.uniform(0.3, 0.7) + rng.uniform(0, 1.2) * np.clip((-4 - y) / 6, 0, 1)
    uneven = coarse * smooth_noise(rng, x, 8) + 0.3 * coarse * smooth_noise(rng, x, 24)
    return np.clip(thick + uneven * np.clip(thick / 4, 0, 1), 0, None)


def gas(x: np.ndarray, y: np.ndarray, patient: Patient, rng: np.random.Generator) -> np.ndarray:
    """Return the thickness of air outside the lungs in cm: windpipe, stomach and bowel, (H, W)."""
    air = chord(1 - ((x + 0.3) / 0.9) ** 2, 1.6) * (y < 0)  # the windpipe, and how it forks
    for sign, steep in zip(SIDES, (1.1, 0.8), strict=True):
        on_way = (sign * x > -0.5) & (sign * x < 3.8) & (y > 0)
        air += chord(1 - ((y - steep * sign * (x + 0.3)) / 0.8) ** 2, 1.1) * on_way
    if rng.random() < 0.75:  # the bubble of the stomach, under the left dome
        wide, high = rng.uniform(1.5, 4.0), rng.uniform(0.7, 2.2)
        centre = (rng.uniform(5.5, 9.0), patient.dome[1] + high + rng.uniform(0.4, 1.2))
        inside = ball(x, y, centre, (wide, high), rng.normal(0, 0.15))
        level = (y < centre[1] + rng.uniform(0.1, 1.0) * high) | (rng.random() < 0.5)  # of the fluid below it
        air += chord(inside, rng.uniform(2, 6)) * level
    for _ in range(rng.integers(0, 5)):  # bowel
        centre = (rng.uniform(-14, 14), patient.dome.max() + rng.uniform(5, 12))
        air += chord(ball(x, y, centre, rng.uniform(0.8, 2.2, 2), rng.uniform(0, 3)), rng.uniform(1, 4))
    return air


def opacities(x: np.ndarray, y: np.ndarray, patient: Patient, rng: np.random.Generator) -> np.ndarray:
    """Return the thickness of consolidated lung in cm, (H, W): blurred patches, most in the upper lungs."""
    dense = np.zeros_like(x)
    if not patient.sick:
        return dense
    grain = sum(
        weight * sigma * ndimage.gaussian_filter(rng.standard_normal(x.shape, dtype=np.float32), sigma)
        for weight, sigma in ((2.5, x.shape[0] / 130), (1.5, x.shape[0] / 50))
    )
    texture = np.clip(0.6 + grain, 0, None)
    for _ in range(rng.integers(1, 4)):
        side = rng.integers(2)
        centre = (SIDES[side] * rng.uniform(4, 11), rng.triangular(-12, -7, 6))
        radii = rng.uniform(1.2, 4.0, 2)
        spot = np.exp(2 * np.minimum(ball(x, y, centre, radii, rng.uniform(0, 3)) - 1, 0))
        dense += rng.uniform(0.8, 4.0) * spot * texture
    return dense


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
