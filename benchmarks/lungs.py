"""Train a U-Net on synthetic chest X-rays with cross-entropy and with Dice; test both on the other hospital.

usage: python benchmarks/lungs.py [--budget lesson] [--seed 0] [--out FOLDER]

CHN is for training, MCU for validation and test. Networks and pictures with outlines are written to the
output folder; a second call resumes the training. On real X-rays: benchmarks/real_films.py.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from real_data.pictures import film_page, write_page

from brainlab import budgets
from brainlab.data.images import ImageDataset
from brainlab.losses import cross_entropy, soft_dice_loss
from brainlab.models import count_parameters
from brainlab.recipes import images as image_recipe

ROOT = Path(__file__).resolve().parents[1]
LOSSES = {"cross-entropy": cross_entropy, "Dice": soft_dice_loss}


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
    test_set = ImageDataset(split.test, sizes.size).preload()
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
        rows.append((loss_name, image_recipe.binary_scores(model, test_set)))
        numbers = range(min(4, len(test_set)))
        page = film_page(test_set, image_recipe.predict_masks(model, test_set), numbers)
        write_page(options.out / f"{loss_name}.png", page)

    print(f"{len(test_set)} synthetic MCU   accuracy    Dice  Jaccard")
    for loss_name, scores in rows:
        print(f"{loss_name:18s}{scores['accuracy']:10.3f}{scores['dice']:8.3f}{scores['jaccard']:9.3f}")
    share = np.mean([float(labels.float().mean()) for _, labels in test_set])
    print(f"{'all background':18s}{1 - share:10.3f}")
    print(f"pictures are in {options.out}")


if __name__ == "__main__":
    main()
