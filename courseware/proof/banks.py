"""Try a gap's check on all that it should accept and reject: the bank, and mutants of the solution."""

import ast
import contextlib
import dataclasses
import functools
import importlib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch

from courseware.build import build
from courseware.markers import BEGIN
from courseware.proof.mutants import Mutant, mutants
from courseware.stage import sources
from grading_tests.gap import Gap, Property
from grading_tests.running import outcomes

REPO = Path(__file__).parents[2]
BANK = REPO / "grading_tests" / "bank"
# The inputs of the graded check are others than those of the visible one, whose seed is 0.
GRADED_SEED = 2027


@dataclass(frozen=True)
class Survivor:
    """Mutants that the graded check accepts, and why; `equivalent` if that is how it should be."""

    before: str
    after: list[str]
    reason: str
    equivalent: bool = True


@dataclass(frozen=True)
class Mutation:
    """What came of the mutants of one gap: how many there are, and which the graded check accepts."""

    count: int
    accepted: list[Mutant]


def banks() -> dict[str, tuple[Gap, ModuleType]]:
    """Return every gap that is checked, with its bank: id -> (gap, module)."""
    names = sorted(path.stem for path in BANK.glob("nb[0-9][0-9].py"))
    return {
        gap.id: (gap, importlib.import_module(f"grading_tests.bank.{name}"))
        for name in names
        for gap in importlib.import_module(f"grading_tests.{name}").GAPS
        if gap.properties
    }


def definitions(cells: list[str]) -> dict[str, Any]:
    """Run only the imports, functions and classes of these cells, and return what they define.

    A gap's cell may use what the cells before it import or define, but needs no data.
    """
    space: dict[str, Any] = {"__name__": "notebook"}
    for cell in cells:
        for node in ast.parse(cell).body:
            if isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef):
                exec(compile(ast.Module([node], []), "<notebook>", "exec"), space)
    return space


def survivors() -> dict[str, list[Survivor]]:
    """Return the mutants that are known to be accepted: gap -> survivors."""
    text = (BANK / "survivors.toml").read_text(encoding="utf-8")
    return {gap_id: [Survivor(**one) for one in found] for gap_id, found in tomllib.loads(text).items()}


@functools.cache
def mutations() -> dict[str, Mutation]:
    """Return what comes of the mutants of every solution in solutions/: gap -> mutation."""
    gaps, found = banks(), {}
    for text in sources(REPO):
        cells = [cell for cell in build(text).cells if cell.cell_type == "code"]
        space = definitions([cell.source for cell in cells])
        for cell in cells:
            if BEGIN in cell.source:
                gap, _ = gaps[cell.metadata["nbgrader"]["grade_id"]]
                found[gap.id] = mutate(gap, cell.source, space)
    return found


def mutate(gap: Gap, cell: str, space: dict[str, Any]) -> Mutation:
    """Try every mutant of a gap's cell on the graded check; `space` is what the notebook defines.

    Raises
    ------
    ValueError
        If the cell itself is rejected.
    """
    if not accepts(gap, cell, dict(space)):
        raise ValueError(f"{gap.id}: the check rejects the solution itself, so it kills every mutant")
    count, accepted = 0, []
    for mutant in mutants(cell):
        cut = Cut()
        rejected = not accepts(gap, mutant.source, space | {"cut": cut, "contextlib": contextlib})
        if rejected or cut.used or "cut(" not in mutant.source:  # else there was nothing to cut
            count += 1
            accepted += [] if rejected else [mutant]
    return Mutation(count, accepted)


def accepts(gap: Gap, cell: str, space: dict[str, Any]) -> bool:
    """Tell whether the graded check accepts what a cell defines."""
    try:
        exec(compile(cell, "<mutant>", "exec"), space)
    except Exception:
        return False
    return holds(gap, space[gap.answer])


def holds(gap: Gap, answer: Any, seed: int = GRADED_SEED, graded: bool = True) -> bool:
    """Tell whether an answer has all properties; stops at the first that fails."""
    return not any(outcomes(until_a_failure(gap), answer, seed, graded))


def until_a_failure(gap: Gap) -> Gap:
    """Return the gap with properties that fail at once when one before them has failed."""
    failures: list[BaseException] = []

    def of(item: Property) -> Property:
        def run(answer: Any, rng: np.random.Generator) -> None:
            if failures:
                raise failures[0]
            try:
                item.run(answer, rng)
            except BaseException as error:
                failures.append(error)
                raise

        return dataclasses.replace(item, run=run)

    return dataclasses.replace(gap, properties=[of(item) for item in gap.properties])


class Cut:
    """Takes tensors off the graph, and remembers whether one was on it."""

    def __init__(self) -> None:
        self.used = False

    def __call__(self, value: Any) -> Any:
        if isinstance(value, tuple | list):
            return type(value)(map(self, value))
        if isinstance(value, torch.Tensor) and value.requires_grad:
            self.used = True
            return value.detach()
        return value
