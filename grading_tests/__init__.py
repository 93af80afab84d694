"""Checks of the gaps: `check` for students, `grade` for nbgrader, `yours` to continue a notebook."""

from grading_tests.core import check, grade, yours

__all__ = ["check", "grade", "yours"]
