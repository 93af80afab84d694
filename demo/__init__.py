"""The live demo: look at a case, segment it and enlarge a slice in the browser. For teaching.

Start it with `python -m demo`. What is decided here is decided in plain modules; `page` puts them on
the screen, and only `__main__` knows Voila, which serves the page.
"""
