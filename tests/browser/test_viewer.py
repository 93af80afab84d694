"""The slice browser in JupyterLab and a real Chromium: keys, drags and checkboxes change the picture."""

import base64
import json
import time
from contextlib import suppress

import numpy as np
import pytest
from lab import (
    CHROMIUM,
    NO_CHROMIUM,
    browser,
    eventually,
    open_in_lab,
    run_all,
    run_cell,
    server,
    watch,
    write_notebook,
)
from toy_head import AFFINE, SHAPE, head

from brainlab.view import SliceViewer

pytest.importorskip("playwright", reason="playwright is not installed")
pytest.importorskip("jupyterlab", reason="JupyterLab is not installed")
HTMLExporter = pytest.importorskip("nbconvert").HTMLExporter
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=NO_CHROMIUM)

FIRST = """from toy_head import head, AFFINE
from brainlab.view import SliceViewer
image, seg, pred = head()
v = SliceViewer(image, seg, pred, affine=AFFINE)
v"""
SECOND = """w = SliceViewer(image[0], after=image[3], affine=AFFINE)
w"""
THIRD = """print("heard", v.view, v.slice, v.labels, round(v.window, 2))
v.view, v.slice = "sagittal", 20"""
# Keeps the kernel busy until there is a file "go"; in Run All there is one.
FOURTH = """import os, time
while not os.path.exists("go"):
    time.sleep(0.1)"""
FIFTH = "v.fps = 5\nv"
SIXTH = 'print("now", v.view, v.slice, v.labels)'
PIXELS = """c => {
  const { data, width, height } = c.getContext("2d").getImageData(0, 0, c.width, c.height);
  let text = "";
  for (let i = 0; i < data.length; i += 4) text += String.fromCharCode(data[i], data[i + 1], data[i + 2]);
  return [height, width, btoa(text)];
}"""
TWO_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def drawn_on(canvas):
    """Return the pixels of a canvas, RGB (rows, columns, 3)."""
    height, width, text = canvas.evaluate(PIXELS)
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width, 3).astype(int)


class Driver:
    """A page with three viewers, of which the first is used, by keyboard and mouse."""

    def __init__(self, page, seen):
        self.page, self.seen = page, seen
        self.root = page.locator(".brainlab-viewer").first
        self.stage = self.root.locator(".bl-stage")

    def press(self, *keys):
        self.stage.focus()
        for key in keys:
            self.page.keyboard.press(key)
        self.page.evaluate(TWO_FRAMES)

    def ready(self):
        """Restore the initial state."""
        boxes = self.root.locator("input[type=checkbox]")
        for k in range(boxes.count()):
            boxes.nth(k).check()
        if self.button("contour").get_attribute("aria-pressed") == "true":
            self.press("f")
        self.press("a", "4", "t", "r", "j")

    def button(self, text):
        return self.root.locator("button", has_text=text).first

    def canvas(self, modality="t2f"):
        return self.root.locator(f"canvas[data-modality={modality}]")

    def pixels(self, modality="t2f"):
        return drawn_on(self.canvas(modality))

    @property
    def slice(self):
        return int(self.stage.get_attribute("aria-valuenow"))

    def centre(self):
        box = self.canvas().bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.fixture(scope="module")
def lab_page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    write_notebook(folder / "viewer.ipynb", FIRST, SECOND, THIRD, FOURTH, FIFTH, SIXTH)
    (folder / "go").touch()
    with server(folder) as address, browser() as chromium:
        page = chromium.new_page(viewport={"width": 1400, "height": 2000})
        seen = watch(page, address)
        open_in_lab(page, address, "viewer.ipynb")
        run_all(page)
        page.get_by_text("heard axial").wait_for(timeout=300_000)
        page.locator(".brainlab-viewer").nth(2).locator("canvas[data-drawn]").wait_for(timeout=120_000)
        page.folder = folder
        yield page, seen


@pytest.fixture
def driver(lab_page):
    driver = Driver(*lab_page)
    driver.ready()
    return driver


@pytest.fixture(scope="module")
def twin():
    """Return the same viewer in this process: what it paints is what the browser should draw."""
    image, seg, pred = head()
    return SliceViewer(image, seg, pred, affine=AFFINE)


@pytest.mark.parametrize("view", ["axial", "coronal", "sagittal"])
def test_every_overlay_is_drawn_as_python_paints_it(driver, twin, view):
    twin.view = view
    twin.jump()
    driver.press(view[0], "j")
    assert driver.slice == twin.slice
    overlays = ("none", "truth", "prediction", "both", "errors")
    for contour in (False, True):
        for overlay in overlays if view == "axial" else ("truth", "errors"):
            twin.overlay, twin.contour = overlay, contour
            driver.press(overlay[0])
            worst = np.abs(driver.pixels() - 255 * twin.pictures()["FLAIR"]).max()
            assert worst < 3, (overlay, contour, worst)
        driver.press("f")


def test_keys_move_through_the_slices_and_leave_the_notebook_alone(driver):
    cells = driver.page.locator(".jp-Cell").count()
    before, picture = driver.slice, driver.pixels()
    driver.press("ArrowUp")
    assert driver.slice == before + 1
    assert (driver.pixels() != picture).any()
    driver.press("ArrowLeft")
    assert driver.slice == before
    np.testing.assert_array_equal(driver.pixels(), picture)
    for key, expected in (("Home", 0), ("PageUp", 10), ("End", SHAPE[2] - 1), ("PageDown", SHAPE[2] - 11)):
        driver.press(key)
        assert driver.slice == expected, key
    # Each of these would do something to the cell: above, below, cut, to Markdown, to code.
    driver.press("a", "b", "x", "m", "y", "x", "d", "d")
    assert driver.page.locator(".jp-Cell").count() == cells


def test_the_slider_is_usable_by_keyboard(driver):
    slider = driver.root.locator("input[aria-label=slice]")
    driver.press("Home")
    slider.focus()
    for _ in range(3):
        driver.page.keyboard.press("ArrowRight")
    driver.page.evaluate(TWO_FRAMES)
    assert driver.slice == 3
    assert slider.get_attribute("aria-valuetext").startswith("axial slice 3 of 0 to 31")


def test_a_drag_changes_window_and_level_and_r_brings_them_back(driver):
    picture = driver.pixels()
    x, y = driver.centre()
    mouse = driver.page.mouse
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + 80, y - 40, steps=4)
    mouse.up()
    driver.page.evaluate(TWO_FRAMES)
    dragged = driver.pixels()
    assert (dragged != picture).mean() > 0.2
    driver.press("r")
    np.testing.assert_array_equal(driver.pixels(), picture)


def test_contrast_and_brightness_keys_do_what_python_does(driver, twin):
    driver.press("[", "[", "{", "{", "{")
    twin.view, twin.overlay, twin.contour, twin.side_by_side = "axial", "truth", False, False
    twin.slice = driver.slice
    twin.window, twin.level = 1.2, 0.65
    assert np.abs(driver.pixels() - 255 * twin.pictures()["FLAIR"]).max() < 3
    twin.window, twin.level = 1.0, 0.5


def test_the_wheel_moves_through_the_slices(driver):
    before = driver.slice
    driver.page.mouse.move(*driver.centre())
    driver.page.mouse.wheel(0, -100)
    assert eventually(lambda: driver.slice == before + 2)


def test_a_finger_moves_through_the_slices(driver):
    before = driver.slice
    x, y = driver.centre()
    screen = driver.page.context.new_cdp_session(driver.page)
    for kind, up in (("touchStart", 0), ("touchMove", 30), ("touchMove", 60), ("touchEnd", None)):
        points = [] if up is None else [{"x": x, "y": y - up}]
        screen.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    assert eventually(lambda: before + 8 <= driver.slice <= before + 10)


def test_an_unchecked_label_disappears(driver, twin):
    picture = driver.pixels()
    seg = twin.frame.plane(head()[1], "axial", driver.slice)
    driver.root.locator("input[data-label='2']").uncheck()
    driver.page.evaluate(TWO_FRAMES)
    changed = (driver.pixels() != picture).any(-1)
    assert changed[seg == 2].mean() > 0.95
    assert not changed[seg != 2].any()


@pytest.mark.parametrize(("across", "side"), [(30, "left"), (16, "right")])
def test_a_click_sets_the_crosshair_and_the_readout(driver, twin, across, side):
    """Position in signed RAS+ mm; the side from the middle of the head, as x <= 0 in the whole volume."""
    image, seg, _ = head()
    voxel = (across, 22, driver.slice)
    row, column = twin.frame.pixel("axial", voxel)
    box = driver.canvas().bounding_box()
    driver.page.mouse.click(
        box["x"] + (column + 0.5) * box["width"] / SHAPE[0], box["y"] + (row + 0.5) * box["height"] / SHAPE[1]
    )
    readout = driver.root.locator(".bl-readout")
    exact = f"FLAIR {image[3][voxel]:.0f} "
    readout.filter(has_text=exact).wait_for(timeout=60_000)  # without the sign of a rounded value
    text = readout.inner_text().replace("\u2212", "-")
    x, y, z = (AFFINE @ [*voxel, 1])[:3]
    assert f"{side} · x {x:.1f} y {y:.1f} z {z:.1f} mm (RAS+)" in " ".join(text.split())
    assert f"truth: {twin.about['labels'][seg[voxel]]['name']}" in text


def test_proportions_and_marks_are_true(driver):
    for view, marks, pixel in (("axial", "RLAP", 1), ("coronal", "RLSI", 1.5), ("sagittal", "APSI", 1.5)):
        driver.press(view[0])
        box = driver.canvas().bounding_box()
        width, height = (int(driver.canvas().get_attribute(name)) for name in ("width", "height"))
        assert (box["height"] / height) / (box["width"] / width) == pytest.approx(pixel, rel=0.02)
        shown = driver.root.locator(".bl-panel:not([hidden]) .bl-mark").all_inner_texts()
        assert "".join(shown) == marks


def test_all_modalities_side_by_side_are_linked(driver, twin):
    driver.press("n", "0")
    for name in ("t1n", "t1c", "t2w"):
        driver.root.locator(f"canvas[data-modality={name}][data-drawn]").wait_for(timeout=120_000)
    driver.press("ArrowUp")
    twin.view, twin.overlay, twin.side_by_side = "axial", "none", True
    twin.slice = driver.slice
    for name, expected in zip(("t1n", "t1c", "t2w", "t2f"), twin.pictures().values(), strict=True):
        assert np.abs(driver.pixels(name) - 255 * expected).max() < 3, name
    twin.side_by_side = False


def test_three_views_are_linked_by_the_crosshair(driver, twin):
    driver.press("t", "v")
    canvases = {
        view: driver.root.locator(f"canvas[data-view={view}]") for view in ("axial", "coronal", "sagittal")
    }
    coronal = canvases["coronal"].bounding_box()
    row, column = twin.frame.pixel("coronal", (30, 0, 12))
    driver.page.mouse.click(
        coronal["x"] + (column + 0.5) * coronal["width"] / SHAPE[0],
        coronal["y"] + (row + 0.5) * coronal["height"] / SHAPE[2],
    )
    driver.page.evaluate(TWO_FRAMES)
    assert driver.stage.get_attribute("aria-valuetext").startswith("coronal slice")  # where the click was
    twin.view, twin.overlay, twin.contour, twin.side_by_side, twin.three_views = (
        "coronal", "truth", False, False, True,
    )  # fmt: skip
    twin.voxel = [30, driver.slice, 12]
    for canvas, expected in zip(canvases.values(), twin.pictures().values(), strict=True):
        assert np.abs(drawn_on(canvas) - 255 * expected).max() < 3
    twin.three_views = False
    driver.press("v")


def test_it_plays_and_stops(driver):
    before = driver.slice
    driver.press(" ")
    assert eventually(lambda: driver.slice != before)
    driver.press(" ")
    stopped = driver.slice
    driver.page.wait_for_timeout(300)
    assert driver.slice == stopped


def test_two_displays_of_one_viewer_play_no_faster(driver):
    started = time.monotonic()
    driver.press("Home", " ")  # 5 slices a second, as the last cell says
    assert eventually(lambda: driver.slice >= 8)
    driver.press(" ")
    assert driver.slice <= 5 * (time.monotonic() - started) + 1
    last = driver.page.locator(".brainlab-viewer").nth(2).locator(".bl-stage")
    assert eventually(lambda: int(last.get_attribute("aria-valuenow")) == driver.slice)


def test_focus_is_visible_and_the_state_is_announced(driver):
    driver.stage.focus()
    style = driver.stage.evaluate("e => getComputedStyle(e).outlineStyle + getComputedStyle(e).outlineWidth")
    assert style == "solid3px"
    told = driver.stage.get_attribute("aria-valuetext")
    assert "axial slice" in told
    assert "oedema" in told
    assert "cm³ in total" in told
    driver.page.keyboard.press("Escape")
    assert not driver.stage.evaluate("e => e === document.activeElement")


def test_the_wipe_is_dragged(driver):
    """In the second viewer, which compares two images."""
    root = driver.page.locator(".brainlab-viewer").nth(1)
    root.locator("canvas[data-drawn]").wait_for(timeout=120_000)
    image, _, _ = head()
    twin = SliceViewer(image[0], after=image[3], affine=AFFINE)
    canvas = root.locator("canvas[data-modality]")

    def difference():
        return np.abs(drawn_on(canvas) - 255 * twin.pictures()["image"]).max()

    assert eventually(lambda: difference() < 3)
    line = root.locator(".bl-wipe").first.bounding_box()
    box = canvas.bounding_box()
    y = line["y"] + line["height"] / 2
    driver.page.mouse.move(line["x"] + line["width"] / 2, y)
    driver.page.mouse.down()
    driver.page.mouse.move(box["x"] + box["width"] * 0.3, y, steps=3)
    driver.page.mouse.up()
    assert eventually(lambda: difference() > 20)
    twin.wipe = 0.3
    assert eventually(lambda: difference() < 3)


def test_state_is_synchronised_with_python_in_both_directions(driver):
    driver.press("c", "Home", "ArrowUp", "ArrowUp")
    driver.root.locator("input[data-label='1']").uncheck()

    def arrived():
        run_cell(driver.page, 5)
        driver.page.wait_for_timeout(300)
        return driver.page.get_by_text("now coronal 2 [2, 3]").count()

    assert eventually(arrived)
    run_cell(driver.page, 2)
    driver.page.get_by_text("heard coronal 2 [2, 3] 1.0").wait_for(timeout=90_000)
    driver.root.locator("canvas[data-drawn='sagittal 20']").wait_for(timeout=60_000)


def test_it_answers_while_the_kernel_is_busy(driver):
    (driver.page.folder / "go").unlink()
    run_cell(driver.page, 3)
    prompt = driver.page.locator(".jp-CodeCell").nth(3).locator(".jp-InputPrompt")
    prompt.filter(has_text="*").wait_for(timeout=60_000)
    before, picture = driver.slice, driver.pixels()
    driver.press("ArrowUp", "ArrowUp")
    assert driver.slice == before + 2
    assert (driver.pixels() != picture).any()
    assert "*" in prompt.inner_text(), "the kernel was no longer busy: nothing was tested"
    (driver.page.folder / "go").touch()
    prompt.filter(has_text="[").and_(driver.page.locator(":not(:text('*'))")).wait_for(timeout=90_000)


def test_no_request_left_the_machine_and_nothing_failed(driver):
    assert driver.seen == {"foreign": [], "errors": []}


def test_the_saved_notebook_holds_a_picture_but_no_voxels(driver):
    page = driver.page
    page.locator(".jp-CodeCell").nth(2).locator(".cm-content").click()
    page.keyboard.press("Control+s")

    def outputs():
        with suppress(json.JSONDecodeError):  # half written
            cells = json.loads((page.folder / "viewer.ipynb").read_text())["cells"]
            return [output for cell in cells for output in cell["outputs"] if "data" in output]

    assert eventually(lambda: len(outputs() or []) == 3)
    assert all("image/png" in output["data"] for output in outputs())
    saved = (page.folder / "viewer.ipynb").read_text()
    assert len(saved) < 300_000
    assert "widgets" not in json.loads(saved)["metadata"]
    html, _ = HTMLExporter().from_filename(str(page.folder / "viewer.ipynb"))
    assert all(output["data"]["image/png"][:500].replace("\n", "") in html for output in outputs())
