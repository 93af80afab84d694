"""Train notebook 03's U-Net for lungs on synthetic chest X-rays only, and measure it on real ones.

usage: python benchmarks/real_films.py [FOLDER] [--budget lesson] [--seeds 0 1 2] [--loss Dice] [--out FOLDER]
       python benchmarks/real_films.py --against OLD.csv    # also paired differences from an earlier table

FOLDER holds X-rays with lung masks whose names begin with CHNCXR (Shenzhen) or MCUCXR (Montgomery), by
default ../shared/real/cxr. No real X-ray is trained on. The network of each seed is kept in the output
folder, so that a second call only segments.

Accuracy, Dice and Jaccard of each X-ray, in the pixels of the network, averaged over X-rays, with 95 %
bootstrap intervals over X-rays (one per patient) and seeds; of each hospital apart. The output folder gets
films-BUDGET-LOSS.csv (a row per X-ray and seed) and worst-BUDGET-LOSS.png (the worst, of the first seed).
"""

import argparse
from pathlib import Path

import numpy as np
from real_data.networks import kept_network
from real_data.pictures import film_page, write_page
from real_data.scores import film_scores
from real_data.tables import Row, differences_table, means_table, read_rows, worst, write_rows
from torch import nn

from brainlab import budgets
from brainlab.data.images import ImageDataset, find_chest
from brainlab.losses import cross_entropy, soft_dice_loss
from brainlab.recipes import images as recipe

ROOT = Path(__file__).resolve().parents[1]
LOSSES = {"cross-entropy": cross_entropy, "Dice": soft_dice_loss}
SCORES = {"accuracy": "accuracy", "Dice": "dice", "Jaccard": "jaccard"}
REFERENCE = "accuracy of the reference study, trained on real X-rays: 0.97"


def trained_network(
    sizes: budgets.ImageSizes, loss: str, seed: int, folder: Path, retrain: bool = False
) -> tuple[nn.Module, str]:
    """Return notebook 03's U-Net, trained on synthetic X-rays or read from `folder`, and its code."""

    def train(run: Path) -> nn.Module:
        sets = recipe.image_sets(recipe.chest_split(sizes), sizes, seed=seed)
        model = recipe.image_network(sizes, seed=seed)
        recipe.train_binary(model, sets, LOSSES[loss], recipe.image_settings(sizes, seed=seed), run)
        return model

    options = {"in_channels": 1, "num_classes": 2, "width": sizes.width, "batch_norm": True, "dropout": 0.2}
    return kept_network(folder, train, options, retrain)


def measure(network: tuple[nn.Module, str], seed: int, films: ImageDataset) -> tuple[list[Row], np.ndarray]:
    """Return a row for each X-ray, and the predicted masks (N, H, W)."""
    model, code = network
    predicted = recipe.predict_masks(model, films)
    rows = []
    for number, (pair, mask) in enumerate(zip(films.pairs, predicted, strict=True)):
        truth = films[number][1].numpy() == 1
        group = pair.group or "other"
        key = {"case": pair.id, "patient": pair.id, "seed": seed, "group": group, "code": code}
        rows.append(key | film_scores(mask, truth))
    return rows, predicted


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT.parent / "shared" / "real" / "cxr")
    parser.add_argument("--budget", choices=budgets.BUDGETS, default="lesson")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--loss", choices=LOSSES, default="Dice")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "real_films")
    parser.add_argument("--worst", type=int, default=12, help="number of X-rays in the picture")
    parser.add_argument("--retrain", action="store_true", help="train again although a network is kept")
    parser.add_argument("--against", type=Path, help="CSV of an earlier call, for paired differences")
    options = parser.parse_args()
    before = read_rows(options.against) if options.against else []  # this call may write the same file
    if not options.folder.is_dir():
        print(f"{options.folder} does not exist: no real X-ray to segment")
        return
    found = find_chest(options.folder)
    print(found.report())
    pairs = [pair for pair in found if pair.has_mask]
    if not pairs:
        raise SystemExit("no X-ray with a mask: nothing to measure")
    sizes = recipe.image_sizes(budgets.current(options.budget))
    films = ImageDataset(pairs, sizes.size).preload()
    name = f"{options.budget}-{options.loss}"
    rows, masks = [], []
    for seed in dict.fromkeys(options.seeds):
        folder = options.out / "networks" / f"{name}-seed{seed}"
        network = trained_network(sizes, options.loss, seed, folder, options.retrain)
        new, predicted = measure(network, seed, films)
        rows += new
        masks.append(predicted)
    table = options.out / f"films-{name}.csv"
    write_rows(table, rows)
    print(f"{name}, trained on synthetic X-rays; {len(pairs)} real ones, {sizes.size} x {sizes.size} pixels")
    over = "X-rays and seeds" if len(masks) > 1 else "X-rays (one seed)"
    print(f"mean and 95 % bootstrap interval over {over}")
    print(means_table(rows, SCORES))
    empty = np.mean([(films[number][1] == 0).float().mean() for number in range(len(films))])
    print(f"accuracy of an empty prediction: {empty:.3f}; {REFERENCE}")
    if before:
        print(f"differences from {options.against}; * the interval excludes 0")
        print(differences_table(rows, before, SCORES))
    print(table)
    chosen = worst(rows, ["dice"], options.worst)
    numbers = [[pair.id for pair in pairs].index(film) for film in chosen]
    print(write_page(options.out / f"worst-{name}.png", film_page(films, masks[0], numbers)))


if __name__ == "__main__":
    main()
