"""Right and wrong answers: the z-score inside the brain, and the overlay."""

import numpy as np
import torch

from brainlab.data import zscore_in_brain
from brainlab.view import blend
from grading_tests.gap import Mistake

# ---- z-score inside the brain


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


RIGHT_ZSCORE = {
    "library": zscore_in_brain,
    "loop": zscore_by_loop,
    "n - 1": lambda image: zscore_by_loop(image, ddof=1),
    "masked array": zscore_masked_array,
    "torch": zscore_torch,
    "sums of squares": zscore_from_sums,
    "nan outside": zscore_with_nan,
}

WRONG_ZSCORE = [
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


# ---- overlay


def blend_by_loop(grey, labels, alpha, palette):
    rgb = np.stack([grey] * 3, axis=-1)
    for row, column in np.argwhere(labels > 0):
        rgb[row, column] = (1 - alpha) * grey[row, column] + alpha * palette[labels[row, column]]
    return rgb


def blend_where(grey, labels, alpha, palette):
    rgb = grey[:, :, None]
    return np.where((labels > 0)[:, :, None], rgb * (1 - alpha) + palette[labels] * alpha, rgb)


def blend_torch(grey, labels, alpha, palette):
    one_hot = torch.nn.functional.one_hot(torch.as_tensor(labels).long(), 4).float()
    colour = torch.einsum("hwc,cr->hwr", one_hot, torch.as_tensor(palette).float())
    weight = alpha * (1 - one_hot[..., :1])
    return torch.as_tensor(grey).float()[..., None] * (1 - weight) + weight * colour


def blend_channel_by_channel(grey, labels, alpha, palette):
    channels = []
    for channel in range(3):
        colour = np.take(palette[:, channel], labels)
        channels.append(np.where(labels == 0, grey, grey + alpha * (colour - grey)))
    return np.dstack(channels)


def blend_label_by_label(grey, labels, alpha, palette):
    picture = np.repeat(np.array(grey, dtype=float)[..., None], 3, axis=2)
    for label in (1, 2, 3):
        here = labels == label
        picture[here] = picture[here] * (1 - alpha) + np.array(palette[label]) * alpha
    return picture


def blend_lists(grey, labels, alpha, palette):
    def pixel(value, label):
        weight = alpha if label else 0.0
        return [(1 - weight) * float(value) + weight * float(part) for part in palette[label]]

    return [[pixel(*pair) for pair in zip(*row, strict=True)] for row in zip(grey, labels, strict=True)]


def rgb_of(grey):
    return np.repeat(grey[..., None], 3, axis=-1)


RIGHT_BLEND = {
    "library": blend,
    "loop": blend_by_loop,
    "where": blend_where,
    "torch, one-hot": blend_torch,
    "channel by channel": blend_channel_by_channel,
    "label by label": blend_label_by_label,
    "lists": blend_lists,
}

WRONG_BLEND = [
    Mistake(
        "background darkened",
        "luxonis/depthai-nodes#244: zero areas darken the background",
        "you blend the background's colour too: pixels without a label should stay as they were.",
        lambda grey, labels, alpha, palette: (1 - alpha) * rgb_of(grey) + alpha * palette[labels],
    ),
    Mistake(
        "alpha exchanged",
        "matterport/Mask_RCNN#1185: how to make the colour opaque",
        "alpha weighs the image; it is the opacity of the colour: 1 shows the colour alone.",
        lambda grey, labels, alpha, palette: blend(grey, labels, 1 - alpha, palette),
    ),
    Mistake(
        "added",
        "sanderslab/magellanmapper#89: reducing opacity or adding",
        "you add colour to the full image; the image's share must be 1 - alpha, or bright pixels exceed 1.",
        lambda grey, labels, alpha, palette: rgb_of(grey) + alpha * palette[labels] * (labels > 0)[..., None],
    ),
    Mistake(
        "painted over",
        "cortex-lab/Suite2P#42: the image should remain visible under the mask",
        "the colour replaces the image: alpha is not used.",
        lambda grey, labels, alpha, palette: blend(grey, labels, 1.0, palette),
    ),
    Mistake(
        "tinted",
        "misconception: a mask is a factor",
        "you multiply image and colour; blending is a weighted sum.",
        lambda grey, labels, alpha, palette: np.where(
            (labels > 0)[..., None], rgb_of(grey) * palette[labels], rgb_of(grey)
        ),
    ),
    Mistake(
        "one colour",
        "zacswider/mergechannels#31: a colour for every label",
        "all labels get the same colour: look the colour up with the label.",
        lambda grey, labels, alpha, palette: blend(grey, (labels > 0).astype(int), alpha, palette),
    ),
    Mistake(
        "colours shifted",
        "neurodata/ProgLearn#341: indexing by value or by position",
        "the colours are one row off: label 1 has row 1 of the palette, row 0 is the background's.",
        lambda grey, labels, alpha, palette: blend(grey, labels, alpha, np.roll(palette, 1, axis=0)),
    ),
    Mistake(
        "colours first",
        "habit from PyTorch, where channels come first",
        "the colour axis is first; Matplotlib wants (H, W, 3).",
        lambda grey, labels, alpha, palette: np.moveaxis(blend(grey, labels, alpha, palette), -1, 0),
    ),
    Mistake(
        "0 to 255",
        "plovercode/course-python-geospatial#36: (img * 255).astype(np.uint8)",
        "you return whole numbers from 0 to 255; image and palette are in 0 to 1, and so is the result.",
        lambda grey, labels, alpha, palette: (255 * blend(grey, labels, alpha, palette)).astype(np.uint8),
    ),
    Mistake(
        "the brighter one",
        "a common slip: layers of a picture program can also be joined by the lighter value",
        "you take the brighter of image and colour; blending is a weighted sum of both.",
        lambda grey, labels, alpha, palette: np.where(
            (labels > 0)[..., None], np.maximum(rgb_of(grey), alpha * palette[labels]), rgb_of(grey)
        ),
    ),
    Mistake(
        "written into the input",
        "matterport/Mask_RCNN#1185: image[:, :, c] = ...",
        "you change the image that you were given.",
        lambda grey, labels, alpha, palette: (
            blend(grey, labels, alpha, palette),
            grey.__setitem__(labels > 0, 0),
        )[0],
    ),
]
