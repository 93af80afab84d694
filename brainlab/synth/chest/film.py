"""From thickness to grey values: Beer-Lambert's law, scatter, characteristic curve of the film, and labels.

Of unit intensity, exp(-sum of mu_i * t_i) is transmitted through thicknesses t_i with attenuation mu_i.
Scatter adds a blurred copy, relatively strongest behind thick parts. Film density is a sigmoid of the
logarithm of the exposure (Hurter and Driffield 1890); shown as a positive, dense parts are bright.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

SOFT, BONE = 0.19, 0.42  # attenuation per cm: of soft tissue, and of cortical bone in addition to it


@dataclass(frozen=True)
class Film:
    """Exposure and processing of one film.

    Attributes
    ----------
    field : cm along a side
    speed : logarithm of the exposure that gives medium grey; the higher, the brighter the image
    contrast : slope of the characteristic curve
    scatter : scattered relative to direct radiation
    detail : strength of the unsharp masking that digital systems apply
    noise : relative standard deviation of the quantum noise at exposure 1
    blur : standard deviation in pixels of a 256 x 256 image
    """

    field: float
    speed: float
    contrast: float
    scatter: float
    detail: float
    noise: float
    blur: float


def draw_film(rng: np.random.Generator, hospital: str) -> Film:
    """Draw the exposure of one film of the hospital "CHN" or "MCU".

    "CHN" is digital, tightly framed, dark and high in contrast; "MCU" is scanned film, widely framed, bright
    and low in contrast. Both vary so much that they overlap.
    """
    if hospital == "CHN":
        return Film(
            field=rng.uniform(33, 39.5),
            speed=rng.uniform(-3.0, -1.7),
            contrast=rng.uniform(1.1, 2.0),
            scatter=rng.uniform(0.03, 0.15),
            detail=rng.choice([0, rng.uniform(0.0, 0.6)]),
            noise=rng.uniform(0.002, 0.012),
            blur=rng.uniform(0.3, 0.7),
        )
    return Film(
        field=rng.uniform(35, 41),
        speed=rng.uniform(-2.4, -1.6),
        contrast=rng.uniform(1.3, 1.9),
        scatter=rng.uniform(0.05, 0.15),
        detail=0.0,
        noise=rng.uniform(0.001, 0.006),
        blur=rng.uniform(0.3, 0.6),
    )


def expose(soft: np.ndarray, bone: np.ndarray, film: Film, rng: np.random.Generator) -> np.ndarray:
    """Return the brightness of a film in [0, 1].

    Parameters
    ----------
    soft, bone : ndarray (H, W)
        Thickness in cm.
    """
    size = soft.shape[0]
    direct = np.exp(-SOFT * soft - BONE * bone)
    veil = ndimage.gaussian_filter(direct[::4, ::4], size / 40, mode="nearest")
    veil = np.kron(veil, np.ones((4, 4), np.float32))[:size, :size]
    veil = ndimage.uniform_filter(veil, 9, mode="nearest")
    exposure = direct + film.scatter * veil
    exposure = ndimage.gaussian_filter(exposure, film.blur * size / 256)
    exposure *= 1 + film.noise * rng.standard_normal(soft.shape, dtype=np.float32) / np.sqrt(exposure)
    dose = np.log(np.clip(exposure, 1e-4, None))
    if film.detail:
        dose += film.detail * (dose - ndimage.uniform_filter(dose, size // 6, mode="nearest"))
    return 1 / (1 + np.exp(np.float32(film.contrast) * (dose - np.float32(film.speed))))


def label(grey: np.ndarray, rng: np.random.Generator, hospital: str) -> np.ndarray:
    """Return the film, (H, W) in [0, 1], with side marker, blanked names and borders."""
    grey = grey.copy()
    size = grey.shape[0]
    if hospital == "CHN":
        if rng.random() < 0.6:
            draw_letter(grey, rng)
        if rng.random() < 0.25:  # the collimator that frames the beam
            for cut in (np.s_[: edge(rng, size)], np.s_[-edge(rng, size) :]):
                grey[cut] = 0.02
            for cut in (np.s_[: edge(rng, size)], np.s_[-edge(rng, size) :]):
                grey[:, cut] = 0.02
        return grey
    for _ in range(rng.integers(0, 4)):  # patient names were blanked on the scanned films
        h, w = rng.uniform(0.025, 0.07) * size, rng.uniform(0.08, 0.16) * size
        row = 0 if rng.random() < 0.8 else size - int(h)
        column = int(rng.choice([rng.uniform(0.05, 0.25), rng.uniform(0.72, 0.88)]) * size)
        grey[row : row + int(h), column : column + int(w)] = 0
    if rng.random() < 0.5:
        grey[-edge(rng, size) :] = rng.choice([0.0, 1.0])
    if rng.random() < 0.3:
        grey[:, -edge(rng, size) // 2 :] = 0
    return grey


def edge(rng: np.random.Generator, size: int) -> int:
    """Return the width of a border strip in pixels, at least 1."""
    return max(1, int(rng.uniform(0.005, 0.035) * size))


# Side markers on 5 x 5 pixels: R marks the patient's right, which is the viewer's left.
LETTERS = {
    -1: ("11110", "10001", "11110", "10010", "10001"),
    1: ("10000", "10000", "10000", "10000", "11111"),
}


def draw_letter(grey: np.ndarray, rng: np.random.Generator) -> None:
    """Draw an R at the viewer's left or an L at the right, near the shoulder."""
    side = rng.choice([-1, 1])
    size = grey.shape[0]
    scale = max(1, round(size / 256 * rng.uniform(1.4, 2.6)))
    letter = np.kron(np.array([[int(c) for c in row] for row in LETTERS[side]]), np.ones((scale, scale)))
    h, w = letter.shape
    row = int(rng.uniform(0.02, 0.2) * size)
    column = int((0.5 + side * rng.uniform(0.38, 0.44)) * size - w / 2)
    column = int(np.clip(column, 0, size - w))
    patch = grey[row : row + h, column : column + w]
    np.maximum(patch, letter.astype(grey.dtype), out=patch)
