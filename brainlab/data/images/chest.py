"""Chest X-rays with lung masks: the Shenzhen (CHN) and Montgomery (MCU) sets.

Source: S. Jaeger et al. 2014, "Two public chest X-ray datasets for computer-aided screening of pulmonary
diseases" (doi:10.3978/j.issn.2223-4292.2014.11.20). The two hospitals have different scanners, so that to
train on one and to test on the other says how well a network travels.

Two rules name the masks: `CXR_png/CHNCXR_0001_0.png` has `masks/CHNCXR_0001_0_mask.png`, but
`CXR_png/MCUCXR_0001_0.png` has `masks/MCUCXR_0001_0.png`. About one image in eight has no mask.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from brainlab.data.case import Problem
from brainlab.data.images.pairs import ImagePair, PairList, find_pairs
from brainlab.data.split import Split

GROUPS = ("CHN", "MCU")


def find_chest(folder: Path | str, check: bool = True) -> PairList:
    """Find chest X-rays and their lung masks below a folder.

    Parameters
    ----------
    folder : Path or str
        With `CXR_png` and `masks`, or with pictures and masks side by side; see `find_pairs`.
    check : bool
        Also decode every file; a mask that is all 0 or all 1 is then a problem, as every chest has lungs.

    Returns
    -------
    PairList
        `group` is "CHN" or "MCU" by the name, "" otherwise. Images without a mask are in the list, with
        `mask` None.

    Raises
    ------
    FileNotFoundError, NotADirectoryError, ValueError
        As `find_pairs`.
    """
    found = find_pairs(folder, check)
    no_lungs = {note.case_id: note for note in found.notes}
    problems = [
        Problem(note.case_id, note.path, f"{note.message} Every chest has lungs.")
        for note in no_lungs.values()
    ]
    pairs = [replace(pair, group=_group(pair)) for pair in found if pair.id not in no_lungs]
    return PairList(pairs, found.root, found.problems + problems)


def split_chest(pairs: Sequence[ImagePair], seed: int = 0) -> Split:
    """Split chests: CHN trains; of MCU one half validates and the other half tests.

    Parameters
    ----------
    pairs : sequence of ImagePair
        From `find_chest`. Those without mask are left out.
    seed : int
        Draws the halves. Each patient has one image, so no patient is on two sides.

    Returns
    -------
    Split
        Of lists sorted by id. With an odd number of MCU the test half is the larger.

    Raises
    ------
    ValueError
        If a name belongs to neither set, or a part would be empty.
    """
    strange = [pair.id for pair in pairs if pair.group not in GROUPS]
    if strange:
        raise ValueError(
            f"{strange[0]} and {len(strange) - 1} more are of neither hospital; expected names that start "
            "with CHNCXR or MCUCXR: split other folders by your own rule"
        )
    by_group = {
        group: sorted((p for p in pairs if p.group == group and p.has_mask), key=lambda pair: pair.id)
        for group in GROUPS
    }
    if not by_group["CHN"] or len(by_group["MCU"]) < 2:
        told = ", ".join(f"{len(members)} {group}" for group, members in by_group.items())
        raise ValueError(
            f"{told} with mask; expected at least 1 CHN to train and 2 MCU to validate and test: is the "
            "folder whole?"
        )
    held = by_group["MCU"]
    drawn = set(np.random.default_rng(seed).permutation(len(held))[: len(held) // 2].tolist())
    return Split(
        train=by_group["CHN"],
        val=[pair for number, pair in enumerate(held) if number in drawn],
        test=[pair for number, pair in enumerate(held) if number not in drawn],
    )


def _group(pair: ImagePair) -> str:
    start = pair.image.stem[:3].upper()
    return start if start in GROUPS else ""
