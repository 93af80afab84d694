"""From the labels of a data set to those of the course: relabel(seg, table)."""

import numpy as np

from brainlab.data import relabel
from grading_tests.checks.nb01.contract import Cases, called_again, expect_array, expect_error, unchanged
from grading_tests.gap import Gap, Property, Wrong, expect

# The file's value -> the course's value (0 background, 1 NCR, 2 ED, 3 ET).
BRATS_2020 = {0: 0, 1: 1, 2: 2, 4: 3}
BRATS_2023 = {0: 0, 1: 1, 2: 2, 3: 3}
BRATS_2024 = {0: 0, 1: 1, 2: 2, 3: 3, 4: 0}  # 4 is the cavity that the surgeon left
DECATHLON = {0: 0, 1: 2, 2: 1, 3: 3}
# Label numbers like those of an atlas.
ATLAS = {0: 0, 41: 1, 257: 2, 3001: 3}


def seg_of(values: list, shape: tuple = (3, 4, 5), dtype: str = "uint8") -> np.ndarray:
    """Return a segmentation that repeats `values`."""
    return np.resize(np.array(values, dtype=dtype), shape)


def mapped(answer, table: dict, seg: np.ndarray, tried: str) -> None:
    """Compare the labels of a small segmentation."""
    expected = relabel(seg, table)
    expect(answer(seg.copy(), dict(table)), expected, f"{tried}: table {table}")


def mapped_2020(answer, rng: np.random.Generator) -> None:
    values = rng.permutation([0, 1, 2, 4, 0, 2])
    mapped(answer, BRATS_2020, seg_of(values), f"BraTS 2020, values {values.tolist()}")


def mapped_2024(answer, rng: np.random.Generator) -> None:
    values = rng.permutation([0, 1, 2, 3, 4])
    mapped(answer, BRATS_2024, seg_of(values), f"BraTS 2024, values {values.tolist()}")


def mapped_decathlon(answer, rng: np.random.Generator) -> None:
    values = rng.permutation([0, 1, 2, 3, 1])
    mapped(answer, DECATHLON, seg_of(values), f"Decathlon, values {values.tolist()}")


def mapped_atlas(answer, rng: np.random.Generator) -> None:
    values = rng.permutation([0, 41, 257, 3001, 257])
    for kind in ("uint16", "float32"):
        mapped(answer, ATLAS, seg_of(values, dtype=kind), f"an atlas, {kind}, values {values.tolist()}")


def mapped_unknown(answer, rng: np.random.Generator) -> None:
    values = rng.permutation([0, 0, 1, 2, 4, 3])
    tried = f"values {values.tolist()}: a 4 in the file, and none in the table {BRATS_2023}"
    expect_error(answer, (seg_of(values, (1, 2, 3)), BRATS_2023), tried)


def mapped_unknowns(answer, rng: np.random.Generator) -> None:
    """Numbers that the table lacks: among its own, below, above, wrapped around in a byte, several."""
    missed = []
    for table, unknown in (
        (BRATS_2020, [3]),
        (BRATS_2020, [-1]),
        (BRATS_2020, [256]),
        (BRATS_2020, [-255]),
        (BRATS_2023, [7, 9]),
        (BRATS_2023, [-4, 300, 2000]),
        ({0: 0, 1: 1, 5: 2}, [3]),
    ):
        values = rng.permutation([0, 1, 1, 0, *unknown])
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
    mapped(answer, BRATS_2020, seg_of(values, dtype="float64"), "a float file, 0.99999997 for 1")


def mapped_without_class(answer, rng: np.random.Generator) -> None:
    mapped(answer, BRATS_2020, seg_of(rng.permutation([0, 2, 4, 2])), "a case without label 1")
    mapped(answer, DECATHLON, seg_of([0]), "a case without tumour")
    mapped(answer, DECATHLON, seg_of(rng.permutation([1, 2, 3])), "a crop without background")


def mapped_unsorted(answer, rng: np.random.Generator) -> None:
    for table in (dict(reversed(DECATHLON.items())), {2: 3, 0: 0, 3: 1, 1: 2}):
        mapped(answer, table, seg_of(rng.permutation([0, 1, 2, 3, 1])), "a table in another order")


def mapped_shapes(answer, rng: np.random.Generator) -> None:
    for shape in ((7,), (5, 6), (2, 3, 4, 2), (70, 66)):
        seg = rng.choice(np.array([0, 1, 2, 3], np.uint8), shape)
        mapped(answer, DECATHLON, seg, f"a segmentation of shape {shape}")


def typed(rng: np.random.Generator) -> Cases:
    """Return segmentations of several types, one with numbers that are not quite whole."""
    seg = rng.choice([0, 1, 2, 3], (3, 4, 2))
    kinds = ("uint8", "int16", "int64", "float32", "float64")
    cases = [(f"a segmentation of type {kind}", (seg.astype(kind), DECATHLON)) for kind in kinds]
    return [*cases, ("0.999 for 1", (seg.astype(float) * 0.999, DECATHLON))]


def mapped_form(answer, rng: np.random.Generator) -> None:
    for tried, (seg, table) in typed(rng):
        expect_array(answer(seg.copy(), dict(table)), seg.shape, "iu", tried)


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
        Property("labels beyond 255", mapped_atlas, share=0.5),
        Property("an unknown label raises ValueError", mapped_unknown),
        Property("other unknown labels", mapped_unknowns),
        Property("a case without a class", mapped_without_class),
        Property("labels stored as floats", mapped_floats),
        Property("a table in another order", mapped_unsorted),
        Property("any shape", mapped_shapes, share=0.5),
        Property("an array of integers", mapped_form),
        Property("inputs unchanged", unchanged(typed, ("seg", "table"))),
        Property("another call", mapped_again, share=0.5),
    ],
)
