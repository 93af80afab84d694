"""One X-ray from its number: patient, position, thicknesses, film.

Write the set of X-rays: image and mask as PNG, never half a file, and never twice.

An X-ray depends on the seed and on its own number only: a set of 30 is the first half of a set of 60. A pair
is complete when its image is there, because the image is written last; after a kill the same call goes on.
"""

import json
import os
import sys
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from brainlab.home import cohort_folder
from brainlab.synth.chest.body import gas, hila, opacities, soft_tissue, vessels
from brainlab.synth.chest.bones import ribs, shoulder, spine, upper_arms
from brainlab.synth.chest.film import draw_film, expose, label
from brainlab.synth.chest.lungs import lungs
from brainlab.synth.chest.patient import draw_patient, draw_view

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


VERSION = 1  # raise it when other X-rays are drawn; older sets are then drawn anew
PERIOD = 3  # of three X-rays two are CHN and one is MCU


def names(index: int) -> tuple[str, int, bool, str, str]:
    """Return hospital, number and sickness of the X-ray `index`, and the names of image and mask.

    The two sets name their masks by different rules, and end in 1 the name of a patient with tuberculosis:
    every fourth here.
    """
    cycle, place = divmod(index, PERIOD)
    hospital, number = ("MCU", cycle + 1) if place == PERIOD - 1 else ("CHN", 2 * cycle + place + 1)
    sick = number % 4 == 0
    stem = f"{hospital}CXR_{number:04d}_{int(sick)}"
    return hospital, number, sick, f"{stem}.png", f"{stem}_mask.png" if hospital == "CHN" else f"{stem}.png"


def chest_names(n: int) -> list[str]:
    """Return the names of the first `n` images of the set."""
    return [names(index)[3] for index in range(n)]


def make_chest_set(
    n: int = 120, folder: Path | str | None = None, size: int = 256, seed: int = 0, progress: bool = True
) -> Path:
    """Write `n` synthetic chest X-rays in the layout of the Shenzhen (CHN) and Montgomery (MCU) sets.

    `CXR_png/CHNCXR_0001_0.png` has the mask `masks/CHNCXR_0001_0_mask.png`, but `CXR_png/MCUCXR_0001_0.png`
    has `masks/MCUCXR_0001_0.png`. Two of three are CHN. Those that are there already are kept. It takes about
    0.05 s of CPU and 50 kB for one of 256 x 256 pixels.

    Parameters
    ----------
    n : int
        X-rays, from 1 to 9999.
    folder : path, optional
        Where to write; by default `chest-256px` (by size) beside the built-in cohort, in `BRAINLAB_HOME`.
    size : int
        Pixels along each side.
    seed : int
        Of the set; a folder holds one seed.
    progress : bool
        Show a bar.

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
        raise ValueError(f"n is {n}; expected 1 to 9999: names have four digits")
    folder = Path(folder).expanduser() if folder else cohort_folder().with_name(f"chest-{size}px")
    claim(folder, seed, size)
    missing = [index for index in range(n) if not (folder / "CXR_png" / names(index)[3]).exists()]
    for index in tqdm(missing, "synthetic X-rays", disable=not (progress and missing), file=sys.stdout):
        hospital, number, sick, image_name, mask_name = names(index)
        image, mask = draw_chest(hospital, number, seed, size, sick)
        save_png(mask, folder / "masks" / mask_name)
        save_png(image, folder / "CXR_png" / image_name)
    return folder


def claim(folder: Path, seed: int, size: int) -> None:
    """Say in the folder which set it holds, or raise if it holds another.

    What an older version drew is removed.
    """
    wanted = {"version": VERSION, "seed": seed, "size": size}
    record = folder / "chest.json"
    for name in ("CXR_png", "masks"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    found = json.loads(record.read_text()) if record.exists() else wanted
    if (found["seed"], found["size"]) != (seed, size):
        raise ValueError(
            f"{folder} holds X-rays of seed {found['seed']} and size {found['size']}; "
            f"expected seed {seed} and size {size}: choose another folder"
        )
    if found["version"] != VERSION:
        for path in folder.glob("*/???CXR_????_?*.png"):
            path.unlink()
    temporary = record.with_name(f".{record.name}.{os.getpid()}")
    temporary.write_text(json.dumps(wanted, indent=1) + "\n")
    os.replace(temporary, record)


def save_png(image: np.ndarray, path: Path) -> None:
    """Write an 8-bit PNG at once."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    Image.fromarray(image).save(temporary, format="PNG")
    os.replace(temporary, path)
