"""The slice browser in Voila, and in a classic notebook with Colab's ipywidgets and anywidget."""

import os
from pathlib import Path

import pytest
from lab import CHROMIUM, NO_CHROMIUM, REPO, browser, eventually, server, watch, write_notebook

pytest.importorskip("playwright", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=NO_CHROMIUM)

CLASSIC = Path(os.environ.get("BRAINLAB_CLASSIC", REPO / ".venv" / "classic")) / "bin" / "python"
FIRST = """from toy_head import head, AFFINE
from brainlab.view import SliceViewer
image, seg, pred = head()
v = SliceViewer(image, seg, pred, affine=AFFINE)
v"""
SECOND = """import ipywidgets
print("heard", ipywidgets.__version__[0], v.view, v.slice, v.labels)
v.view = "sagittal\""""
THIRD = 'print("now", v.view, v.slice, v.labels)'

# Voila's page without the style sheets that it loads from another machine.
QUIET = """{%- extends 'voila/templates/lab/index.html.j2' -%}
{% import "spinner.macro.html.j2" as spinner %}
{%- block notebook_css -%}
{{ resources.include_js("static/voila-style.js") }}
{{ resources.include_css("static/index.css") }}
{{ resources.include_css("static/theme-light.css") }}
{{ spinner.css() }}
{%- endblock notebook_css -%}
{%- block html_head_js_mermaidjs -%}{%- endblock html_head_js_mermaidjs -%}"""


def drive(page):
    """Drag, press keys and uncheck a label; return the stage."""
    page.locator("canvas[data-drawn]").first.wait_for(timeout=300_000)
    stage = page.locator(".bl-stage")
    first = page.locator(".bl-panel:not([hidden]) canvas").first

    def dragged():  # again, if the page has moved meanwhile
        before, box = first.evaluate("c => c.toDataURL()"), first.bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] / 2 + 50, box["y"] + box["height"] / 2, steps=3)
        page.mouse.up()
        page.wait_for_timeout(300)
        return first.evaluate("c => c.toDataURL()") != before

    assert eventually(dragged)
    before = first.evaluate("c => c.toDataURL()")
    stage.focus()
    for key in ("a", "b", "x", "c", "Home", "ArrowUp", "d", "d"):  # some are commands of the notebook too
        page.keyboard.press(key)
    page.locator("input[data-label='1']").uncheck()
    page.locator("canvas[data-drawn='coronal 1']").first.wait_for(timeout=60_000)
    assert first.evaluate("c => c.toDataURL()") != before
    stage.focus()
    page.keyboard.press("0")
    for name in ("t1n", "t1c", "t2w"):
        page.locator(f"canvas[data-modality={name}][data-drawn]").wait_for(timeout=120_000)
    return stage


def test_in_voila(tmp_path):
    pytest.importorskip("voila", reason="Voila is not installed")
    write_notebook(tmp_path / "viewer.ipynb", FIRST)
    home = tmp_path / ".jupyter-home"
    template = home / "data" / "voila" / "templates" / "quiet"
    template.mkdir(parents=True)
    (template / "conf.json").write_text('{"base_template": "lab"}')
    (template / "index.html.j2").write_text(QUIET)
    (home / "voila.json").write_text('{"VoilaConfiguration": {"template": "quiet"}}')
    with server(tmp_path, "voila") as address, browser() as chromium:
        page = chromium.new_page()
        seen = watch(page, address)
        page.goto(f"{address}/voila/render/viewer.ipynb", wait_until="domcontentloaded", timeout=300_000)
        drive(page)
        assert seen["foreign"] == []


@pytest.mark.skipif(not CLASSIC.exists(), reason="there is no classic notebook: make .venv/classic")
def test_in_a_classic_notebook_with_ipywidgets_7(tmp_path):
    write_notebook(tmp_path / "viewer.ipynb", FIRST, SECOND, THIRD)
    with server(tmp_path, "notebook", CLASSIC) as address, browser() as chromium:
        page = chromium.new_page(viewport={"width": 1000, "height": 1400})
        seen = watch(page, address)
        page.goto(f"{address}/notebooks/viewer.ipynb", wait_until="domcontentloaded", timeout=300_000)
        page.locator(".kernel_idle_icon").wait_for(state="attached", timeout=300_000)

        def shown():  # again, if the extension of the widgets was not loaded yet
            page.evaluate("Jupyter.notebook.execute_cells([0])")
            page.wait_for_timeout(5000)
            return page.locator("canvas[data-drawn]").count()

        assert eventually(shown)
        stage = drive(page)
        assert page.locator(".cell").count() == 3

        def arrived():
            page.evaluate("Jupyter.notebook.execute_cells([2])")
            page.wait_for_timeout(300)
            return page.get_by_text("now coronal 1 [2, 3]").count()

        assert eventually(arrived)
        page.evaluate("Jupyter.notebook.execute_cells([1])")
        page.get_by_text("heard 7 coronal 1 [2, 3]").wait_for(timeout=90_000)
        page.wait_for_function(
            "e => e.getAttribute('aria-valuetext').startsWith('sagittal')",
            arg=stage.element_handle(),
            timeout=60_000,
        )
        assert seen == {"foreign": [], "errors": []}
