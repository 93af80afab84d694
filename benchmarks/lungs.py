"""Train a U-Net on synthetic chest X-rays with cross-entropy and with Dice; test both, also on real X-rays.

usage: python benchmarks/lungs.py [--budget lesson] [--seed 0] [--out FOLDER]

CHN is for training, MCU for validation and test. Real X-rays are never trained on; they are read from the
folder `cxr` in BRAINLAB_REAL_DATA, by default ../shared/data. Networks and pictures with outlines are
written to the output folder; a second call resumes the training.
"""

import argparse
import os
import time
from pathlib import Path

import numpy as np
from torch import nn

from brainlab import budgets
from brainlab.data.images import ImageDataset, find_chest
from brainlab.losses import cross_entropy, soft_dice_loss
from brainlab.metrics import dice
from brainlab.models import count_parameters
from brainlab.recipes import images as image_recipe
from brainlab.view import outlines, show

ROOT = Path(__file__).resolve().parents[1]
LOSSES = {"cross-entropy": cross_entropy, "Dice": soft_dice_loss}
REFERENCE_ACCURACY = 0.97  # of the published study, on real X-rays of the same hospitals


def real_xrays(size: int) -> ImageDataset | None:
    """Return the real X-rays with masks, None if there are none."""
    folder = Path(os.environ.get("BRAINLAB_REAL_DATA") or ROOT.parent / "shared" / "data") / "cxr"
    pairs = [pair for pair in find_chest(folder) if pair.has_mask] if folder.is_dir() else []
    return ImageDataset(pairs, size).preload() if pairs else None


def picture(model: nn.Module, dataset: ImageDataset, at_most: int = 4) -> bytes:
    """Return a PNG of the first X-rays with the outlines of true and predicted mask."""
    predicted = image_recipe.predict_masks(model, dataset)[:at_most]
    items = [dataset[item] for item in range(len(predicted))]
    truths = [labels.numpy() == 1 for _, labels in items]
    titles = [f"Dice {dice(p, t):.3f}" for p, t in zip(predicted, truths, strict=True)]
    fig = outlines([image[0].numpy() for image, _ in items], truths, predicted, titles)
    return show(fig, "Chest X-rays with the outlines of the true and the predicted lungs", dpi=120).png


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--budget", choices=budgets.BUDGETS, default="lesson")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "lungs")
    options = parser.parse_args()

    sizes = image_recipe.image_sizes(budgets.current(options.budget))
    split = image_recipe.chest_split(sizes, seed=options.seed)
    sets = image_recipe.image_sets(split, sizes, seed=options.seed)
    tests = {"synthetic MCU": ImageDataset(split.test, sizes.size).preload(), "real": real_xrays(sizes.size)}
    tests = {name: dataset for name, dataset in tests.items() if dataset is not None}
    settings = image_recipe.image_settings(sizes, seed=options.seed)
    print(
        f"{len(split.train)} CHN for training, {len(split.val)} MCU for validation; "
        f"{sizes.size} x {sizes.size} pixels; "
        f"{count_parameters(image_recipe.image_network(sizes)):,} parameters"
    )
    rows = []
    options.out.mkdir(parents=True, exist_ok=True)
    for loss_name, loss in LOSSES.items():
        model = image_recipe.image_network(sizes, seed=options.seed)
        run = options.out / f"{loss_name}-{options.budget}-{options.seed}"
        processor = time.process_time()
        history = image_recipe.train_binary(model, sets, loss, settings, run)
        processor = time.process_time() - processor
        print(f"{loss_name}: trained in {sum(history.seconds):.0f} s, CPU time now {processor:.0f} s")
        for test_name, dataset in tests.items():
            rows.append((loss_name, test_name, len(dataset), image_recipe.binary_scores(model, dataset)))
            path = options.out / f"{loss_name}-{test_name}.png".replace(" ", "-")
            path.write_bytes(picture(model, dataset))

    print(f"{'loss':14s}{'X-rays':16s}{'n':>4s}{'accuracy':>10s}{'Dice':>8s}{'Jaccard':>9s}")
    for loss_name, test_name, count, scores in rows:
        numbers = f"{scores['accuracy']:10.3f}{scores['dice']:8.3f}{scores['jaccard']:9.3f}"
        print(f"{loss_name:14s}{test_name:16s}{count:4d}{numbers}")
    print(f"{'published study':34s}{REFERENCE_ACCURACY:10.3f}")
    share = np.mean([float(labels.float().mean()) for _, labels in tests["synthetic MCU"]])
    print(f"{'all background, synthetic MCU':34s}{1 - share:10.3f}")
    print(f"pictures are in {options.out}")


if __name__ == "__main__":
    main()
