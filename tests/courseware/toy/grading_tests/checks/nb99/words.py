"""An answer in words, graded by hand."""

from grading_tests.gap import Gap

GAP = Gap("g99_words", "", minutes=5, points=2)
