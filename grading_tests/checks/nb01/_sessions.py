"""Does a split depend on the order of a set, which is another one in every session of Python?"""

import builtins
import contextlib
import dis
import inspect
from collections import Counter
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType

import numpy as np


class Name(str):
    """A text whose hash is another one for each `session`, as in another session of Python."""

    session = 0

    def __hash__(self) -> int:
        return hash((Name.session, str(self)))


def splits_of_sessions(answer: Callable, names: list[str], whole: Callable) -> int:
    """Return how many different splits the answer makes when the hashes of the names are different.

    Only splits that are `whole(parts, names)` count: an answer that looks up what it converted to other
    texts finds none of them, which is no mistake.
    """
    found: list = []
    try:
        for Name.session in range(6):
            parts = list(answer([Name(name) for name in names], val=0.4, test=0.3, seed=7))
            if whole(parts, names):
                found.append(tuple(tuple(sorted(map(int, part))) for part in parts))
    except Exception:
        return 0
    finally:
        Name.session = 0
    return len(set(found))


def named_alike(rng: np.random.Generator, sites: tuple[str, str], pairs: int, collide: bool) -> list[str]:
    """Return pairs of names that differ in what is before their number only.

    With `collide`, the lower bits of both hashes are equal, and a set keeps the two in the order in which
    they came. Without, all names have places of their own: the list does not change the order of a set.
    """
    found: list[str] = []
    taken: set[int] = set()
    while len(found) < 2 * pairs:
        number = int(rng.integers(10**9))
        two = [f"{site}-{number:09d}" for site in sites]
        bits = [hash(name) & (255 if collide else 127) for name in two]
        if bits[0] == bits[1] if collide else len({*bits} - taken) == 2:
            found += two
            taken |= {*bits}
    return found


def depends_on_ties(split: Callable[[list[str]], list[set[str]]], rng: np.random.Generator) -> bool:
    """Return whether names that are alike change places with the order of a set, and no others.

    By `split`, each of two names that are sorted as equal takes the place of the other if the list is turned
    round, and the numbers of both in each part stay. A split of names in their order of appearance changes
    throughout, one of sorted names not at all; and where only the list decides between equals, it does so for
    names that a set would not exchange.
    """

    def exchanged(sites: tuple[str, str], collide: bool) -> bool:
        names = named_alike(rng, sites, 18, collide)
        names = [names[place] for place in rng.permutation(len(names))]
        before, after = split(names), split(names[::-1])
        kinds = [[Counter(name[-9:] for name in part) for part in parts] for parts in (before, after)]
        return before != after and kinds[0] == kinds[1]

    pairs = (("BraTS-GLI", "BraTS-MEN"), ("Site", "site"))
    return any(exchanged(sites, True) and not exchanged(sites, False) for sites in pairs)


def called_by_name(answer, seen: frozenset = frozenset()) -> set[str]:
    """Return the built-in functions that a function calls by name, also in the functions of its cell."""
    function = inspect.unwrap(answer)

    def of(code: CodeType) -> Iterator[str]:
        for step in dis.get_instructions(code):
            if step.opname in ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF"):
                yield step.argval  # not the names of attributes, such as `case.id`
            elif step.argval == "__hash__":
                yield "__hash__"
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                yield from of(constant)

    code = getattr(function, "__code__", None)
    if code is None or code in seen:
        return set()
    own = dict(getattr(function, "__globals__", {}))
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=False):
        with contextlib.suppress(ValueError):  # an empty cell
            own[name] = cell.cell_contents
    used = set(of(code))
    found = {name for name in used if name == "__hash__" or (hasattr(builtins, name) and name not in own)}
    helpers = [own[name] for name in used if isinstance(own.get(name), FunctionType)]
    for helper in helpers:
        if helper.__module__ == function.__module__:
            found |= called_by_name(helper, seen | {code})
    return found
