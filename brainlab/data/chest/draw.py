"""One X-ray from its number: patient, position, thicknesses, film."""

import numpy as np

from brainlab.data.chest.body import gas, opacities, soft_tissue
from brainlab.data.chest.bones import ribs, shoulder, spine, upper_arms
from brainlab.data.chest.film import draw_film, expose, label
from brainlab.data.chest.lungs import lungs
from brainlab.data.chest.patient import draw_patient
from brainlab.data.chest.vessels import hila, vessels
from brainlab.data.chest.view import draw_view

HOSPITALS = ("CHN", "MCU")
LUNG_DENSITY = 0.24  # of an aerated lung, relative to soft tissue


def draw_chest(
    hospital: str, number: int, seed: int = 0, size: int = 256, sick: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Draw one chest X-ray, seen from the front.

    The patient's left is at the viewer's right, so the heart lies at the viewer's right.

    Parameters
    ----------
    hospital : {"CHN", "MCU"}
        Whose films it resembles.
    number, seed : int
        The same numbers, the same X-ray.
    size : int
        Pixels along each side, at least 64.
    sick : bool
        With opacities in the lungs.

    Returns
    -------
    image : ndarray (size, size) uint8
        Dense parts bright.
    mask : ndarray (size, size) uint8
        255 in the lung fields, 0 elsewhere.

    Raises
    ------
    ValueError
        If hospital or size is out of range.
    """
    if hospital not in HOSPITALS:
        raise ValueError(f"hospital is {hospital!r}; expected one of {', '.join(HOSPITALS)}")
    if size < 64:
        raise ValueError(f"size is {size}; expected at least 64: ribs are 1 cm wide, a chest 30 cm")
    rng = np.random.default_rng([seed, HOSPITALS.index(hospital), number])
    patient = draw_patient(rng, sick)
    film = draw_film(rng, hospital)
    view = draw_view(rng, size, film.field)
    x, y = view.grid()  # (H, W) in cm
    air, cavity, fields = lungs(x, y, patient)
    aerated = np.divide(air, cavity, out=np.zeros_like(air), where=cavity > 0)

    soft = soft_tissue(x, y, patient, rng)
    soft = np.maximum(soft, cavity + 4 * (cavity > 0))  # there is a chest around the lungs
    soft -= (1 - LUNG_DENSITY) * air + gas(x, y, patient, rng)
    dense = view.splat(vessels(patient, rng)) + hila(x, y, rng)
    dense += np.minimum(opacities(x, y, patient, rng), air)
    soft += (1 - LUNG_DENSITY) * aerated * dense  # in the lungs alone: elsewhere vessels do not show
    bone = view.splat(ribs(patient, rng, size)) + view.splat(shoulder(patient, rng, size // 2))
    bone = patient.bone * (bone + spine(x, y, patient, rng) + upper_arms(x, y, rng))
    grey = label(expose(np.clip(soft, 0, None), bone, film, rng), rng, hospital)
    return np.round(255 * grey).astype(np.uint8), fields.astype(np.uint8) * 255
