"""Submitted cells are matched with the cells of the release, whatever is left of them."""

import pytest
from nbformat.v4 import new_code_cell

from courseware.markers import cell_id
from courseware.recognise import Known, claim, find_owners, source_of
from courseware.repair import rebuilt, restore_missing

STUB = (
    '# g99_area · about 5 min · 3 points\ndef area(width, height):\n    raise NotImplementedError("g99_area")'
)
CHECK = 'check("g99_area", area)\n### BEGIN HIDDEN TESTS\ngrade("g99_area", area)\n### END HIDDEN TESTS'
WORDS = "*g99_words · in your own words*\n\nYour answer"
KNOWN = {
    "g99_area": Known("g99_area", "code", STUB, "abc", locked=False, solution=True, points=None),
    "g99_area_check": Known("g99_area_check", "code", CHECK, "def", locked=True, solution=False, points=3),
    "g99_words": Known("g99_words", "markdown", WORDS, "ghi", locked=False, solution=True, points=2),
}  # fmt: skip


def cell(source, kind="code", **rest):
    return {"cell_type": kind, "source": source, "metadata": {}} | rest


def marked(grade_id, source="x"):
    return cell(source, metadata={"nbgrader": {"grade_id": grade_id}})


@pytest.mark.parametrize(
    ("cells", "owners"),
    [
        ([marked("g99_area"), marked("g99_area_check")], {"g99_area": 0, "g99_area_check": 1}),
        ([marked("g99_area"), marked("g99_area")], {"g99_area": 1}),
        ([cell("anything", id=cell_id("99_toy", "g99_area"))], {"g99_area": 0}),
        ([cell("anything", metadata={"id": cell_id("99_toy", "g99_area")})], {"g99_area": 0}),
        ([cell('check("g99_area", area)  \n\n')], {"g99_area_check": 0}),
        ([cell("*g99_words · in your own words*\n\nBecause.", "markdown")], {"g99_words": 0}),
        ([cell("import math\ndef helper():\n    pass\ndef area(w, h) -> float:\n    pass")], {"g99_area": 0}),
        ([cell("def area(: not even Python")], {"g99_area": 0}),
        ([cell("def area(w, h): pass"), marked("g99_area")], {"g99_area": 1}),
        ([cell('area = yours("g99_area", area)'), cell("area(1, 2)"), cell("def areas(): pass")], {}),
        ([cell("", metadata="text"), cell(None, metadata={"nbgrader": []}), {}, marked(["g99_area"])], {}),
    ],
)  # fmt: skip
def test_find_owners(cells, owners):
    assert find_owners(cells, KNOWN, "99_toy") == owners


def grade_ids(cells):
    return [claim(one) for one in cells]


def test_a_missing_check_is_inserted_directly_after_its_gap():
    cells = [rebuilt(cell("def area(w, h): return 0"), KNOWN["g99_area"]), new_code_cell("area = yours()")]
    assert restore_missing(cells, KNOWN) == ["g99_area_check", "g99_words"]
    assert grade_ids(cells) == ["g99_area", "g99_area_check", "g99_words", None]
    assert "grade(" in cells[1].source


def test_without_its_gap_a_check_is_inserted_before_the_next_graded_cell():
    cells = [new_code_cell("area = 1"), rebuilt(cell("Because", "markdown"), KNOWN["g99_words"])]
    restore_missing(cells, KNOWN)
    assert grade_ids(cells) == [None, "g99_area_check", "g99_words"]


def test_if_all_are_missing_the_graded_cells_are_appended_without_stubs():
    cells = [new_code_cell("area = 1")]
    restore_missing(cells, KNOWN)
    assert grade_ids(cells) == [None, "g99_area_check", "g99_words"]


def test_a_rebuilt_cell_has_the_students_text_and_the_gradebooks_metadata():
    handed_in = marked("g99_words", "mine")
    handed_in["metadata"] |= {"tags": ["skip-execution"], "deletable": True}
    handed_in["metadata"]["nbgrader"]["points"] = 4000
    new = rebuilt(handed_in | {"attachments": {"a.png": {}}}, KNOWN["g99_words"])
    assert (new.cell_type, new.source) == ("markdown", "mine")
    assert new.metadata == KNOWN["g99_words"].metadata
    assert new.metadata["nbgrader"]["points"] == 2
    assert new.attachments == {"a.png": {}}


@pytest.mark.parametrize(("source", "text"), [(["a\n", "b"], "a\nb"), ("a", "a"), (7, ""), ([1, "a"], "a")])
def test_source_of(source, text):
    assert source_of({"source": source}) == text


@pytest.mark.parametrize("kind", ["code", "raw", "markdown", "heading", 7, ["code"], None])
def test_any_kind_of_cell_can_be_rebuilt(kind):
    assert rebuilt(cell("x", kind), None).source == "x"
