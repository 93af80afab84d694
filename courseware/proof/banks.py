"""The banks: for every gap the answers that its check must accept or reject, and mutants of its solution."""

import ast
import contextlib
import dataclasses
import functools
import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from courseware.build import build
from courseware.markers import BEGIN
from courseware.proof.mutants import mutants
from courseware.source import gaps_of
from courseware.stage import sources
from grading_tests.gap import Gap, Mistake, Property, Survivor
from grading_tests.running import outcomes

REPO = Path(__file__).parents[2]
# Any seed but that of the visible check, which is 0.
GRADED_SEED = 2027


@dataclass(frozen=True)
class Bank:
    """The answers to one gap.

    Attributes
    ----------
    right : dict
        Answers that both checks must accept, by name; the first is the library's own function.
    wrong : list of Mistake
        Answers that the graded check must reject.
    survivors : list of Survivor
        Mutants of the solution that the graded check accepts, with the reasons.
    """

    right: dict[str, Any]
    wrong: list[Mistake]
    survivors: list[Survivor]


@dataclass(frozen=True)
class Mutation:
    """The mutants of one gap: how many there are, and the lines of those that the graded check accepts."""

    count: int
    accepted: list[tuple[str, str]]


@functools.cache
def banks() -> dict[str, tuple[Gap, Bank]]:
    """Return every gap that is checked, with its bank, in the order of the notebooks: id -> (gap, bank).

    Raises
    ------
    LookupError
        If a gap has no bank.
    """
    gaps = [gap for text in sources(REPO) for gap in gaps_of(text) if gap.properties]
    return {gap.id: (gap, bank_of(gap.id)) for gap in gaps}


def bank_of(gap_id: str) -> Bank:
    """Return the bank of a gap.

    Raises
    ------
    LookupError
        If there is none.
    """
    name = f"grading_tests.bank.nb{gap_id[1:3]}.{gap_id[4:]}"
    try:
        module = importlib.import_module(name)
        return Bank(module.RIGHT, module.WRONG, getattr(module, "SURVIVORS", []))
    except (ModuleNotFoundError, AttributeError) as error:
        if isinstance(error, ModuleNotFoundError) and error.name not in (name, name.rpartition(".")[0]):
            raise
        raise LookupError(
            f"{gap_id} has no bank: expected {name.replace('.', '/')}.py with RIGHT and WRONG"
        ) from None


def definitions(cells: list[str]) -> dict[str, Any]:
    """Run only the imports, functions and classes of these cells, and return what they define.

    A gap's cell may use what the cells before it import or define, but needs no data. Other functions whose
    defaults come from a result are left out.
    """
    space: dict[str, Any] = {"__name__": "notebook"}
    for cell in cells:
        for node in ast.parse(cell).body:
            if isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef):
                with contextlib.suppress(NameError):
                    exec(compile(ast.Module([node], []), "<notebook>", "exec"), space)
    return space


@functools.cache
def solutions() -> dict[str, tuple[str, dict[str, Any]]]:
    """Return the solution of every gap: id -> (the cell, what the notebook imports and defines)."""
    found = {}
    for text in sources(REPO):
        cells = [cell for cell in build(text).cells if cell.cell_type == "code"]
        space = definitions([cell.source for cell in cells])
        for cell in cells:
            if BEGIN in cell.source:
                found[cell.metadata["nbgrader"]["grade_id"]] = cell.source, space
    return found


@functools.cache
def mutation(gap_id: str) -> Mutation:
    """Return the mutants of a gap's solution and what the graded check makes of them."""
    return mutate(banks()[gap_id][0], *solutions()[gap_id])


def mutate(gap: Gap, cell: str, space: dict[str, Any]) -> Mutation:
    """Run the graded check on every mutant of a gap's cell; `space` is what the notebook defines.

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
            accepted += [] if rejected else [(mutant.before, mutant.after)]
    return Mutation(count, accepted)


def accepts(gap: Gap, cell: str, space: dict[str, Any]) -> bool:
    """Return whether the graded check accepts what a cell defines."""
    try:
        exec(compile(cell, "<mutant>", "exec"), space)
    except Exception:
        return False
    return holds(gap, space[gap.answer])


def holds(gap: Gap, answer: Any, seed: int = GRADED_SEED, graded: bool = True) -> bool:
    """Return whether an answer has all properties; stops at the first that fails."""
    return not any(outcomes(until_a_failure(gap), answer, seed, graded))


def until_a_failure(gap: Gap) -> Gap:
    """Return the gap with properties that fail at once after the first failure."""
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
    """Detaches tensors, and records whether one of them had a graph."""

    def __init__(self) -> None:
        self.used = False

    def __call__(self, value: Any) -> Any:
        if isinstance(value, tuple | list):
            return type(value)(map(self, value))
        if isinstance(value, torch.Tensor) and value.requires_grad:
            self.used = True
            return value.detach()
        return value
