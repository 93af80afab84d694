"""`courseware fingerprints`: how the mistakes of the banks fail, for grading_tests/fingerprints/nbNN.json.

A mark is kept as far as it is the same under other instruction sets, numbers of threads and libraries,
in float64, and with inputs that are changed by a millionth; the rest becomes "?".
"""

import functools
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path
from typing import Any

import torch

from brainlab.home import replace_file
from grading_tests import running
from grading_tests.gap import Gap, Mistake, Wrong, same
from grading_tests.naming import FOLDER, SEED, UNSTABLE, Known, agree, known_mistakes, mark
from grading_tests.running import outcomes

# Settings of torch and its libraries that stand for other processors.
SETTINGS = (
    {"OMP_NUM_THREADS": "1"},
    {"OMP_NUM_THREADS": "2"},
    {"ATEN_CPU_CAPABILITY": "default", "MKL_CBWR": "COMPATIBLE", "ONEDNN_MAX_CPU_ISA": "SSE41"},
    {"ATEN_CPU_CAPABILITY": "avx2", "MKL_CBWR": "AVX2", "ONEDNN_MAX_CPU_ISA": "AVX2", "OMP_NUM_THREADS": "2"},
    {"ATEN_CPU_CAPABILITY": "avx512", "ONEDNN_MAX_CPU_ISA": "AVX512_CORE"},
)
# Between takes a value may move by half of what it may differ where a mistake is recognised. The disturbances
# are ten times larger than rounding in float32.
STEADY = 5e-5
Marks = dict[str, list[list]]  # gap -> mistakes -> one mark per property


def fingerprints(numbers: list[str]) -> list[str]:
    """Write the fingerprints of these notebooks, or of all, and return a line about each.

    A file whose marks and messages still hold stays as it is.
    """
    from courseware.proof.banks import banks  # stays with the instructor

    gaps: dict[str, dict] = {}
    for gap_id, (_, bank) in banks().items():
        if not numbers or gap_id[1:3] in numbers:
            gaps.setdefault(gap_id[1:3], {})[gap_id] = bank.wrong
    lines = []
    for number, wrong in gaps.items():
        # Two at a time: none needs more than one core. Disturbed inputs are tried in the first process only.
        with ThreadPoolExecutor(2) as pool:
            takes = list(pool.map(in_a_process, repeat(number), SETTINGS, (True, *[False] * 4)))
        taken = {gap_id: known(gap_id, mistakes, takes) for gap_id, mistakes in wrong.items()}
        count, unstable = sum(map(len, taken.values())), unstable_marks(taken)
        if outdated(taken) or unstable != unstable_marks(
            {gap_id: known_mistakes(gap_id) for gap_id in wrong}
        ):
            write(taken, FOLDER / f"nb{number}.json")
            lines.append(f"nb{number}.json: {count} mistakes, {unstable} unstable parts, written")
        else:
            lines.append(f"nb{number}.json: {count} mistakes, {unstable} unstable parts, up to date")
    return lines


def known(gap_id: str, mistakes: list[Mistake], takes: list[Marks]) -> list[Known]:
    """Return the fingerprints of a gap's mistakes: what all takes have in common.

    Where the shipped fingerprints still hold, their unstable parts stay: they may come from another machine.
    """
    marks = functools.reduce(common, [take[gap_id] for take in takes])
    found = [Known(one.name, one.message, kept, one.step) for one, kept in zip(mistakes, marks, strict=True)]
    if outdated({gap_id: found}):
        return found
    return [
        Known(new.name, new.message, common(new.marks, old.marks), new.step)
        for new, old in zip(found, known_mistakes(gap_id), strict=True)
    ]


def in_a_process(number: str, setting: dict[str, str], disturb: bool) -> Marks:
    """Return the marks of a notebook's mistakes, taken in a new process with these environment variables.

    With `disturb`, only what stays under disturbances is kept.
    """
    settings = os.environ | {"OMP_WAIT_POLICY": "PASSIVE", "OMP_NUM_THREADS": "1"} | setting
    command = [sys.executable, "-m", "courseware.fingerprints", number, *["disturb"] * disturb]
    done = subprocess.run(command, env=settings, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed under {setting}: {done.stderr[-2000:]}")
    return json.loads(done.stdout)


def marks_of(number: str, disturb: bool) -> Marks:
    """Return the marks of a notebook's mistakes; with `disturb`, those that stay under small disturbances."""
    from courseware.proof.banks import banks

    take = steady if disturb else plain
    return {
        gap_id: [take(gap, mistake.answer) for mistake in bank.wrong]
        for gap_id, (gap, bank) in banks().items()
        if gap_id[1:3] == number
    }


def plain(gap: Gap, answer: Any) -> list:
    """Return one mark per property of an answer."""
    return [mark(result) for result in outcomes(gap, answer, SEED, graded=True)]


def steady(gap: Gap, answer: Any) -> list:
    """Return one mark per property of an answer, without the parts that move under disturbances."""
    from courseware.proof.disturbed import disturbed

    results = outcomes(gap, answer, SEED, graded=True)
    taken = [mark(result) for result in results]
    for seed in range(3):
        moved = outcomes(disturbed(gap, seed), answer, SEED, graded=True)
        taken = common(taken, [mark(result) for result in moved])
    before, running.DTYPE = running.DTYPE, torch.float64
    try:
        exact = outcomes(gap, answer, SEED, graded=True)
    finally:
        running.DTYPE = before
    comparable = [
        isinstance(one, Wrong) and isinstance(other, Wrong) and same(one.expected, other.expected)
        for one, other in zip(results, exact, strict=True)
    ]
    return [
        same_values(kept, mark(other)) if alike else kept
        for kept, other, alike in zip(taken, exact, comparable, strict=True)
    ]


def common(first: Any, second: Any) -> Any:
    """Return the parts of two marks, or of two lists of them, that agree; "?" stands for the others."""
    if isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        return [common(one, other) for one, other in zip(first, second, strict=True)]
    alike = UNSTABLE not in (first, second) and agree(first, second, STEADY)
    return first if alike else UNSTABLE


def same_values(first: Any, second: Any) -> Any:
    """Return the first mark, with "?" for values that differ from those of the second, taken in float64.

    An overflow in float32 is no noise: where float64 has another number of finite values, the mark stays.
    """
    if isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        return [same_values(one, other) for one, other in zip(first, second, strict=True)]
    numbers = isinstance(first, dict) and isinstance(second, dict) and first["shape"] == second["shape"]
    return first if not numbers or agree(first, second) else UNSTABLE


def outdated(taken: dict[str, list[Known]]) -> list[str]:
    """Return the gaps whose shipped fingerprints do not agree with these."""

    def same(first: Known, second: Known) -> bool:
        words = (first.name, first.message, first.step) == (second.name, second.message, second.step)
        return words and agree(first.marks, second.marks)

    def up_to_date(gap_id: str, found: list[Known]) -> bool:
        shipped = known_mistakes(gap_id)
        return len(shipped) == len(found) and all(map(same, shipped, found))

    return [gap_id for gap_id, found in taken.items() if not up_to_date(gap_id, found)]


def unstable_marks(found: dict[str, list[Known]]) -> int:
    """Return how many parts of these fingerprints are unstable."""
    return json.dumps([one.marks for ones in found.values() for one in ones]).count(f'"{UNSTABLE}"')


def write(taken: dict[str, list[Known]], target: Path) -> None:
    """Write fingerprints, one mistake per line."""

    def line(one: Known) -> str:
        kept = {name: value for name, value in vars(one).items() if name != "step" or value}
        return json.dumps(kept, ensure_ascii=False)

    gaps = [
        f"{json.dumps(gap_id)}: [\n" + ",\n".join(map(line, found)) + "\n]" for gap_id, found in taken.items()
    ]
    text = "{\n" + ",\n".join(gaps) + "\n}\n"
    replace_file(target, lambda part: part.write_text(text, encoding="utf-8"))
    known_mistakes.cache_clear()


if __name__ == "__main__":
    print(json.dumps(marks_of(sys.argv[1], "disturb" in sys.argv)))
