"""How reliable a gap's checks are: which answers of its bank they accept, reject, reject at once and name."""

import functools
import re
from dataclasses import dataclass, field

from courseware.proof.banks import GRADED_SEED, banks, holds
from grading_tests.gap import Gap
from grading_tests.message import explain
from grading_tests.naming import SEED, Known, mark, name_mistake
from grading_tests.running import outcomes

# These answers are right, but they are the library's own work: both checks accept them, and they earn
# nothing.
LENT = ("library", "oracle")


@dataclass(frozen=True)
class Rates:
    """Counts of answers.

    Attributes
    ----------
    right, accepted : int
        Right answers, and those that both checks accept.
    wrong, rejected, seen, named : int
        Wrong answers; those that the graded check rejects, that the visible check rejects, and that are
        recognised as what they are.
    misled : int
        Wrong answers whose message names another step than theirs.
    misses : list of str
        One line for every answer that was judged otherwise than it should.
    marks : list
        The marks of every wrong answer, as they are kept in fingerprints.
    """

    right: int
    accepted: int
    wrong: int
    rejected: int
    seen: int
    named: int
    misled: int = 0
    misses: list[str] = field(default_factory=list)
    marks: list[list] = field(default_factory=list)


@functools.cache
def rates(gap_id: str, every: int = 1) -> Rates:
    """Run both checks of a gap on the right answers of its bank, and on every `every`-th wrong one."""
    gap, bank = banks()[gap_id]
    right = {name: one for name, one in bank.right.items() if not name.startswith(LENT)}
    accepted, rejected, seen, named, misled, misses, marks = 0, 0, 0, 0, 0, [], []
    for name, answer in right.items():
        good = holds(gap, answer, SEED, graded=False) and holds(gap, answer, GRADED_SEED)
        accepted += good
        misses += [] if good else [f"{gap_id}: the right answer {name!r} is rejected"]
    wrong = bank.wrong[::every]
    for mistake in wrong:
        results = outcomes(gap, mistake.answer, SEED, graded=True)
        visible = [result for item, result in zip(gap.properties, results, strict=True) if item.visible]
        found = name_mistake(gap, visible if any(visible) else results)
        right_name = found is not None and found.name == mistake.name
        bad = not holds(gap, mistake.answer)
        rejected, seen, named = rejected + bad, seen + any(visible), named + right_name
        other = steps_named(gap, [error for error in (*visible, *results) if error][:1], found) - {
            mistake.step
        }
        misled += bool(other)
        misses += [f"{gap_id}: {mistake.name!r} is sent to step {step}" for step in other]
        marks.append([mark(result) for result in results])
        misses += [] if bad else [f"{gap_id}: the wrong answer {mistake.name!r} is accepted"]
        misses += [] if any(visible) else [f"{gap_id}: only the graded check rejects {mistake.name!r}"]
        if not right_name:
            misses.append(f"{gap_id}: {mistake.name!r} is named {found.name if found else None!r}")
    return Rates(len(right), accepted, len(wrong), rejected, seen, named, misled, misses, marks)


def steps_named(gap: Gap, errors: list[BaseException], found: Known | None) -> set[int]:
    """Return the numbers of the steps that the message about a failure names."""
    text = " ".join(explain(gap, error, found) for error in errors)
    return {int(number) for number in re.findall(r"look at step (\d+)", text)}
