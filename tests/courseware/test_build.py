"""From text to notebooks: what is published, what is held back, and that a second build changes nothing."""

import json
import re
from pathlib import Path

import nbformat
import pytest
from course_folder import REPO, Course

from courseware.build import build, readable, write
from courseware.execute import BuildError, reuse, verify_size
from courseware.marks import cell_id, without_hidden
from courseware.setup_cell import REPOSITORY, SETUP, badge
from courseware.source import SourceError, read
from courseware.stage import sources, stage
from courseware.work import has_work
from grading_tests import checks

TOY = Path(__file__).parent / "toy"
TEXT = TOY / "solutions" / "99_toy.py"


@pytest.fixture(autouse=True)
def toy_gaps(monkeypatch):
    """Let `grading_tests.checks.nb99` be the toy's."""
    monkeypatch.setattr(checks, "__path__", [*checks.__path__, str(TOY / "grading_tests" / "checks")])


def by_grade_id(notebook, grade_id):
    return next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


def test_the_full_notebook():
    notebook = build(TEXT)
    gap, check, words = (
        by_grade_id(notebook, name) for name in ("g99_double", "g99_double_check", "g99_words")
    )
    assert gap.source.startswith("# g99_double · about 3 min · 2 points\ndef double(x):")
    assert check.metadata.nbgrader.points == 2
    assert check.metadata.nbgrader.locked
    assert without_hidden(check.source).strip() == 'check("g99_double", double)'
    assert 'grade("g99_double", double)' in check.source
    assert words.metadata.nbgrader.grade
    assert words.metadata.nbgrader.solution
    assert words.cell_type == "markdown"
    assert SETUP in [cell.source for cell in notebook.cells]


def test_the_placeholders():
    notebook = build(TEXT)
    head = notebook.cells[0].source
    assert badge("99_toy") in head
    assert f"github/{REPOSITORY}/blob/" in head
    assert "| about 15 min, 13 of them in the gaps | 7 | 3 |" in head
    assert "| `g99_words` | some sentences | 5 | 2 |" in head
    assert "99_toy.ipynb" in notebook.cells[-1].source


def test_two_builds_are_the_same_bytes(tmp_path):
    assert write(build(TEXT), tmp_path / "a.ipynb")
    assert not write(build(TEXT), tmp_path / "a.ipynb")
    ids = [cell.id for cell in build(TEXT).cells]
    assert len(set(ids)) == len(ids)
    assert by_grade_id(build(TEXT), "g99_double").id == cell_id("99_toy", "g99_double")


def test_readers_see_no_markers():
    text = nbformat.writes(readable(build(TEXT)))
    assert "BEGIN" not in text
    assert "grade(" not in text
    assert "Because lengths are not" in text


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


def test_an_executed_or_broken_notebook_counts_as_work(tmp_path):
    path = tmp_path / "a.ipynb"
    assert not has_work(path)
    output = nbformat.v4.new_output("stream", text="hello")
    write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1", outputs=[output])]), path)
    assert has_work(path)
    path.write_text("<<<<<<< HEAD")
    assert has_work(path)


def test_prose_is_exchanged_without_a_run_and_code_is_not(toy_course, tmp_path):
    published = toy_course.root / "solutions" / "99_toy.ipynb"
    for name, change, same in [
        ("prose", ("## Twice", "## Two times"), True),
        ("code", ("secret_sum = x + x", "secret_sum = 2 * x"), False),
    ]:
        text = tmp_path / name / "99_toy.py"
        text.parent.mkdir()
        text.write_text(TEXT.read_text().replace(*change))
        assert reuse(readable(build(text)), published) is same


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('# %% check="g99_area"\n', ""), 'g99_area needs a cell gap="g99_area" and a cell check="g99_area"'),
        (('gap="g99_area"', 'gap="g99_areas"'), "gap 'g99_areas' needs grading_tests/checks/nb99/areas.py"),
        (('check="g99_area"', 'check="g99_double"'), 'check="g99_double" comes twice'),
        (("def area(", "def aera("), "g99_area defines ['aera']; expected 'area'"),
        (("return total\n    ### END SOLUTION", "return total"), "g99_area needs its solution between"),
        (("# %% setup", "# %%"), 'expected one "# %% setup" cell'),
        (("{{badge}}", "{{bagde}}"), "{{bagde}} is unknown; expected one of {{table}}"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_text_is_said(tmp_path, change, message):
    text = tmp_path / "99_toy.py"
    assert change[0] in TEXT.read_text()
    text.write_text(TEXT.read_text().replace(*change))
    with pytest.raises(SourceError, match=re.escape(message)):
        build(text)


def test_a_solution_at_the_top_level_is_refused(tmp_path):
    text = tmp_path / "99_toy.py"
    flat = "### BEGIN SOLUTION\ndef area(width, height):\n    return 0\n### END SOLUTION\n"
    text.write_text(re.sub(r"def area.*?### END SOLUTION\n", flat, TEXT.read_text(), flags=re.DOTALL))
    with pytest.raises(SourceError, match="must lie inside a function or class"):
        build(text)


def test_a_notebook_without_gaps_module_is_refused(tmp_path):
    text = tmp_path / "96_other.py"
    text.write_text("# %% setup\n")
    with pytest.raises(SourceError, match="there is no grading_tests/checks/nb96"):
        build(text)


def test_a_broken_text_stops_nbgrader_in_one_line(tmp_path):
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "99_toy.py").write_text("# %% setup\n")
    with pytest.raises(SystemExit, match=r"99_toy\.py cannot be built: SourceError: .*g99_area needs"):
        stage(tmp_path)


def test_markers_of_an_explanation_need_not_be_comments(tmp_path):
    text = tmp_path / "99_toy.py"
    plain = "### BEGIN SOLUTION\nBecause.\n### END SOLUTION"
    text.write_text(f'# %% [markdown] explain="g99_words"\n{plain}\n')
    assert read(text)[0].source == plain


def test_a_heavy_notebook_is_refused_and_its_heaviest_cell_named():
    output = nbformat.v4.new_output("display_data", data={"image/png": "a" * 2_100_000})
    cells = [nbformat.v4.new_code_cell("small()"), nbformat.v4.new_code_cell("big()\nmore", outputs=[output])]
    with pytest.raises(
        BuildError, match=r"2\.1 MB; expected less than 2 MB. The heaviest cell begins with 'big\(\)'"
    ):
        verify_size(nbformat.v4.new_notebook(cells=cells), "99_toy")


def test_setup_installs_only_where_brainlab_is_missing(monkeypatch):
    """The install lines run only on Colab, so they are tried here with everything around them faked."""
    head = SETUP.split("import matplotlib")[0]
    calls = []
    monkeypatch.setattr("subprocess.run", lambda command, check: calls.append(command))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    exec(head, {})
    assert calls == []
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    exec(head, {})
    (command,) = calls
    assert command[1:4] == ["-m", "pip", "install"]
    assert "-U" not in command
    assert "--upgrade" not in command
    assert re.fullmatch(r"brainlab @ git\+https://github\.com/[\w.-]+/brainlab@v[\d.]+", command[-1])


def test_the_address_is_written_once():
    files = [*REPO.glob("courseware/*.py"), *REPO.glob("solutions/*.py"), *REPO.glob("brainlab/**/*.py")]
    assert [file.name for file in files if REPOSITORY in file.read_text()] == ["setup_cell.py"]


REAL = sources(REPO)


@pytest.mark.parametrize("text", REAL, ids=lambda text: text.stem)
def test_the_committed_solution_is_up_to_date(text):
    """Cell by cell; the outputs are another matter. If this fails: `make course`."""
    published = nbformat.read(text.with_suffix(".ipynb"), as_version=4)
    fresh = readable(build(text))
    assert [(c.id, c.source, c.metadata) for c in published.cells] == [
        (c.id, c.source, c.metadata) for c in fresh.cells
    ]
    assert all(cell.execution_count for cell in published.cells if cell.cell_type == "code" and cell.source)
    verify_size(published, text.stem)


@pytest.mark.parametrize("text", REAL, ids=lambda text: text.stem)
def test_a_notebook_takes_two_hours_at_most(text):
    prose = "\n".join(cell.source for cell in build(text).cells if cell.cell_type == "markdown")
    assert int(re.search(r"\| about (\d+) min", prose)[1]) <= 120
    assert "(https://colab.research.google.com/github/" in prose
    assert "![" not in prose  # a picture from elsewhere would be asked for while the notebook is read
    assert "Restart Kernel and Run All" in prose


@pytest.mark.skipif(not REAL, reason="no notebooks yet")
def test_the_committed_release_is_up_to_date(tmp_path):
    """Byte by byte, through plain nbgrader. If this fails: `make course`."""
    course = Course(tmp_path / "course")
    for text in REAL:
        (course.root / "solutions" / text.name).write_bytes(text.read_bytes())
    for text in REAL:
        course.run("nbgrader", "generate_assignment", text.stem)
        made = (course.root / "course" / f"{text.stem}.ipynb").read_bytes()
        assert made == (REPO / "course" / f"{text.stem}.ipynb").read_bytes(), text.stem
        full = build(text)
        for cell in full.cells:
            if cell.metadata.get("nbgrader", {}).get("solution"):
                assert_nothing_leaks(cell, json.loads(made))


def assert_nothing_leaks(cell, release):
    """Of a solution cell, no line between the markers may be in the released cell but the numbered steps."""
    (released,) = ["".join(one["source"]) for one in release["cells"] if one["id"] == cell.id]
    for region in re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", cell.source, flags=re.DOTALL):
        for line in region.split("\n"):
            if line.strip() and not re.match(r"\s*#( *\d+\. | {3,})", line):
                assert line not in released.split("\n"), line
    assert "SOLUTION" not in released
