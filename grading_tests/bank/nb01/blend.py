"""Right and wrong answers to g01_blend."""

import numpy as np
import torch

from brainlab.view import blend
from grading_tests.bank.nb01._common import changed_input, returning, shared_result
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
    return (torch.as_tensor(grey).float()[..., None] * (1 - weight) + weight * colour).numpy()


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

    rows = zip(grey, labels, strict=True)
    return np.array([[pixel(*pair) for pair in zip(*row, strict=True)] for row in rows])


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


def opaque_where(mask):
    """Return an answer that blends where `mask(labels)` says, by how much it says."""

    def run(grey, labels, alpha, palette):
        opacity = alpha * mask(labels)[..., None]
        return (1 - opacity) * rgb_of(grey) + opacity * palette[labels]

    return run


def with_black_background(grey, labels, alpha, palette):
    return (1 - alpha) * rgb_of(grey) + alpha * palette[labels] * (labels > 0)[..., None]


def one_off_in_bytes(grey, labels, alpha, palette):
    """A negative label of one byte is 255."""
    opacity = alpha * (labels > 0)[..., None]
    return (1 - opacity) * rgb_of(grey) + opacity * palette[labels - 1]


def label_after_label(grey, labels, alpha, palette):
    picture = rgb_of(grey).astype(float)
    for label in (1, 2, 3):
        picture[labels >= label] = (1 - alpha) * picture[labels >= label] + alpha * palette[label]
    return picture


def scaled(change):
    """Return an answer that changes the grey values first."""
    return lambda grey, labels, alpha, palette: blend(change(grey), labels, alpha, palette)


OWN_COLOURS = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1.0]])


def opaque_by_colour(seen):
    """Return an answer that blends pixels with a label only where `seen(colours, palette)` says so."""

    def run(grey, labels, alpha, palette):
        return blend(grey, np.where(seen(palette[labels], palette), labels, 0), alpha, palette)

    return run


def by_position(grey, labels, alpha, palette):
    present = [label for label in np.unique(labels) if label > 0]
    places = np.zeros_like(labels)
    for place, label in enumerate(present, start=1):
        places[labels == label] = place
    return blend(grey, places, alpha, palette)


def height_and_width_exchanged(grey, labels, alpha, palette):
    width, height = grey.shape
    picture = rgb_of(grey).copy()
    for y in range(height):
        for x in range(width):
            if labels[y, x]:
                picture[y, x] = (1 - alpha) * grey[y, x] + alpha * palette[labels[y, x]]
    return picture


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
        "blended with black",
        "luxonis/depthai-nodes#244: zero areas darken the background",
        "the background is darkened by 1 - alpha: pixels without a label should stay as they were.",
        with_black_background,
        2,
    ),
    Mistake(
        "background black",
        "a common slip: only the masked pixels are kept",
        "pixels without a label become black; they should keep their grey value.",
        lambda grey, labels, alpha, palette: blend(grey, labels, alpha, palette) * (labels > 0)[..., None],
        2,
    ),
    Mistake(
        "opacity grows with the label",
        "misconception: a label map is a mask of zeros and ones",
        "your opacity is alpha times the label; it is the same for labels 1, 2 and 3.",
        opaque_where(lambda labels: labels),
        2,
    ),
    Mistake(
        "opacity grows with the label, to alpha",
        "misconception: a label map is a mask of zeros and ones",
        "your opacity grows with the label; it is the same for labels 1, 2 and 3.",
        opaque_where(lambda labels: labels / 3),
        2,
    ),
    Mistake(
        "label 1 only",
        "misconception: a label map holds 0 and 1",
        "you colour label 1 only; 2 and 3 are labels, too.",
        opaque_where(lambda labels: labels == 1),
        2,
    ),
    Mistake(
        "label 3 left out",
        "a common slip: range(1, 3)",
        "you leave out label 3.",
        opaque_where(lambda labels: (labels == 1) | (labels == 2)),
        2,
    ),
    Mistake(
        "label 1 left out",
        "a common slip: labels > 1",
        "you leave out label 1.",
        opaque_where(lambda labels: labels > 1),
        2,
    ),
    Mistake(
        "black pixels left out",
        "misconception: where the image is 0 there is no head",
        "you leave out pixels with the grey value 0; a labelled pixel may be black.",
        lambda grey, labels, alpha, palette: blend(grey, labels * (grey > 0), alpha, palette),
        2,
    ),
    Mistake(
        "colours one row off, in bytes",
        "neurodata/ProgLearn#341: indexing by value or by position",
        "you look up label - 1: label 1 has row 1 of the palette, row 0 is the background's.",
        one_off_in_bytes,
        3,
    ),
    Mistake(
        "colours in another order",
        "habit from OpenCV, which stores blue, green, red",
        "red and blue are exchanged.",
        returning(blend, lambda picture: picture[..., ::-1]),
    ),
    Mistake(
        "palette read from its end",
        "a common slip: palette[-labels]",
        "the colours are looked up from the end of the palette.",
        lambda grey, labels, alpha, palette: blend(grey, labels, alpha, palette[::-1]),
        3,
    ),
    Mistake(
        "colours of its own",
        "a common slip: a palette written down",
        "you use colours of your own: use the palette.",
        lambda grey, labels, alpha, palette: blend(grey, labels, alpha, OWN_COLOURS),
        3,
    ),
    Mistake(
        "alpha fixed",
        "a common slip: 0.5 written down",
        "you use an alpha of 0.5: use the argument.",
        lambda grey, labels, alpha, palette: blend(grey, labels, 0.5, palette),
    ),
    Mistake(
        "alpha cut to a whole number",
        "a common slip: int(alpha)",
        "you cut alpha to a whole number, so nothing is coloured.",
        lambda grey, labels, alpha, palette: blend(grey, labels, int(alpha), palette),
    ),
    Mistake(
        "alpha squared",
        "a common slip: alpha is applied twice",
        "you multiply by alpha twice.",
        lambda grey, labels, alpha, palette: blend(grey, labels, alpha**2, palette),
    ),
    Mistake(
        "colour after colour",
        "a common slip: labels >= label in a loop",
        "pixels of label 2 and 3 are coloured more than once: compare with ==.",
        label_after_label,
    ),
    Mistake(
        "stretched",
        "misconception: an image must be stretched to 0 and 1",
        "you stretch the grey values; they are in [0, 1] and stay as they are.",
        scaled(lambda grey: grey / grey.max()),
    ),
    Mistake(
        "stretched from the minimum",
        "misconception: an image must be stretched to 0 and 1",
        "you stretch the grey values; they are in [0, 1] and stay as they are.",
        scaled(lambda grey: (grey - grey.min()) / (np.ptp(grey) + 1e-9)),
    ),
    Mistake(
        "result stretched",
        "misconception: an image must be stretched to 0 and 1",
        "you stretch the result; the weighted sum is in [0, 1] already.",
        returning(blend, lambda picture: picture / picture.max()),
    ),
    Mistake(
        "added and cut off",
        "sanderslab/magellanmapper#89: reducing opacity or adding",
        "you add the colour to the full image and cut off at 1; the image's share must be 1 - alpha.",
        lambda grey, labels, alpha, palette: np.clip(
            rgb_of(grey) + alpha * palette[labels] * (labels > 0)[..., None], 0, 1
        ),
        3,
    ),
    Mistake(
        "0 to 255, floats",
        "plovercode/course-python-geospatial#36: (img * 255)",
        "your values reach 255; image and palette are in 0 to 1, and so is the result.",
        returning(blend, lambda picture: 255 * picture),
    ),
    Mistake(
        "whole numbers",
        "a common slip: astype(np.uint8) for values in 0 to 1",
        "you cut the values to 0 and 1.",
        returning(blend, lambda picture: picture.astype(np.uint8)),
    ),
    Mistake(
        "rounded",
        "a common slip: rounding for print, in the function",
        "you round the values.",
        returning(blend, lambda picture: picture.round(1)),
    ),
    Mistake(
        "rows and columns exchanged",
        "misconception: pictures are (width, height)",
        "rows and columns are exchanged.",
        returning(blend, lambda picture: picture.swapaxes(0, 1)),
    ),
    Mistake(
        "opacity as fourth channel",
        "misconception: a blended image is RGBA",
        "your result has four channels; the colours are mixed already, so three are enough.",
        returning(blend, lambda picture: np.concatenate([picture, np.ones_like(picture[..., :1])], -1)),
    ),
    Mistake(
        "grey for alpha 0",
        "a common slip: a special case that returns the image itself",
        "for alpha = 0 you return the image with one channel; it should have three.",
        lambda grey, labels, alpha, palette: grey if alpha == 0 else blend(grey, labels, alpha, palette),
        1,
    ),
    Mistake(
        "one channel coloured",
        "a common slip: only channel 0 is blended",
        "you blend one channel only.",
        lambda grey, labels, alpha, palette: np.stack(
            [blend(grey, labels, alpha, palette)[..., 0], grey, grey], axis=-1
        ),
    ),
    Mistake(
        "lists of lists",
        "habit from Python: lists for arrays",
        "you return lists; asked for is an array.",
        returning(blend, np.ndarray.tolist),
    ),
    Mistake(
        "a tensor",
        "habit from PyTorch",
        "you return a tensor; asked for is a NumPy array.",
        returning(blend, torch.as_tensor),
    ),
    shared_result(blend),
    changed_input("grey", blend, lambda grey, labels, alpha, palette: grey.__iadd__(1)),
    changed_input("labels", blend, lambda grey, labels, alpha, palette: labels.__setitem__(labels > 1, 1)),
    changed_input("palette", blend, lambda grey, labels, alpha, palette: palette.__setitem__(0, 0)),
    Mistake(
        "lighter or darker image",
        "a common slip: lighter or darker image",
        "you change the grey values; they stay as they are.",
        scaled(lambda grey: grey**2.2),
    ),
    Mistake(
        "alpha in percent or bytes",
        "a common slip: alpha in percent or bytes",
        "you divide alpha; it is between 0 and 1 already.",
        lambda grey, labels, alpha, palette: blend(grey, labels, alpha / 255, palette),
    ),
    Mistake(
        "alpha limited",
        "a common slip: alpha limited",
        "you limit alpha; up to 1 is possible.",
        lambda grey, labels, alpha, palette: blend(grey, labels, min(alpha, 0.5), palette),
    ),
    Mistake(
        "alpha 0 replaced",
        "a common slip: alpha or 0.5",
        "alpha = 0 is a value, too: `or` takes it for missing.",
        lambda grey, labels, alpha, palette: blend(grey, labels, alpha or 0.5, palette),
    ),
    Mistake(
        "black labels left out",
        "misconception: black is no colour",
        "you leave out labels whose colour is black; what is a label, the labels say.",
        opaque_by_colour(lambda colours, palette: colours.any(axis=-1)),
        2,
    ),
    Mistake(
        "colour of the background left out",
        "misconception: the background is known by its colour",
        "you leave out labels that have the colour of row 0; what is a label, the labels say.",
        opaque_by_colour(lambda colours, palette: (colours != palette[0]).any(axis=-1)),
        2,
    ),
    Mistake(
        "colours by position",
        "a common slip: enumerate(np.unique(labels))",
        "an absent label moves the colours of the others: look them up with the label.",
        by_position,
        3,
    ),
    Mistake(
        "background not 0 added",
        "misconception: row 0 of the palette is black",
        "you add the colour of row 0 to pixels without a label; they should keep their grey value.",
        lambda grey, labels, alpha, palette: (
            (1 - alpha * (labels > 0)[..., None]) * rgb_of(grey) + alpha * palette[labels]
        ),
        2,
    ),
    Mistake(
        "colour times image",
        "misconception: a transparent colour is a filter",
        "you multiply the colour by the image; blending adds them, each with its share.",
        lambda grey, labels, alpha, palette: (
            blend(grey, labels, alpha, palette)
            + alpha * (rgb_of(grey) - 1) * palette[labels] * (labels > 0)[..., None]
        ),
        3,
    ),
    Mistake(
        "slice returned as it is",
        "a common slip: an early return",
        "without any label you return the slice with one channel; it should have three.",
        lambda grey, labels, alpha, palette: blend(grey, labels, alpha, palette) if labels.any() else grey,
        1,
    ),
    Mistake(
        "nothing without labels",
        "a common slip: an early return",
        "without any label your function returns nothing; the slice is still to be shown.",
        lambda grey, labels, alpha, palette: blend(grey, labels, alpha, palette) if labels.any() else None,
    ),
    Mistake(
        "only the coloured part",
        "a common slip: the image is left out of the sum",
        "the image is missing from the sum: you return the coloured part alone.",
        lambda grey, labels, alpha, palette: alpha * (labels > 0)[..., None] * palette[labels],
        3,
    ),
    Mistake(
        "half precision",
        "a common slip: float16 has three digits",
        "float16 has three digits only: return float32 or float64.",
        returning(blend, lambda picture: picture.astype(np.float16)),
    ),
    Mistake(
        "height and width exchanged",
        "a common slip: w, h = image.shape",
        "the shape of an array is (rows, columns), so the height is first.",
        height_and_width_exchanged,
    ),
    Mistake(
        "palette scaled",
        "a common slip: palette scaled",
        "you scale the palette; its colours are in [0, 1] already.",
        lambda grey, labels, alpha, palette: blend(grey, labels, alpha, palette / palette.max()),
    ),
    Mistake(
        "grey palette",
        "a common slip: grey palette",
        "your colours are grey: the mean over red, green and blue.",
        lambda grey, labels, alpha, palette: blend(
            grey, labels, alpha, np.repeat(palette.mean(axis=1)[:, None], 3, axis=1)
        ),
        3,
    ),
    Mistake(
        "red only",
        "a common slip: red only",
        "you keep the red of the palette only.",
        lambda grey, labels, alpha, palette: blend(grey, labels, alpha, palette * [1, 0, 0]),
        3,
    ),
    Mistake(
        "upside down",
        "a common slip: upside down",
        "your picture is upside down.",
        returning(blend, lambda picture: picture[::-1]),
    ),
    Mistake(
        "background in its colour",
        "a common slip: background in its colour",
        "pixels without a label get the colour of row 0; they should keep their grey value.",
        lambda grey, labels, alpha, palette: np.where(
            (labels > 0)[..., None], blend(grey, labels, alpha, palette), palette[0]
        ),
        2,
    ),
    Mistake(
        "a list of pixels",
        "a common slip: a list of pixels",
        "your result has two axes; asked for is (H, W, 3).",
        returning(blend, lambda picture: picture.reshape(-1, 3)),
    ),
    Mistake(
        "contour only",
        "a common slip: contour only",
        "you colour a contour; the whole area of a label gets its colour.",
        lambda grey, labels, alpha, palette: blend(
            grey, labels * (labels != np.roll(labels, 1, axis=0)), alpha, palette
        ),
        2,
    ),
]
