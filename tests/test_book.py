"""The book without Sphinx: every page is listed, and every included part and picture exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
TOCTREE = re.compile(r"```\{toctree\}\n(?::[^\n]*\n)*(.*?)```", re.DOTALL)
INCLUDE = re.compile(r"```\{include\} (\S+)\n(.*?)```", re.DOTALL)
PICTURE = re.compile(r"!\[(.*?)\]\((.*?)\)", re.DOTALL)


def test_the_toctree_lists_every_page_and_the_notebooks():
    listed = [line for lines in TOCTREE.findall((DOCS / "index.md").read_text()) for line in lines.split()]
    assert sorted(listed) == sorted([page.stem for page in PAGES if page.stem != "index"] + ["notebooks/*"])
    assert list(ROOT.glob("solutions/[0-9][0-9]_*.ipynb")), "docs/conf.py copies these"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_included_parts_exist(page):
    for name, options in INCLUDE.findall(page.read_text()):
        text = (page.parent / name).read_text()
        for marker in re.findall(r':start-after: "(.*)"', options):
            assert text.count(marker) == 1, f"{page.name} includes {name} from {marker!r} on: was it renamed?"
            text = text.partition(marker)[2]
        for marker in re.findall(r':end-before: "(.*)"', options):
            assert marker in text, f"{page.name} includes {name} up to {marker!r}, which is not there"


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda page: page.stem)
def test_every_picture_exists_and_has_alt_text(page):
    for alt, path in PICTURE.findall(page.read_text()):
        assert (page.parent / path).is_file(), f"{page.name} shows {path}, which does not exist"
        assert len(alt.split()) > 3, f"{page.name}: {path} needs alt text of more than three words"


def test_the_page_of_the_slice_browser_lists_its_keys():
    source = (ROOT / "brainlab/view/viewer/js/input.js").read_text().partition("return keys")[0]
    keys = set(re.findall(r'[ {]"?([^"\s])"?: ', source)) - {"="}  # = is + without Shift
    listed = re.findall(r"^\| (.*?) \|", (DOCS / "see.md").read_text().replace("\\", ""), re.MULTILINE)
    assert len(keys) > 15
    assert keys <= {word for cell in listed for word in re.split(r",? ", cell)} | {","}
