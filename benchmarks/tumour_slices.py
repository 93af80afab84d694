"""Find the tumour in T1c slices read back from PNG and COCO: U-Net beside Attention U-Net, cohort and real.

usage: python benchmarks/tumour_slices.py [--networks unet attention heads] [--epochs 18] [--figure real.png]

The slices of the built-in cohort are exported to PNG + COCO and split by patient; both networks train on them
with BCE + Dice and deformations. The masks show the tumour core: T1c hardly shows the oedema around it. The
networks are scored on the held-out patients and, where they are there (README: `BRAINLAB_REAL_DATA`), on 12
real slices. Those have skull, skin and face and lie on their side. `heads` is a U-Net that saw such things:
its training slices get a crude skull, skin and face of noise, and are turned any way.

Measured with seed 0, 18 epochs of 336 slices, about 110 s of processor each (pooled Dice, Jaccard): U-Net
.733, .579 on the cohort and .06, .03 on the real slices; Attention U-Net .726, .570 and .06, .03; heads .623,
.453 and .19, .10. Accuracy says nothing: finding no tumour at all has .990 and .984.

A run that was interrupted goes on where it stopped.
"""

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor, nn

from brainlab.data.augment import Augment
from brainlab.data.cache import cache_cases
from brainlab.data.images import ImageDataset, export_slices, find_pairs, read_coco
from brainlab.data.source import cohort_folder, open_cases
from brainlab.data.split import Split
from brainlab.image_recipe import (
    ImageSizes,
    binary_scores,
    image_network,
    image_sets,
    image_settings,
    predict_masks,
    train_binary,
)
from brainlab.losses import bce_dice_loss
from brainlab.metrics import dice
from brainlab.models import AttentionUNet
from brainlab.view.outlines import outlines

BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"
REAL = Path(os.environ.get("BRAINLAB_REAL_DATA") or BESIDE) / "t1c_png"
# The reference study's own figures, on real T1c slices of its own. Its Jaccard is Dice / (2 - Dice) of its
# Dice to the last digit, as in one ratio over all pixels, not in a mean over images.
REFERENCE = {"accuracy": 0.9772, "pooled_dice": 0.6848, "pooled_jaccard": 0.5207}
COLUMNS = ("accuracy", "dice", "jaccard", "pooled_dice", "pooled_jaccard")


class WithHead:
    """Draw a skull, skin and sometimes a face of noise around a brain, then deform and turn it any way."""

    def __init__(self, size: int) -> None:
        self.augment = Augment(rotation=180.0, shift=0.05, zoom=0.2, shear=0.05, elastic=10 * size / 512)

    def __call__(self, image: Tensor, labels: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Return a new image (1, H, W) and labels (H, W)."""
        grey = image[0].numpy()  # (H, W)
        size = len(grey)
        brain = ndimage.binary_fill_holes(ndimage.binary_opening(grey > 0.02, iterations=2))
        if brain.any():
            wavy = ndimage.gaussian_filter(rng.normal(size=grey.shape), size / 16) * size * 0.4
            distance = ndimage.distance_transform_edt(~brain) + wavy  # pixels from the brain
            bone = rng.uniform(0.01, 0.03) * size
            skin = bone + rng.uniform(0.015, 0.06) * size
            outside = ~brain & (distance > bone)
            grey = np.where(brain, grey * rng.uniform(0.3, 1.0), 0)  # fat is brighter than brain
            bright = rng.uniform(0.5, 1.0) + 0.2 * _noise(rng, size)
            grey = np.where(outside & (distance <= skin), bright, grey)
            if rng.random() < 0.6:
                angle = rng.uniform(0, 2 * np.pi)
                y, x = np.mgrid[:size, :size] - size / 2
                front = y * np.sin(angle) + x * np.cos(angle) > rng.uniform(-0.1, 0.15) * size
                face = rng.uniform(0.2, 0.6) + 0.3 * _noise(rng, size)
                grey = np.where(outside & front & (distance < rng.uniform(0.15, 0.4) * size), face, grey)
        head = torch.from_numpy(np.clip(grey, 0, 1).astype(np.float32))[None]  # (1, H, W)
        return self.augment(head, labels, rng)


def _noise(rng: np.random.Generator, size: int) -> np.ndarray:
    """Return smooth noise (size, size) with mean 0 and deviation 1."""
    noise = ndimage.gaussian_filter(rng.normal(size=(size, size)), rng.uniform(1, 4))
    return noise / noise.std()


def build(name: str, sizes: ImageSizes, seed: int) -> nn.Module:
    """Return an untrained network with one logit."""
    if name != "attention":
        return image_network(sizes, num_classes=1, seed=seed)
    torch.manual_seed(seed)
    return AttentionUNet(1, 1, width=sizes.width, batch_norm=True, dropout=0.2)


def row(name: str, scores: dict[str, float]) -> str:
    """Return a line of the table."""
    return f"{name:26s}" + "".join(
        f"{scores[key]:15.4f}" if key in scores else f"{'':15s}" for key in COLUMNS
    )


def draw(model: nn.Module, real: ImageDataset, path: Path) -> None:
    """Write a figure of the real slices with truth and prediction."""
    items: Sequence[tuple[Tensor, Tensor]] = [real[n] for n in range(len(real))]
    truths, masks = [labels.numpy() for _, labels in items], predict_masks(model, real)
    titles = [
        f"{pair.id}  Dice {dice(mask, truth):.2f}"
        for pair, mask, truth in zip(real.pairs, masks, truths, strict=True)
    ]
    figure = outlines([image[0].numpy() for image, _ in items], truths, list(masks), titles, columns=4)
    figure.savefig(path, dpi=80, facecolor="white")
    print(f"drew {path}")


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--networks", nargs="+", default=["unet", "attention", "heads"])
    parser.add_argument("--patients", type=int, default=32)
    parser.add_argument("--epochs", type=int, default=18)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--width", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=cohort_folder().parent / "tumour-slices")
    parser.add_argument(
        "--figure", type=Path, help="PNG of the real slices; its name gets that of the network"
    )
    options = parser.parse_args()

    os.environ.pop("BRAINLAB_DATA", None)  # the cohort, whatever the environment says
    cached = cache_cases(open_cases(patients=options.patients))
    slices = export_slices(cached, options.folder / "slices", region="TC", step=4, min_area=50)
    found = read_coco(slices)
    print(found.report())
    split = Split(*(found.part(part) for part in ("train", "valid", "test")))
    sizes = ImageSizes(len(found), options.size, options.width, options.epochs, batch_size=8)
    held = ImageDataset(split.test, options.size).preload()
    real = ImageDataset(find_pairs(REAL), options.size).preload() if REAL.is_dir() else None

    lines = []
    for name in options.networks:
        train_set, val_set = image_sets(split, sizes, flip=True, seed=options.seed)
        if name == "heads":
            train_set.augment = WithHead(options.size)
        model = build(name, sizes, options.seed)
        start = time.process_time()
        run = f"{name}-{options.size}-{options.width}-{options.epochs}-{options.seed}-{options.patients}"
        settings = image_settings(sizes, seed=options.seed)
        train_binary(model, (train_set, val_set), bce_dice_loss, settings, options.folder / "runs" / run)
        print(f"{name}: {time.process_time() - start:.0f} s of processor since the start or the resumption")
        lines.append(row(f"{name}, cohort", binary_scores(model, held)))
        if real is not None:
            lines.append(row(f"{name}, real slices", binary_scores(model, real)))
            if options.figure:
                draw(model, real, options.figure.with_stem(f"{options.figure.stem}-{name}"))
    print(f"{'':26s}" + "".join(f"{column:>15s}" for column in COLUMNS))
    print("\n".join([*lines, row("reference study", REFERENCE)]))
    for told, dataset in (("cohort", held), ("real slices", real)):
        if dataset is not None:
            share = np.mean([labels.float().mean().item() for _, labels in dataset])
            print(row(f"nothing found, {told}", {"accuracy": 1 - share}))


if __name__ == "__main__":
    main()
