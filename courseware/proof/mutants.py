"""Mechanical mutants of a solution: one small change each, between BEGIN and END SOLUTION.

A check that accepts a mutant does not look at what was changed (DeMillo, Lipton and Sayward 1978,
doi:10.1109/C-M.1978.218136). The changes are made in the text, so that each can be shown as two lines.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from courseware.markers import BEGIN, END
from courseware.proof import equivalent
from courseware.proof.mutations import of_call, of_expression, of_slice, of_statement
from courseware.proof.words import Words


@dataclass(frozen=True)
class Mutant:
    """A changed cell, and the lines in which it differs from the solution: before and after."""

    source: str
    before: str
    after: str


def mutants(cell: str) -> list[Mutant]:
    """Return the mutants of a gap's cell, each source once.

    A mutant may call `cut(value)`, which is to take tensors off the graph, and `contextlib`.
    """
    found: dict[str, Mutant] = {}
    words, tree, lines = Words(cell), ast.parse(cell), solution_lines(cell)
    for node, parents in nodes(tree):
        if getattr(node, "lineno", 0) not in lines:
            continue
        for start, end, text in changes(words, node, parents):
            source = cell[:start] + text + cell[end:]
            try:
                changed = ast.dump(ast.parse(source)) != ast.dump(tree)
            except SyntaxError:
                continue
            if changed and source not in found:
                found[source] = Mutant(source, *difference(cell, source))
    return list(found.values())


def changes(words: Words, node: ast.AST, parents: tuple) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, new text) of every change that begins at a node."""
    if isinstance(node, ast.expr) and isinstance(getattr(node, "ctx", None), ast.Load | None):
        for new in (*of_expression(words, node, parents), *of_call(words, node, parents)):
            yield *words.span(node), new
    if isinstance(node, ast.Slice):
        for new in of_slice(words, node):
            yield *words.span(node), new
    if isinstance(node, ast.stmt):
        for first, last, new in of_statement(words, node, parents):
            yield words.span(first)[0], words.span(last)[1], new


def nodes(tree: ast.AST, parents: tuple[ast.AST, ...] = ()) -> Iterator[tuple[ast.AST, tuple[ast.AST, ...]]]:
    """Yield every node with its parents, innermost last, except where no change makes a difference."""
    if equivalent.without_effect(tree, parents):
        return
    yield tree, parents
    for child in ast.iter_child_nodes(tree):
        yield from nodes(child, (*parents, tree))


def solution_lines(cell: str) -> set[int]:
    """Return the numbers of the lines between the markers."""
    inside, found = False, set()
    for number, line in enumerate(cell.split("\n"), start=1):
        if line.strip() in (BEGIN, END):
            inside = line.strip() == BEGIN
        elif inside:
            found.add(number)
    return found


def difference(first: str, second: str) -> tuple[str, str]:
    """Return the lines that differ, joined, without indentation and comments."""
    a, b = ([line.strip() for line in text.split("\n")] for text in (first, second))
    while a and b and a[0] == b[0]:
        a, b = a[1:], b[1:]
    while a and b and a[-1] == b[-1]:
        a, b = a[:-1], b[:-1]
    before, after = ("  ".join(line for line in part if line and line[0] != "#") for part in (a, b))
    return before, after
