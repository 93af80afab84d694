"""`courseware build` on the toy course: solution with outputs, release, and a second build."""

import json
from pathlib import Path

import nbformat
import pytest

from courseware.build import build
from courseware.execute import BuildError, readable, reuse
from courseware.make import solution
from courseware.markers import cell_id
from courseware.stage import has_work

TOY = Path(__file__).parent / "toy"
TEXT = TOY / "solutions" / "99_toy.py"

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("toy_gaps")]


def test_the_release_keeps_the_steps_and_nothing_else(toy_course):
    release = json.loads((toy_course.root / "course" / "99_toy.ipynb").read_text())
    assert (release["nbformat"], release["nbformat_minor"]) == (4, 5)
    assert set(release["metadata"]) == {"kernelspec", "language_info"}
    sources = {cell["id"]: "".join(cell["source"]) for cell in release["cells"]}
    assert sources[cell_id("99_toy", "g99_double")] == (
        "# g99_double · about 3 min · 2 points\n"
        "def double(x):\n"
        '    """Return twice `x`."""\n'
        "    # 1. add the number to itself, whatever\n"
        "    #    its sign is\n"
        '    raise NotImplementedError("g99_double: fill this gap")'
    )
    assert sources[cell_id("99_toy", "g99_area")].endswith(
        "    total = 0\n    # 1. once per row\n    # 2. add the width\n"
        '    raise NotImplementedError("g99_area: fill this gap")'
    )
    assert sources[cell_id("99_toy", "g99_double_check")].strip() == 'check("g99_double", double)'
    assert "lengths" not in str(sources)
    assert "Rubric" not in str(sources)


def test_the_published_solution_has_its_outputs_and_no_noise(toy_course):
    solution = nbformat.read(toy_course.root / "solutions" / "99_toy.ipynb", as_version=4)
    outputs = [output for cell in solution.cells for output in cell.get("outputs", [])]
    assert "twice 4 is 8" in str(outputs)
    assert "noise" not in str(outputs)
    assert solution.metadata["brainlab"] == {"budget": "quick"}


def test_a_second_build_runs_nothing_and_changes_nothing(toy_course):
    files = sorted(toy_course.root.glob("*/99_toy.*"))
    before = [file.read_bytes() for file in files]
    assert "code unchanged, outputs kept" in toy_course.run("courseware", "build", "99")
    assert [file.read_bytes() for file in files] == before


def test_what_was_run_and_is_too_large_is_kept(toy_course, monkeypatch):
    monkeypatch.setattr("courseware.execute.LARGEST", 1000)
    text = toy_course.root / "solutions" / "99_toy.py"
    published, kept = text.with_suffix(".ipynb"), toy_course.root / "build" / "99_toy.ipynb"
    before = published.read_bytes()
    with pytest.raises(BuildError, match=r"expected at most .* stays as it was; what was run is in build/"):
        solution(text, toy_course.root, force=False, never=False)
    assert published.read_bytes() == before
    assert "twice 4 is 8" in kept.read_text()
    kept.unlink()


def test_work_in_the_course_folder_is_never_overwritten(toy_course):
    target = toy_course.root / "course" / "99_toy.ipynb"
    released = target.read_text()
    assert not has_work(target)
    target.write_text(released.replace("once per row", "here is my first idea"))
    assert has_work(target)
    mine = target.read_text()
    output = toy_course.run("courseware", "build", "99")
    assert "course/99_toy.ipynb has work in it and is kept" in output
    assert target.read_text() == mine
    target.unlink()
    toy_course.run("nbgrader", "generate_assignment", "99_toy")
    assert target.read_text() == released


def test_changed_prose_needs_no_run_and_changed_code_does(toy_course, tmp_path):
    published = toy_course.root / "solutions" / "99_toy.ipynb"
    for name, change, same in [
        ("prose", ("## Twice", "## Two times"), True),
        ("code", ("secret_sum = x + x", "secret_sum = 2 * x"), False),
    ]:
        text = tmp_path / name / "99_toy.py"
        text.parent.mkdir()
        text.write_text(TEXT.read_text().replace(*change))
        assert reuse(readable(build(text)), published) is same
