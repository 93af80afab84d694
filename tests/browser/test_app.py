"""The live demo in a real Chromium: upload, segment, download, enlarge, and every bad upload refused."""

import gzip
import http.client
import os
import re
import subprocess
import time
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from bad_uploads import BAD_ZIPS, REFUSED
from demo_server import demo, upload, visit
from fake_cases import fake_brain
from lab import CHROMIUM, REPO, browser
from sending import case_files, slice_png, write_networks, zipped

from brainlab.data import find_cases
from demo.networks import find_networks
from demo.segment import segment_case, volumes_cm3

pytest.importorskip("playwright", reason="playwright is not installed")
pytest.importorskip("voila", reason="Voila is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")

REAL = Path(os.environ.get("BRAINLAB_REAL_DATA") or REPO.parent / "shared" / "data") / "brats_gli_00001"
# They need other limits than the server's, and are tested without a browser.
OTHER_LIMITS = {"bomb"}


def segment(page, folder):
    """Press the button; return the downloaded labels and the volumes on the screen."""
    page.locator("canvas[data-drawn]").first.wait_for(timeout=120_000)
    page.get_by_role("button", name="Segment").click()
    link = page.get_by_text("Download the segmentation (NIfTI)")
    link.wait_for(timeout=240_000)
    with page.expect_download() as download:
        link.click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    assert path.name.endswith("-prediction.nii.gz")
    rows = page.locator(".bl-volumes tbody tr").all_inner_texts()
    volumes = {cells[0].strip(): float(cells[1]) for cells in (row.split("\t") for row in rows)}
    return nib.Nifti1Image.from_bytes(gzip.decompress(path.read_bytes())), volumes


def compare(image, volumes, folder, models, cache):
    """Compare the result in the browser with that of the library for the same files."""
    network = find_networks([models])[0][0]
    case = find_cases(folder)[0]
    expected = segment_case(network.saved.build(), network, case, cache)
    # A kernel with other threads may round a tie the other way.
    assert (np.asarray(image.dataobj) != expected).mean() < 1e-5
    np.testing.assert_allclose(image.affine, case.affine)
    for name, volume in volumes_cm3(expected, case.affine).items():
        assert volumes[name] == pytest.approx(volume, abs=0.1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("demo")
    write_networks(made / "models")
    return made


@pytest.fixture(scope="module")
def address(folder):
    with demo(folder, "--models", str(folder / "models")) as address:
        yield address


@pytest.fixture(scope="module")
def chromium():
    with browser() as chromium:
        yield chromium


def sessions(folder):
    return list((folder / "tmp").glob("brainlab-app-*/session-*"))


def gone(condition, seconds=60):
    """Return whether a condition becomes false in time."""
    end = time.monotonic() + seconds
    while condition() and time.monotonic() < end:
        time.sleep(0.3)
    return not condition()


@pytest.mark.skipif(not REAL.is_dir(), reason="no real cases; set BRAINLAB_REAL_DATA to their folder")
def test_a_real_case_one_by_one(chromium, address, folder, tmp_path):
    page, seen = visit(chromium, address)
    for path in sorted(REAL.glob("*.nii.gz")):
        upload(page, path)
    assert "Complete." in page.locator(".bl-line", has_text="Uploaded:").inner_text()
    image, volumes = segment(page, tmp_path)
    assert image.shape == (240, 240, 155)
    compare(image, volumes, REAL, folder / "models", tmp_path / "cache")
    page.get_by_role("button", name="Enlarge this slice").click()
    page.get_by_text("Download the slice (PNG)").wait_for(timeout=120_000)
    page.locator("canvas[data-drawn]").nth(1).wait_for(timeout=60_000)
    assert page.locator("header").is_visible()
    page.screenshot(path=tmp_path / "real.png", full_page=True)
    assert seen == {"foreign": [], "errors": []}
    page.close()


def test_a_synthetic_case_zipped_and_a_picture(chromium, address, folder, tmp_path):
    others = set(sessions(folder))
    page, seen = visit(chromium, address)
    files = case_files(roles=("t1n", "t1c", "t2w", "t2f", "seg"))
    upload(page, ("case.zip", zipped(files)))
    image, volumes = segment(page, tmp_path)
    assert image.shape == fake_brain()["t1n"].shape
    (tmp_path / "case").mkdir()
    for name, content in files.items():
        (tmp_path / "case" / name).write_bytes(content)
    compare(image, volumes, tmp_path / "case", folder / "models", tmp_path / "cache")
    assert page.locator(".bl-volumes").inner_text().count("truth") == 1

    upload(page, ("slice.png", slice_png(64)))
    page.get_by_role("button", name="Segment").click()
    page.get_by_text("and a picture has one").wait_for(timeout=60_000)
    page.locator("canvas[data-drawn]").first.wait_for(timeout=60_000)
    page.get_by_role("button", name="Enlarge this slice").scroll_into_view_if_needed()
    box = page.locator(".bl-wrong").bounding_box()
    assert 0 <= box["y"] < page.viewport_size["height"] / 3, "a message is seen wherever one has scrolled to"
    other = "fetch('http://localhost:1/x').then(() => 'sent', (error) => error.name)"
    blocked = []
    page.on("console", lambda message: blocked.append("Content Security Policy" in message.text))
    assert page.evaluate(other) == "TypeError"
    assert any(blocked), "the browser itself asks nobody else"
    seen["errors"].clear()
    page.get_by_label("network").first.select_option("one (UNet)")
    page.get_by_role("button", name="Segment").click()
    page.get_by_text("of the picture").wait_for(timeout=60_000)
    page.get_by_role("button", name="Enlarge this slice").click()
    page.get_by_text("left bicubic, right larger (SRResNet)").wait_for(timeout=60_000)
    assert seen == {"foreign": [], "errors": []}

    (own,) = set(sessions(folder)) - others
    assert any(own.rglob("*.nii"))
    page.goto("about:blank")  # the visitor leaves
    assert gone(own.exists), "the visitor's files are still there"
    page.close()


def test_every_bad_upload_is_refused_with_its_message(chromium, address, tmp_path):
    page, seen = visit(chromium, address)
    bad = {name: (list(files.items()), told) for name, (files, told) in REFUSED.items()}
    bad |= {
        f"zip, {n}": ([("all.zip", c)], told) for n, (c, told) in BAD_ZIPS.items() if n not in OTHER_LIMITS
    }
    large = tmp_path / "large-t1n.nii"
    with large.open("wb") as file:
        file.truncate(161_000_000)
    bad["large"] = ([large], "large-t1n.nii has 161 MB; expected at most 160 MB")
    message = page.locator(".bl-message")
    for name, (files, told) in bad.items():
        upload(page, *files)
        page.locator(".bl-wrong").wait_for(timeout=60_000)
        text = message.inner_text()
        assert re.search(told, text), f"{name}: {text}"
        assert len(text.splitlines()) == 1, f"{name}: {text}"
        page.get_by_role("button", name="Start over").click()
        page.locator(".bl-wrong").wait_for(state="detached", timeout=60_000)
    upload(page, ("case.zip", zipped(case_files())))
    page.locator("canvas[data-drawn]").first.wait_for(timeout=120_000)
    assert seen == {"foreign": [], "errors": []}
    page.close()


def test_the_server_gives_nothing_else_away(address, folder):
    host, port = address.removeprefix("http://").split(":")

    def status(path, **headers):
        connection = http.client.HTTPConnection(host, int(port), timeout=30)
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status

    assert status("/", Host="evil.example") == 403, "another name for this machine is not served"
    for path in ("page.ipynb", "uploader.js", "../../../README.md"):
        assert status(f"/voila/files/{path}") in (403, 404)
    listening = subprocess.run(["ss", "-ltn"], capture_output=True, text=True, check=False).stdout
    assert f"0.0.0.0:{port}" not in listening
    assert f"*:{port}" not in listening


def test_without_a_network_there_is_a_line_and_with_the_server_all_goes(chromium, tmp_path):
    with demo(tmp_path, "--models", str(tmp_path / "empty")) as address:
        page, _ = visit(chromium, address)
        page.get_by_text("python -m brainlab.train").wait_for(timeout=60_000)
        assert page.get_by_role("button", name="Segment").is_disabled()
        assert sessions(tmp_path)
    assert gone(lambda: list((tmp_path / "tmp").glob("brainlab-app-*")))
    page.close()


def test_on_the_first_start_there_are_networks(chromium, tmp_path):
    with demo(tmp_path) as address:
        page, _ = visit(chromium, address)
        page.get_by_text("cohort-unet (UNet)").first.wait_for(state="attached", timeout=60_000)
        page.get_by_text("cohort-esrgan (RRDBNet)").first.wait_for(state="attached", timeout=60_000)
        assert page.get_by_role("button", name="Segment").is_enabled()
        page.close()
