import pytest

from brainlab import budgets


def test_nbgrader_gets_the_quick_budget(monkeypatch):
    monkeypatch.delenv("BRAINLAB_BUDGET", raising=False)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    assert budgets.current().name == "lesson"
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert budgets.current().name == "quick"
    monkeypatch.setenv("BRAINLAB_BUDGET", "full")
    assert budgets.current().name == "full"
    assert budgets.current("lesson").name == "lesson"


def test_a_budget_grows_from_quick_to_full():
    quick, lesson, full = (budgets.BUDGETS[name] for name in ("quick", "lesson", "full"))
    for field in ("patients", "width", "epochs"):
        assert getattr(quick, field) < getattr(lesson, field) < getattr(full, field), field


def test_every_training_has_numbers_for_every_budget():
    assert list(budgets.BUDGETS) == list(budgets.IMAGES) == list(budgets.SUPERRES)
    for table in (budgets.BUDGETS, budgets.STUDY):
        assert all(budget.name == name for name, budget in table.items())


def test_an_unknown_budget_is_named():
    with pytest.raises(ValueError, match=r"'fast' is unknown; expected one of quick, lesson, full"):
        budgets.current("fast")
