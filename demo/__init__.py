"""The live demo: view a case, segment it and super-resolve a slice in the browser. For teaching only.

Start it with `python -m demo`. The logic is in plain modules that are tested without a browser; `page` and
`controls` show it, and only `__main__` depends on Voila, which serves the page.
"""
