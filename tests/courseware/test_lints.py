"""Rules for every notebook, gap and check, tested on their sources and on the wheel that is installed.

Other rules are tested elsewhere: a notebook fits into two sittings (test_build); the release is up to date
and holds no line of a solution, the solution gets all points, the untouched release none, no cell exceeds the
time limit of nbgrader (test_whole_way); checks are quick, silent and print at most four lines (test_banks).
"""

import ast
import json
import re
import shutil
import zipfile

import nbformat
import pytest
from course_folder import REPO

from brainlab.guesses import number_in, options_in
from courseware.build import build
from courseware.markers import BEGIN, BEGIN_HIDDEN, END
from courseware.source import gaps_of
from courseware.stage import sources
from grading_tests.naming import FOLDER

TEXTS = sources(REPO)
CHECKS = sorted([*REPO.glob("grading_tests/*.py"), *REPO.glob("grading_tests/checks/nb*/*.py")])
BANKS = sorted(REPO.glob("grading_tests/bank/nb[0-9][0-9]/*.py"))
names = [text.stem for text in TEXTS]


def graded(notebook, key):
    """Return the cells of a notebook with this nbgrader flag, by grade_id."""
    marks = [(cell.metadata.get("nbgrader", {}), cell) for cell in notebook.cells]
    return {mark["grade_id"]: cell for mark, cell in marks if mark.get(key)}


def released(text):
    """Return the notebook that students get."""
    path = REPO / "course" / f"{text.stem}.ipynb"
    if not path.exists():
        pytest.skip(f"{text.stem} is not released yet: make course")
    return nbformat.read(path, as_version=4)


# --- stated minutes and points


@pytest.mark.parametrize("text", TEXTS, ids=names)
def test_stated_minutes_and_points_are_those_of_the_gradebook(text):
    """In the released notebook: the heading of each gap, the table at the top, and the metadata."""
    release = released(text)
    answers, marked = graded(release, "solution"), graded(release, "grade")
    top = "\n".join(cell.source for cell in release.cells[:2])
    for gap in gaps_of(text):
        recorded = marked[gap.id if gap.id in marked else f"{gap.id}_check"].metadata.nbgrader.points
        stated = re.search(r"· about (\d+) min · (\d+) points?\b", answers[gap.id].source.split("\n")[0])
        assert (int(stated[1]), int(stated[2])) == (gap.minutes, gap.points) == (gap.minutes, recorded)
        assert re.search(rf"\| `{gap.id}` \|.*\| {gap.minutes} \| {gap.points} \|", top)
    total = sum(cell.metadata.nbgrader.points for cell in marked.values())
    assert f"| {total} | {len(gaps_of(text))} |" in top


def test_grade_ids_are_unique_readable_and_of_their_notebook():
    seen = set()
    for text in TEXTS:
        notebook = build(text)
        for grade_id in {**graded(notebook, "grade"), **graded(notebook, "solution")}:
            assert re.fullmatch(rf"g{text.stem[:2]}(_[a-z0-9]+)+", grade_id)
            assert grade_id not in seen
            seen.add(grade_id)


# --- cells


@pytest.mark.parametrize("text", TEXTS, ids=names)
def test_test_cells_end_in_a_check(text):
    for grade_id, cell in graded(build(text), "grade").items():
        if cell.cell_type != "code":
            continue
        shown, hidden = cell.source.split(BEGIN_HIDDEN)
        ends = [ast.parse(part).body[-1].value for part in (shown, hidden)]
        assert [end.func.id for end in ends] == ["check", "grade"], grade_id
        assert [end.args[0].value + "_check" for end in ends] == [grade_id] * 2
        assert cell.metadata.nbgrader.locked


@pytest.mark.parametrize("text", TEXTS, ids=names)
def test_a_gap_is_the_solution_without_its_region(text):
    release = released(text)
    solutions = graded(build(text), "solution")
    for grade_id, cell in graded(release, "solution").items():
        if cell.cell_type == "code":
            rest = re.sub(rf"[ ]*{BEGIN}.*?{END}", "", solutions[grade_id].source, flags=re.DOTALL)
            kept = [line for line in cell.source.split("\n") if not re.match(r"\s*(#|raise NotImpl)", line)]
            wanted = [line for line in rest.split("\n") if not re.match(r"\s*#", line)]
            assert [line for line in kept if line.strip()] == [line for line in wanted if line.strip()], (
                grade_id
            )


def calls(tree, name):
    """Return the calls of a function or method of this name."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [node for node in found if getattr(node.func, "attr", getattr(node.func, "id", "")) == name]


@pytest.mark.parametrize("text", TEXTS, ids=names)
def test_every_figure_is_shown_with_alt_text(text):
    shown = []
    for cell in build(text).cells:
        if cell.cell_type != "code":
            assert not re.search(r"!\[\s*\]", cell.source), cell.source  # no alt text
            continue
        tree = ast.parse(cell.source)
        for call in [node for node in calls(tree, "show") if node.args]:  # a widget's own show() takes none
            shown.append(call)
            alt = next((word.value for word in call.keywords if word.arg == "alt"), None)
            assert alt is not None, ast.unparse(call)
            assert not isinstance(alt, ast.Constant) or len(alt.value.split()) >= 4, alt.value
        # Any other way to draw leaves a picture without alt text.
        assert not [node for node in calls(tree, "show") if ast.unparse(node.func) == "plt.show"], cell.source
        if [node for node in calls(tree, "subplots") if ast.unparse(node.func) == "plt.subplots"]:
            assert calls(tree, "close"), f"figure not closed, so that it is drawn twice: {cell.source}"
    assert shown, "no figure found: are they shown by another function than view.show?"


def names_in(node, context):
    """Return the names that are read (`ast.Load`) or written (`ast.Store`) in a tree."""
    found = [one for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, context)]
    return {one.id for one in found}


def code_of(text):
    """Return the syntax tree of each code cell of a notebook, and the markdown since the one before it."""
    pairs, prose = [], ""
    for cell in build(text).cells:
        if cell.cell_type == "code":
            pairs.append((ast.parse(cell.source), prose))
        prose = "" if cell.cell_type == "code" else f"{prose}\n{cell.source}"
    return pairs


def guessed(tree):
    return {name for name in names_in(tree, ast.Store) if name.startswith("my_")}


@pytest.mark.parametrize("text", TEXTS, ids=names)
def test_every_guess_has_a_cell_of_its_own_and_is_compared_later(text):
    """After "*Predict:*" comes a cell that holds only `my_... = "?"`: no answer stands beside the guess."""
    open_guesses, seen = set(), set()
    for tree, prose in code_of(text):
        assert ("*Predict:*" in prose) <= bool(guessed(tree)), f"no cell for a guess after {prose[-300:]}"
        if guessed(tree):
            assert guessed(tree) == names_in(tree, ast.Store), ast.unparse(tree)
            assert all(isinstance(line, ast.Assign) for line in tree.body), ast.unparse(tree)
            values = {one.value for one in ast.walk(tree) if isinstance(one, ast.Constant)}
            assert values == {"?"}, ast.unparse(tree)
            open_guesses |= guessed(tree)
            continue
        for call in calls(tree, "predicted"):
            what = ast.unparse(call.args[0])
            assert what not in seen, f"{what} occurs twice: its answers could not be told apart"
            assert ": " not in what
            assert not re.search(r"[=*^×]|\d *[-+/]|\b(log|exp)\b", what), f"{what} gives the formula away"
            seen.add(what)
        open_guesses -= names_in(tree, ast.Load)
    assert not open_guesses, f"asked for and never compared: {open_guesses}"


@pytest.mark.parametrize("text", TEXTS, ids=names)
def test_what_was_to_be_predicted_is_computed(text):
    """The third argument of `predicted` rests on a result of the run: no literal, no formula of literals."""
    trees = [tree for tree, _ in code_of(text)]
    results = set()
    for node in [node for tree in trees for node in ast.walk(tree)]:
        if isinstance(
            node, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.For | ast.With | ast.comprehension
        ):
            source = getattr(node, "value", None) or getattr(node, "iter", None)
            filled_later = source and re.search(r"\{\}|\[\]", ast.unparse(source))
            if source is None or filled_later or names_in(source, ast.Load):  # `x = 0.5` is no result
                results |= names_in(node, ast.Store)
    for tree in trees:
        for call in calls(tree, "predicted"):
            assert names_in(call.args[2], ast.Load) & results, f"stands in the cell: {ast.unparse(call)}"


@pytest.mark.parametrize("text", TEXTS, ids=names)
def test_a_choice_of_words_is_asked_with_its_options(text):
    """Where a result is words, `predicted` knows the options, and the question names all of them."""
    results = dict(re.findall(r"▸ (.+): it was (.+) \(no prediction\)", "\n".join(printed_in(text))))
    prose = "\n".join(prose for _, prose in code_of(text))
    for tree, _ in code_of(text):
        for call in calls(tree, "predicted"):
            options = next((word.value for word in call.keywords if word.arg == "options"), None)
            what = call.args[0].value if isinstance(call.args[0], ast.Constant) else None
            if options is None:
                assert number_in(results.get(what, "0")) is not None, f"{what} needs options=..."
            elif isinstance(options, ast.Tuple):
                for option in options.elts:
                    assert option.value == "none" or options_in(prose, [option.value]), (
                        f"{what}: the question does not name {option.value!r}"
                    )


def printed_in(text):
    """Return what the cells of the executed solution printed."""
    cells = nbformat.read(text.with_suffix(".ipynb"), as_version=4).cells
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    return [output.text for output in outputs if output.get("name") == "stdout"]


@pytest.mark.parametrize("text", TEXTS, ids=names)
def test_written_answers_have_a_rubric_with_two_answers_for_each_point(text):
    for gap in gaps_of(text):
        if not gap.properties:
            rubric = graded(build(text), "solution")[gap.id].source.split("*Rubric")[1]
            rows = re.findall(r"^\| (\d): [^|]+ \| ([^|]+) \| ([^|]+) \|$", rubric, flags=re.MULTILINE)
            told = sum(int(points) for points, _, _ in rows)
            assert told == gap.points, (
                f"{gap.id}: table rows for {told} of {gap.points} points: point | for example | or"
            )
            assert all(first.startswith(("“", '"')) and second != first for _, first, second in rows)


# --- checks


def floats(node):
    """Return whether an expression looks like a float."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, float)
    if isinstance(node, ast.Call):
        return getattr(node.func, "attr", getattr(node.func, "id", "")) in (
            "float",
            "item",
            "mean",
            "norm",
            "std",
        )
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)


@pytest.mark.parametrize("path", CHECKS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_checks_compare_no_floats_for_equality(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Compare) and any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
            assert not any(map(floats, [node.left, *node.comparators])), (
                f"line {node.lineno}: {ast.unparse(node)}"
            )


# --- what is shipped


def shipped_messages():
    return [
        (gap_id, mistake["name"], mistake["message"])
        for path in sorted(FOLDER.glob("*.json"))
        for gap_id, mistakes in json.loads(path.read_text()).items()
        for mistake in mistakes
    ]


def expressions_of(cell):
    """Return the expressions of a solution that are more than a name or a number, without blanks."""
    inside, found = False, set()
    tree = ast.parse(cell.source)
    numbers = set()
    for number, line in enumerate(cell.source.split("\n"), start=1):
        inside = (inside or line.strip() == BEGIN) and line.strip() != END
        if inside:
            numbers.add(number)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call | ast.BinOp | ast.Compare | ast.Subscript) and node.lineno in numbers:
            found.add(ast.unparse(node).replace(" ", ""))
    return {text for text in found if len(text) >= 12}


@pytest.mark.parametrize("text", TEXTS, ids=names)
def test_no_message_contains_the_solution(text):
    """Not as code; what the exercise itself states, such as a formula in its docstring, may be repeated."""
    solutions = graded(build(text), "solution")
    for gap_id, name, message in shipped_messages():
        if gap_id in solutions:
            stated = re.sub(rf"{BEGIN}.*?{END}", "", solutions[gap_id].source, flags=re.DOTALL).replace(
                " ", ""
            )
            told = message.replace(" ", "").replace("`", "")
            leaked = [
                each for each in expressions_of(solutions[gap_id]) if each in told and each not in stated
            ]
            assert not leaked, f"{gap_id}, {name}: {message}"


def test_messages_are_short_and_plain():
    for gap_id, name, message in shipped_messages():
        where = f"{gap_id}, {name}: {message}"
        assert len(message) <= 260, where
        assert "  " not in message, where
        assert not re.search(r"\b(simply|obviously|just|stupid|wrong answer)\b", message), where
        assert message.rstrip().endswith((".", "?", "!")), where


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Return the files of the wheel that students install, built from a copy of the repository."""
    build_meta = pytest.importorskip("setuptools.build_meta")
    folder = tmp_path_factory.mktemp("wheel")
    ignore = shutil.ignore_patterns("__pycache__", "*.ipynb_checkpoints")
    for name in ("brainlab", "courseware", "grading_tests", "solutions"):
        shutil.copytree(REPO / name, folder / name, ignore=ignore)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(REPO / name, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        made = build_meta.build_wheel(str(folder))
    with zipfile.ZipFile(folder / made) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_wheel_holds_the_fingerprints_and_no_bank(wheel):
    assert {f"grading_tests/fingerprints/{path.name}" for path in FOLDER.glob("*.json")} <= set(wheel)
    assert "grading_tests/naming.py" in wheel
    assert not [name for name in wheel if "bank" in name or "solutions" in name or name.endswith(".pkl")]


def test_no_line_of_the_banks_and_of_the_solutions_is_shipped(wheel):
    """No answer of a bank; of the solutions no line, except in the library itself."""
    shipped = {name: data.decode() for name, data in wheel.items() if name.endswith((".py", ".json", ".txt"))}
    answers = {}
    for path in BANKS:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Lambda):
                answers[ast.unparse(node.body)] = path.name
    for name, content in shipped.items():
        if name.startswith(("grading_tests", "courseware")):
            for line, origin in answers.items():
                assert len(line) < 40 or line not in content, f"{name} holds {line!r} of {origin}"
    for text in TEXTS:
        for grade_id, cell in graded(build(text), "solution").items():
            for region in re.findall(rf"{BEGIN}\n(.*?){END}", cell.source, flags=re.DOTALL):
                lines = [line.strip() for line in region.split("\n")]
                lines = [line for line in lines if len(line) >= 30 and not line.startswith("#")]
                for name, content in shipped.items():
                    if name.startswith("courseware") or name.endswith(".json"):
                        assert not [line for line in lines if line in content], f"{name} holds {grade_id}"
