"""The 22 runs of the published study: network, loss, optimiser, input, and their published scores.

Source: the README of github.com/Masterjun12/brain_tumor_segmentation (BraTS 2017, 3906 training slices of 240
x 240 pixels, 100 epochs, Keras). Each score in `published.csv` is the mean over the four classes, background
included, over the pixels of all test slices. The table is quoted unchanged, including its inconsistencies:

- runs 2 and 4 have the same four scores, although their losses differ; run 5 has those of the study's first
  U-Net; the parameter counts of runs 10, 20 and 21 are not those of the networks in its code.
- where title and loss column of a run disagree (12, 15, 20), we follow the loss column.
- its "ELL (a)" is implemented as a BCE + (1 - a) Dice. Ours is the exponential-logarithmic loss (Wong et al.
  2018, arXiv:1809.00076) with weight a on the cross-entropy and 1 - a on Dice.
- its fifth channel was drawn from the true mask, which leaks the label. Ours is an edge map of the image; see
  `studies.edges`. Its runs with five channels cannot be compared with ours, nor with its own others.
- its Dice, as loss and as score, pools the pixels of all classes, so the background dominates. Ours is the
  mean over classes.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

PUBLISHED = Path(__file__).with_name("published.csv")
DILATIONS = (2, 3, 4, 4, 8)  # of the levels of the encoder, and of the bottleneck


@dataclass(frozen=True)
class Experiment:
    """One run.

    Attributes
    ----------
    number : int
        Row of the published table.
    name : str
        Short name for figures.
    network : str
        A key of `brainlab.models.ALL`.
    loss : str
        "bce_dice", "ell", "soft_dice" or "weighted_ce", or else a key of `brainlab.losses.ALL`.
    options : mapping
        Keyword arguments of the network.
    cross_weight : float or None
        Weight of the cross-entropy in "ell".
    optimizer : {"adam", "adagrad"}
    inputs : {"whole", "edges", "cropped"}
        The whole field of view; the same with an edge map as fifth channel; cropped to the head.
    lr : float
        Learning rate; the default is Keras's for Adam and Adagrad.
    """

    number: int
    name: str
    network: str
    loss: str
    options: Mapping = field(default_factory=dict)
    cross_weight: float | None = None
    optimizer: str = "adam"
    inputs: str = "whole"
    lr: float = 1e-3


def _u_net(number, name, loss="bce_dice", ell=None, inputs="whole", optimizer="adam", **options):
    return Experiment(number, name, "UNet", loss, options, ell, optimizer, inputs)


def _u_net_3(number, name, loss="bce_dice", ell=None, inputs="whole", optimizer="adam", **options):
    return Experiment(number, name, "UNet3Plus", loss, options, ell, optimizer, inputs)


_SHORT = {"bottleneck": False}  # "nobridge" in the study
_THREE = {"convs": 3, "batch_norm": True}
_DROP = {"dropout": 0.2, "dropout_in": "blocks"}
_DILATED = {"dilation": DILATIONS, "up": "plain"}

STUDY = (
    _u_net_3(1, "U-Net 3+, ELL .2", "ell", 0.2),
    _u_net(2, "U-Net, no bottleneck", **_SHORT),
    Experiment(3, "ResUNet++", "ResUNetPlusPlus", "bce_dice"),
    _u_net(4, "U-Net, no bottleneck, ELL .7", "ell", 0.7, **_SHORT),
    _u_net(5, "3 conv, ELL .7", "ell", 0.7, **_THREE),
    _u_net(6, "3 conv, no bottleneck, ELL .7", "ell", 0.7, **_THREE, **_SHORT),
    _u_net(7, "3 conv, no bottleneck, weighted CE", "weighted_ce", **_THREE, **_SHORT),
    _u_net(8, "3 conv, edges, ELL .7", "ell", 0.7, "edges", **_THREE),
    _u_net(9, "3 conv, no bottleneck, edges", inputs="edges", **_THREE, **_SHORT),
    _u_net_3(10, "U-Net 3+, 3 conv, edges, Dice", "soft_dice", inputs="edges", convs=3),
    _u_net_3(11, "U-Net 3+, 3 conv, edges", inputs="edges", convs=3),
    _u_net_3(12, "U-Net 3+, 3 conv, edges, Adagrad", inputs="edges", optimizer="adagrad", convs=3),
    _u_net(13, "U-Net, dropout", **_DROP),
    _u_net(14, "U-Net, no bottleneck, dropout, Adagrad", optimizer="adagrad", **_SHORT, **_DROP),
    _u_net(15, "U-Net, dropout, Adagrad", optimizer="adagrad", **_DROP),
    Experiment(
        16,
        "ResUNet++, dropout, Dice, Adagrad",
        "ResUNetPlusPlus",
        "soft_dice",
        {"dropout": 0.2},
        None,
        "adagrad",
    ),
    _u_net(17, "dilated, dropout", **_DILATED, **_DROP),
    _u_net(18, "dilated", **_DILATED),
    _u_net_3(19, "U-Net 3+, dilated, dropout", dilation=3, dropout=0.2),
    _u_net_3(20, "U-Net 3+, 3 conv, edges, dilated", inputs="edges", convs=3, dilation=3),
    _u_net(21, "dilated, no bottleneck, dropout", dilation=3, up="plain", **_SHORT, **_DROP),
    _u_net(22, "U-Net, no bottleneck, cropped", inputs="cropped", **_SHORT),
)

# Not in the table: the study's first U-Net, whose scores are in its text, and a control of ours: are the low
# scores due to Adagrad or to its learning rate?
CONTROLS = (
    _u_net(0, "U-Net"),
    replace(_u_net(23, "U-Net, dropout, Adagrad, 10 x lr", optimizer="adagrad", **_DROP), lr=1e-2),
)


def experiment(number: int) -> Experiment:
    """Return a run of the study, or a control, by its number.

    Raises
    ------
    ValueError
        If there is no such run.
    """
    for one in (*STUDY, *CONTROLS):
        if one.number == number:
            return one
    raise ValueError(f"experiment {number} does not exist; expected 1 to 22, or 0 or 23: see --list")


def published() -> dict[int, dict[str, float]]:
    """Return the published recall, f1, precision, specificity and parameter count (Keras) by number."""
    with PUBLISHED.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        int(row["number"]): {name: float(row[name]) for name in row if name not in ("number", "title")}
        for row in rows
    }
