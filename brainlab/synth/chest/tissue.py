"""Path lengths of each ray in air and soft tissue, in cm, and the lung fields that a reader would outline.

A ray runs from the back to the front. Of its length in the chest cavity, heart, diaphragm and mediastinum
take their part, and the rest is lung. Each part is rounded, so that its length along the ray rises steeply at
its outline: this gives the sharp borders of a real X-ray.

The lung fields are what is seen beside heart and mediastinum and above the domes of the diaphragm. The lung
behind the heart and the recess behind the diaphragm are dark too, but radiologists leave them out, and so do
the masks of both hospitals.
"""

import numpy as np
from scipy import ndimage

from brainlab.synth.chest.patient import SIDES, Patient

Pair = tuple[float, float] | np.ndarray


def ball(x: np.ndarray, y: np.ndarray, centre: Pair, radii: Pair, tilt: float = 0.0) -> np.ndarray:
    """Return 1 - r**2 of an ellipse, (H, W): positive inside, 0 on its outline, 1 at its centre."""
    dx, dy = x - np.float32(centre[0]), y - np.float32(centre[1])
    c, s = np.float32(np.cos(tilt)), np.float32(np.sin(tilt))
    u, v = (c * dx + s * dy) / np.float32(radii[0]), (c * dy - s * dx) / np.float32(radii[1])
    return 1 - u**2 - v**2


def chord(inside: np.ndarray, thickness: float) -> np.ndarray:
    """Return the path length in cm through an ellipsoid that is `thickness` cm thick at its centre."""
    return np.float32(thickness) * np.sqrt(np.clip(inside, 0, None))


def outer_wall(patient: Patient, side: int, y: np.ndarray) -> np.ndarray:
    """Return the distance of the inner chest wall from the midline at height y."""
    down = y - patient.apex[side]
    t = np.clip(down / patient.shoulder, 0, 1)
    top, round_off = apex_x(patient, side), np.sqrt(1 - (1 - t) ** 2.3)
    widen = patient.flare * np.clip(down - patient.shoulder, None, 20) * t
    return (top + (patient.width[side] + widen - top) * round_off).astype(np.float32)


def apex_x(patient: Patient, side: int) -> float:
    """Return the distance of the top of a lung from the midline."""
    return 0.35 * float(patient.width[side])


def dome_line(patient: Patient, side: int, x: np.ndarray) -> np.ndarray:
    """Return the height y of the diaphragm at x."""
    wide = patient.width[side]
    from_top = (SIDES[side] * x - 0.46 * wide) / (0.56 * wide)  # 0 at the top, about 1 at the outer wall
    outwards = np.clip(from_top, 0, None) ** 2.8 * patient.sulcus[side]
    inwards = np.clip(-from_top, 0, None) ** 2 * 1.3
    return (patient.dome[side] + outwards + inwards).astype(np.float32)


def soft_parts(x: np.ndarray, y: np.ndarray, patient: Patient) -> dict[str, np.ndarray]:
    """Return heart, great vessels and mediastinum, each as `ball` does: positive inside."""
    hx, hy, long, short = patient.heart
    right, left = patient.mediastinum
    # The great vessels: wide at the top of the chest, narrower at the carina.
    middle, half = (left - right) / 2, (left + right) / 2
    top = np.clip((-y - 9) / 8, 0, 1)
    kx, ky, kr = patient.knob
    return {
        "mediastinum": 1 - ((x - middle * (1 - top)) / (half * (1 + 0.1 * top))) ** 2,
        "heart": ball(x, y, (hx, hy), (long, short), patient.heart_tilt),
        "atrium": ball(x, y, (0.7, hy - 0.3), (0.7 + patient.atrium, 5.0), 0.05),
        "knob": ball(x, y, (kx, ky), (kr, kr * 1.15)),
        "trunk": ball(x, y, (1.6, ky + 4.5), (left, 4.5), -0.2),
        "aorta": 1 - ((x - kx) / np.float32(0.8 * kr)) ** 2 - np.float32(9) * np.clip(ky - y, 0, None),
    }


def lungs(x: np.ndarray, y: np.ndarray, patient: Patient) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the path length in lung and in the whole chest cavity, in cm, and the lung fields.

    Parameters
    ----------
    x, y : ndarray (H, W)
        From `View.grid`.
    patient : Patient

    Returns
    -------
    air, cavity : ndarray (H, W) float32
    fields : ndarray (H, W) bool
    """
    parts = soft_parts(x, y, patient)
    cavity, domes, above = np.zeros_like(x), np.zeros_like(x), np.zeros(x.shape, bool)
    for side, sign in enumerate(SIDES):
        top, down = np.float32(apex_x(patient, side)), np.clip(y - patient.apex[side], 0, None)
        out = sign * x - top
        outside = out / np.maximum(outer_wall(patient, side, y) - top, 1e-3)
        # Towards the midline the apex is rounded too; further down the mediastinum is the border.
        inside = -out / (top * np.sqrt(np.clip(down / 6, 1e-6, None)) + 3 * np.clip(down - 3, 0, None))
        e = np.where(out > 0, outside, inside)
        here = (sign * x > 0) & (down > 0)
        depth = patient.depth * (0.3 + 0.7 * np.clip(down / 12, 0, 1) ** 0.7)
        part = np.where(here, 2 * depth * np.sqrt(np.clip(1 - e * e, 0, None)), 0)
        below = y - dome_line(patient, side, x)
        cavity += part
        domes += part * np.sqrt(np.clip(below / 4.5, 0, 1))
        above |= (part > 0) & (below < 0)
    # Fat and small vessels blur the border of the mediastinum; readers outline it closer to the midline.
    fat = np.float32(patient.fat)
    between = np.maximum.reduce(
        [
            cavity * np.clip(1 - (1 - parts["mediastinum"]) / fat**2, 0, 1),
            chord(parts["heart"], 10.5),
            chord(parts["atrium"], 8.0),
            chord(parts["trunk"], 6.0),
        ]
    )
    between += chord(parts["knob"], 5.0) + chord(parts["aorta"], 2.6)
    air = np.clip(cavity - domes - between, 0, None)
    hidden = np.maximum.reduce([parts[name] for name in ("mediastinum", "heart", "atrium", "knob", "trunk")])
    return air, cavity, largest_components(above & (hidden < 0), x > 0)


def largest_components(fields: np.ndarray, left: np.ndarray) -> np.ndarray:
    """Return the largest component on each side, without specks between heart and diaphragm."""
    kept = np.zeros_like(fields)
    for half in (fields & left, fields & ~left):
        components, _ = ndimage.label(half)
        sizes = np.bincount(components.ravel())
        sizes[0] = 0
        kept |= (components == sizes.argmax()) & half
    return kept


def smooth_noise(rng: np.random.Generator, x: np.ndarray, nodes: int) -> np.ndarray:
    """Return smooth noise of the shape of x, mean 0, standard deviation about 1, `nodes` per side."""
    grid = rng.standard_normal((nodes, nodes)).astype(np.float32)
    size = x.shape[0]
    at = np.linspace(0, nodes - 1, size, dtype=np.float32)
    weights = np.clip(1 - np.abs(at[:, None] - np.arange(nodes, dtype=np.float32)), 0, 1)  # (size, nodes)
    weights = weights * weights * (3 - 2 * weights)
    return 1.4 * weights @ grid @ weights.T


def trunk(x: np.ndarray, y: np.ndarray, patient: Patient, rng: np.random.Generator) -> np.ndarray:
    """Return the thickness of trunk, neck, shoulders and arms in cm, all taken as soft tissue, (H, W)."""
    half = patient.width.mean() + patient.wall + patient.flare * np.clip(y, -5, 15)
    half = half - rng.uniform(0, 2.5) * np.exp(-(((y - 24) / 8) ** 2))  # waist
    depth = patient.depth + 1.6 + 0.45 * patient.wall
    slope = rng.uniform(0.25, 0.5)
    line = -21 + rng.normal(0, 1.2) + slope * np.clip(np.abs(x) - 6.5, 0, None)  # outline of the shoulders
    below = np.clip((y - line) / rng.uniform(4, 12), 0, 1)
    chest = chord(1 - (np.abs(x) / half) ** 3, 2 * depth) * np.sqrt(below) * (y > line)
    # Above the armpits the trunk merges into the shoulders.
    girdle = chord(1 - (np.abs(x) / 23) ** 4, 1.25 * depth) * np.sqrt(below) * np.clip((-y) / 7, 0, 1) ** 0.5
    neck = chord(1 - (x / rng.uniform(5.5, 7.0)) ** 2, rng.uniform(8, 12)) * np.clip((-9 - y) / 6, 0, 1)
    reach, arm = rng.uniform(18.5, 24), rng.uniform(4.5, 6.0)
    arms = np.zeros_like(x)
    for sign in SIDES:
        middle = sign * (18.5 + (reach - 18.5) * np.clip((y + 11) / 18, 0, 1.5))
        arms += chord(1 - ((x - middle) / arm) ** 2, 2 * arm) * np.clip((y + 13) / 3, 0, 1)
    return np.maximum.reduce([chest, girdle, neck, arms])


def soft_tissue(x: np.ndarray, y: np.ndarray, patient: Patient, rng: np.random.Generator) -> np.ndarray:
    """Return the thickness of soft tissue in cm, (H, W): trunk, breasts, chest muscles, uneven fat.

    The lungs are still included as soft tissue.
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
        else:  # the pectoral muscle, from sternum to arm
            start, end = np.array([sign * 4.0, 0.0]), np.array([sign * 17.0, -12.0])
            along = end - start
            t = ((x - start[0]) * along[0] + (y - start[1]) * along[1]) / (along @ along)
            across = ((x - start[0]) * along[1] - (y - start[1]) * along[0]) / np.linalg.norm(along)
            thick = thick + chord(1 - (across / 5.5) ** 2, 1.6) * np.clip(2 * t + 0.4, 0, 1) * (t < 1.3)
    # Muscle and fat are uneven, most of all around the shoulders.
    coarse = rng.uniform(0.3, 0.7) + rng.uniform(0, 1.2) * np.clip((-4 - y) / 6, 0, 1)
    uneven = coarse * smooth_noise(rng, x, 8) + 0.3 * coarse * smooth_noise(rng, x, 24)
    return np.clip(thick + uneven * np.clip(thick / 4, 0, 1), 0, None)


def gas(x: np.ndarray, y: np.ndarray, patient: Patient, rng: np.random.Generator) -> np.ndarray:
    """Return the thickness of air outside the lungs in cm: trachea, stomach and bowel, (H, W)."""
    air = chord(1 - ((x + 0.3) / 0.9) ** 2, 1.6) * (y < 0)  # the trachea, then the main bronchi
    for sign, steep in zip(SIDES, (1.1, 0.8), strict=True):
        on_way = (sign * x > -0.5) & (sign * x < 3.8) & (y > 0)
        air += chord(1 - ((y - steep * sign * (x + 0.3)) / 0.8) ** 2, 1.1) * on_way
    if rng.random() < 0.75:  # the gastric bubble, under the left dome
        wide, high = rng.uniform(1.5, 4.0), rng.uniform(0.7, 2.2)
        centre = (rng.uniform(5.5, 9.0), patient.dome[1] + high + rng.uniform(0.4, 1.2))
        inside = ball(x, y, centre, (wide, high), rng.normal(0, 0.15))
        level = (y < centre[1] + rng.uniform(0.1, 1.0) * high) | (rng.random() < 0.5)  # of the fluid in it
        air += chord(inside, rng.uniform(2, 6)) * level
    for _ in range(rng.integers(0, 5)):  # bowel
        centre = (rng.uniform(-14, 14), patient.dome.max() + rng.uniform(5, 12))
        air += chord(ball(x, y, centre, rng.uniform(0.8, 2.2, 2), rng.uniform(0, 3)), rng.uniform(1, 4))
    return air


def opacities(x: np.ndarray, y: np.ndarray, patient: Patient, rng: np.random.Generator) -> np.ndarray:
    """Return the thickness of consolidated lung in cm, (H, W): blurred patches, mostly in the upper lungs."""
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
