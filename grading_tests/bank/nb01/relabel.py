"""Right and wrong answers: the meaning of labels."""

import numpy as np
import torch

from brainlab.data import relabel
from grading_tests.bank.nb01._common import changed_input, returning, shared_result
from grading_tests.gap import Mistake, Survivor

# ---- relabel


def checked(whole, table):
    if not set(np.unique(whole).tolist()) <= set(table):
        raise ValueError("unknown label")
    return whole


def relabel_lookup(seg, table):
    whole = np.round(np.asarray(seg, dtype=float)).astype(int)
    lookup = np.full(max(whole.max(), *table) + 1, -1)
    for old, new in table.items():
        lookup[old] = new
    if whole.min() < 0 or (lookup[whole] < 0).any():
        raise ValueError("a label that the table does not have")
    return lookup[whole]


def relabel_by_dictionary(seg, table):
    try:
        return np.vectorize(lambda value: table[round(float(value))])(seg)
    except KeyError as unknown:
        raise ValueError(f"label {unknown}") from None


def relabel_select(seg, table):
    whole = checked(np.rint(seg), table)
    return np.select([whole == old for old in table], list(table.values()))


def relabel_torch(seg, table):
    whole = torch.as_tensor(checked(np.rint(seg).astype(int), table))
    return sum((whole == old) * new for old, new in table.items()).numpy()


def without_check(seg, table):
    """Map what the table knows; what it does not know becomes background."""
    whole = np.rint(seg).astype(int)
    return relabel(np.where(np.isin(whole, list(table)), whole, 0), table)


def relabel_in_turn(seg, table):
    labels = checked(np.rint(seg).astype(np.uint8), table)
    for old, new in table.items():
        labels[labels == old] = new
    return labels


def relabel_input(seg, table):
    checked(np.rint(seg).astype(int), table)
    labels = relabel(seg, table)
    seg[...] = labels
    return seg


def keep_unknown(seg, table):
    labels = np.rint(seg).astype(int)
    known = np.isin(labels, list(table))
    labels[known] = relabel(labels[known], table)
    return labels


def relabel_by_search(seg, table):
    """The table as two sorted rows; each number is looked up by bisection."""
    old = np.array(sorted(table))
    new = np.array([table[number] for number in sorted(table)])
    whole = np.rint(seg).astype(np.int64)
    places = np.searchsorted(old, whole).clip(max=len(old) - 1)
    if (old[places] != whole).any():
        raise ValueError("unknown label")
    return new[places]


def relabel_unique(seg, table):
    """Only the few numbers that occur are translated, then put back in place."""
    numbers, places = np.unique(np.rint(seg).astype(int), return_inverse=True)
    if unknown := [number for number in numbers.tolist() if number not in table]:
        raise ValueError(f"{unknown} are unknown")
    return np.array([table[number] for number in numbers.tolist()])[places.reshape(seg.shape)]


RIGHT = {
    "library": relabel,
    "lookup table": relabel_lookup,
    "dictionary": relabel_by_dictionary,
    "select": relabel_select,
    "torch": relabel_torch,
    "bisection": relabel_by_search,
    "unique numbers only": relabel_unique,
}


def by_dictionary_without_care(seg, table):
    return np.array([table[number] for number in np.rint(seg).astype(int).ravel().tolist()]).reshape(
        seg.shape
    )


def asserting(seg, table):
    assert set(np.unique(np.rint(seg)).tolist()) <= set(table)
    return relabel(seg, table)


def lookup_too_short(seg, table):
    """An IndexError for labels above those of the table."""
    lookup = np.full(max(table) + 1, -1)
    lookup[list(table)] = list(table.values())
    labels = lookup[np.rint(seg).astype(int)]
    if (labels < 0).any():
        raise ValueError("a label that the table does not have")
    return labels


def refusing_if(odd):
    """Return an answer that refuses by another rule, and turns what it does not know into background."""

    def run(seg, table):
        whole = np.rint(seg).astype(int)
        if odd(whole, table):
            raise ValueError("a label that the table does not have")
        return without_check(whole, table)

    return run


def in_turn(order):
    """Return an answer that replaces one label after the other in the same array, in this order."""

    def run(seg, table):
        labels = checked(np.rint(seg).astype(int), table)
        for old in order(table):
            labels[labels == old] = table[old]
        return labels

    return run


def voxel_by_voxel(seg, table):
    labels = np.zeros(seg.shape, int)
    width, height, depth = seg.shape
    for x, y, z in np.ndindex(width, height, depth):
        if round(float(seg[x, y, z])) not in table:
            raise ValueError("unknown label")
        labels[x, y, z] = table[round(float(seg[x, y, z]))]
    return labels


def rounded_in_place(seg, table):
    if seg.dtype.kind == "f":
        np.rint(seg, out=seg)
    return relabel(seg, table)


def error_as_result(seg, table):
    try:
        return relabel(seg, table)
    except ValueError as error:
        return str(error)


def no_result(seg, table):
    try:
        return relabel(seg, table)
    except ValueError:
        return None


def whole_numbers_only(seg, table):
    if seg.dtype.kind == "f":
        raise ValueError("labels are whole numbers")
    return relabel(seg, table)


def as_error(kind):
    """Return an answer that raises this kind of error."""

    def run(seg, table):
        try:
            return relabel(seg, table)
        except ValueError as error:
            raise kind(str(error)) from None

    return run


def known_only(seg, table):
    return set(np.unique(np.rint(seg)).tolist()) <= set(table)


def filled(entries):
    """Return an answer that writes the pairs `entries(table)` into an array of zeros."""

    def run(seg, table):
        whole = checked(np.rint(seg).astype(int), table)
        labels = np.zeros(seg.shape, np.uint8)
        for old, new in entries(table):
            labels[whole == old] = new
        return labels

    return run


def by_offset(offset):
    """Return an answer that writes offset + new label into the array from which it reads."""

    def run(seg, table):
        labels = checked(np.rint(seg).astype(int), table)
        for old, new in table.items():
            labels[labels == old] = offset + new
        return labels - offset

    return run


def lookup_with_zeros(seg, table):
    lookup = np.zeros(max(table) + 1, int)
    lookup[list(table)] = list(table.values())
    try:
        return lookup[np.rint(seg).astype(int)]
    except IndexError:
        raise ValueError("unknown label") from None


def lookup_from_the_end(seg, table):
    whole = np.rint(seg).astype(int)
    lookup = np.full(max(table) + 1, -1)
    lookup[list(table)] = list(table.values())
    if whole.max() > max(table) or (lookup[whole] < 0).any():
        raise ValueError("unknown label")
    return lookup[whole]


WRONG = [
    Mistake(
        "4 becomes 3, always",
        "ellisdg/3DUnetCNN#310: label numbering of BraTS 2020",
        "you turn every 4 into 3. In BraTS 2024 a 4 is the resection cavity: use the table.",
        lambda seg, table: np.where(np.rint(seg) == 4, 3, np.rint(seg)),
    ),
    Mistake(
        "replaced in turn",
        "MIC-DKFZ/nnUNet#439: labels converted one after the other, then a class is empty",
        "you read from the array that you write to: 1 became 2, and then that 2 became 1 again.",
        relabel_in_turn,
    ),
    Mistake(
        "by rank",
        "scikit-image/scikit-image#1349: relabel by the rank among np.unique",
        "you number the values in their order; the table may exchange them, and a class may be missing.",
        lambda seg, table: np.unique(np.rint(seg), return_inverse=True)[1].reshape(seg.shape),
    ),
    Mistake(
        "unknown becomes background",
        "shaohao011/BrainMVP#8: labels of another year than the code assumes",
        "a number that the table does not have becomes background silently; refuse it with a ValueError.",
        without_check,
    ),
    Mistake(
        "unknown kept",
        "MIC-DKFZ/nnUNet#2316: BraTS 2024 has a label more",
        "a number that the table does not have stays as it is; the loss would stop much later.",
        keep_unknown,
    ),
    Mistake(
        "table read backwards",
        "MIC-DKFZ/nnUNet#1160: convert the labels back to submit",
        "you use the table from right to left: its keys are the file's numbers.",
        lambda seg, table: without_check(seg, {new: old for old, new in table.items()}),
    ),
    Mistake(
        "nothing changed",
        "Rubics-Xuan/TransBTS#59: can the loss be evaluated without conversion",
        "the labels come back as they were: 4 stays 4.",
        lambda seg, table: checked(np.rint(seg).astype(np.uint8), table),
    ),
    Mistake(
        "tumour or not",
        "Project-MONAI/tutorials#392: a binary segmentation came out",
        "you return one class; the three kinds of tumour must stay apart.",
        lambda seg, table: (relabel(seg, table) > 0).astype(np.uint8),
    ),
    Mistake(
        "cut off",
        "nipreps/petprep#152: labels truncated instead of rounded",
        "you cut the decimals off: 0.99999997 becomes 0. Round first.",
        lambda seg, table: relabel(np.asarray(seg).astype(int), table),
    ),
    Mistake(
        "written into the input",
        "dwavesystems/penaltymodel#16: relabelling in place or on a copy",
        "you write into the array that you were given.",
        relabel_input,
    ),
    Mistake(
        "replaced in turn, from the largest",
        "MIC-DKFZ/nnUNet#439: labels converted one after the other, then a class is empty",
        "you read from the array that you write to: a label that was replaced is replaced again.",
        in_turn(lambda table: sorted(table, reverse=True)),
        3,
    ),
    Mistake(
        "KeyError for the unknown",
        "misconception: any error will do",
        "an unknown label raises KeyError; the docstring asks for ValueError, which later cells catch.",
        by_dictionary_without_care,
        2,
    ),
    Mistake(
        "AssertionError for the unknown",
        "misconception: any error will do; python -O leaves out every assert",
        "an unknown label raises AssertionError; the docstring asks for ValueError.",
        asserting,
        2,
    ),
    Mistake(
        "lookup table too short",
        "a common slip: np.zeros(max(table) + 1)",
        "a label above those of the table raises IndexError; the docstring asks for ValueError.",
        lookup_too_short,
        2,
    ),
    Mistake(
        "largest label compared",
        "misconception: a label is known if it is not too large",
        "you compare with the largest label only; others may be missing from the table, too.",
        refusing_if(lambda whole, table: whole.max() > max(table)),
        2,
    ),
    Mistake(
        "range compared",
        "misconception: a label is known if it lies between others",
        "you compare with the smallest and the largest label; a label in between may be missing, too.",
        refusing_if(lambda whole, table: whole.max() > max(table) or whole.min() < min(table)),
        2,
    ),
    Mistake(
        "number of labels compared",
        "misconception: as many labels as entries",
        "you compare how many labels there are; compare which ones.",
        refusing_if(lambda whole, table: len(np.unique(whole)) > len(table)),
        2,
    ),
    Mistake(
        "one unknown label only",
        "a common slip: == 1 for > 0",
        "you refuse one unknown label, but not several.",
        refusing_if(lambda whole, table: len(set(np.unique(whole).tolist()) - set(table)) == 1),
        2,
    ),
    Mistake(
        "compared with the new labels",
        "a common slip: table.values() for table.keys()",
        "you compare the file's labels with the new ones; they have to be keys of the table.",
        refusing_if(lambda whole, table: not set(np.unique(whole).tolist()) <= set(table.values())),
        2,
    ),
    Mistake(
        "label of the table missing",
        "misconception: every label occurs in every case",
        "you refuse a case that lacks a label of the table; only labels that the table lacks are unknown.",
        refusing_if(lambda whole, table: set(np.unique(whole).tolist()) != set(table)),
        2,
    ),
    Mistake(
        "error returned",
        "a common slip: return for raise",
        "you return the error as a text; raise it.",
        error_as_result,
        2,
    ),
    Mistake(
        "None for the unknown",
        "a common slip: the error is printed, not raised",
        "for an unknown label your function returns None; raise a ValueError.",
        no_result,
        2,
    ),
    Mistake(
        "into one byte",
        "open-mmlab/mmsegmentation#1969: uint8 allows values up to 255 only",
        "one byte holds 256 numbers only: 257 becomes 1. Round to a larger integer type.",
        lambda seg, table: relabel(np.rint(seg).astype(np.uint8), table),
        1,
    ),
    Mistake(
        "not rounded",
        "nipreps/petprep#152: labels stored as floats",
        "0.99999997 is not in the table, so you refuse it: round first.",
        lambda seg, table: relabel(checked(seg, table), table),
        1,
    ),
    Mistake(
        "compared without rounding",
        "nipreps/petprep#152: labels stored as floats",
        "0.99999997 equals no label of the table and becomes background: round first.",
        lambda seg, table: (
            sum((seg == old) * new for old, new in table.items()) + 0 * relabel(seg, table).astype(int)
        ),
        1,
    ),
    Mistake(
        "rounded up",
        "a common slip: ceil for rint",
        "you round up: 2.0000002 becomes 3. Round to the nearest.",
        lambda seg, table: relabel(np.ceil(seg), table),
        1,
    ),
    Mistake(
        "swap of the Decathlon, always",
        "a common slip: the table of one data set written down",
        "you exchange 1 and 2 in every data set: use the table.",
        lambda seg, table: np.array([0, 2, 1, 3, 3])[checked(np.rint(seg).astype(int), table)],
        3,
    ),
    Mistake(
        "4 becomes 3, the others stay",
        "ellisdg/3DUnetCNN#310: label numbering of BraTS 2020",
        "you turn every 4 into 3. In BraTS 2024 a 4 is the resection cavity: use the table.",
        lambda seg, table: np.where(np.rint(seg) == 4, 3, checked(np.rint(seg).astype(int), table)),
        3,
    ),
    Mistake(
        "new labels in the order of the table",
        "scikit-image/scikit-image#1349: relabel by the rank among np.unique",
        "you pair labels and table by position; a class may be missing, or the order another.",
        lambda seg, table: np.array(list(table.values()))[
            np.unique(checked(np.rint(seg).astype(int), table), return_inverse=True)[1].reshape(seg.shape)
        ],
        3,
    ),
    Mistake(
        "floats come back",
        "a common slip: np.zeros(shape) holds floats",
        "your labels are floats; asked for is an array of integers, which can be used as an index.",
        returning(relabel, lambda labels: labels.astype(float)),
        3,
    ),
    Mistake(
        "type of the file",
        "a common slip: np.zeros_like(seg)",
        "your labels are floats if the file holds floats; asked for is an array of integers.",
        lambda seg, table: relabel(seg, table).astype(seg.dtype),
        3,
    ),
    Mistake(
        "Python objects",
        "a common slip: np.vectorize without otypes, or dtype=object",
        "your array holds Python objects; asked for is an array of integers.",
        returning(relabel, lambda labels: labels.astype(object)),
    ),
    Mistake(
        "lists",
        "habit from Python: lists for arrays",
        "you return lists; asked for is an array of integers.",
        returning(relabel, np.ndarray.tolist),
    ),
    Mistake(
        "a tensor",
        "habit from PyTorch",
        "you return a tensor; asked for is an array of integers.",
        returning(relabel, torch.as_tensor),
    ),
    Mistake(
        "flattened",
        "a common slip: reshape is forgotten",
        "your result has one axis; it should have the shape of the segmentation.",
        returning(relabel, np.ravel),
    ),
    Mistake(
        "three axes only",
        "a common slip: three nested loops",
        "you need three axes; a segmentation may have any shape.",
        voxel_by_voxel,
    ),
    Mistake(
        "rounded in the input",
        "a common slip: np.rint(seg, out=seg)",
        "your function changes its input seg: work on a copy.",
        rounded_in_place,
        1,
    ),
    shared_result(relabel),
    changed_input("seg", relabel, lambda seg, table: seg.__setitem__(seg > 1, 0)),
    changed_input("table", relabel, lambda seg, table: table.pop(0)),
    Mistake(
        "TypeError for the unknown",
        "a common slip: TypeError for the unknown",
        "an unknown label raises TypeError; the docstring asks for ValueError.",
        as_error(TypeError),
        2,
    ),
    Mistake(
        "Exception for the unknown",
        "a common slip: Exception for the unknown",
        "an unknown label raises a plain Exception; the docstring asks for ValueError.",
        as_error(Exception),
        2,
    ),
    Mistake(
        "negative labels not compared",
        "a common slip: negative labels not compared",
        "you refuse positive labels only; a negative one is unknown, too.",
        refusing_if(lambda whole, table: not set(np.unique(whole[whole > 0]).tolist()) <= set(table)),
        2,
    ),
    Mistake(
        "first voxel compared",
        "a common slip: first voxel compared",
        "you look at one voxel only when you refuse unknown labels.",
        refusing_if(lambda whole, table: whole.flat[0] not in table),
        2,
    ),
    Mistake(
        "labels limited to 3",
        "a common slip: labels limited to 3",
        "you limit the labels to 3: use the table.",
        lambda seg, table: np.clip(checked(np.rint(seg).astype(int), table), 0, 3),
        3,
    ),
    Mistake(
        "label times label",
        "a common slip: label times label",
        "you multiply the new labels by the old ones.",
        lambda seg, table: sum(
            old * new * (np.rint(checked(np.rint(seg), table)) == old).astype(int)
            for old, new in table.items()
        ),
        3,
    ),
    Mistake(
        "half precision for labels",
        "a common slip: half precision for labels",
        "float16 is exact up to 2048 only: round to a larger integer type.",
        lambda seg, table: relabel(seg.astype(np.float16), table),
        1,
    ),
    Mistake(
        "background expected",
        "a common slip: background expected",
        "you refuse a segmentation without background.",
        refusing_if(
            lambda whole, table: not (whole == 0).any() or not set(np.unique(whole).tolist()) <= set(table)
        ),
        2,
    ),
    Mistake(
        "floats refused",
        "a common slip: floats refused",
        "you refuse labels that are stored as floats: round them.",
        whole_numbers_only,
        1,
    ),
    Mistake(
        "into sixteen bits",
        "a common slip: uint16 for all labels",
        "16 bits hold numbers up to 65,535: larger labels become others. Round to a larger integer type.",
        lambda seg, table: relabel(np.rint(seg).astype(np.int64).astype(np.uint16), table),
        1,
    ),
    Mistake(
        "into sixteen bits with a sign",
        "a common slip: int16 for all labels",
        "16 bits with a sign hold numbers up to 32,767: larger labels become others.",
        lambda seg, table: relabel(np.rint(seg).astype(np.int64).astype(np.int16), table),
        1,
    ),
    Mistake(
        "kept beyond 100 for a while",
        "a common trick: 100 + new label, and 100 subtracted at the end",
        "labels that you keep for a while in the same array meet those of the file: fill a new array.",
        by_offset(100),
        3,
    ),
    Mistake(
        "kept beyond 10 for a while",
        "a common trick: 10 + new label, and 10 subtracted at the end",
        "labels that you keep for a while in the same array meet those of the file: fill a new array.",
        by_offset(10),
        3,
    ),
    Mistake(
        "background stays background",
        "misconception: 0 is background in every table",
        "you leave 0 as it is; it has an entry in the table like all others.",
        lambda seg, table: np.where(np.rint(seg) == 0, 0, relabel(seg, table)),
        3,
    ),
    Mistake(
        "axes of length 1 lost",
        "a common slip: squeeze",
        "axes of length 1 are lost; the result has the shape of the segmentation.",
        returning(relabel, np.squeeze),
    ),
    Mistake(
        "position in the table",
        "a common slip: enumerate(table.values())",
        "you take the position in the table for the label in the file: use its keys.",
        filled(lambda table: enumerate(table.values())),
        3,
    ),
    Mistake(
        "labels 0 to 3 only",
        "a common slip: range(4)",
        "you translate the labels 0 to 3 only: go through all keys of the table.",
        filled(lambda table: [(old, table.get(old, 0)) for old in range(4)]),
        3,
    ),
    Mistake(
        "equal labels left out",
        "a common slip: only what changes is written",
        "labels that stay as they are must be written into the new array as well.",
        filled(lambda table: [(old, new) for old, new in table.items() if old != new]),
        3,
    ),
    Mistake(
        "what becomes 0 is unknown",
        "misconception: only background becomes 0",
        "you refuse a label that the table turns into 0; unknown is what is not among its keys.",
        refusing_if(lambda whole, table: ((filled(dict.items)(whole, table) == 0) & (whole != 0)).any()),
        2,
    ),
    Mistake(
        "limited to the table",
        "misconception: the nearest label will do",
        "an unknown label becomes the nearest of the table silently; refuse it with a ValueError.",
        lambda seg, table: without_check(np.clip(np.rint(seg), min(table), max(table)), table),
        2,
    ),
    Mistake(
        "exception returned",
        "a common slip: return for raise",
        "you return the exception; raise it.",
        lambda seg, table: relabel(seg, table) if known_only(seg, table) else ValueError("unknown labels"),
        2,
    ),
    Mistake(
        "a half added, then cut",
        "a common slip: (seg + 0.5).astype(int)",
        "cutting rounds towards 0, so after adding a half -1 becomes 0 and is not refused: use rint.",
        lambda seg, table: relabel((np.asarray(seg) + 0.5).astype(int), table),
        1,
    ),
    Mistake(
        "sign dropped",
        "misconception: labels are positive",
        "you drop the sign of the labels; -1 is unknown, and no 1.",
        lambda seg, table: relabel(np.abs(seg), table),
        1,
    ),
    Mistake(
        "lookup with zeros for gaps",
        "misconception: an IndexError shows every unknown label",
        "a lookup table has places between the known labels, and negative ones count from its end.",
        lookup_with_zeros,
        2,
    ),
    Mistake(
        "negative index",
        "a common slip: an index of -1 is the last place",
        "a negative label reads the lookup table from its end: refuse it before you look it up.",
        lookup_from_the_end,
        2,
    ),
    Mistake(
        "three indices",
        "misconception: every segmentation is a volume",
        "you index three axes; a segmentation may have any shape.",
        lambda seg, table: relabel(seg, table) if seg.shape[2] else seg,
    ),
    Mistake(
        "axes exchanged",
        "a common slip: axes exchanged",
        "the axes of your result are exchanged.",
        returning(relabel, np.transpose),
    ),
]

SURVIVORS = [
    Survivor(
        "labels = np.zeros(seg.shape, dtype=np.uint8)",
        ["labels = np.ones(seg.shape, dtype=np.uint8)"],
        "every voxel is overwritten, because step 2 rejects values that the table lacks",
    ),
]
