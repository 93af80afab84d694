"""From the labels of a data set to those of the course: relabel(seg, table)."""

import numpy as np

from brainlab.data import relabel
from grading_tests.gap import Gap, Property, Wrong, expect
from grading_tests.unchanged import expect_unchanged

# The file's value -> the course's value (0 background, 1 NCR, 2 ED, 3 ET).
BRATS_2020 = {0: 0, 1: 1, 2: 2, 4: 3}


BRATS_2023 = {0: 0, 1: 1, 2: 2, 3: 3}


BRATS_2024 = {0: 0, 1: 1, 2: 2, 3: 3, 4: 0}  # 4 is the cavity that the surgeon left


DECATHLON = {0: 0, 1: 2, 2: 1, 3: 3}


def mapped(answer, table: dict, values: list, tried: str, step: str, dtype: str = "uint8") -> None:
    """Compare the mapped labels of a small segmentation that holds `values`."""
    seg = np.resize(np.array(values, dtype=dtype), (3, 4, 5))
    expect(answer(seg.copy(), dict(table)), relabel(seg, table), f"{tried}: table {table}", step)


def mapped_2020(answer, rng: np.random.Generator) -> None:
    values = rng.permutation([0, 1, 2, 4, 0, 2])
    mapped(answer, BRATS_2020, values, f"BraTS 2020, values {values.tolist()}", "step 3")


def mapped_2024(answer, rng: np.random.Generator) -> None:
    values = rng.permutation([0, 1, 2, 3, 4])
    mapped(answer, BRATS_2024, values, f"BraTS 2024, values {values.tolist()}", "step 3")


def mapped_decathlon(answer, rng: np.random.Generator) -> None:
    values = rng.permutation([0, 1, 2, 3, 1])
    mapped(answer, DECATHLON, values, f"Decathlon, values {values.tolist()}", "step 3")


def mapped_unknown(answer, rng: np.random.Generator) -> None:
    seg = rng.permutation(np.array([0, 0, 1, 2, 4, 3], dtype=np.uint8)).reshape(1, 2, 3)
    tried = f"a 4 in the file, and none in the table {BRATS_2023}"
    try:
        got = answer(seg, dict(BRATS_2023))
    except (ValueError, LookupError, AssertionError):
        return
    raise Wrong(tried, "ValueError", got, "step 2")


def mapped_floats(answer, rng: np.random.Generator) -> None:
    values = rng.permutation([0.0, 0.99999997, 2.0000002, 3.9999998])
    mapped(answer, BRATS_2020, values, "a float file, 0.99999997 for 1", "step 1", "float64")


def mapped_without_class(answer, rng: np.random.Generator) -> None:
    mapped(answer, BRATS_2020, rng.permutation([0, 2, 4, 2]), "a case without label 1", "step 3")


def mapped_unsorted(answer, rng: np.random.Generator) -> None:
    table = dict(reversed(DECATHLON.items()))
    mapped(answer, table, rng.permutation([0, 1, 2, 3, 1]), "a table that begins with 3", "step 3")


def mapped_unchanged(answer, rng: np.random.Generator) -> None:
    expect_unchanged(answer, rng.choice(np.array([0, 1, 2, 3], np.uint8), (3, 4, 2)), DECATHLON)


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
        Property("an unknown value raises an error", mapped_unknown),
        Property("a case without a class", mapped_without_class, visible=False),
        Property("labels stored as floats", mapped_floats, visible=False),
        Property("a table in another order", mapped_unsorted, visible=False),
        Property("input unchanged", mapped_unchanged, visible=False),
    ],
)
