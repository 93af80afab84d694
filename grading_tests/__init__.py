"""The examiner: `check` for students, `grade` for nbgrader, `yours` to go on with a notebook."""

from grading_tests.core import check, grade, yours

__all__ = ["check", "grade", "yours"]
