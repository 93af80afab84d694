"""The figures of notebook 04: k-space, super-resolved slices close up, a segmenter's doubts, GAN curves."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle
from matplotlib.patheffects import withStroke

from brainlab.training import History, diagnose
from brainlab.view.loss_figures import COLOURS, DASHES
from brainlab.view.slices import PREDICTION, TRUTH, draw, oriented, outline

MARK = "#F0E442"  # Okabe and Ito's yellow: seen on grey and on dark
MARKERS = "osD^vP*X"
GLOW = [withStroke(linewidth=2, foreground="black")]


def k_space(images: Mapping[str, np.ndarray], affine: np.ndarray, square: int | None = None) -> Figure:
    """Draw images above the logarithm of their k-space, frequency 0 in the middle, on one scale.

    Parameters
    ----------
    images : dict
        Title -> ndarray (X, Y) in 0..1.
    affine : ndarray (4, 4)
    square : int, optional
        Outline the middle square of so many frequencies along an edge.
    """
    fig = Figure(figsize=(2.5 * len(images), 5.2), layout="constrained")
    axes = fig.subplots(2, len(images), squeeze=False)
    waves = [np.abs(np.fft.fftshift(np.fft.fft2(oriented(image, affine)))) for image in images.values()]
    high = np.log10(max(wave.max() for wave in waves))
    for (top, bottom), (name, image), wave in zip(axes.T, images.items(), waves, strict=True):
        _slice(top, image, affine, name)
        bottom.imshow(np.log10(wave + 1e-9), cmap="magma", vmin=high - 4, vmax=high)
        bottom.set(xticks=[], yticks=[])
        if square:
            corner = [n // 2 - square // 2 - 0.5 for n in wave.shape[::-1]]
            bottom.add_patch(Rectangle(corner, square, square, fill=False, edgecolor="white", linewidth=1.5))
    return fig


def close_up(
    images: Mapping[str, np.ndarray],
    affine: np.ndarray,
    centre: tuple[int, int] | None = None,
    side: int | None = None,
    largest: float = 0.3,
) -> Figure:
    """Draw a window of each image, and below it how far it is from the last one, the truth.

    Parameters
    ----------
    images : dict
        Title -> ndarray (X, Y) in 0..1; the last is the true image. A smaller one is drawn with larger
        pixels and has no difference; where the first is small, the whole true slice is below it.
    affine : ndarray (4, 4)
    centre : (int, int), optional
        Pixel (x, y) of the true image in the middle of the window; by default its own middle.
    side : int, optional
        Of the window, in pixels of the true image; by default all of it.
    largest : float
        Difference that has the brightest colour.
    """
    last, truth = list(images.items())[-1]
    window = _window(truth.shape, centre, side)
    fig = Figure(figsize=(1.75 * len(images) + 0.5, 4.2), layout="constrained")
    axes, shown = fig.subplots(2, len(images), squeeze=False), None
    for (top, bottom), (name, image) in zip(axes.T, images.items(), strict=True):
        _slice(top, _enlarged(image, truth.shape), affine, name, window)
        bottom.axis("off")
        if image.shape == truth.shape and name != last:
            difference = np.abs(image.clip(0, 1) - truth)
            shown = bottom.imshow(oriented(difference, affine), cmap="magma", vmin=0, vmax=largest)
            bottom.set_title(f"mean {difference[window].mean():.3f}", fontsize=8)
            _limit(bottom, _box(truth.shape, window, affine))
    overview = axes[1, 0]
    if side and not overview.images:  # the first image is a small one
        overview.axis("on")
        _slice(overview, truth, affine, "the window")
        left, right, low, high = _box(truth.shape, window, affine)
        frame = {"fill": False, "edgecolor": MARK, "linewidth": 1.5}
        overview.add_patch(Rectangle((left, high), right - left, low - high, **frame))
    if shown:
        bar = fig.colorbar(shown, cax=axes[1, -1].inset_axes([0.05, 0.05, 0.1, 0.9]))
        bar.set_label("|difference|", fontsize=8)
        bar.ax.tick_params(labelsize=7)
    return fig


def two_opinions(
    pairs: Sequence[tuple[np.ndarray, np.ndarray]],
    probabilities: Sequence[tuple[np.ndarray, np.ndarray]],
    affines: Sequence[np.ndarray],
    titles: Sequence[str],
    side: int | None = None,
    places: Sequence[tuple[int, int]] | None = None,
) -> Figure:
    """Draw what a segmenter says of a true and of a made slice, close to where it changes its mind.

    One row a slice: the true and the made image with the outline of what is called tumour, the difference of
    the images, and the change of the probability; a circle marks the place.

    Parameters
    ----------
    pairs : sequence of (ndarray (X, Y), ndarray (X, Y))
        The true and the made image in 0..1.
    probabilities : sequence of the same
        Of tumour, in the true and in the made image.
    affines : sequence of ndarray (4, 4)
    titles : sequence of str
        One per row.
    side : int, optional
        Pixels shown along each edge; by default all of them.
    places : sequence of (int, int), optional
        Pixel (x, y) to mark, one per row; by default that of the largest change.
    """
    places = places if places is not None else [None] * len(pairs)
    fig = Figure(figsize=(8.2, 2.1 * len(pairs) + 0.3), layout="constrained")
    rows = fig.subplots(len(pairs), 4, squeeze=False)
    for axes, images, opinions, affine, title, place in zip(
        rows, pairs, probabilities, affines, titles, places, strict=True
    ):
        change = opinions[1] - opinions[0]  # (X, Y), above 0: tumour that is not in the true image
        place = place or np.unravel_index(np.abs(change).argmax(), change.shape)
        window = _window(change.shape, place, side)
        colours = zip((TRUTH, PREDICTION), ("-", "--"), (title, "made"), strict=True)
        for ax, image, opinion, (colour, style, name) in zip(
            axes[:2], images, opinions, colours, strict=True
        ):
            _slice(ax, image, affine, name, window)
            picture = oriented(image, affine)
            outline(ax, picture, oriented(opinion > 0.5, affine), colour, style)
        maps = {
            "made - true": (images[1].clip(0, 1) - images[0], 0.3),
            f"change of probability: {change[place]:+.2f}": (change, 1.0),
        }
        for ax, (name, (values, largest)) in zip(axes[2:], maps.items(), strict=True):
            shown = ax.imshow(oriented(values, affine), cmap="PuOr_r", vmin=-largest, vmax=largest)
            ax.set_title(name, fontsize=9)
            ax.set(xticks=[], yticks=[])
            fig.colorbar(shown, ax=ax, fraction=0.046, pad=0.02).ax.tick_params(labelsize=7)
        marked = np.zeros(change.shape)
        marked[place] = 1
        y, x = np.unravel_index(oriented(marked, affine).argmax(), oriented(marked, affine).shape)
        for ax in axes:
            _limit(ax, _box(change.shape, window, affine))
            ax.add_patch(Circle((x, y), 5, fill=False, edgecolor=MARK, linewidth=1.5, path_effects=GLOW))
    return fig


def perception_distortion(
    points: Mapping[str, tuple[float, float]], path: Mapping[str, tuple[float, float]] | None = None
) -> Figure:
    """Draw networks by fidelity and by likeness to a network's eye: the best place is at the lower right.

    Parameters
    ----------
    points : dict
        Name -> (PSNR in dB, perceptual distance), means over a test set.
    path : dict, optional
        Name -> the same for mixtures of two networks, in their order; drawn as one dashed line.

    Source: Blau and Michaeli 2018 (arXiv:1711.06077), figure 1.
    """
    fig = Figure(figsize=(5.6, 3.8), layout="constrained")
    ax = fig.subplots()
    if path:
        ax.plot(*zip(*path.values(), strict=True), "--.", color="#888888", zorder=1)
        for name, place in path.items():
            ax.annotate(name, place, (5, -9), textcoords="offset points", fontsize=8, color="#555555")
    for number, (name, place) in enumerate(points.items()):
        style = {"color": COLOURS[number % len(COLOURS)], "marker": MARKERS[number % len(MARKERS)]}
        ax.scatter(*place, s=55, zorder=2, label=name, **style)
    ax.legend(frameon=False, fontsize=9)
    ax.set(xlabel="PSNR in dB: faithful →", ylabel="← like the truth: perceptual distance")
    ax.spines[["top", "right"]].set_visible(False)
    return fig


def gan_curves(histories: Mapping[str, History]) -> Figure:
    """Draw what the discriminator says, both losses and the scores by epoch, a row for each training.

    A dotted line is the start of what `brainlab.training.diagnose` finds, by name.

    Parameters
    ----------
    histories : dict
        Name -> history of `train_gan`.
    """
    fig = Figure(figsize=(9, 2.3 * len(histories) + 0.2), layout="constrained")
    rows = fig.subplots(len(histories), 3, squeeze=False, sharex=True)
    for axes, (name, history) in zip(rows, histories.items(), strict=True):
        panels = {
            f"{name}: says it is true": {"D(true)": "d_real", "D(made)": "d_fake"},
            "losses": {"discriminator": "d_loss", "generator": "g_loss"},
            "PSNR in dB": {"validation": "psnr"},
        }
        values = history.steps | {
            "psnr": [history.before.get("psnr", np.nan), *history.scores.get("psnr", [])]
        }
        for ax, (title, lines) in zip(axes, panels.items(), strict=True):
            for number, (label, key) in enumerate(lines.items()):
                style = {"color": COLOURS[number], "linestyle": DASHES[number], "marker": ".", "linewidth": 2}
                first = 0 if key == "psnr" else 1  # epoch 0: before the first epoch
                line = values.get(key, [])
                ax.plot(range(first, first + len(line)), line, label=label, **style)
            ax.set_title(title, fontsize=9)
            ax.xaxis.get_major_locator().set_params(integer=True)
            ax.spines[["top", "right"]].set_visible(False)
            if len(lines) > 1 and len(history):
                ax.legend(frameon=False, fontsize=8)
        axes[0].set_ylim(-0.03, 1.03)
        axes[0].axhline(0.5, color="#bbbbbb", linewidth=1, zorder=0)
        for number, finding in enumerate(diagnose(history)):
            axes[2].axvline(finding.epoch, color="black", linestyle=":")
            place, box = (finding.epoch - 0.1, 0.98 - 0.14 * number), {"facecolor": "white", "linewidth": 0}
            aligned = {"ha": "right", "va": "top", "fontsize": 8, "bbox": box | {"pad": 0.5, "alpha": 0.8}}
            axes[2].text(*place, finding.name, transform=axes[2].get_xaxis_transform(), **aligned)
    for ax in rows[-1]:
        ax.set_xlabel("epoch")
    return fig


def _slice(
    ax: Axes,
    image: np.ndarray,
    affine: np.ndarray,
    title: str,
    window: tuple[slice, slice] = (slice(None), slice(None)),
) -> None:
    """Draw an image in 0..1 as it is, without looking for the head in it."""
    draw(ax, image, affine, title=title, window=(0, 1))
    _limit(ax, _box(image.shape, window, affine))
    for mark in ax.texts:  # L and R, white: close up there is no black around the head
        mark.set_path_effects(GLOW)


def _window(shape: tuple[int, int], centre: tuple[int, int] | None, side: int | None) -> tuple[slice, slice]:
    """Return a square around a pixel, moved into the image where it would stick out."""
    window = []
    for n, c in zip(shape, centre or [n // 2 for n in shape], strict=True):
        length = min(side or n, n)
        start = min(max(int(c) - length // 2, 0), n - length)
        window.append(slice(start, start + length))
    return tuple(window)


def _box(
    shape: tuple[int, int], window: tuple[slice, slice], affine: np.ndarray
) -> tuple[float, float, float, float]:
    """Return left, right, bottom and top of a window in the oriented picture."""
    mask = np.zeros(shape, bool)
    mask[window] = True
    rows, columns = np.nonzero(oriented(mask, affine))
    return columns.min() - 0.5, columns.max() + 0.5, rows.max() + 0.5, rows.min() - 0.5


def _limit(ax: Axes, box: tuple[float, float, float, float]) -> None:
    ax.set(xlim=box[:2], ylim=box[2:])


def _enlarged(image: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return an image with its pixels repeated up to a shape, which need not be a multiple of its own."""
    x, y = (np.arange(n) * m // n for n, m in zip(shape, image.shape, strict=True))
    return image[np.ix_(x, y)]
