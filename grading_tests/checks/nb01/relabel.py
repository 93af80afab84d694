"""From the labels of a data set to those of the course: relabel(seg, table)."""

import numpy as np

from brainlab.data import relabel
from grading_tests.checks.nb01.contract import (
    Cases,
    called_again,
    expect_array,
    expect_error,
    kind_of,
    unchanged,
)
from grading_tests.gap import Gap, Property, Wrong, expect, plain, same

# The file's value -> the course's value (0 background, 1 NCR, 2 ED, 3 ET).
BRATS_2020 = {0: 0, 1: 1, 2: 2, 4: 3}
BRATS_2023 = {0: 0, 1: 1, 2: 2, 3: 3}
BRATS_2024 = {0: 0, 1: 1, 2: 2, 3: 3, 4: 0}  # 4 is the cavity that the surgeon left
DECATHLON = {0: 0, 1: 2, 2: 1, 3: 3}
# Label numbers like those of an atlas: beyond one byte, two bytes, and what float16 holds.
ATLAS = {0: 0, 41: 1, 257: 2, 3001: 3, 40000: 1, 70000: 2, 100001: 3}
# All labels of a float file differ by whole steps from others in the table.
NEIGHBOURS = {0: 0, 1: 2, 2: 1, 3: 3, 4: 1, 5: 3}


def seg_of(values: list, shape: tuple = (3, 4, 5), dtype: str = "uint8") -> np.ndarray:
    """Return a segmentation that repeats `values`."""
    return np.resize(np.array(values, dtype=dtype), shape)


def mapped(answer, table: dict, seg: np.ndarray, tried: str) -> None:
    """Compare the labels of a small segmentation."""
    expected = relabel(seg, table)
    expect(answer(seg.copy(), dict(table)), expected, f"{tried}: table {table}")


def mapped_2020(answer, rng: np.random.Generator) -> None:
    values = rng.permutation([0, 1, 2, 4, 0, 2])
    table = {0: 0, 1: 2, 2: 3, 3: 1}
    backwards = relabel(seg_of([0, 1, 2, 3]), {new: old for old, new in table.items()})
    if same(answer(seg_of([0, 1, 2, 3]), dict(table)), backwards):
        raise Wrong(f"values 0, 1, 2, 3, table {table}", "0, 2, 3, 1", "0, 3, 1, 2: the table read backwards")
    mapped(answer, BRATS_2020, seg_of(values), f"BraTS 2020, values {values.tolist()}")


def mapped_2024(answer, rng: np.random.Generator) -> None:
    values = rng.permutation([0, 1, 2, 3, 4])
    mapped(answer, BRATS_2024, seg_of(values), f"BraTS 2024, values {values.tolist()}")


def mapped_decathlon(answer, rng: np.random.Generator) -> None:
    values = rng.permutation([0, 1, 2, 3, 1])
    mapped(answer, DECATHLON, seg_of(values), f"Decathlon, values {values.tolist()}")


def mapped_atlas(answer, rng: np.random.Generator) -> None:
    """One label after the other, so that the message says which ones are too large for the answer."""
    wrong = []
    for label, new in list(ATLAS.items())[1:]:
        for kind in ("int32", "float32"):
            try:
                got = plain(answer(seg_of([0, label], (2, 3), kind), dict(ATLAS)))
            except (ArithmeticError, LookupError, ValueError):
                got = None
            wrong += [label] * (got is None or not same(got, seg_of([0, new], (2, 3))))
    if wrong:
        found = f"wrong, or refused: {', '.join(map(str, dict.fromkeys(wrong)))}"
        raise Wrong(f"large labels, table {ATLAS}", "all of them translated", found)


def mapped_many(answer, rng: np.random.Generator) -> None:
    """Numbers near which an answer may keep labels for a while: 100 + new label, for example."""
    starts = (0, 10, 20, 50, 64, 100, 128, 200, 252, 256, 500, 999, 1003, 5000, 9996, 10000)
    table = {start + step: (step * 3 + 2) % 4 for start in starts for step in range(4)} | {0: 0}
    seg = rng.permutation(seg_of(list(table), (8, 8), "int32"))
    expected, got = relabel(seg, table), plain(answer(seg.copy(), dict(table)))
    if (
        got is not None
        and got.shape == expected.shape
        and got.dtype.kind in "iuf"
        and (got != expected).any()
    ):
        wrong = sorted(set(seg[got != expected].tolist()))
        shown = f"{', '.join(map(str, wrong[:6]))}{' …' * (len(wrong) > 6)}"
        raise Wrong(f"a table of {len(table)} labels", "all of them translated", f"wrong: {shown}")
    expect(got, expected, f"a table of {len(table)} labels")


def mapped_unknown(answer, rng: np.random.Generator) -> None:
    values = rng.permutation([0, 0, 1, 2, 4, 3])
    seg, tried = seg_of(values, (1, 2, 3)), f"a 4 in the file, and none in the table {BRATS_2023}"
    try:
        expect_error(answer, (seg, BRATS_2023), tried)
    except Wrong as wrong:
        if isinstance(wrong.got, str):
            raise
        array = plain(wrong.got)
        found = kind_of(wrong.got)
        if isinstance(wrong.got, Exception):
            found = "the exception is returned, not raised"
        elif array is not None and array.shape == seg.shape:
            became = {0: "0, background", 4: "4, as it was"}
            new = set(array[seg == 4].tolist())
            found = f"no error; the 4 became {became.get(min(new), 'another label of the table')}"
        raise Wrong(tried, wrong.expected, found) from None


def mapped_unknowns(answer, rng: np.random.Generator) -> None:
    """Numbers that the table lacks: among its own, below, above, wrapped around in a byte, several."""
    missed = []
    for table, unknown in (
        (BRATS_2020, [3]),
        (BRATS_2020, [-1]),
        (BRATS_2020, [-2]),
        (BRATS_2020, [256]),
        (BRATS_2020, [-255]),
        (BRATS_2020, [65536]),
        (BRATS_2020, [65537]),
        (BRATS_2020, [-65535]),
        (BRATS_2023, [7, 9]),
        (BRATS_2023, [-4, 300, 2000]),
        ({0: 0, 1: 1, 5: 2}, [3]),
    ):
        values = rng.permutation([0, 1, 1, max(table), *unknown])  # no extreme value is unknown
        for kind in ("int32", "float32"):
            try:
                expect_error(answer, (seg_of(values, (2, 2, 4), kind), table), "")
            except Wrong as wrong:
                other = f" ({wrong.got})" if isinstance(wrong.got, str) else ""
                missed.append(f"{unknown} beside {list(table)}{other}")
    if missed:
        tried = "labels that the table lacks, among its own, below and above them"
        raise Wrong(tried, "a ValueError", f"none for {'; '.join(dict.fromkeys(missed))}")


def mapped_floats(answer, rng: np.random.Generator) -> None:
    values = rng.permutation([0.0, 0.99999997, 2.0000002, 3.9999998])
    mapped(answer, NEIGHBOURS, seg_of(values, dtype="float64"), "a float file, 0.99999997 for 1")


def mapped_without_class(answer, rng: np.random.Generator) -> None:
    mapped(answer, BRATS_2020, seg_of(rng.permutation([0, 2, 4, 2])), "a case without label 1")
    mapped(answer, DECATHLON, seg_of([0]), "a case without tumour")
    mapped(answer, DECATHLON, seg_of(rng.permutation([1, 2, 3])), "a crop without background")


def mapped_unsorted(answer, rng: np.random.Generator) -> None:
    for table in (dict(reversed(DECATHLON.items())), {2: 3, 0: 0, 3: 1, 1: 2}):
        mapped(answer, table, seg_of(rng.permutation([0, 1, 2, 3, 1])), "a table in another order")


def mapped_background(answer, rng: np.random.Generator) -> None:
    for table in ({0: 1, 1: 0, 2: 2}, {2: 0, 1: 1, 0: 3}):
        seg = seg_of(rng.permutation([0, 1, 2, 1]))
        got, expected = plain(answer(seg.copy(), dict(table))), relabel(seg, table)
        if got is not None and same(got, np.where(seg == 0, 0, expected)):
            raise Wrong(f"table {table}", f"{table[0]} for 0", "0 for 0; all other labels are right")
        expect(got, expected, f"table {table}")


def mapped_shapes(answer, rng: np.random.Generator) -> None:
    for shape in ((7,), (5, 6), (2, 3, 4, 2), (70, 66), (1, 4, 5), (3, 1)):
        seg = rng.choice(np.array([0, 1, 2, 3], np.uint8), shape)
        mapped(answer, DECATHLON, seg, f"a segmentation of shape {shape}")
        got = plain(answer(seg.copy(), dict(DECATHLON)))
        if got is not None and got.shape != shape:
            axes = "fewer" if got.ndim < len(shape) else "other or more"
            raise Wrong("the shape of the result, with axes of length 1", "as before", f"{axes} axes")


def typed(rng: np.random.Generator) -> Cases:
    """Return segmentations of several types, one with numbers that are not quite whole."""
    seg = rng.choice([0, 1, 2, 3], (3, 4, 2))
    kinds = ("uint8", "int16", "int64", "float32", "float64")
    cases = [(f"a segmentation of type {kind}", (seg.astype(kind), DECATHLON)) for kind in kinds]
    return [*cases, ("0.9999999 for 1", (seg.astype(float) * 0.9999999, DECATHLON))]


def mapped_form(answer, rng: np.random.Generator) -> None:
    for tried, (seg, table) in typed(rng):
        expect_array(answer(seg.copy(), dict(table)), seg.shape, "iu", tried)


def mapped_unchanged(answer, rng: np.random.Generator) -> None:
    """Also with numbers that are less close to whole ones, which an answer may refuse."""

    def cases(rng: np.random.Generator) -> Cases:
        return [*typed(rng), ("0.999 for 1", (rng.choice([0, 1, 2, 3], (3, 4)) * 0.999, DECATHLON))]

    def tolerant(seg: np.ndarray, table: dict) -> None:
        try:
            answer(seg, table)
        except ValueError:
            return

    unchanged(cases, ("seg", "table"))(tolerant, rng)


def several(rng: np.random.Generator) -> Cases:
    """Return two calls with different tables, and one whose labels only the other table has."""
    seg = rng.choice(np.array([0, 1, 2], np.uint8), (3, 4, 2))
    return [
        ("one table", (seg, BRATS_2020)),
        ("another", (seg, DECATHLON)),
        ("same", (seg[::-1], BRATS_2020)),
    ]


def compare(got: object, arguments: tuple, tried: str) -> None:
    expect(got, relabel(*arguments), tried)


again = called_again(several, compare)


def mapped_again(answer, rng: np.random.Generator) -> None:
    again(answer, rng)
    tried = f"a 3 in the file, which only the table of an earlier call had, not {BRATS_2020}"
    expect_error(answer, (seg_of([0, 1, 3]), BRATS_2020), tried)


GAP = Gap(
    "g01_relabel",
    "relabel",
    minutes=8,
    points=4,
    reference=relabel,
    properties=[
        Property("BraTS 2020", mapped_2020, share=2),
        Property("BraTS 2024, where 4 is something else", mapped_2024),
        Property("the Decathlon, where 1 and 2 are exchanged", mapped_decathlon),
        Property("labels up to 100,001", mapped_atlas, share=0.5),
        Property("a table of 64 labels", mapped_many, share=0.5),
        Property("an unknown label raises ValueError", mapped_unknown),
        Property("other unknown labels", mapped_unknowns),
        Property("a case without a class", mapped_without_class),
        Property("labels stored as floats", mapped_floats),
        Property("a table in another order", mapped_unsorted),
        Property("0 that becomes something else", mapped_background, share=0.5),
        Property("any shape", mapped_shapes, share=0.5),
        Property("an array of integers", mapped_form),
        Property("inputs unchanged", mapped_unchanged),
        Property("another call", mapped_again, share=0.5),
    ],
)
