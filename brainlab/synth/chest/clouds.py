"""Bones and vessels. Most are point clouds: each point has a small volume, and all are projected.

A cloud is (N, 3): x, y in cm and volume in cm3; the depth is not needed after projection. Where a shell is
seen edge-on, many points fall on one pixel, so every bone gets its bright rim, and overlapping ribs add up.
Spine, upper arms and hila are computed per pixel instead.
"""

import numpy as np

from brainlab.synth.chest.patient import SIDES, Patient
from brainlab.synth.chest.tissue import ball, outer_wall

SHELL = 0.09  # thickness of cortical bone in cm
SPONGE = 0.3  # density of spongy relative to cortical bone
# The points of a cross-section: 14 on the shell, 8 and 4 inside.
RING = np.repeat([1.0, 0.7, 0.35], [14, 8, 4])
AROUND = 2 * np.pi * np.concatenate([(np.arange(n) + 0.5) / n for n in (14, 8, 4)])
RIBS = 11


def tube(path: np.ndarray, normal: np.ndarray, radii: tuple, shell: np.ndarray | float = SHELL) -> np.ndarray:
    """Return the cloud of a bone of elliptical cross-section: a cortical shell with spongy bone inside.

    Parameters
    ----------
    path : ndarray (..., L, 3)
        x, y, z of the axis.
    normal : ndarray (..., L, 3)
        Unit vectors perpendicular to the axis, along the first half-axis of the cross-section.
    radii : pair of ndarray (..., L, 1)
        Half-axes along `normal` and perpendicular to it, in cm.
    shell : float or ndarray (..., L, 1)
        Thickness of the shell in cm.
    """
    tangent = np.gradient(path, axis=-2)
    length = np.linalg.norm(tangent, axis=-1, keepdims=True)  # (..., L, 1)
    across = np.cross(tangent / np.maximum(length, 1e-6), normal)  # (..., L, 3)
    first, second = radii[0] * np.cos(AROUND) * RING, radii[1] * np.sin(AROUND) * RING  # (..., L, points)
    x = path[..., :1] + first * normal[..., :1] + second * across[..., :1]
    y = path[..., 1:2] + first * normal[..., 1:2] + second * across[..., 1:2]
    hard = np.pi * (radii[0] + radii[1]) * shell / (RING == 1).sum()  # area in cm2
    spongy = SPONGE * np.pi * radii[0] * radii[1] / (RING < 1).sum()
    volume = length * np.where(RING == 1, hard, spongy)
    return np.stack([x, y, np.broadcast_to(volume, x.shape)], -1).reshape(-1, 3)


def ribs(patient: Patient, rng: np.random.Generator, along: int) -> np.ndarray:
    """Return the cloud of the ribs, each sampled at `along` positions.

    A rib leaves the spine at the back, follows the chest wall around the side and descends to the front,
    where it ends in cartilage, which is transparent to X-rays.
    """
    number = np.arange(RIBS)[:, None]
    clouds = []
    for side, sign in enumerate(SIDES):
        end = np.minimum(0.62 + 0.03 * number, 0.8) + rng.normal(0, 0.01, (RIBS, 1))
        phi = np.pi * np.linspace(0.06, 1, along) * end  # (RIBS, L): 0 at the back, pi at the front
        start = patient.apex[side] - 0.6 + patient.rib_pitch * number + rng.normal(0, 0.08, (RIBS, 1))
        drop = np.minimum(5.5 + 1.0 * number, 12.0)
        rise = 0.9 * np.sin(np.clip(phi / 0.9, 0, np.pi))  # it leaves the spine upwards
        y = start + drop * (1 - np.cos(phi)) / 2 - rise
        wall = outer_wall(patient, side, np.maximum(y, patient.apex[side] + 1.2 + 0.5 * number)) + 0.3
        reach = np.sin(phi) ** 0.8
        x = sign * (1.8 * np.cos(phi / 2) ** 2 + (wall - 0.9 * np.cos(phi / 2) ** 2) * reach)
        z = -patient.depth * np.cos(phi)
        normal = np.stack([sign * np.sin(phi), np.zeros_like(phi), -np.cos(phi)], -1)
        thin = SHELL * (1 - 0.5 * phi / np.pi)  # the front ends are faint
        height = 0.6 + 0.12 * np.sin(phi)
        radii = (np.full((1, 1, 1), 0.32), height[..., None])
        clouds.append(tube(np.stack([x, y, z], -1), normal, radii, thin[..., None]))
    return np.concatenate(clouds)


def shoulder(patient: Patient, rng: np.random.Generator, along: int) -> np.ndarray:
    """Return the cloud of clavicles and scapulae."""
    t = np.linspace(0, 1, along)[:, None]  # (L, 1)
    clouds = []
    for sign in SIDES:
        inner, outer = np.array(patient.clavicle) + rng.normal(0, 0.4, 2)
        reach = rng.normal(16.5, 0.7)
        blade = patient.scapula + rng.normal(0, 0.5)
        bones: list[tuple[tuple, tuple, float, np.ndarray | float, float]] = [
            # start, end, sway, half-width, shell
            ((1.9, inner), (reach, outer), 0.9, 0.55 + 0.35 * (2 * t - 1) ** 4, 0.2),
            ((blade + 0.5, -8.5), (18.0, outer + 0.6), 0.4, 0.45, 0.12),  # spine of the scapula
            ((blade, -10.0), (blade + 2.0, 2.0), 0.5, 0.28, 0.1),  # its medial border
            ((blade + 5.0, -8.5), (blade + 2.0, 2.0), 0.5, 0.38, 0.1),  # its lateral border
        ]
        for start, end, sway, radius, shell in bones:
            x = sign * (start[0] + (end[0] - start[0]) * t)
            y = start[1] + (end[1] - start[1]) * t
            y = y + (sway * np.sin(2 * np.pi * t) if start[0] < 3 else 0)
            x = x - (sign * sway * np.sin(np.pi * t) if start[0] > 3 else 0)
            path = np.concatenate([x, y, np.zeros_like(t)], -1)
            depth = np.broadcast_to([0.0, 0.0, 1.0], path.shape)
            radius = radius * np.ones_like(t)
            clouds.append(tube(path, depth, (0.8 * radius, radius), shell))
        corners = np.array([[blade, -10.0], [blade + 5.0, -8.5], [blade + 2.0, 2.0]]) * [sign, 1]
        share = np.sort(rng.random((30 * along, 2)), axis=1)
        share = np.diff(share, axis=1, prepend=0, append=1)  # (N, 3) uniform in the triangle
        plate = np.full((len(share), 1), 0.25 * 27.0 / len(share))  # 27 cm2, 2.5 mm thick
        clouds.append(np.concatenate([share @ corners, plate], axis=1))
    return np.concatenate(clouds)


def spine(x: np.ndarray, y: np.ndarray, patient: Patient, rng: np.random.Generator) -> np.ndarray:
    """Return the thickness of cortical bone in the spine in cm, (H, W)."""
    pitch = patient.rib_pitch * 1.08
    phase = ((y - rng.uniform(0, pitch)) / pitch) % 1
    half = np.float32(1.5) + np.float32(0.025) * np.clip(y + 16, 0, None)
    sway = np.float32(rng.normal(0, 0.3)) * np.sin(y / 9)
    across = np.clip(1 - np.abs((x - sway) / half) ** 6, 0, None)
    body = np.exp(-(((phase - 0.5) / 0.4) ** 8))
    plates = np.exp(-(((phase - 0.12) / 0.06) ** 2)) + np.exp(-(((phase - 0.88) / 0.06) ** 2))
    process = np.exp(-(((x - sway) / 0.35) ** 2) - ((phase - 0.75) / 0.2) ** 2)
    pedicles = np.exp(-(((np.abs(x - sway) - 0.65 * half) / 0.3) ** 2) - ((phase - 0.35) / 0.2) ** 2)
    return across * (0.2 + 0.35 * body + 0.25 * plates + 0.35 * pedicles) + 0.35 * process


def upper_arms(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the thickness of cortical bone in both upper arms in cm, (H, W)."""
    thick = np.zeros_like(x)
    top, lean = np.float32(rng.normal(-11.5, 0.7)), np.float32(rng.uniform(0, 0.25))
    for sign in SIDES:
        down = np.clip(y - top, 0, None)
        middle = sign * (np.float32(18.5) + lean * down)
        half = 1.2 + 1.1 * np.exp(-down / 3)
        e = (x - middle) / half
        profile = np.sqrt(np.clip(1 - e * e, 0, None)) * (0.5 + 1.5 * np.abs(e) ** 6)  # bright rims
        thick += profile * np.clip(y - top + 2, 0, 1)
    return thick


BRANCHES, FORKS, STEPS = 11, 3, 26
TWIGS = 2**FORKS  # per branch
FINE = 4  # points per step along a twig
ACROSS = np.array([-0.8, -0.4, 0.0, 0.4, 0.8])  # points across a twig, relative to its radius


def vessels(patient: Patient, rng: np.random.Generator) -> np.ndarray:
    """Return the cloud of the lung vessels.

    Main branches fan out from each hilum, sideways and downwards. Each meanders slightly and forks three
    times. Every twig is traced from the hilum; twigs divide the volume of their common stem between them, so
    that it is counted once.
    """
    clouds = []
    for side, sign in enumerate(SIDES):
        hilum = np.array([sign * rng.normal(3.2, 0.3), rng.normal(-0.3, 0.6) - 0.8 * side])
        fan = np.linspace(-1.3, 1.45, BRANCHES) + rng.normal(0, 0.12, BRANCHES)  # 0 is level
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
        radius = patient.vessels * rng.uniform(0.2, 0.42, (BRANCHES, 1, 1))
        radius = radius * np.linspace(1, 0.1, STEPS) ** 1.2

        part = np.tile((np.arange(FINE) + 0.5) / FINE, STEPS)  # of a step, (STEPS * FINE,)
        heading, share, radius = (np.repeat(a, FINE, axis=-1) for a in (heading, share, radius))
        x, y = np.cos(heading), np.sin(heading)  # the direction of each step
        along = [np.cumsum(w[..., ::FINE], axis=-1).repeat(FINE, axis=-1) + (part - 1) * w for w in (x, y)]
        offset = ACROSS * radius[..., None]  # (..., 5)
        root = hilum + rng.normal(0, (0.4, 0.9), (BRANCHES, 1, 1, 1, 2))
        px = root[..., 0] + sign * (step[..., None] * along[0][..., None] - y[..., None] * offset)
        py = root[..., 1] + step[..., None] * along[1][..., None] + x[..., None] * offset
        section = 2 * radius[..., None] * np.sqrt(1 - ACROSS**2) * 0.4 * radius[..., None]  # cm2
        volume = (step * share / FINE)[..., None] * section
        clouds.append(np.stack([px, py, np.broadcast_to(volume, px.shape)], -1).reshape(-1, 3))
    return np.concatenate(clouds)


def hila(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the thickness of the hila (lung roots) in cm, (H, W): large vessels and lymph nodes."""
    thick = np.zeros_like(x)
    for side, sign in enumerate(SIDES):
        for _ in range(rng.integers(2, 7)):
            centre = (sign * rng.uniform(2.4, 4.8), rng.uniform(-2.5, 3.5) - 0.8 * side)
            radii = (rng.uniform(0.4, 1.1), rng.uniform(0.7, 2.0))
            thick += rng.uniform(0.5, 2.2) * np.clip(
                ball(x, y, centre, radii, sign * rng.uniform(-0.7, 0.2)), 0, None
            )
    return thick
