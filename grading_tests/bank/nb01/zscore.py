"""Right and wrong answers to g01_zscore."""

import numpy as np
import torch

from brainlab.data import zscore_in_brain
from grading_tests.gap import Mistake, Survivor


def zscore_by_loop(image, ddof=0):
    scored = []
    for volume in image.astype(float):
        inside = volume[volume != 0]
        spread = inside.std(ddof=ddof)
        scored.append(np.where(volume != 0, (volume - inside.mean()) / (spread if spread else 1), 0))
    return np.stack(scored)


def zscore_masked_array(image):
    masked = np.ma.masked_equal(image.astype(np.float64), 0)
    axes = tuple(range(1, image.ndim))
    centred = masked - masked.mean(axis=axes, keepdims=True)
    return (centred / (masked.std(axis=axes, keepdims=True) + 1e-8)).filled(0)


def zscore_torch(image):
    volumes = torch.as_tensor(image.astype(np.float32)).clone()
    for volume in volumes:
        brain = volume != 0
        volume[brain] = (volume[brain] - volume[brain].mean()) / volume[brain].std().clamp(min=1e-6)
    return volumes


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
    scores = (inside - np.nanmean(inside, axis=1)[:, None]) / np.where(spread > 0, spread, 1)
    return np.nan_to_num(scores).reshape(image.shape).astype(np.float32)


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
]

SURVIVORS = [
    Survivor(
        "values = image[c][brain].astype(np.float64)",
        ["values = image[c][brain]"],
        "NumPy computes mean and std of integers in float64; float32 is accurate enough",
    ),
    Survivor(
        "if values.size and values.std() > 0:",
        ["if (values.std() > 0):"],
        "the std of an empty array is NaN, and NaN > 0 is false; NumPy warns",
    ),
    Survivor(
        "if values.size and values.std() > 0:",
        ["if values.size and values.var() > 0:"],
        "variance and standard deviation are 0 together",
    ),
]
