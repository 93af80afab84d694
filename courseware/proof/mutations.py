"""The small changes: what an expression, a call, a slice or a statement may be replaced by.

Changes that cannot make a difference are not generated: `equivalent.py` knows them.
"""

import ast
from collections.abc import Iterator

from courseware.proof import equivalent
from courseware.proof.words import ARITHMETIC, COMPARISON, MODULES, NAMES, TEXTS, Words


def of_expression(words: Words, node: ast.expr, parents: tuple) -> Iterator[str]:
    """Yield what an expression may be replaced by: other signs, constants and names, a part left out."""
    text = words.text
    match node:
        case ast.BinOp(left, op, right):
            (sign, others), a, b = ARITHMETIC[type(op)], text(left), text(right)
            yield from (f"({a} {other} {b})" for other in others)
            yield from (a, b)
            if sign not in "+*&|" and not (sign == "-" and equivalent.sign_is_lost(words, node, parents)):
                yield f"({b} {sign} {a})"
        case ast.Compare(left, [op], [right]):
            for other in COMPARISON[type(op)]:
                if not equivalent.comparison(words, node, other):
                    yield f"({text(left)} {other} {text(right)})"
        case ast.BoolOp(op, values):
            other = " or " if isinstance(op, ast.And) else " and "
            yield f"({other.join(map(text, values))})"
            yield from map(text, values)
        case ast.UnaryOp(ast.USub(), operand):
            if not equivalent.is_axis(words, node, parents):
                yield text(operand)
        case ast.UnaryOp(ast.Not(), operand):
            yield text(operand)
        case ast.IfExp(test, body, orelse):
            yield from (text(body), text(orelse), f"({text(orelse)} if {text(test)} else {text(body)})")
        case ast.Constant(bool(value)):
            yield str(not value)
        case ast.Constant(int(value)):
            yield from (str(value + 1), str(value - 1), "0")
            if value and not equivalent.sign_is_free(words, node, parents):
                yield f"(-{value})"
        case ast.Constant(float(value)):
            changed = (value + 1, value * 2, value / 2, 0.0, -value)
            yield from (f"({new})" for new in changed if not equivalent.floor(words, node, new, parents))
        case ast.Constant(str(value)):
            yield repr(TEXTS.get(value, "other"))
        case ast.Tuple(elts) | ast.List(elts) if len(elts) > 1:
            parts = [words.raw(one) for one in elts]
            yield from (f"({', '.join(rest)},)" for rest in without_each(parts))
            if not equivalent.order(elts, parts):
                yield f"({', '.join(swapped(parts, 0))})"
        case ast.Dict(keys, values) if len(keys) > 1:
            pairs = [
                f"{words.raw(key)}: {words.raw(value)}" if key else f"**{words.raw(value)}"
                for key, value in zip(keys, values, strict=True)
            ]
            yield from (f"{{{', '.join(rest)}}}" for rest in without_each(pairs))
        case ast.Subscript(value):
            yield text(value)
        case ast.Name(name) | ast.Attribute(attr=name):
            owner = f"{text(node.value)}." if isinstance(node, ast.Attribute) else ""
            yield from (owner + other for other in NAMES.get(name, ()))


def of_call(words: Words, node: ast.expr, parents: tuple) -> Iterator[str]:
    """Yield a call with arguments left out or exchanged, and the argument or object without the call."""
    if not isinstance(node, ast.Call):
        return
    name, free = words.raw(node.func), [words.raw(one) for one in node.args]
    named = [words.raw(one) for one in node.keywords]
    short = name.split(".")[-1]
    if short not in equivalent.SYMMETRIC:
        for number in range(len(free) - 1):
            yield f"{name}({', '.join([*swapped(free, number), *named])})"
    for left_out, rest in zip([*free, *named], without_each([*free, *named]), strict=True):
        if not left_out.startswith("dtype="):  # the type of a result is free
            yield f"{name}({', '.join(rest)})"
    if name == "range":
        for number, one in enumerate(free):
            if equivalent.is_end_of_search(node.args[number], (*parents, node)):
                continue
            for more in ("+ 1", "- 1"):
                yield f"range({', '.join([*free[:number], f'{one} {more}', *free[number + 1 :]])})"
    # A statement is left out as a whole; a conversion of a sequence makes no difference to its values.
    if isinstance(parents[-1], ast.Expr) or name in equivalent.SEQUENCES:
        return
    if isinstance(node.func, ast.Attribute) and name.split(".")[0] not in MODULES:
        yield words.text(node.func.value)
    elif free and not name.startswith("nn."):
        yield words.text(node.args[0])


def of_slice(words: Words, node: ast.Slice) -> Iterator[str]:
    """Yield a slice of which one bound is one more, one less or missing."""
    lower, upper = (words.raw(bound) if bound else "" for bound in (node.lower, node.upper))
    if node.step:
        return
    yield from (f"{lower} + 1:{upper}" if lower else f"1:{upper}", f":{upper}", f"{lower}:")
    yield from (f"{lower}:{upper} - 1" if upper else f"{lower}:-1",)
    if lower:
        yield f"{lower} - 1:{upper}"
    if upper:
        yield f"{lower}:{upper} + 1"


def of_statement(words: Words, node: ast.stmt, parents: tuple) -> Iterator[tuple[ast.AST, ast.AST, str]]:
    """Yield (first node, last node, new text): statements detached, left out or exchanged."""
    match node:
        case ast.Assign(value=value) | ast.Return(value=ast.expr() as value):
            yield value, value, f"cut({words.raw(value)})"
        case ast.If(test=test):
            yield from ((test, test, new) for new in ("True", "False"))
        case ast.With(items=[ast.withitem(context_expr=manager)]) if not equivalent.is_silencer(manager):
            yield manager, manager, "contextlib.nullcontext()"
    if isinstance(node, ast.Expr | ast.AugAssign) or (
        isinstance(node, ast.Assign) and rebinds(node, parents)
    ):
        yield node, node, "pass"
    for block in (getattr(parents[-1], name, []) for name in ("body", "orelse")):
        if node in block[:-1]:
            after = block[block.index(node) + 1]
            # Only what is called for its effect can be in the wrong place without an error.
            effects = ast.Expr in (type(node), type(after)) and not isinstance(after, ast.Return)
            if effects and not equivalent.commute(words.raw(node), words.raw(after)):
                yield node, after, f"{words.raw(after)}\n{' ' * node.col_offset}{words.raw(node)}"


def rebinds(node: ast.Assign, parents: tuple) -> bool:
    """Return whether the names were bound before, so that the answer would run without the statement."""
    function = next(one for one in reversed(parents) if isinstance(one, ast.FunctionDef))
    before = {argument.arg for argument in function.args.args}
    for one in ast.walk(function):
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store) and one.lineno < node.lineno:
            before.add(one.id)
    targets = [one for target in node.targets for one in ast.walk(target) if isinstance(one, ast.Name)]
    return all(one.id in before for one in targets)


def swapped(parts: list, number: int) -> list:
    """Return the list with one element and the next exchanged."""
    return [*parts[:number], parts[number + 1], parts[number], *parts[number + 2 :]]


def without_each(parts: list) -> Iterator[list]:
    """Yield the list without its first element, without its second, and so on."""
    for number in range(len(parts)):
        yield parts[:number] + parts[number + 1 :]
