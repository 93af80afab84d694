"""Air: how many cm of each ray run through the lungs, and the lung fields that a reader would outline.

A ray goes from the back to the front. It crosses the inner chest; of that length, heart, diaphragm and the
tissue between the lungs take their part, and the rest is lung. Each part is round, so its length along the
ray rises steeply at its outline: that makes the sharp borders of a real X-ray.

The lung fields are what is seen beside heart and mediastinum and above the domes of the diaphragm. The lung
behind the heart, and the corner that reaches down behind the diaphragm, are dark too, but radiologists leave
them out, and so do the masks of the two hospitals.
"""

import numpy as np
from scipy import ndimage

from brainlab.synth.chest.patient import SIDES, Patient


def ball(x: np.ndarray, y: np.ndarray, centre: tuple, radii: tuple, tilt: float = 0.0) -> np.ndarray:
    """Return 1 - r**2 of an ellipse: above 0 inside, 0 on its outline, 1 in the middle, (H, W)."""
    dx, dy = x - np.float32(centre[0]), y - np.float32(centre[1])
    c, s = np.float32(np.cos(tilt)), np.float32(np.sin(tilt))
    return (
        1 - ((c * dx + s * dy) / np.float32(radii[0])) ** 2 - ((c * dy - s * dx) / np.float32(radii[1])) ** 2
    )


def chord(inside: np.ndarray, thickness: float) -> np.ndarray:
    """Return the length of a ray through an ellipsoid that is `thickness` cm thick in the middle."""
    return np.float32(thickness) * np.sqrt(np.clip(inside, 0, None))


def outer_wall(patient: Patient, side: int, y: np.ndarray) -> np.ndarray:
    """Return the distance of the chest's inner wall from the midline at height y."""
    down = y - patient.apex[side]
    t = np.clip(down / patient.shoulder, 0, 1)
    top, round_off = apex_x(patient, side), np.sqrt(1 - (1 - t) ** 2.3)
    widen = patient.flare * np.clip(down - patient.shoulder, None, 20) * t
    return (top + (patient.width[side] + widen - top) * round_off).astype(np.float32)


def apex_x(patient: Patient, side: int) -> float:
    """Return the distance of the top of a lung from the midline."""
    return 0.35 * float(patient.width[side])


def dome_line(patient: Patient, side: int, x: np.ndarray) -> np.ndarray:
    """Return the height y of the diaphragm's outline at x."""
    wide = patient.width[side]
    from_top = (SIDES[side] * x - 0.46 * wide) / (0.56 * wide)  # 0 at the top, about 1 at the outer wall
    outwards = np.clip(from_top, 0, None) ** 2.8 * patient.sulcus[side]
    inwards = np.clip(-from_top, 0, None) ** 2 * 1.3
    return (patient.dome[side] + outwards + inwards).astype(np.float32)


def soft_parts(x: np.ndarray, y: np.ndarray, patient: Patient) -> dict[str, np.ndarray]:
    """Return what lies between the lungs, each as `ball`: above 0 inside."""
    hx, hy, long, short = patient.heart
    right, left = patient.mediastinum
    # The great vessels: wide at the top of the chest, narrower at the fork of the windpipe.
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
    """Return the length of each ray in lung and in the whole inner chest, in cm, and the lung fields.

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
        # Towards the midline the top is round too; further down the mediastinum sets the border.
        inside = -out / (top * np.sqrt(np.clip(down / 6, 1e-6, None)) + 3 * np.clip(down - 3, 0, None))
        e = np.where(out > 0, outside, inside)
        here = (sign * x > 0) & (down > 0)
        depth = patient.depth * (0.3 + 0.7 * np.clip(down / 12, 0, 1) ** 0.7)
        part = np.where(here, 2 * depth * np.sqrt(np.clip(1 - e * e, 0, None)), 0)
        below = y - dome_line(patient, side, x)
        cavity += part
        domes += part * np.sqrt(np.clip(below / 4.5, 0, 1))
        above |= (part > 0) & (below < 0)
    # Fat and small vessels blur the border of the mediastinum; readers draw it nearer to the midline.
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
    return air, cavity, largest_pieces(above & (hidden < 0), x > 0)


def largest_pieces(fields: np.ndarray, left: np.ndarray) -> np.ndarray:
    """Return the largest connected piece on each side: crumbs between heart and diaphragm are no lung."""
    kept = np.zeros_like(fields)
    for half in (fields & left, fields & ~left):
        pieces, _ = ndimage.label(half)
        sizes = np.bincount(pieces.ravel())
        sizes[0] = 0
        kept |= (pieces == sizes.argmax()) & half
    return kept
