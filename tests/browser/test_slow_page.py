"""A page that takes longer than anywidget's limit of 2 s to load the viewer stays connected to the kernel."""

import pytest
from lab import (
    CHROMIUM,
    NO_CHROMIUM,
    TOO_SLOW,
    browser,
    open_in_lab,
    run_all,
    run_cell,
    server,
    watch,
    write_notebook,
)

pytest.importorskip("playwright", reason="playwright is not installed")
pytest.importorskip("jupyterlab", reason="JupyterLab is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=NO_CHROMIUM)

FIRST = """from toy_head import head, AFFINE
from brainlab.view import SliceViewer
v = SliceViewer(head()[0], affine=AFFINE)
display(v)
v.slice = 5"""
SECOND = "v.view, v.slice = 'sagittal', 20"
# Let the 2 s be over before anything is loaded.
HURRY = """const wait = AbortSignal.timeout.bind(AbortSignal);
AbortSignal.timeout = (ms) => wait(ms === 2000 ? 0 : ms);"""


def test_a_viewer_that_anywidget_gave_up_follows_the_kernel(tmp_path):
    write_notebook(tmp_path / "viewer.ipynb", FIRST, SECOND)
    with server(tmp_path) as address, browser() as chromium:
        page = chromium.new_page(viewport={"width": 1200, "height": 1200})
        seen, gave_up = watch(page, address), []
        page.on("pageerror", lambda error: gave_up.append(str(error)))
        page.add_init_script(HURRY)
        open_in_lab(page, address, "viewer.ipynb")
        run_all(page)
        page.locator("canvas[data-drawn='sagittal 20']").wait_for(timeout=120_000)  # set meanwhile
        page.locator(".bl-stage").focus()
        page.keyboard.press("1")
        page.locator("canvas[data-modality=t1n][data-drawn]").wait_for(timeout=120_000)
        page.keyboard.press("a")
        page.keyboard.press("Home")
        page.locator("canvas[data-modality=t1n][data-drawn='axial 0']").wait_for(timeout=120_000)
        run_cell(page, 1)
        page.locator("canvas[data-modality=t1n][data-drawn='sagittal 20']").wait_for(timeout=120_000)
        assert any(TOO_SLOW in error for error in gave_up), "anywidget did not give up: nothing was tested"
        assert seen == {"foreign": [], "errors": []}
