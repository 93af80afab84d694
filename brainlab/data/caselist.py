"""What `find_cases` returns: the good cases, and what is wrong with the others."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from brainlab.data.case import Case


@dataclass(frozen=True)
class Problem:
    """A case that cannot be used, and why."""

    case_id: str
    path: Path
    message: str


class CaseList(list[Case]):
    """A list of cases, sorted by id, that also knows what could not be used.

    Attributes
    ----------
    root : Path
        Where they were found.
    problems : list of Problem
        The broken cases, which are not in the list.
    """

    def __init__(
        self, cases: Iterable[Case] = (), root: Path | str = "", problems: Iterable[Problem] = ()
    ) -> None:
        super().__init__(sorted(cases, key=lambda case: case.id))
        self.root, self.problems = Path(root), list(problems)

    def report(self) -> str:
        """Say in words how many cases of which data set there are, what is broken and what looks odd."""
        kinds = Counter(case.profile for case in self)
        told = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "no data set"
        patients, segs = len({case.patient for case in self}), sum(case.has_seg for case in self)
        return "\n".join(
            [
                f"{self.root}: {len(self)} cases of {patients} patients ({told}), {segs} with segmentation",
                *(f"left out  {problem.case_id}: {problem.message}" for problem in self.problems),
                *(f"note      {case.id}: {note}" for case in self for note in case.warnings),
            ]
        )
