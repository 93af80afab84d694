"""Draw one chest X-ray from its number, and write a set of them with lung masks as PNG.

An X-ray depends on the seed and on its own number only: a set of 30 is the first half of a set of 60. A pair
is complete when its image exists, because the image is written last; after a kill, the same call continues.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from brainlab.home import cohort_folder, replace_file
from brainlab.synth.chest.clouds import hila, ribs, shoulder, spine, upper_arms, vessels
from brainlab.synth.chest.film import draw_film, expose, label
from brainlab.synth.chest.patient import draw_patient, draw_view
from brainlab.synth.chest.tissue import gas, lungs, opacities, soft_tissue
from brainlab.synth.folder import claim_folder

HOSPITALS = ("CHN", "MCU")
LUNG_DENSITY = 0.24  # of an aerated lung, relative to soft tissue
VERSION = 2  # raise it when other X-rays are drawn; older sets are then made again
FIRST_ID = 90000  # real patients have numbers below 1000: a made X-ray must not carry the id of one
PERIOD = 3  # of three X-rays two are CHN and one is MCU


def draw_chest(
    hospital: str, number: int, seed: int = 0, size: int = 256, sick: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Draw one frontal chest X-ray; the patient's left, where the heart is, is on the viewer's right.

    Parameters
    ----------
    hospital : {"CHN", "MCU"}
        Which films it resembles.
    number, seed : int
        Equal numbers give the same X-ray.
    size : int
        Pixels along each side, at least 64.
    sick : bool
        Whether there are opacities in the lungs.

    Returns
    -------
    image : ndarray (size, size) uint8
        Dense parts are bright.
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
    soft = np.maximum(soft, cavity + 4 * (cavity > 0))  # the chest is at least as thick as its cavity
    soft -= (1 - LUNG_DENSITY) * air + gas(x, y, patient, rng)
    dense = view.splat(vessels(patient, rng)) + hila(x, y, rng)
    dense += np.minimum(opacities(x, y, patient, rng), air)
    soft += (1 - LUNG_DENSITY) * aerated * dense  # in the lungs only: elsewhere vessels are not visible
    bone = view.splat(ribs(patient, rng, size)) + view.splat(shoulder(patient, rng, size // 2))
    bone = patient.bone * (bone + spine(x, y, patient, rng) + upper_arms(x, y, rng))
    grey = label(expose(np.clip(soft, 0, None), bone, film, rng), rng, hospital)
    return np.round(255 * grey).astype(np.uint8), fields.astype(np.uint8) * 255


def names(index: int) -> tuple[str, int, bool, str, str]:
    """Return hospital, number, whether it is sick, image name and mask name of the X-ray `index`.

    The two sets name their masks differently. The names of patients with tuberculosis, here every fourth, end
    in 1.
    """
    cycle, place = divmod(index, PERIOD)
    hospital, number = ("MCU", cycle + 1) if place == PERIOD - 1 else ("CHN", 2 * cycle + place + 1)
    sick = number % 4 == 0
    stem = f"{hospital}CXR_{FIRST_ID + number}_{int(sick)}"
    return hospital, number, sick, f"{stem}.png", f"{stem}_mask.png" if hospital == "CHN" else f"{stem}.png"


def chest_names(n: int) -> list[str]:
    """Return the names of the first `n` images of the set."""
    return [names(index)[3] for index in range(n)]


def make_chest_set(
    n: int = 120, folder: Path | str | None = None, size: int = 256, seed: int = 0, progress: bool = True
) -> Path:
    """Write `n` synthetic chest X-rays in the layout of the Shenzhen (CHN) and Montgomery (MCU) sets.

    `CXR_png/CHNCXR_90001_0.png` has the mask `masks/CHNCXR_90001_0_mask.png`, but
    `CXR_png/MCUCXR_90001_0.png` has `masks/MCUCXR_90001_0.png`. Numbers from 90001 are those of no real
    patient. Two of three are CHN. Files that exist already are kept. One X-ray of 256 x 256 pixels takes
    about 0.05 s of CPU time and 50 kB.

    Parameters
    ----------
    n : int
        Number of X-rays, from 1 to 9999.
    folder : path, optional
        Where to write; by default `chest-256px` (by size) beside the built-in cohort, in `BRAINLAB_HOME`.
    size : int
        Pixels along each side.
    seed : int
        Of the set; a folder holds one seed.
    progress : bool
        Show a progress bar.

    Returns
    -------
    Path
        The folder, for `brainlab.data.images.find_chest`.

    Raises
    ------
    ValueError
        If n or size is out of range, or the folder holds a set of another seed or size.

    References
    ----------
    Jaeger et al. 2014, "Two public chest X-ray datasets for computer-aided screening of pulmonary diseases",
    doi:10.3978/j.issn.2223-4292.2014.11.20.
    """
    if not 1 <= n <= 9999:
        raise ValueError(f"n is {n}; expected 1 to 9999: names have five digits, the first is 9")
    folder = Path(folder).expanduser() if folder else cohort_folder().with_name(f"chest-{size}px")

    def delete_outdated() -> None:
        for path in folder.glob("*/???CXR_*.png"):
            path.unlink()

    claim_folder(folder / "chest.json", VERSION, {"seed": seed, "size": size}, delete_outdated)
    missing = [index for index in range(n) if not (folder / "CXR_png" / names(index)[3]).exists()]
    for index in tqdm(missing, "synthetic X-rays", disable=not (progress and missing), file=sys.stdout):
        hospital, number, sick, image_name, mask_name = names(index)
        image, mask = draw_chest(hospital, number, seed, size, sick)
        save_png(mask, folder / "masks" / mask_name)
        save_png(image, folder / "CXR_png" / image_name)
    return folder


def save_png(image: np.ndarray, path: Path) -> None:
    """Write an 8-bit PNG: completely or not at all."""
    replace_file(path, lambda temporary: Image.fromarray(image).save(temporary, format="PNG"))
