"""Changes that cannot make a difference, so that no mutant is made of them.

Whether two programs do the same is undecidable in general (Budd and Angluin 1982, doi:10.1007/BF00625279);
these rules cover what our solutions contain: axes counted from either end, counts that are never negative,
symmetric functions, the type of a result, which every gap leaves open, and statements that do not affect
each other.
"""

import ast
import re

from courseware.proof.words import Words

SYMMETRIC = {"max", "min", "maximum", "minimum", "mse_loss", "l1_loss"}
SEQUENCES = {"tuple", "list"}
# Calls whose whole numbers are axes.
OF_AXES = {"permute", "movedim", "squeeze", "unsqueeze", "transpose", "flatten", "gather"}
# Counts, labels and variances: for these, > 0 and != 0 mean the same.
NEVER_NEGATIVE = re.compile(r"\b(labels|counts|total|instances|number|one_hot|std|var|size)\b")
EVEN = {"square", "abs"}


def without_effect(node: ast.AST, parents: tuple) -> bool:
    """Return whether no change inside a node matters: error messages, silenced warnings, ends of searches."""
    return isinstance(node, ast.JoinedStr | ast.Raise) or is_silencer(node) or is_end_of_search(node, parents)


def is_silencer(node: ast.AST) -> bool:
    """Return whether an expression only silences NumPy's warnings."""
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "np.errstate"


def is_end_of_search(node: ast.AST, parents: tuple) -> bool:
    """Return whether a node is the end of a range in which `next` finds something earlier."""
    calls = [one for one in parents if isinstance(one, ast.Call)]
    if not calls or parents[-1] is not calls[-1] or len(calls[-1].args) < 2:
        return False
    names = [getattr(one.func, "id", "") for one in calls]
    return names[-2:] == ["next", "range"] and calls[-1].args[1] is node


def is_axis(words: Words, node: ast.AST, parents: tuple) -> bool:
    """Return whether a number is an axis, or an index or bound into a shape: axis -2 of four is axis 2."""
    for parent in reversed(parents):
        if isinstance(parent, ast.keyword):
            return parent.arg in ("dim", "axis", "dims", "axes")
        if isinstance(parent, ast.Subscript):
            return words.raw(parent.value).endswith(".shape")
        if isinstance(parent, ast.Call):
            return words.raw(parent.func).split(".")[-1] in OF_AXES
        if not isinstance(parent, ast.Tuple | ast.UnaryOp | ast.Slice):
            return False
    return False


def sign_is_free(words: Words, node: ast.Constant, parents: tuple) -> bool:
    """Return whether the sign of a whole number makes no difference, or is changed elsewhere."""
    parent = parents[-1]
    divisor = isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Mod) and parent.right is node
    key = isinstance(parent, ast.Dict) and node in parent.keys
    return isinstance(parent, ast.UnaryOp) or divisor or key or is_axis(words, node, parents)


def sign_is_lost(words: Words, node: ast.BinOp, parents: tuple) -> bool:
    """Return whether an even function is taken of a difference."""
    return isinstance(parents[-1], ast.Attribute) and parents[-1].attr in EVEN


def comparison(words: Words, node: ast.Compare, other: str) -> bool:
    """Return whether another comparison means the same, for what is never negative or is 0 or 1."""
    left, right = words.raw(node.left), words.raw(node.comparators[0])
    if not NEVER_NEGATIVE.search(left):
        return False
    sign = {ast.Gt: ">", ast.Eq: "==", ast.NotEq: "!="}.get(type(node.ops[0]), "")
    if right == "0":
        return (sign, other) in ((">", "!="), ("!=", ">"), ("==", "<="))
    return right == "1" and "one_hot" in left and (sign, other) == ("==", ">=")


def floor(words: Words, node: ast.Constant, new: float, parents: tuple) -> bool:
    """Return whether a number only keeps values away from 0, and the new one does too."""
    parent = parents[-1]
    lowest = isinstance(parent, ast.Call) and words.raw(parent.func).endswith("clamp_min")
    return lowest and 0 < new < 1e-3


def order(elements: list[ast.expr], parts: list[str]) -> bool:
    """Return whether the first two elements may be exchanged: equal ones, and integers as in dim=(2, 3)."""
    return parts[0] == parts[1] or all(
        isinstance(one, ast.Constant | ast.UnaryOp) and re.fullmatch(r"-?\d+", part)
        for one, part in zip(elements, parts, strict=True)
    )


def commute(first: str, second: str) -> bool:
    """Return whether two statements may be exchanged.

    Gradients are cleared at any time but between `backward` and `step`; training mode matters to what is
    computed by a network.
    """
    for one, other in ((first, second), (second, first)):
        if one.endswith(".zero_grad()") and not re.search(r"\.(backward|step)\(", other):
            return True
        if one.endswith(".train()") and "(" not in other:
            return True
    return False
