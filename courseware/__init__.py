"""For instructors: build notebooks from text, and let plain nbgrader grade whatever is handed in."""
