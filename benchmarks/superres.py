"""Train SRResNet, SRGAN, RRDBNet and ESRGAN by notebook 04's recipe; print accuracy and sharpness.

usage: python benchmarks/superres.py [--seeds 0 1 2] [--budget lesson] [--runs runs/superres] [--figure a.png]

Every seed trains a U-Net (feature extractor and segmentation), both generators with a pixel loss, then both
as GANs; seeds differ in initial weights and order of the images. Scores are means over slices of held-out
patients. Perceptual distance and Dice are measured with the U-Net of another seed, which is part of no loss.
For real cases (`BRAINLAB_REAL_DATA`) the gain over bicubic is printed. `--runs` keeps all networks, also as
files for the demo; an interrupted run is resumed.
"""

import argparse
import copy
import os
import time
import warnings
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor, nn

from brainlab.budgets import SRSizes
from brainlab.data.cache import cache_cases
from brainlab.data.split import Split, split_by_patient
from brainlab.data.superres import SuperResSet, labels_of, stack
from brainlab.lab import open_cases, setup
from brainlab.metrics.images import psnr, ssim
from brainlab.models import UNet
from brainlab.models.saved import save_model
from brainlab.models.upscaling import resample
from brainlab.recipes import segmentation as recipe
from brainlab.recipes import superres as sr_recipe
from brainlab.training import GanLosses, diagnose, esrgan_losses, fit, srgan_losses, train_gan, train_psnr
from brainlab.view import compare_images

BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"
REAL = Path(os.environ.get("BRAINLAB_REAL_DATA") or BESIDE)
REAL_CASES = ("brats_gli_00001", "brats_met_00110", "tcga_fg_6692", "tcga_du_7294")


def gan_losses(unet: UNet) -> dict[str, GanLosses]:
    """Return the losses of "SRGAN" and "ESRGAN" on features of a U-Net."""
    after, before = sr_recipe.features(unet)
    weights = {f"{name}_weight": weight for name, weight in sr_recipe.loss_weights(before).items()}
    return {
        "SRGAN": srgan_losses(after, weights.pop("SRGAN_weight")),
        "ESRGAN": esrgan_losses(before, **weights),
    }


def train_unet(split: Split, sizes: SRSizes, seed: int, folder: Path) -> UNet:
    """Return the trained U-Net of a seed."""
    model = sr_recipe.unet(sizes, seed)
    settings = sr_recipe.unet_settings(sizes, seed=seed)
    fit(model, *sr_recipe.unet_sets(split, sizes), sr_recipe.tumour_loss, settings, folder, progress=False)
    save_model(
        folder.with_suffix(".pt"), model, sr_recipe.unet_options(sizes), half=True, size=sizes.hr, axes="xy"
    )
    return model


def train_generators(
    split: Split, sizes: SRSizes, unet: UNet, seed: int, folder: Path
) -> dict[str, nn.Module]:
    """Return the four trained generators of a seed by name."""
    train_set, val_set, _ = sr_recipe.sr_sets(split, sizes)
    losses = gan_losses(unet)
    pairs = ("SRResNet", sr_recipe.srresnet, "SRGAN"), ("RRDBNet", sr_recipe.rrdbnet, "ESRGAN")
    models = {}
    for first, make, second in pairs:
        start, model = time.process_time(), make(sizes, seed)
        phase_one = sr_recipe.psnr_settings(sizes, seed=seed)
        train_psnr(model, train_set, val_set, phase_one, folder / first, progress=False)
        models[first] = copy.deepcopy(model)
        discriminator = sr_recipe.discriminator(sizes, seed)
        phase_two = sr_recipe.gan_settings(sizes, second, seed=seed)
        history = train_gan(
            model,
            discriminator,
            losses[second],
            train_set,
            val_set,
            phase_two,
            folder / second,
            progress=False,
        )
        models[second] = model
        found = [finding.name for finding in diagnose(history)] or ["nothing"]
        spent = time.process_time() - start
        print(f"seed {seed}: {first} and {second}, {spent:.0f} s; monitor: {', '.join(found)}", flush=True)
    for name, model in models.items():
        options = sr_recipe.srresnet_options if name.startswith("SR") else sr_recipe.rrdbnet_options
        save_model(folder / f"{name.lower()}.pt", model, options(sizes), half=True, size=sizes.hr, axes="xy")
    return models


def real_pairs(sizes: SRSizes) -> dict[str, tuple[Tensor, Tensor]]:
    """Return every tenth slice of the real cases by case: (N, 1, h, w) and (N, 1, H, W)."""
    if not REAL.is_dir():
        return {}
    found = [case for name in REAL_CASES for case in open_cases(REAL / name, 1)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # known defects of these files
        sets = {c.id: SuperResSet([c], hr=sizes.hr, lr=sizes.lr, step=10) for c in cache_cases(found)}
    return {name: stack(pairs) for name, pairs in sets.items()}


def draw(made: dict[str, Tensor], test_set: SuperResSet) -> Figure:
    """Draw a close-up of the slice with most enhancing tumour."""
    labels = labels_of(test_set)  # (N, H, W)
    item = int((labels == 3).sum(dim=(1, 2)).argmax())
    centre = (labels[item] == 3).nonzero().float().mean(dim=0).round().int().tolist()
    small, large = test_set[item]
    images = {f"{len(small[0])} pixels": small[0].numpy()}
    images |= {
        f"{name}\n{psnr(image[item : item + 1], large[None]).item():.1f} dB": image[item, 0].numpy()
        for name, image in made.items()
    }
    affine = test_set.cached[test_set.index[item][0]].affine
    return compare_images(images | {"truth": large[0].numpy()}, affine, centre, 3 * test_set.hr // 8)


def show(title: str, rows: dict[str, list[dict[str, float]]]) -> None:
    """Print mean and standard deviation over the seeds."""
    columns = list(next(iter(rows.values()))[0])
    print(f"\n{title:22s}" + "".join(f"{name:>17s}" for name in columns))
    for name, seeds in rows.items():
        values = np.array([list(row.values()) for row in seeds])  # (seeds, columns)
        spread = values.std(axis=0, ddof=1) if len(values) > 1 else np.full(values.shape[1], np.nan)
        cells = (f"{m:9.4f} ± {s:.4f}" for m, s in zip(values.mean(axis=0), spread, strict=True))
        print(f"{name:22s}" + "".join(f"{cell:>17s}" for cell in cells))


def show_pairs(test: dict[str, list[dict[str, float]]]) -> None:
    """Print differences between two networks of the same seed."""
    print(f"\n{'same seed':22s}{'distance':32s}high-frequency ratio")
    for one, other in (("SRGAN", "SRResNet"), ("ESRGAN", "RRDBNet"), ("ESRGAN", "SRGAN")):
        pairs = list(zip(test[one], test[other], strict=True))
        cells = (
            " ".join(f"{a[k] - b[k]:+9.4f}" for a, b in pairs) for k in ("distance", "high-frequency ratio")
        )
        print(f"{one + ' - ' + other:20s}" + "  ".join(cells))


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--budget", default="lesson")
    parser.add_argument("--runs", type=Path, default=Path("runs/superres"))
    parser.add_argument("--figure", type=Path, help="picture of a tumour by the networks of the first seed")
    options = parser.parse_args()

    os.environ.pop("BRAINLAB_DATA", None)  # always the built-in cohort
    lab = setup(budget=options.budget)
    split = split_by_patient(recipe.training_cases(lab), seed=lab.seed)
    sizes = sr_recipe.sr_sizes(lab.budget)
    test_set = sr_recipe.sr_sets(split, sizes)[2]
    lr, hr = stack(test_set)  # (N, 1, h, w), (N, 1, H, W)
    real = real_pairs(sizes)
    folders = {seed: options.runs / options.budget / f"seed{seed}" for seed in options.seeds}
    unets = {seed: train_unet(split, sizes, seed, folders[seed] / "unet") for seed in options.seeds}

    test, dice, cases = {}, {}, {}
    for number, seed in enumerate(options.seeds):
        models = train_generators(split, sizes, unets[seed], seed, folders[seed])
        judge = unets[options.seeds[number - 1]]  # of another seed
        made = {"bicubic": resample(lr, sizes.hr).clamp(0, 1)}
        made |= {name: sr_recipe.enlarge(model, lr, sizes.hr) for name, model in models.items()}
        if options.figure and number == 0:
            draw(made, test_set).savefig(options.figure, dpi=100)
        for name, images in made.items():
            row = sr_recipe.scores(images, hr, sr_recipe.perceptual_levels(judge))
            test.setdefault(name, []).append(row)
        for name, images in (made | {"original": hr}).items():
            patients = sr_recipe.dice_by_patient(judge, images, test_set).values()
            means = np.mean([list(row.values()) for row in patients], axis=0)
            dice.setdefault(name, []).append(dict(zip(("WT", "TC", "ET"), means, strict=True)))
        for name in ("SRResNet", "RRDBNet"):
            for case, (small, large) in real.items():
                ours = sr_recipe.enlarge(models[name], small, sizes.hr)
                up = resample(small, sizes.hr).clamp(0, 1)
                gains = {m.__name__: (m(ours, large) - m(up, large)).mean().item() for m in (psnr, ssim)}
                cases.setdefault(f"{name} {case[:13]}", []).append(gains)
    show(f"{len(hr)} test slices", test)
    show("Dice of the U-Net on", dice)
    if cases:
        show("gain on real cases", cases)
    show_pairs(test)


if __name__ == "__main__":
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS") or torch.get_num_threads()))
    main()
