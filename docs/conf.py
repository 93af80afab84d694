"""The book: `make book`. It is built offline, and its pages ask no other machine for anything."""

import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]  # mathml.py, and brainlab where it is not installed

import brainlab  # noqa: E402
from brainlab import view  # noqa: E402

# The built notebooks lie in solutions/; Sphinx reads only what lies here, so the book has its own copies.
NOTEBOOKS = HERE / "notebooks"
shutil.rmtree(NOTEBOOKS, ignore_errors=True)
NOTEBOOKS.mkdir()
for path in sorted(HERE.parent.glob("solutions/[0-9][0-9]_*.ipynb")):
    shutil.copy2(path, NOTEBOOKS)  # with its time, by which Sphinx sees what has changed

project, release, language = "brainlab", brainlab.__version__, "en_GB"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "mathml"]
myst_enable_extensions = ["dollarmath", "substitution"]
myst_heading_anchors = 2
# The table of widgets in see.md: each with the first line of its docstring and the notebooks that use it.
solutions = {path.name[:2]: path.read_text() for path in sorted(HERE.parent.glob("solutions/*.py"))}
rows = [
    f"| `{name}` | {getattr(view, name).__doc__.splitlines()[0]} | "
    f"{', '.join(number for number, text in solutions.items() if f'{name}(' in text)} |"
    for name in view.WIDGETS
]
myst_substitutions = {"widgets": "\n".join(["| `brainlab.view` | | notebook |", "|---|---|---|", *rows])}
nb_execution_mode = "off"
autodoc_typehints = "none"  # the docstrings say the types, with shapes
napoleon_use_ivar = True  # attributes as a list
toc_object_entries = False
default_role = "code"  # `single backticks` in docstrings

html_math_renderer = "mathml"
html_theme = "sphinx_book_theme"
html_title = "brainlab"
html_static_path, html_css_files = ["_static"], ["book.css"]
html_theme_options = {
    "home_page_in_toc": True,
    "show_toc_level": 2,
    "navbar_persistent": [],  # the search is in the sidebar already
    "footer_content_items": ["extra-footer"],
    "extra_footer": "For teaching. Not a medical device.",
}
