"""The synthetic chest X-rays: anatomy, projection, film, and files on disk."""

import json
import re

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from brainlab.data.images import find_chest, split_chest
from brainlab.synth.chest import chest_names, draw_chest, make_chest_set
from brainlab.synth.chest import draw as files
from brainlab.synth.chest.clouds import ribs, tube, vessels
from brainlab.synth.chest.film import BONE, SOFT, Film, draw_film, expose
from brainlab.synth.chest.patient import View, draw_patient, draw_view
from brainlab.synth.chest.tissue import lungs

PLAIN = View(64, field=(32.0, 32.0), middle=(0.0, 0.0), angle=0.0, waves=np.zeros((0, 5)))
HONEST = Film(36, speed=-2, contrast=1.5, scatter=0, detail=0, noise=0, blur=0)


@pytest.fixture(scope="module")
def drawn():
    """Return six X-rays of each hospital."""
    return {
        hospital: [draw_chest(hospital, number, size=128) for number in range(1, 7)]
        for hospital in ("CHN", "MCU")
    }


@pytest.fixture
def patient():
    return draw_patient(np.random.default_rng(0))


def tiny_chest(hospital, number, seed, size, sick):
    """Replace `draw_chest` by something faster."""
    image = np.full((size, size), 10 * number + sick, np.uint8)
    mask = np.zeros((size, size), np.uint8)
    mask[2:5, 2:5] = 255
    return image, mask


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setattr(files, "draw_chest", tiny_chest)


# Properties of the images


def test_images_and_masks_are_8_bit(drawn):
    for image, mask in drawn["CHN"] + drawn["MCU"]:
        assert image.shape == mask.shape == (128, 128)
        assert image.dtype == mask.dtype == np.uint8
        assert set(np.unique(mask)) == {0, 255}
        assert image.std() > 20


def test_two_lungs_one_on_each_side(drawn):
    for _, mask in drawn["CHN"] + drawn["MCU"]:
        lungs_found, count = ndimage.label(mask)
        assert count == 2
        columns = [c for _, c in ndimage.center_of_mass(mask, lungs_found, (1, 2))]
        assert min(columns) < 64 < max(columns)


def test_the_right_lung_is_larger_because_the_heart_is_on_the_left(drawn):
    masks = np.stack([mask > 0 for _, mask in drawn["CHN"] + drawn["MCU"]])
    # The patient's right is the viewer's left.
    assert masks[:, :, :64].sum() > 1.1 * masks[:, :, 64:].sum()


def test_lungs_are_darker_than_the_mediastinum(drawn):
    for image, mask in drawn["CHN"] + drawn["MCU"]:
        rows = slice(50, 80)  # from the carina to the heart
        inside, between = image[rows][mask[rows] > 0], image[rows, 60:70]
        assert np.median(inside) < np.median(between)


def test_lungs_cover_as_much_of_the_image_as_in_real_masks(drawn):
    for hospital, low, high in (("CHN", 0.24, 0.40), ("MCU", 0.20, 0.36)):
        share = np.mean([mask > 0 for _, mask in drawn[hospital]])
        assert low < share < high  # 0.18 to 0.36 in four real ones


def test_the_hospitals_differ(drawn):
    middle = {hospital: np.mean([image for image, _ in pairs]) for hospital, pairs in drawn.items()}
    films = [[draw_film(np.random.default_rng(s), h).speed for s in range(40)] for h in ("CHN", "MCU")]
    assert np.mean(films[0]) < np.mean(films[1]) - 0.2
    assert middle["CHN"] < middle["MCU"]


def test_equal_numbers_give_the_same_xray():
    first, again = draw_chest("CHN", 3, size=64), draw_chest("CHN", 3, size=64)
    np.testing.assert_array_equal(first, again)
    for other in (draw_chest("CHN", 4, size=64), draw_chest("MCU", 3, size=64), draw_chest("CHN", 3, 1, 64)):
        assert (first[1] != other[1]).mean() > 0.01


def test_the_anatomy_does_not_depend_on_the_number_of_pixels():
    small, large = draw_chest("MCU", 2, size=64)[1], draw_chest("MCU", 2, size=128)[1]
    shrunk = large.reshape(64, 2, 64, 2).mean((1, 3)) > 127
    assert (shrunk != (small > 0)).mean() < 0.02


def test_opacities_are_in_the_lungs():
    well, sick = (draw_chest("CHN", 5, size=128, sick=sick) for sick in (False, True))
    np.testing.assert_array_equal(well[1], sick[1])
    inside = well[1] > 0
    # Later random draws differ too, so only the mean is compared.
    assert sick[0][inside].mean() > well[0][inside].mean()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: draw_chest("NIH", 1), "hospital is 'NIH'; expected one of CHN, MCU"),
        (lambda: draw_chest("CHN", 1, size=32), "size is 32; expected at least 64"),
        (lambda: make_chest_set(0), "n is 0; expected 1 to 9999"),
    ],
)
def test_errors_say_what_was_expected(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


# The steps


def test_to_pixels_inverts_grid():
    view = draw_view(np.random.default_rng(1), 256, 36.0)
    x, y = view.grid()
    row, column = 100, 180
    c, r = view.to_pixels(x[row, column], y[row, column])
    assert abs(c - column) < 0.75
    assert abs(r - row) < 0.75


def test_projection_keeps_the_volume():
    points = np.array([[0.3, -2.2, 5.0], [7.1, 3.0, 2.5], [100.0, 0.0, 9.0]])  # the last is outside the film
    thickness = PLAIN.splat(points)
    assert thickness.sum() * 0.5**2 == pytest.approx(7.5)  # thickness in cm times area of a pixel in cm2


def test_the_shell_of_a_straight_tube_has_its_volume():
    path = np.stack([np.zeros(50), np.linspace(0, 10, 50), np.zeros(50)], -1)
    normal = np.broadcast_to([1.0, 0.0, 0.0], path.shape)
    radius = np.full((50, 1), 0.5)
    volume = tube(path, normal, (radius, radius), 0.1)[:, 2].sum()
    shell, inside = 2 * np.pi * 0.5 * 0.1, np.pi * 0.5**2 * 0.3
    assert volume == pytest.approx((shell + inside) * 10 * 50 / 49, rel=1e-3)  # 50 segments of 10/49 cm


def test_ribs_and_vessels_are_on_both_sides(patient):
    rng = np.random.default_rng(0)
    for cloud in (ribs(patient, rng, 64), vessels(patient, rng)):
        assert np.isfinite(cloud).all()
        assert (cloud[:, 2] >= 0).all()
        right, left = (cloud[cloud[:, 0] * sign > 0, 2].sum() for sign in (-1, 1))
        assert 0.6 < right / left < 1.7


def test_air_lies_in_the_chest_cavity_and_fills_the_lung_fields(patient):
    x, y = PLAIN.grid()
    air, cavity, fields = lungs(x, y, patient)
    assert (air >= 0).all()
    assert (air <= cavity + 1e-4).all()
    assert (air[fields] > 0).mean() > 0.95
    assert air[fields].mean() > 5  # cm
    assert not fields[y > patient.dome.max() + patient.sulcus.max() + 2].any()


def test_a_film_without_noise_follows_beer_lambert():
    soft, bone = np.full((64, 64), 10.0, np.float32), np.full((64, 64), 1.5, np.float32)
    grey = expose(soft, bone, HONEST, np.random.default_rng(0))
    absorbed = SOFT * 10 + BONE * 1.5
    np.testing.assert_allclose(grey, 1 / (1 + np.exp(1.5 * (-absorbed + 2))), rtol=1e-4)


def test_thicker_is_brighter():
    soft = np.tile(np.linspace(0, 25, 64, dtype=np.float32), (64, 1))
    grey = expose(soft, np.zeros_like(soft), HONEST, np.random.default_rng(0))
    assert (np.diff(grey[30]) > 0).all()


# Files


def test_masks_are_named_as_in_both_sets(tiny, tmp_path):
    assert make_chest_set(12, tmp_path, size=8, progress=False) == tmp_path
    images = sorted(path.name for path in (tmp_path / "CXR_png").iterdir())
    masks = sorted(path.name for path in (tmp_path / "masks").iterdir())
    assert images == sorted(chest_names(12))
    assert images[0] == "CHNCXR_90001_0.png"
    assert masks[0] == "CHNCXR_90001_0_mask.png"
    assert "MCUCXR_90001_0.png" in images
    assert "MCUCXR_90001_0.png" in masks
    assert "CHNCXR_90004_1.png" in images, "every fourth is sick"


def test_no_made_xray_has_the_id_of_a_real_patient():
    """CHN has the numbers 1 to 662, MCU 1 to 393 (Jaeger et al. 2014)."""
    numbers = [int(name.split("_")[1]) for name in chest_names(9999)]
    assert min(numbers) > 90000
    assert max(numbers) < 100000
    assert len(set(chest_names(9999))) == 9999


def test_the_reader_finds_them(tmp_path):
    make_chest_set(12, tmp_path, size=64, progress=False)
    found = find_chest(tmp_path)
    assert found.problems == []
    assert all(pair.has_mask for pair in found)
    split = split_chest(found)
    assert [len(part) for part in split] == [8, 2, 2]
    image, mask = draw_chest("CHN", 4, 0, 64, True)
    (pair,) = (pair for pair in found if pair.id == "CHNCXR_90004_1")
    np.testing.assert_array_equal(pair.load_image()[0], image)
    np.testing.assert_array_equal(pair.load_mask(), mask > 0)


def test_only_missing_xrays_are_drawn(tiny, tmp_path, monkeypatch, capsys):
    make_chest_set(6, tmp_path, size=8, progress=False)
    drawn = []
    monkeypatch.setattr(files, "draw_chest", lambda *what: drawn.append(what) or tiny_chest(*what))
    make_chest_set(7, tmp_path, size=8)
    assert drawn == [("CHN", 5, 0, 8, False)]
    assert "synthetic X-rays" in capsys.readouterr().out
    make_chest_set(7, tmp_path, size=8)
    assert capsys.readouterr().out == "", "no progress bar when nothing is missing"


def test_a_failed_write_leaves_no_image_without_mask(tiny, tmp_path, monkeypatch):
    def full(image, path):
        if path.parent.name == "CXR_png":
            raise OSError("disk full")
        saved(image, path)

    saved = files.save_png
    monkeypatch.setattr(files, "save_png", full)
    with pytest.raises(OSError, match="disk full"):
        make_chest_set(1, tmp_path, size=8, progress=False)
    assert list(tmp_path.glob("CXR_png/*")) == []
    monkeypatch.setattr(files, "save_png", saved)
    make_chest_set(1, tmp_path, size=8, progress=False)
    assert Image.open(tmp_path / "CXR_png" / "CHNCXR_90001_0.png").size == (8, 8)


def test_a_folder_holds_one_set(tiny, tmp_path):
    make_chest_set(1, tmp_path, size=8, progress=False)
    with pytest.raises(ValueError, match="of seed 0 and size 8; expected seed 1 and size 8: choose another"):
        make_chest_set(1, tmp_path, size=8, seed=1)


def test_a_set_of_another_version_is_replaced(tiny, tmp_path, monkeypatch):
    make_chest_set(2, tmp_path, size=8, progress=False)
    monkeypatch.setattr(files, "VERSION", files.VERSION + 1)
    make_chest_set(1, tmp_path, size=8, progress=False)
    assert [path.name for path in (tmp_path / "CXR_png").iterdir()] == ["CHNCXR_90001_0.png"]
    assert json.loads((tmp_path / "chest.json").read_text())["version"] == files.VERSION


def test_the_default_folder_is_beside_the_cohort(tiny, tmp_path, monkeypatch):
    monkeypatch.setenv("BRAINLAB_HOME", str(tmp_path))
    assert make_chest_set(1, size=8, progress=False) == tmp_path / "chest-8px"
