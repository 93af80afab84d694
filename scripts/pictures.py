"""Draw the pictures of README and book again: the slice browser and the live demo.

usage: python scripts/pictures.py [viewer app]

They are taken in JupyterLab and in the demo by headless Chromium, and need the cohort of 1 mm.
"""

import sys
import tempfile
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(REPO), str(REPO / "tests" / "browser")]

from demo_server import demo, visit  # noqa: E402
from lab import browser, open_in_lab, run_all, server, watch, write_notebook  # noqa: E402

from brainlab.home import cohort_folder, home_folder  # noqa: E402

OUT = REPO / "docs" / "pictures"
PATIENT = "BraTS-GLI-90003-000"  # a ring with oedema, and a small lesion far from it
VIEWER = f"""from brainlab.data import find_cases
from brainlab.view import SliceViewer
case = next(c for c in find_cases({str(cohort_folder())!r}) if c.id == "{PATIENT}")
SliceViewer(case, three_views=True, modality="t1c")"""


def viewer(chromium) -> None:
    """Take the slice browser with three linked views."""
    with tempfile.TemporaryDirectory() as folder:
        write_notebook(Path(folder) / "viewer.ipynb", VIEWER)
        with server(Path(folder), BRAINLAB_HOME=str(home_folder())) as address:
            page = chromium.new_page(viewport={"width": 1000, "height": 1200}, device_scale_factor=1)
            watch(page, address)
            open_in_lab(page, address, "viewer.ipynb")
            run_all(page)
            page.locator("canvas[data-view=sagittal][data-drawn]").wait_for()
            page.locator(".bl-stage").focus()
            page.wait_for_timeout(1500)
            page.locator(".brainlab-viewer").screenshot(path=OUT / "viewer.png")


def app(chromium) -> None:
    """Take the demo with a segmented synthetic patient beside the truth."""
    with tempfile.TemporaryDirectory() as folder, demo(Path(folder)) as address:
        page, _ = visit(chromium, address)
        page.set_viewport_size({"width": 1240, "height": 780})
        page.locator("select").first.select_option(label="synthetic patient 3")
        page.get_by_role("button", name="Open").click()
        page.locator("canvas[data-drawn]").first.wait_for()
        page.get_by_role("button", name="Segment").click()
        page.get_by_text("Download the segmentation").wait_for()
        page.locator(".bl-stage").focus()
        page.keyboard.press("b")
        page.wait_for_timeout(1500)
        page.screenshot(path=OUT / "app.png")


if __name__ == "__main__":
    wanted = sys.argv[1:] or ["viewer", "app"]
    with browser() as chromium:
        for name in wanted:
            {"viewer": viewer, "app": app}[name](chromium)
