"""The small widgets in JupyterLab and a real Chromium: a slider of each changes the picture."""

import base64
import io
import re
import time

import numpy as np
import pytest
from lab import CHROMIUM, browser, open_in_lab, run_all, server, watch, write_notebook
from PIL import Image

pytest.importorskip("playwright", reason="playwright is not installed")
pytest.importorskip("jupyterlab", reason="JupyterLab is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")

SETUP = """import copy, torch, numpy as np
from toy_head import head, AFFINE
from brainlab import view
from brainlab.models import SRResNet
image, seg, pred = head()
z = 19
plane, truth, guess = image[3, :, :, z], seg[:, :, z].astype(int), pred[:, :, z].astype(int)
onehot = np.stack([guess == k for k in range(4)])
prob = np.where(onehot, 0.52, 0.16)
torch.manual_seed(0)
net = SRResNet(num_feat=4, num_block=1, image_skip=True)
sharp = {name: w + 0.1 * torch.randn_like(w) if w.is_floating_point() else w
         for name, w in net.state_dict().items()}
lr = torch.rand(1, 12, 14)
hr = torch.nn.functional.interpolate(lr[None], scale_factor=4, mode="bicubic")[0].clamp(0, 1)"""
CELLS = {
    "elastic σ": "view.AugmentPreview(plane, truth, AFFINE)",
    "dilation": "view.ReceptiveField()",
    "ED from": "view.ThresholdExplorer(prob, truth, plane, AFFINE)",
    "right": "view.LossExplorer(truth > 0, plane, AFFINE)",
    "alpha": "view.NetworkMixer(net, net.state_dict(), sharp, lr, hr, AFFINE)",
}
# A training of three epochs of at least 4 s each; the next cell reports its end.
TRAINING = """import time
from brainlab.training import TrainSettings, fit
class Slow(torch.utils.data.Dataset):
    def __len__(self):
        return 4
    def __getitem__(self, k):
        time.sleep(0.5)
        return torch.rand(4, 8, 8), torch.randint(4, (8, 8))
monitor = view.TrainingMonitor(3).show()
settings = TrainSettings(epochs=3, batch_size=2, device="cpu")
history = fit(torch.nn.Conv2d(4, 4, 1), Slow(), Slow(), torch.nn.functional.cross_entropy, settings,
              progress=False, on_epoch=monitor)"""
END = 'print("trained", len(history), "epochs")'


@pytest.fixture(scope="module")
def lab_page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    write_notebook(folder / "widgets.ipynb", SETUP, *CELLS.values(), TRAINING, END)
    with server(folder) as address, browser() as chromium:
        page = chromium.new_page(viewport={"width": 1100, "height": 3600})
        page.seen = watch(page, address)
        open_in_lab(page, address, "widgets.ipynb")
        run_all(page)
        page.locator("img[alt^='Learning curves']").wait_for(timeout=300_000)
        yield page


def drawn(locator):
    """Return the pixels of a picture, RGB (rows, columns, 3)."""
    data = re.search(r"base64,(.+)", locator.get_attribute("src")).group(1)
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))).astype(int)


def changed(locator, before, seconds=60):
    """Return the new pixels as soon as the picture changes."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        after = drawn(locator)
        if after.shape != before.shape or (after != before).any():
            return after
        time.sleep(0.02)
    raise AssertionError("the picture stays the same")


def test_the_monitor_follows_the_training_while_its_cell_runs(lab_page):
    first, second = (f"img[alt^='Learning curves, epoch {epoch} of 3']" for epoch in (1, 2))
    lab_page.locator(f"{first}, {second}").wait_for(timeout=120_000)
    assert lab_page.get_by_text("trained 3 epochs").count() == 0
    lab_page.get_by_text("trained 3 epochs").wait_for(timeout=120_000)
    assert lab_page.locator("img[alt^='Learning curves, epoch 3 of 3']").count() == 1
    assert lab_page.locator("img[alt^='Learning curves']").count() == 1


@pytest.mark.parametrize("name", CELLS)
def test_a_slider_changes_the_picture(lab_page, name):
    lab_page.get_by_text("trained 3 epochs").wait_for(timeout=300_000)
    number = list(CELLS).index(name) + 1
    output = lab_page.locator(".jp-CodeCell").nth(number).locator(".jp-OutputArea")
    picture = output.locator("img")
    picture.wait_for()
    assert picture.evaluate("e => e.complete && e.naturalWidth > 600")
    slider = output.locator(".widget-slider", has_text=name).first
    before, words = drawn(picture), picture.get_attribute("alt")
    handle = slider.locator(".noUi-handle")
    handle.focus()
    cells = lab_page.locator(".jp-Cell").count()
    lab_page.keyboard.press("ArrowRight")
    after = changed(picture, before)
    assert (after != before).any(-1).mean() > 0.001
    assert picture.get_attribute("alt") != words
    assert lab_page.evaluate("document.activeElement.classList.contains('noUi-handle')")
    assert lab_page.locator(".jp-Cell").count() == cells
    # By mouse: a click near the left end of the track, after moving the handle out of the way.
    lab_page.keyboard.press("ArrowRight")
    lab_page.keyboard.press("ArrowRight")
    lab_page.wait_for_timeout(1000)
    after = drawn(picture)
    track = slider.locator(".noUi-target")
    track.click(position={"x": 0.02 * track.bounding_box()["width"], "y": 2})
    changed(picture, after)


def test_the_log_axis_can_be_switched_afterwards(lab_page):
    lab_page.get_by_text("trained 3 epochs").wait_for(timeout=300_000)
    picture = lab_page.locator("img[alt^='Learning curves']")
    before = drawn(picture)
    lab_page.get_by_text("loss on a logarithmic axis").click()
    changed(picture, before)


def test_nothing_is_asked_of_other_machines(lab_page):
    assert lab_page.seen == {"foreign": [], "errors": []}
