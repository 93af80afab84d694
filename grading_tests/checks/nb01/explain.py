"""The written answer at the end of the notebook, graded by hand."""

from grading_tests.gap import Gap

GAP = Gap("g01_explain", "", minutes=8, points=4)
