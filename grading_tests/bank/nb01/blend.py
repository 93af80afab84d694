"""Right and wrong answers to g01_blend."""

import numpy as np
import torch

from brainlab.view import blend
from grading_tests.gap import Mistake


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


RIGHT = {
    "library": blend,
    "loop": blend_by_loop,
    "where": blend_where,
    "torch, one-hot": blend_torch,
    "channel by channel": blend_channel_by_channel,
    "label by label": blend_label_by_label,
    "lists": blend_lists,
}


WRONG = [
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
