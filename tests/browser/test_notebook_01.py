"""Notebook 01 as students use it: run in JupyterLab, with working viewers, and exported as a page."""

import json
import re
from contextlib import suppress

import pytest
from course_folder import REPO
from lab import CHROMIUM, NO_CHROMIUM, browser, eventually, open_in_lab, run_all, server, watch
from test_viewer import Driver

from courseware.build import build
from courseware.execute import readable
from courseware.stage import write

pytest.importorskip("playwright", reason="playwright is not installed")
pytest.importorskip("jupyterlab", reason="JupyterLab is not installed")
HTMLExporter = pytest.importorskip("nbconvert").HTMLExporter
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=NO_CHROMIUM)

TEXT = REPO / "solutions" / "01_data_eda.py"
VIEWERS = 2  # in the notebook


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Yield the page of notebook 01 in JupyterLab after Run All, and what `watch` collects."""
    folder = tmp_path_factory.mktemp("course")
    write(readable(build(TEXT)), folder / "01_data_eda.ipynb")
    settings = {"BRAINLAB_HOME": str(folder / "home"), "BRAINLAB_BUDGET": "quick", "BRAINLAB_DATA": ""}
    with server(folder, **settings) as address, browser() as chromium:
        page = chromium.new_page(viewport={"width": 1400, "height": 1400})
        seen = watch(page, address)
        open_in_lab(page, address, "01_data_eda.ipynb")
        run_all(page)
        page.locator(".brainlab-viewer canvas[data-drawn]").first.wait_for(state="attached", timeout=240_000)
        page.folder = folder
        yield page, seen


@pytest.fixture
def driver(course):
    driver = Driver(*course)
    driver.root.scroll_into_view_if_needed()
    return driver


def test_the_first_cell_after_setup_shows_the_viewer():
    """So that the first picture comes within half a minute; no test relies on the seconds of this machine."""
    code = re.findall(r"^# %%(?! \[markdown\])(.*?)(?=^# %%|\Z)", TEXT.read_text(), re.DOTALL | re.MULTILINE)
    assert code[0].strip() == "setup"
    assert "SliceViewer(" in code[1]


def test_keys_a_drag_and_a_label_change_the_picture(driver):
    driver.press("j")
    seen = [driver.pixels()]

    def changed():
        seen.append(driver.pixels())
        return seen[-1].shape != seen[-2].shape or (seen[-1] != seen[-2]).any()

    driver.press("ArrowUp")
    assert changed()
    driver.press("j", "f")
    assert changed()
    box = driver.root.locator("input[data-label='2']")
    box.uncheck()
    assert eventually(changed)
    box.check()
    x, y = driver.centre()
    driver.page.mouse.move(x, y)
    driver.page.mouse.down()
    driver.page.mouse.move(x + 60, y - 30, steps=4)
    driver.page.mouse.up()
    assert eventually(changed)
    driver.press("r", "c")
    assert changed()
    driver.press("1")
    t1 = driver.root.locator("canvas[data-modality=t1n][data-drawn]")
    t1.wait_for(timeout=240_000)  # the kernel answers between two cells


def test_the_whole_notebook_runs_without_an_error(driver):
    page = driver.page
    last = page.locator(".jp-CodeCell").last.locator(".jp-InputPrompt")
    assert eventually(lambda: last.text_content().strip("[]: \n").isdigit(), seconds=400)
    assert page.locator("[data-mime-type='application/vnd.jupyter.error']").count() == 0
    errors = page.locator(".brainlab-viewer").nth(1)
    errors.scroll_into_view_if_needed()
    errors.locator("canvas[data-drawn]").first.wait_for(timeout=120_000)
    assert errors.locator("button[aria-pressed=true]", has_text="errors").count() == 1


def test_no_request_left_the_machine(driver):
    assert driver.seen == {"foreign": [], "errors": []}


def test_the_exported_page_is_small_and_shows_the_pictures_offline(driver):
    page, path = driver.page, driver.page.folder / "01_data_eda.ipynb"

    def stored():
        with suppress(json.JSONDecodeError):  # half written
            outputs = [o for cell in json.loads(path.read_text())["cells"] for o in cell.get("outputs", [])]
            return sum("image/png" in o.get("data", {}) for o in outputs)

    page.locator(".jp-CodeCell").last.locator(".cm-content").click()
    page.keyboard.press("Control+s")
    assert eventually(lambda: stored() == VIEWERS)
    html, _ = HTMLExporter().from_filename(str(path))
    printed = path.with_suffix(".html")
    printed.write_text(html, encoding="utf-8")
    assert printed.stat().st_size < 3_000_000
    context = page.context.browser.new_context(offline=True)
    reader = context.new_page()
    reader.goto(printed.as_uri(), wait_until="domcontentloaded", timeout=120_000)
    pictures = reader.locator(".jp-OutputArea img")
    widths = pictures.evaluate_all("all => Promise.all(all.map(i => i.decode().then(() => i.naturalWidth)))")
    assert len(widths) >= VIEWERS + 8
    assert min(widths) > 100
    alts = pictures.evaluate_all("all => all.map(i => i.alt)")
    assert all(len(alt) > 20 for alt in alts)
    assert sum("axial slice" in alt for alt in alts) >= VIEWERS
    assert len(pictures.first.screenshot()) > 5_000  # a head is not one grey area
    context.close()
