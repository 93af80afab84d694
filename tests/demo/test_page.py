"""The page without a browser: results of its buttons, errors as a line, and buttons enabled again."""

import numpy as np
import pytest
from fake_cases import SHAPE, fake_brain, fake_case
from sending import CHUNK, case_files, nifti, slice_png, write_networks, zipped

from brainlab.data import find_cases
from demo import page as page_module
from demo.page import Page
from demo.session import Session


@pytest.fixture
def page(tmp_path):
    write_networks(tmp_path / "models")
    (tmp_path / "sessions").mkdir()
    made = Page(Session(tmp_path / "sessions"), [tmp_path / "models"])
    yield made
    made.session.close()


def upload(page, *files):
    """Upload files as the JavaScript of the uploader does; return the answers."""
    uploader, answers = page.controls.uploader, []
    uploader.send = lambda message: answers.append(message["kind"])
    uploader._hear(None, {"kind": "batch"}, [])
    for name, content in files:
        uploader._hear(None, {"kind": "begin", "name": name, "size": len(content)}, [])
        for start in range(0, len(content), CHUNK):
            if answers[-1] == "more":
                uploader._hear(None, {"kind": "chunk"}, [memoryview(content[start : start + CHUNK])])
        if answers[-1] == "more":
            uploader._hear(None, {"kind": "end"}, [])
    return answers


def choose(page, name):
    """Choose a network by its name."""
    for control in (page.controls.network, page.controls.generator):
        control.value = next((v for _, v in control.options if v and v.name == name), control.value)


def test_upload_segment_enlarge(page):
    c = page.controls
    answers = upload(page, ("case.zip", zipped(case_files(roles=("t1n", "t1c", "t2w", "t2f", "seg")))))
    assert answers[-1] == "done"
    assert c.message.value == ""
    assert page.viewer.source.name == "case7"
    c.segment.click()
    assert c.message.value == ""
    assert page.viewer.overlay == "both"
    assert page.viewer.source.prediction.shape == SHAPE
    assert "case7-prediction.nii.gz" in c.result.value
    assert "with four (UNet)" in c.result.value
    assert c.progress.layout.visibility == "hidden"
    assert c.progress.value == 1
    page.viewer.voxel = [3, 4, 9]
    c.modality.value = "t2f"
    c.enlarge.click()
    assert "PSNR" in c.enlarged_result.value
    heading, viewer = c.enlarged.children
    assert "FLAIR, slice 9: left bicubic, right larger (SRResNet)" in heading.value
    assert viewer.source.has_after
    assert not any(button.disabled for button in c.buttons)


def test_a_picture(page):
    c = page.controls
    assert upload(page, ("slice.png", slice_png(60)))[-1] == "done"
    assert c.modality.disabled
    c.segment.click()
    assert "four takes 4 modalities, and a picture has one" in c.message.value
    assert not c.segment.disabled
    choose(page, "one")
    c.segment.click()
    assert c.message.value == ""
    assert "marked" in c.result.value
    assert "cm³" not in c.result.value, "a picture has no mm"
    assert page.viewer.source.prediction.shape == (60, 60, 1)
    c.coarse.value = False
    c.enlarge.click()
    assert c.enlarged.children[1].source.shape == (240, 240, 1)
    # The viewer stores columns first.
    np.testing.assert_array_equal(page.viewer.source.volume("image")[..., 0], page.shown.pixels.T)


def test_error_lines_escape_file_names(page):
    c = page.controls
    files = list(case_files().items())
    answers = upload(
        page, ("<img src=x onerror=alert(1)>.nii", b"no image"), files[0], ("b.nii", b"none"), *files[1:]
    )
    assert answers.count("refused") == 2
    assert "&lt;img src=x onerror=alert(1)&gt;.nii is no image" in c.message.value
    assert "<img" not in c.message.value + c.status.value
    assert c.message.value.count("<br>") == 1
    assert "bl-wrong" in c.message._dom_classes
    assert page.shown is not None, "the good files of the batch are used"
    upload(page, ("c.nii", b"none"))
    assert "&lt;img" not in c.message.value, "a new batch clears the message"
    c.start_over.click()
    assert page.shown is None
    assert page.viewer is None
    assert c.message.value == ""
    assert c.status.value == "No files yet."
    assert upload(page, ("half.nii", nifti(fake_brain()["t1n"])[: CHUNK + 1]))[-1] == "refused"


def test_invalid_messages_are_refused(page):
    uploader, answers = page.controls.uploader, []
    uploader.send = lambda message: answers.append(message["kind"])
    for message, buffers in (
        ({"kind": "chunk"}, [b"x"]),
        ({"kind": "end"}, []),
        ({"kind": "begin", "name": None, "size": "many"}, []),
        ({"kind": "chunk"}, []),
        ({}, []),
    ):
        uploader._hear(None, message, buffers)
    assert answers == ["refused"] * 4 + ["more"]


def test_segmenting_without_an_image_gives_a_line(page):
    page.controls.segment.click()
    assert "there is no image yet" in page.controls.message.value


def test_a_synthetic_patient(page, tmp_path, monkeypatch):
    fake_case(tmp_path / "cohort", "BraTS-GLI-90000-000")
    monkeypatch.setattr(page_module, "open_built_in", lambda n: find_cases(tmp_path / "cohort")[n])
    page.controls.open.click()
    assert page.viewer.source.name == "BraTS-GLI-90000-000"
    assert page.viewer.overlay == "truth"
    monkeypatch.setattr(page_module, "open_built_in", lambda n: {}[n])
    page.controls.open.click()
    assert page.controls.message.value == "Something went wrong (KeyError). Start over."


def test_without_a_network_the_page_tells_how_to_train_one(tmp_path):
    page = Page(Session(tmp_path), [tmp_path / "models"])
    hint = page.controls.hint.value
    assert hint.startswith("No network found in")
    assert f"python -m brainlab.train {tmp_path}/models/unet" in hint
    assert page.controls.segment.disabled
    upload(page, ("slice.png", slice_png()))
    page.controls.enlarge.click()
    assert "bicubic, without a network" in page.controls.enlarged.children[0].value
    assert page.controls.segment.disabled
    page.session.close()


def test_the_files_of_a_session_are_deleted_with_it(page, tmp_path):
    upload(page, ("case.zip", zipped(case_files())))
    page.controls.segment.click()
    assert any((tmp_path / "sessions").rglob("*.nii"))
    page.session.close()
    assert list((tmp_path / "sessions").iterdir()) == []
