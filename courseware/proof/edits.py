"""Wrong answers as edits of the solution, whose code is taken from the notebook itself."""

import functools
import re
from typing import Any

from courseware.stage import sources


@functools.cache
def solution_code(gap_id: str) -> str:
    """Return the code of a gap's solution, without docstring and lines of comments.

    Raises
    ------
    LookupError
        If no notebook has this gap.
    """
    from courseware.proof.banks import REPO

    start = f'# %% gap="{gap_id}"\n'
    for path in sources(REPO):
        _, found, rest = path.read_text(encoding="utf-8").partition(start)
        if found:
            cell = re.sub(r'[ ]*"""[\s\S]*?"""\n\n?', "", rest.split("\n# %%")[0])
            return "\n".join(line for line in cell.split("\n") if not line.strip().startswith("#"))
    raise LookupError(f"no notebook has a cell with gap={gap_id!r}")


def edited(code: str, *pairs: str) -> str:
    """Return code after replacements: old text, new text, and further pairs.

    Raises
    ------
    ValueError
        If there is nothing to replace.
    """
    for old, new in zip(pairs[::2], pairs[1::2], strict=True):
        if old not in code:
            raise ValueError(f"{old!r} is not in the code:\n{code}")
        code = code.replace(old, new)
    return code


def defined(code: str, space: dict[str, Any]) -> Any:
    """Return the last function or class that code defines, which may use the names of `space`."""
    space = {"__name__": __name__, **space}
    exec(compile(code, "<answer>", "exec"), space)
    return space[re.findall(r"^(?:def|class) (\w+)", code, re.MULTILINE)[-1]]
