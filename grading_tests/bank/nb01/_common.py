"""Ways in which the answer to any gap can go wrong: the type of its result, its inputs, later calls."""

import copy
from collections.abc import Callable
from typing import Any

from grading_tests.gap import Mistake


def returning(answer: Callable, change: Callable[[Any], Any]) -> Callable:
    """Return the answer with its result changed."""
    return lambda *arguments, **options: change(answer(*arguments, **options))


def writing(answer: Callable, change: Callable[..., Any]) -> Callable:
    """Return the answer, which computes the right result and then changes its inputs."""

    def run(*arguments: Any, **options: Any) -> Any:
        result = copy.deepcopy(answer(*arguments, **options))
        change(*arguments)
        return result

    return run


def one_buffer(answer: Callable) -> Callable:
    """Return the answer, which gives out one and the same array for all results of one shape."""
    buffers: dict = {}

    def run(*arguments: Any, **options: Any) -> Any:
        result = answer(*arguments, **options)
        buffer = buffers.setdefault((result.shape, result.dtype), result)
        buffer[...] = result
        return buffer

    return run


def shared_result(answer: Callable) -> Mistake:
    """Return the mistake of an answer that gives out the same array again."""
    return Mistake(
        "one array for all results",
        "a common slip: an array made outside of the function, or kept as a default argument",
        "every call returns the same array, so a later call changes an earlier result.",
        one_buffer(answer),
    )


def changed_input(name: str, answer: Callable, change: Callable[..., Any]) -> Mistake:
    """Return the mistake of an answer that writes into the input of this name."""
    return Mistake(
        f"{name} changed",
        "a common slip: an array is passed by reference, so writing into it changes the caller's",
        f"your function changes its input {name}: work on a copy.",
        writing(answer, change),
    )
