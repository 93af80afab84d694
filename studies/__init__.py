"""The experiment table: 22 settings of a reference study, run again on the course's own data.

`study` is the frozen list with the published numbers, `parts` builds what a run needs, `run` does one,
`table` reads the results; `python -m studies` is the command.
"""
