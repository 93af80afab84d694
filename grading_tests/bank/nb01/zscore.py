"""Right and wrong answers to g01_zscore."""

import numpy as np
import torch

from brainlab.data import zscore_in_brain
from grading_tests.bank.nb01._common import changed_input, returning, shared_result
from grading_tests.checks.nb01.zscore import scores
from grading_tests.gap import Mistake, Survivor


def zscore_by_loop(image, ddof=0):
    scored = []
    for volume in image.astype(float):
        inside = volume[volume != 0]
        if not inside.size or inside.min() == inside.max():
            scored.append(np.zeros(volume.shape))
        else:
            standard = (volume - inside.mean()) / inside.std(ddof=ddof)
            scored.append(np.where(volume != 0, standard, 0))
    return np.stack(scored)


def zscore_masked_array(image):
    masked = np.ma.masked_equal(image.astype(np.float64), 0)
    axes = tuple(range(1, image.ndim))
    centred = masked - masked.mean(axis=axes, keepdims=True)
    scored = (centred / masked.std(axis=axes, keepdims=True)).filled(0)
    varied = masked.min(axis=axes).filled(0) < masked.max(axis=axes).filled(0)
    return np.array([one if varies else 0 * one for one, varies in zip(scored, varied, strict=True)])


def zscore_torch(image):
    volumes = torch.as_tensor(image.astype(np.float32)).clone()
    for volume in volumes:
        values = volume[volume != 0]
        equal = values.numel() == 0 or values.min() == values.max()
        volume[volume != 0] = 0.0 if equal else (values - values.mean()) / values.std()
    return volumes.numpy()


def zscore_from_sums(image):
    """Mean and variance from the sums of the values and of their squares."""
    image = image.astype(float)
    brain, axes = image != 0, tuple(range(1, image.ndim))
    voxels = np.maximum(brain.sum(axes, keepdims=True), 1)
    mean = image.sum(axes, keepdims=True) / voxels
    variance = (image**2).sum(axes, keepdims=True) / voxels - mean**2
    spread = np.where(variance > 1e-9 * mean**2, np.sqrt(np.maximum(variance, 1e-30)), np.inf)
    return brain * (image - mean) / spread


def zscore_with_nan(image):
    """Nothing outside the brain is a number, and NumPy's nan functions leave it out."""
    inside = np.where(image != 0, image, np.nan).reshape(len(image), -1)
    spread = np.nanstd(inside, axis=1)[:, None]
    flat = np.nanmin(inside, axis=1) == np.nanmax(inside, axis=1)
    standard = (inside - np.nanmean(inside, axis=1)[:, None]) / np.where(flat[:, None], np.inf, spread)
    return np.nan_to_num(standard).reshape(image.shape).astype(np.float32)


def zscore_variant(mask, centre=np.mean, spread=np.std, outside=0.0):
    """Return a z-score with another mask, other statistics, or something left outside the brain."""

    def score(image):
        result = np.empty(image.shape, dtype=np.float64)
        for number, volume in enumerate(image.astype(np.float64)):
            brain, own = mask(image, number), volume != 0
            values = volume[brain]
            result[number] = (volume - centre(values)) / max(spread(values), 1e-9)
            if outside is not None:
                result[number][~(own if outside == "own" else brain)] = 0
        return result

    return score


def own_brain(image, number):
    return image[number] != 0


def zscore_pooled(image):
    brain = image != 0
    return np.where(brain, (image - image[brain].mean()) / image[brain].std(), 0)


def zscore_into_the_input(image):
    for volume in image:
        brain = volume != 0
        volume[brain] = (volume[brain] - volume[brain].mean()) / max(volume[brain].std(), 1e-9)
    return image


def zscore_nan(image):
    result = np.zeros(image.shape)
    for number, volume in enumerate(image.astype(float)):
        brain = volume != 0
        result[number][brain] = (volume[brain] - volume[brain].mean()) / volume[brain].std()
    return result


RIGHT = {
    "library": zscore_in_brain,
    "loop": zscore_by_loop,
    "n - 1": lambda image: zscore_by_loop(image, ddof=1),
    "masked array": zscore_masked_array,
    "torch": zscore_torch,
    "sums of squares": zscore_from_sums,
    "nan outside": zscore_with_nan,
}


def scored_modalities(
    image, brain=lambda volume: volume != 0, spread=np.std, centre=np.mean, flat=0.0, flat_below=0.0
):
    """Score each modality in its own way; constant and empty ones become `flat` or stay 0."""
    result = np.zeros(image.shape)
    for number, volume in enumerate(image):
        inside = brain(volume)
        values = volume[inside].astype(np.float64)
        if values.size:
            constant = np.ptp(values) <= 0 or values.std() < flat_below * abs(values.mean())
            result[number][inside] = flat if constant else (values - centre(values)) / spread(values)
    return result


def flat_by_std(image):
    result = np.zeros(image.shape)
    for number, volume in enumerate(image):
        values = volume[volume != 0]
        if values.size and values.std() > 0:
            result[number][volume != 0] = (values - values.mean()) / values.std()
    return result


def flat_kept(image):
    result = scores(image)
    for number, volume in enumerate(image):
        if np.ptp(volume[volume != 0]) == 0:
            result[number] = volume
    return result


def stops_at_flat(image):
    result = np.zeros(image.shape)
    for number, volume in enumerate(image):
        values = volume[volume != 0].astype(float)
        if values.size == 0 or np.ptp(values) == 0:
            return result
        result[number][volume != 0] = (values - values.mean()) / values.std()
    return result


def empty_is_nan(image):
    result = scores(image)
    for number, volume in enumerate(image):
        if not volume.any():
            result[number] = np.nan
    return result


def into_array_of_same_type(image):
    result = np.zeros_like(image)
    result[...] = scores(image)
    return result


def into_floats(kind):
    """Return an answer that does not copy an image which has this type already."""

    def run(image):
        result = image.astype(kind, copy=False)
        result[...] = scores(image)
        return result

    return run


def over_axes(*axes):
    """Return an answer for images of one number of axes."""

    def run(image):
        brain, image = image != 0, image.astype(float)
        voxels = np.maximum(brain.sum(axes, keepdims=True), 1)
        mean = image.sum(axes, keepdims=True) / voxels
        spread = np.sqrt((brain * (image - mean) ** 2).sum(axes, keepdims=True) / voxels)
        return np.where(brain & (spread > 1e-9 * mean), (image - mean) / np.maximum(spread, 1e-30), 0)

    return run


def in_place_on_the_values(image):
    result = np.zeros(image.shape)
    for number, volume in enumerate(image):
        values = volume[volume != 0]
        if values.size and np.ptp(values) > 0:
            values -= values.mean()
            values /= values.std()
            result[number][volume != 0] = values
    return result


def squares_overflow(image):
    result = np.zeros(image.shape)
    for number, volume in enumerate(image):
        values = volume[volume != 0]
        if values.size and np.ptp(values) > 0:
            spread = np.sqrt(np.mean(values * values) - values.mean() ** 2)
            result[number][volume != 0] = (values - values.mean()) / spread
    return result


WRONG = [
    Mistake(
        "background in the statistics",
        "jcreinhold/intensity-normalization#24: why a mask, why not the whole image",
        "mean and standard deviation include the zeros around the brain.",
        zscore_variant(lambda image, number: np.ones(image[number].shape, bool), outside="own"),
    ),
    Mistake(
        "background in the statistics and kept",
        "MIC-DKFZ/BraTS2017#9: background skews mean and standard deviation",
        "you score the whole volume: the zeros around the brain enter the mean, and they do not stay 0.",
        zscore_variant(lambda image, number: np.ones(image[number].shape, bool), outside=None),
    ),
    Mistake(
        "modalities pooled",
        "TorchIO-project/torchio#168: statistics jointly or per image",
        "all modalities share one mean and one standard deviation; each needs its own.",
        zscore_pooled,
    ),
    Mistake(
        "outside not set to 0",
        "misconception: outside does not matter, it is cropped later",
        "inside is right, but outside the brain you leave -mean/std, which differs from case to case.",
        zscore_variant(own_brain, outside=None),
    ),
    Mistake(
        "variance",
        "ISUE/Jackknife#3: the divisor is called var",
        "you divide by the variance instead of its square root.",
        zscore_variant(own_brain, spread=np.var),
    ),
    Mistake(
        "0 to 1",
        "bhklab/med-imagetools#421: which normalisation",
        "you scale minimum and maximum to 0 and 1; one bright vessel then sets the scale.",
        zscore_variant(own_brain, centre=np.min, spread=np.ptp),
    ),
    Mistake(
        "mean not subtracted",
        "misconception: normalising is scaling",
        "you divide by the standard deviation but do not subtract the mean.",
        zscore_variant(own_brain, centre=lambda values: 0.0),
    ),
    Mistake(
        "mask of the first modality",
        "MIC-DKFZ/BraTS2017#9: one mask from several modalities",
        "you take the mask of one modality for all; zeros of a smaller one then count as brain.",
        zscore_variant(lambda image, number: image[0] != 0),
    ),
    Mistake(
        "mask of any modality",
        "MIC-DKFZ/nnUNet#265: one non-zero mask for the case",
        "you join the masks of all modalities; where they differ, zeros count as brain.",
        zscore_variant(lambda image, number: (image != 0).any(axis=0)),
    ),
    Mistake(
        "positive voxels only",
        "Washington-University/HCPpipelines#129: resampling changes values at the edge of the mask",
        "you take > 0 for the brain; resampling leaves negative voxels in it.",
        zscore_variant(lambda image, number: image[number] > 0),
    ),
    Mistake(
        "division by zero",
        "Project-MONAI/MONAI#1092: std could be 0",
        "a modality that is flat in the brain has std 0, and 0/0 is NaN.",
        zscore_nan,
    ),
    Mistake(
        "written into the input",
        "Project-MONAI/MONAI#1092: img[slices] = ...",
        "you write the scores into the array that you were given; whole numbers are cut off there.",
        zscore_into_the_input,
    ),
    Mistake(
        "flat by its standard deviation",
        "NumPy rounds the mean of equal floats, and so their deviations from it are not 0",
        "equal floats may have a standard deviation of 1e-17, and noise becomes 1.",
        flat_by_std,
        3,
    ),
    Mistake(
        "flat becomes 1",
        "misconception: a constant modality lies one standard deviation above 0",
        "a modality that is constant in the brain should become 0 there.",
        lambda image: scored_modalities(image, flat=1.0),
        3,
    ),
    Mistake(
        "flat kept",
        "a common slip: continue, after the values were copied",
        "a modality that is constant in the brain keeps its value; it should become 0.",
        flat_kept,
        3,
    ),
    Mistake(
        "stops at a flat modality",
        "a common slip: return or break in the loop, for continue",
        "the modalities behind a constant or empty one are not scored: skip that one only.",
        stops_at_flat,
        3,
    ),
    Mistake(
        "empty becomes NaN",
        "a common slip: the mean of an empty array is NaN",
        "a modality without brain has no mean: it becomes NaN, but should be 0.",
        empty_is_nan,
        3,
    ),
    Mistake(
        "1 added to the standard deviation",
        "a common slip: an epsilon for values of any scale",
        "you add 1 to the standard deviation; of small values nothing is left then.",
        lambda image: scored_modalities(image, spread=lambda values: values.std() + 1),
    ),
    Mistake(
        "1e-3 added to the standard deviation",
        "a common slip: an epsilon for values of any scale",
        "your epsilon is too large for images of small values: their scores shrink.",
        lambda image: scored_modalities(image, spread=lambda values: values.std() + 1e-3),
    ),
    Mistake(
        "at least 1",
        "a common slip: max(std, 1)",
        "you divide by at least 1; of small values the standard deviation is smaller.",
        lambda image: scored_modalities(image, spread=lambda values: max(values.std(), 1)),
    ),
    Mistake(
        "small is flat",
        "a common slip: std < 1e-3 for std == 0",
        "you take a modality of small values for constant; any scale is possible.",
        lambda image: scored_modalities(
            image, spread=lambda values: values.std() if values.std() > 1e-3 else np.inf
        ),
        3,
    ),
    Mistake(
        "brighter than the mean",
        "a common slip: a threshold for the mask",
        "you take the bright voxels for the brain; it is where the modality is not 0.",
        lambda image: scored_modalities(image, lambda volume: volume > volume.mean()),
        1,
    ),
    Mistake(
        "not the smallest value",
        "misconception: the background is the smallest value",
        "you take the smallest value for background; with negative voxels in the brain that is not 0.",
        lambda image: scored_modalities(image, lambda volume: volume != volume.min()),
        1,
    ),
    Mistake(
        "not the value of the corner",
        "misconception: the corner is always background",
        "you take the value of a corner for background; the brain may reach it. Background is 0.",
        lambda image: scored_modalities(image, lambda volume: volume != volume.flat[0]),
        1,
    ),
    Mistake(
        "above a small threshold",
        "misconception: 0.001 is as good as 0",
        "your threshold cuts off brain voxels with small values; the brain is where a modality is not 0.",
        lambda image: scored_modalities(image, lambda volume: np.abs(volume) > 1e-3),
        1,
    ),
    Mistake(
        "brain of all modalities",
        "MIC-DKFZ/nnUNet#265: one non-zero mask for the case",
        "you score only where all modalities are not 0; each has a brain of its own.",
        zscore_variant(lambda image, number: (image != 0).all(axis=0)),
        1,
    ),
    Mistake(
        "median for mean",
        "misconception: a robust z-score is a z-score",
        "you subtract the median; the z-score has mean 0.",
        lambda image: scored_modalities(image, centre=np.median),
    ),
    Mistake(
        "median and MAD",
        "misconception: a robust z-score is a z-score",
        "this is the robust score of median and MAD; asked for are mean and standard deviation.",
        lambda image: scored_modalities(
            image,
            centre=np.median,
            spread=lambda values: 1.4826 * np.median(np.abs(values - np.median(values))),
        ),
    ),
    Mistake(
        "spread of the whole volume",
        "a common slip: volume.std() for values.std()",
        "the standard deviation includes the zeros around the brain.",
        lambda image: np.stack(
            [
                np.where(volume != 0, (volume - volume[volume != 0].mean()) / (volume.std() + 1e-12), 0)
                for volume in image.astype(float)
            ]
        ),
        2,
    ),
    Mistake(
        "clipped at 3",
        "a common step after the z-score, but not asked for",
        "you cut the scores off; very bright voxels may lie far above 3.",
        returning(scores, lambda scored: scored.clip(-3, 3)),
    ),
    Mistake(
        "clipped at 5",
        "a common step after the z-score, but not asked for",
        "you cut the scores off; very bright voxels may lie far above 5.",
        returning(scores, lambda scored: scored.clip(-5, 5)),
    ),
    Mistake(
        "rounded",
        "misconception: a score is a whole number",
        "you round the scores.",
        returning(scores, np.rint),
    ),
    Mistake(
        "divided before the mean is subtracted",
        "a common slip: the order of operations",
        "you divide the mean, not the difference: subtract first, then divide.",
        lambda image: scored_modalities(image, centre=lambda values: values.mean() / values.std()),
        4,
    ),
    Mistake(
        "slice by slice",
        "misconception: every slice has a mean of its own",
        "you score every slice by itself; mean and standard deviation belong to the whole volume.",
        lambda image: np.stack([scores(image[..., k]) for k in range(image.shape[-1])], axis=-1),
        2,
    ),
    Mistake(
        "modalities last",
        "habit from pictures, where channels come last",
        "you loop over the last axis; the modalities are the first one.",
        lambda image: np.moveaxis(scores(np.moveaxis(image, -1, 0)), 0, -1),
    ),
    Mistake(
        "brain voxels only",
        "a common slip: the scores are not put back into an image",
        "you return the voxels of the brain in a row; put them back into an image of the same shape.",
        lambda image: scores(image)[image != 0],
        4,
    ),
    Mistake(
        "four modalities, always",
        "a common slip: range(4)",
        "you loop over four modalities; there may be more or fewer.",
        lambda image: np.stack([scores(image[c : c + 1])[0] for c in range(4)]),
    ),
    Mistake(
        "only the first four",
        "a common slip: range(4)",
        "you score four modalities only; there may be more.",
        lambda image: np.concatenate([scores(image[:4]), image[4:]]),
    ),
    Mistake(
        "volumes only",
        "a common slip: axis=(1, 2, 3)",
        "you sum over three axes; slices have two. Loop over modalities, or use all axes but the first.",
        over_axes(1, 2, 3),
    ),
    Mistake(
        "slices only",
        "a common slip: axis=(1, 2)",
        "you sum over two axes; volumes have three. Loop over modalities, or use all axes but the first.",
        over_axes(1, 2),
    ),
    Mistake(
        "squares of small integers",
        "a common slip: the integers of NumPy overflow silently",
        "the squares of 16-bit integers overflow: convert to floats before you compute.",
        squares_overflow,
        2,
    ),
    Mistake(
        "array of the image's type",
        "a common slip: np.zeros_like(image) is an array of integers if the image is",
        "an array of integers cuts the scores to whole numbers: make one of floats.",
        into_array_of_same_type,
        4,
    ),
    Mistake(
        "half precision",
        "a common slip: float16 has three digits",
        "float16 has three digits only: return float32 or float64.",
        returning(scores, lambda scored: scored.astype(np.float16)),
    ),
    Mistake(
        "a list of modalities",
        "a common slip: the list is not stacked",
        "you return a list; asked for is one array.",
        returning(scores, list),
    ),
    Mistake(
        "a tensor",
        "habit from PyTorch",
        "you return a tensor; asked for is a NumPy array.",
        returning(scores, torch.as_tensor),
    ),
    Mistake(
        "float32 not copied",
        "a common slip: astype(copy=False) and asarray give an array of the right type back as it is",
        "an image of float32 is not copied: the scores are written into the input.",
        into_floats(np.float32),
    ),
    Mistake(
        "float64 not copied",
        "a common slip: astype(copy=False) and asarray give an array of the right type back as it is",
        "an image of float64 is not copied: the scores are written into the input.",
        into_floats(np.float64),
    ),
    shared_result(scores),
    changed_input("image", scores, lambda image: image.__setitem__(image < 100, 0)),
    Mistake(
        "standard error",
        "a common slip: standard error",
        "you divide by the standard error of the mean; divide by the standard deviation.",
        lambda image: scored_modalities(image, spread=lambda values: values.std() / np.sqrt(values.size)),
        4,
    ),
    Mistake(
        "mean absolute deviation",
        "a common slip: mean absolute deviation",
        "you divide by the mean absolute deviation; divide by the standard deviation.",
        lambda image: scored_modalities(image, spread=lambda values: abs(values - values.mean()).mean()),
        2,
    ),
    Mistake(
        "statistics of the percentiles",
        "a common slip: statistics of the percentiles",
        "you leave out the brightest and darkest voxels when you compute mean and standard deviation.",
        lambda image: scored_modalities(
            image,
            spread=lambda values: values.clip(*np.percentile(values, (1, 99))).std(),
            centre=lambda values: values.clip(*np.percentile(values, (1, 99))).mean(),
        ),
        2,
    ),
    Mistake(
        "negative scores removed",
        "a common slip: negative scores removed",
        "your scores have no sign: half of the brain is below its mean.",
        returning(scores, np.abs),
        4,
    ),
    Mistake(
        "shifted to be positive",
        "a common slip: shifted to be positive",
        "you shift the scores to begin at 0; their mean should be 0.",
        lambda image: scored_modalities(image, centre=np.min),
        4,
    ),
    Mistake(
        "0 to 255",
        "a common slip: 0 to 255",
        "you scale to 0 and 255; asked for is mean 0 and standard deviation 1.",
        lambda image: scored_modalities(image, centre=np.min, spread=lambda values: np.ptp(values) / 255),
    ),
    Mistake(
        "NaN outside",
        "a common slip: NaN outside",
        "outside the brain you leave NaN; it should be 0.",
        lambda image: np.where(image != 0, scores(image), np.nan),
        4,
    ),
    Mistake(
        "minimum outside",
        "a common slip: minimum outside",
        "outside the brain you leave the smallest score; it should be 0.",
        lambda image: np.where(image != 0, scores(image), scores(image).min()),
        4,
    ),
    Mistake(
        "first modality's statistics",
        "a common slip: first modality's statistics",
        "you use mean and standard deviation of the first modality for all; each has its own.",
        lambda image: (
            (image - image[0][image[0] != 0].mean()) / (image[0][image[0] != 0].std() + 1e-9) * (image != 0)
        ),
        2,
    ),
    Mistake(
        "axis of one modality lost",
        "a common slip: axis of one modality lost",
        "a single modality loses its axis; the result has the shape of the image.",
        returning(scores, np.squeeze),
    ),
    Mistake(
        "1e-8 added to the standard deviation",
        "a common slip: an epsilon for all images",
        "the number that you add to the standard deviation is too large where that is 1e-9.",
        lambda image: scored_modalities(image, spread=lambda values: values.std() + 1e-8),
        4,
    ),
    Mistake(
        "nearly equal is constant",
        "a common slip: np.isclose has an absolute tolerance of 1e-8",
        "you take small values, or a small spread, for constant: minimum and maximum differ there.",
        lambda image: zscore_by_loop(np.stack([one * (not np.allclose(one, one.max())) for one in image])),
    ),
    Mistake(
        "a small share of the mean is constant",
        "a common slip: a threshold relative to the mean",
        "you take a modality of small spread on a large mean for constant; it varies, so it has scores.",
        lambda image: scored_modalities(image, flat_below=1e-3),
        3,
    ),
    Mistake(
        "computed in half precision",
        "a common slip: float16 ends at 65,504 and begins at 6e-8",
        "float16 is too narrow for images of any size: compute in float32 or float64.",
        lambda image: zscore_by_loop(image.astype(np.float16)),
    ),
    Mistake(
        "computed in sixteen bits",
        "a common slip: NIfTI images are often int16",
        "16 bits hold 32,767: larger values become others.",
        lambda image: scores(image.astype(np.int16) if image.dtype.kind in "iu" else image),
    ),
    Mistake(
        "no brain without positive voxels",
        "misconception: intensities are positive",
        "a modality whose voxels are all negative has a brain, too.",
        lambda image: np.stack([scores(one[None] * (one.max() > 0))[0] for one in image]),
    ),
    Mistake(
        "no brain at all is an error",
        "a common slip: an exception for an empty image",
        "where there is no brain the scores are 0, without an error: min() of no voxels raises one.",
        lambda image: scores(image) if image.any() else image[image != 0].min(),
    ),
    Mistake(
        "constant modalities left out",
        "a common slip: `continue` before the append",
        "a constant or empty modality is missing from your result: append its zeros.",
        lambda image: np.stack([one for one in scores(image) if one.any()] or [0 * image[0]]),
        3,
    ),
    Mistake(
        "whole numbers first",
        "a common slip: astype(int)",
        "you cut the values to whole numbers; images may hold 0.01 or less.",
        lambda image: scores(image.astype(np.int64)),
    ),
    Mistake(
        "the image's own type",
        "a common slip: -= keeps the type",
        "you compute in the image's own type of whole numbers: make floats of its values first.",
        in_place_on_the_values,
        2,
    ),
    Mistake(
        "three axes are a volume",
        "misconception: (C, X, Y) is one volume",
        "with (C, X, Y) you take the modalities for slices of one volume; the first axis is always C.",
        lambda image: scores(image[None])[0] if image.ndim == 3 else scores(image),
    ),
    Mistake(
        "negative voxels set to 0",
        "a common slip: negative voxels set to 0",
        "you set negative voxels of the brain to 0; resampling makes some, and they have a score, too.",
        lambda image: np.where(image > 0, scores(image), 0),
        1,
    ),
]

SURVIVORS = [
    Survivor(
        "values = image[c][brain].astype(np.float64)",
        ["values = image[c][brain]"],
        "NumPy computes mean and std of integers in float64; float32 is accurate enough",
    ),
]
