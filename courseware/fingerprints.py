"""`courseware fingerprints`: what the mistakes of the banks do, for grading_tests/fingerprints/nbNN.json."""

import importlib
import json
import os
from pathlib import Path

from grading_tests.gap import Gap, Mistake
from grading_tests.naming import FOLDER, SEED, Known, agree, known_mistakes, mark
from grading_tests.running import outcomes


def fingerprints(numbers: list[str]) -> list[str]:
    """Write the fingerprints of these notebooks, or of all that have a bank, and return a line about each.

    A file in which nothing changed but the last digits of a sum stays as it is.
    """
    lines = []
    for bank in sorted(Path(__file__).parents[1].glob("grading_tests/bank/nb[0-9][0-9].py")):
        if numbers and bank.stem[2:] not in numbers:
            continue
        taken = take(bank.stem)
        count = sum(map(len, taken.values()))
        target = FOLDER / f"{bank.stem}.json"
        if target.exists() and not outdated(taken):
            lines.append(f"{target.name}: {count} mistakes, up to date")
            continue
        write(taken, target)
        lines.append(f"{target.name}: {count} mistakes, written")
    return lines


def take(name: str) -> dict[str, list[Known]]:
    """Run every mistake of a bank, `nb03` say, and return what is known of it: gap -> mistakes."""
    gaps = importlib.import_module(f"grading_tests.{name}").GAPS
    wrong = importlib.import_module(f"grading_tests.bank.{name}").WRONG
    return {
        gap.id: [known(gap, mistake) for mistake in wrong.get(gap.id, [])] for gap in gaps if gap.properties
    }


def known(gap: Gap, mistake: Mistake) -> Known:
    """Return the fingerprint of one mistake."""
    results = outcomes(gap, mistake.answer, SEED, graded=True)
    return Known(mistake.name, mistake.message, [mark(result) for result in results])


def outdated(taken: dict[str, list[Known]]) -> list[str]:
    """Return the gaps whose shipped fingerprints are not these."""

    def same(first: Known, second: Known) -> bool:
        words = (first.name, first.message) == (second.name, second.message)
        return words and agree(first.marks, second.marks)

    def up_to_date(gap_id: str, found: list[Known]) -> bool:
        shipped = known_mistakes(gap_id)
        return len(shipped) == len(found) and all(map(same, shipped, found))

    return [gap_id for gap_id, found in taken.items() if not up_to_date(gap_id, found)]


def write(taken: dict[str, list[Known]], target: Path) -> None:
    """Write fingerprints, one mistake on a line."""
    gaps = [
        f"{json.dumps(gap_id)}: [\n"
        + ",\n".join(json.dumps(vars(one), ensure_ascii=False) for one in found)
        + "\n]"
        for gap_id, found in taken.items()
    ]
    target.parent.mkdir(exist_ok=True)
    temporary = target.with_suffix(f".{os.getpid()}")
    temporary.write_text("{\n" + ",\n".join(gaps) + "\n}\n", encoding="utf-8")
    os.replace(temporary, target)
    known_mistakes.cache_clear()
