"""The written answer at the end of the notebook, graded by hand."""

from grading_tests.gap import Gap

GAP = Gap("g03_explain", "your answer", minutes=8, points=6)
