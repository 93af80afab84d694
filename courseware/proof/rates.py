"""How fair a gap's checks are: which answers of its bank they accept, reject, see at once and name."""

from dataclasses import dataclass, field
from types import ModuleType

from courseware.proof.banks import GRADED_SEED, holds
from grading_tests.gap import Gap
from grading_tests.naming import SEED, name_mistake
from grading_tests.running import outcomes

# What stands in a bank to be recognised: it is right, and it is the library's own work.
LENT = ("library", "oracle")


@dataclass(frozen=True)
class Rates:
    """Counts of answers.

    Attributes
    ----------
    right, accepted : int
        Right answers, and those that both checks accept.
    wrong, rejected, seen, named : int
        Wrong answers, those that the graded check rejects, that the visible one rejects, that are named as
        what they are.
    misses : list of str
        A line for everything that should have come otherwise.
    """

    right: int
    accepted: int
    wrong: int
    rejected: int
    seen: int
    named: int
    misses: list[str] = field(default_factory=list)


def rates(gap: Gap, bank: ModuleType) -> Rates:
    """Try all answers of a bank on both checks of a gap."""
    right = {name: one for name, one in bank.RIGHT[gap.id].items() if not name.startswith(LENT)}
    wrong, accepted, rejected, seen, named, misses = bank.WRONG[gap.id], 0, 0, 0, 0, []
    for name, answer in right.items():
        good = holds(gap, answer, SEED, graded=False) and holds(gap, answer, GRADED_SEED)
        accepted += good
        misses += [] if good else [f"{gap.id}: the right answer {name!r} is rejected"]
    for mistake in wrong:
        results = outcomes(gap, mistake.answer, SEED, graded=False)
        at_once = any(results)
        if not at_once:  # the graded check says the name
            results = outcomes(gap, mistake.answer, SEED, graded=True)
        found = name_mistake(gap, results)
        bad = not holds(gap, mistake.answer)
        right_name = found is not None and found.name == mistake.name
        rejected, seen, named = rejected + bad, seen + at_once, named + right_name
        misses += [] if bad else [f"{gap.id}: the wrong answer {mistake.name!r} is accepted"]
        misses += [] if at_once else [f"{gap.id}: {mistake.name!r} is seen by the graded check only"]
        if not right_name:
            misses.append(f"{gap.id}: {mistake.name!r} is named {found.name if found else None!r}")
    return Rates(len(right), accepted, len(wrong), rejected, seen, named, misses)
