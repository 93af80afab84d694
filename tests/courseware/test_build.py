"""From text to notebooks: what is published, what is withheld, and that a second build changes nothing."""

import re
from pathlib import Path

import nbformat
import pytest
from course_folder import REPO

from courseware.build import build
from courseware.execute import BuildError, readable, verify_size
from courseware.markers import cell_id, without_hidden
from courseware.setup_cell import REPOSITORY, SETUP, badge
from courseware.source import SourceError, read
from courseware.stage import has_work, sources, stage, write

TOY = Path(__file__).parent / "toy"
TEXT = TOY / "solutions" / "99_toy.py"

pytestmark = pytest.mark.usefixtures("toy_gaps")


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
    assert "| about 15 min, 13 of them in the gaps. | 7 | 3 |" in head
    assert "| `g99_words` | some sentences | 5 | 2 |" in head
    assert "99_toy.ipynb" in notebook.cells[-1].source


def test_two_builds_are_identical(tmp_path):
    assert write(build(TEXT), tmp_path / "a.ipynb")
    assert not write(build(TEXT), tmp_path / "a.ipynb")
    ids = [cell.id for cell in build(TEXT).cells]
    assert len(set(ids)) == len(ids)
    assert by_grade_id(build(TEXT), "g99_double").id == cell_id("99_toy", "g99_double")


def test_the_readable_notebook_has_no_markers():
    text = nbformat.writes(readable(build(TEXT)))
    assert "BEGIN" not in text
    assert "grade(" not in text
    assert "Because lengths are not" in text


def test_an_executed_or_broken_notebook_counts_as_work(tmp_path):
    path = tmp_path / "a.ipynb"
    assert not has_work(path)
    output = nbformat.v4.new_output("stream", text="hello")
    write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1", outputs=[output])]), path)
    assert has_work(path)
    path.write_text("<<<<<<< HEAD")
    assert has_work(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('# %% check="g99_area"\n', ""), 'g99_area needs a cell gap="g99_area" and a cell check="g99_area"'),
        (('gap="g99_area"', 'gap="g99_areas"'), "gap 'g99_areas' needs grading_tests/checks/nb99/areas.py"),
        (('check="g99_area"', 'check="g99_double"'), 'check="g99_double" occurs twice'),
        (("def area(", "def aera("), "g99_area defines ['aera']; expected 'area'"),
        (("return total\n    ### END SOLUTION", "return total"), "g99_area needs its solution between"),
        (("# %% setup", "# %%"), 'expected one "# %% setup" cell'),
        (("{{badge}}", "{{bagde}}"), "{{bagde}} is unknown; expected one of {{table}}"),
    ],
)  # fmt: skip
def test_errors_in_a_text_are_reported(tmp_path, change, message):
    text = tmp_path / "99_toy.py"
    assert change[0] in TEXT.read_text()
    text.write_text(TEXT.read_text().replace(*change))
    with pytest.raises(SourceError, match=re.escape(message)):
        build(text)


def test_a_solution_at_the_top_level_is_rejected(tmp_path):
    text = tmp_path / "99_toy.py"
    flat = "### BEGIN SOLUTION\ndef area(width, height):\n    return 0\n### END SOLUTION\n"
    text.write_text(re.sub(r"def area.*?### END SOLUTION\n", flat, TEXT.read_text(), flags=re.DOTALL))
    with pytest.raises(SourceError, match="must lie inside a function or class"):
        build(text)


def test_a_notebook_without_a_list_of_gaps_is_rejected(tmp_path):
    text = tmp_path / "96_other.py"
    text.write_text("# %% setup\n")
    with pytest.raises(SourceError, match="there is no grading_tests/checks/nb96"):
        build(text)


def test_a_broken_text_stops_nbgrader_with_one_line(tmp_path):
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "99_toy.py").write_text("# %% setup\n")
    with pytest.raises(SystemExit, match=r"99_toy\.py cannot be built: SourceError: .*g99_area needs"):
        stage(tmp_path)


def test_markers_of_an_explanation_need_not_be_comments(tmp_path):
    text = tmp_path / "99_toy.py"
    plain = "### BEGIN SOLUTION\nBecause.\n### END SOLUTION"
    text.write_text(f'# %% [markdown] explain="g99_words"\n{plain}\n')
    assert read(text)[0].source == plain


def test_too_large_a_notebook_is_rejected_with_its_largest_cell():
    output = nbformat.v4.new_output("display_data", data={"image/png": "a" * 2_100_000})
    cells = [nbformat.v4.new_code_cell("small()"), nbformat.v4.new_code_cell("big()\nmore", outputs=[output])]
    with pytest.raises(BuildError, match=r"2\.1 MB; expected at most 2 MB\. .* begins with 'big\(\)'"):
        verify_size(nbformat.v4.new_notebook(cells=cells), "99_toy")


def test_setup_installs_only_where_brainlab_is_missing(monkeypatch):
    """The install lines run only on Colab, so here everything around them is replaced by fakes."""
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


REAL = sources(REPO)


@pytest.mark.parametrize("text", REAL, ids=lambda text: text.stem)
def test_the_committed_solution_is_up_to_date(text):
    """Sources and metadata, cell by cell; outputs depend on the machine. If this fails: `make course`."""
    published = nbformat.read(text.with_suffix(".ipynb"), as_version=4)
    fresh = readable(build(text))
    assert [(c.id, c.source, c.metadata) for c in published.cells] == [
        (c.id, c.source, c.metadata) for c in fresh.cells
    ]
    assert all(cell.execution_count for cell in published.cells if cell.cell_type == "code" and cell.source)
    verify_size(published, text.stem)


@pytest.mark.parametrize("text", REAL, ids=lambda text: text.stem)
def test_a_notebook_fits_into_two_sittings(text):
    """Of 100 minutes at most; a pause is announced, and each section states its minutes."""
    cells = build(text).cells
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    total, gaps = map(int, re.search(r"\| about (\d+) min, (\d+) of them in the gaps", prose).groups())
    first, section, second = map(
        int, re.search(r"Take two sittings: (\d+) min up to section (\d+), then (\d+) min", prose).groups()
    )
    assert max(first, second) <= 100
    assert abs(first + second - total) <= 5
    titles = re.findall(r"^## (\d+) · .+$", prose, flags=re.MULTILINE)
    stated = dict(re.findall(r"^\| (\d+) · [^|]+ \| (\d+) \|$", prose, flags=re.MULTILINE))
    assert list(stated) == titles
    assert gaps < total
    assert sum(map(int, stated.values())) == pytest.approx(total, abs=8)
    assert sum(int(stated[title]) for title in titles[:section]) == pytest.approx(first, abs=8)
    assert "(https://colab.research.google.com/github/" in prose
    assert "![" not in prose  # a picture from elsewhere would be asked for while the notebook is read
    assert "Restart Kernel and Run All" in prose
