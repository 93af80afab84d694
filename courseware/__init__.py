"""The machinery for instructors: text to notebooks, and what plain nbgrader needs to grade them safely."""
