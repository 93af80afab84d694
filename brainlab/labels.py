"""Labels, regions, modalities, their names and colours: the one table that everything else reads.

Label 1 is what does not enhance in the tumour core. In the data of BraTS until 2021 it is NCR/NET, necrosis
and solid tumour that does not enhance; since 2023 it is called NCR. In the built-in cohort it is necrosis,
and in low-grade tumours the whole core.

The colours are from the colour-blind-safe palette of Okabe and Ito (2008, https://jfly.uni-koeln.de/color/).

Every name without an underscore that is defined here is public.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Label:
    """One class of the segmentation: its value in the label map, its names and its colour."""

    value: int
    short: str
    name: str
    colour: str


LABELS = (
    Label(0, "BG", "background", "#000000"),
    Label(1, "NCR", "necrotic or non-enhancing core", "#0072B2"),
    Label(2, "ED", "oedema", "#F0E442"),
    Label(3, "ET", "enhancing tumour", "#D55E00"),
)
NUM_CLASSES = len(LABELS)

# A region is a union of labels; challenges score regions, networks here predict labels.
REGIONS = {"WT": (1, 2, 3), "TC": (1, 3), "ET": (3,)}
REGION_NAMES = {"WT": "whole tumour", "TC": "tumour core", "ET": "enhancing tumour"}

# The order of the channel axis everywhere.
MODALITIES = ("t1n", "t1c", "t2w", "t2f")
MODALITY_NAMES = {"t1n": "T1", "t1c": "T1 + contrast", "t2w": "T2", "t2f": "FLAIR"}
