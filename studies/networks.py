"""Picture of the three architectures of the study: which blocks are connected."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from brainlab.view.colours import BLUE, GREEN, VERMILION
from brainlab.view.slices import legend_below

# Kind of a connection -> its colour and dashes.
NEXT, SKIP, SCALE, LOSS = "next block", "skip, same scale", "skip, another scale", "side output with a loss"
STYLES = {NEXT: ("#555555", "-"), SKIP: (BLUE, "-"), SCALE: (VERMILION, "--"), LOSS: (GREEN, ":")}


def full_scale(levels: int) -> list[tuple[str, str, str]]:
    """Return the connections (from, to, kind) that U-Net 3+ adds to those of a U-Net with so many levels."""
    last = levels - 1
    finer = [(f"E{source}", f"D{level}", SCALE) for level in range(last) for source in range(level)]
    coarser = [(f"D{source}", f"D{level}", SCALE) for source in range(last) for level in range(source - 1)]
    bottom = [(f"E{last}", f"D{level}", SCALE) for level in range(last - 1)]
    outputs = [f"E{last}", *(f"D{level}" for level in range(1, last))]
    return finer + coarser + bottom + [(name, f"{name} loss", LOSS) for name in outputs]


def connections() -> Figure:
    """Draw the blocks of U-Net, U-Net 3+ and ResUNet++ by level, and the connections between them.

    Sources: Ronneberger et al. 2015 (arXiv:1505.04597), Huang et al. 2020 (arXiv:2004.08790) and Jha et al.
    2019 (arXiv:1911.07067), figure 1 of each.
    """
    fig = Figure(figsize=(11, 4.2), layout="constrained")
    axes = fig.subplots(1, 3)
    _scheme(axes[0], "U-Net", 5)
    _scheme(axes[1], "U-Net 3+", 5, full_scale(5))
    names = {"E0": "stem", "E3": "residual\nthen ASPP", "D0": "attention,\nresidual,\nASPP"}
    names |= {f"E{level}": "residual" for level in (1, 2)}
    names |= {f"D{level}": "attention,\nresidual" for level in (1, 2)}
    _scheme(axes[2], "ResUNet++", 4, names=names)
    handles = [
        axes[0].plot([], [], color=colour, linestyle=dashes, label=kind)[0]
        for kind, (colour, dashes) in STYLES.items()
    ]
    legend_below(fig, handles)
    return fig


def _scheme(
    ax: Axes,
    title: str,
    levels: int,
    more: Sequence[tuple[str, str, str]] = (),
    names: Mapping[str, str] | None = None,
) -> None:
    """Draw a contracting path E0, E1, ... on the left, an expanding path ..., D1, D0 on the right."""
    last = levels - 1
    path = [f"E{level}" for level in range(levels)] + [f"D{level}" for level in reversed(range(last))]
    edges = [(a, b, NEXT) for a, b in pairwise(path)]
    edges += [(f"E{level}", f"D{level}", SKIP) for level in range(last)]

    def place(name: str) -> tuple[float, float]:
        if name.endswith("loss"):
            x, y = place(name[:2])
            return (x + 0.75, y) if name[0] == "D" else (x, y - 0.75)
        level = int(name[1])
        return (level / last if name[0] == "E" else 3 - level / last) * 1.5, -level

    for source, target, kind in (*more, *edges):
        colour, dashes = STYLES[kind]
        room = 16 if names else 9  # points between an arrow and the middle of a block
        arrow = {"arrowstyle": "->", "color": colour, "linestyle": dashes, "shrinkA": room, "shrinkB": room}
        if kind == SCALE and source[0] == "D":  # around the blocks between the two
            arrow["connectionstyle"] = "arc3,rad=0.45"
        ax.annotate("", place(target), place(source), arrowprops=arrow)
    for name in path:
        box = {"boxstyle": "round", "facecolor": "white", "edgecolor": "#333333"}
        text = (names or {}).get(name, name)
        ax.text(*place(name), text, ha="center", va="center", fontsize=7 if names else 9, bbox=box)
    ax.set(xlim=(-0.5, 5.3), ylim=(-last - 0.9, 0.6))
    ax.axis("off")
    ax.set_title(title, fontsize=10)
