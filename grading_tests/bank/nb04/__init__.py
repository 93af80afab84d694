"""The answers to the gaps of notebook 04, and what their files share."""

import dataclasses

from grading_tests.gap import Mistake

# The source of mistakes that others made who had only the notebook before them.
SECOND = "an independent bank, written from the notebook alone"


def with_steps(mistakes: list[Mistake], steps: dict[int, tuple[str, ...]]) -> list[Mistake]:
    """Return the mistakes with the numbered steps in which they are.

    Raises
    ------
    LookupError
        If a name belongs to no mistake.
    """
    step_of = {name: step for step, names in steps.items() for name in names}
    if unknown := step_of.keys() - {one.name for one in mistakes}:
        raise LookupError(f"no mistake is called {sorted(unknown)}")
    return [dataclasses.replace(one, step=step_of.get(one.name, one.step)) for one in mistakes]
