"""One picture file as numbers, whatever it was saved as."""

import numpy as np
import pytest
from PIL import Image

from brainlab.data.images import PictureError, picture, read_mask, read_picture


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA", "P"])
@pytest.mark.parametrize("channels", [1, 3])
def test_modes_give_the_same_intensities(tmp_path, grey, mode, channels):
    path = tmp_path / "a.png"
    Image.fromarray(grey).convert(mode).save(path)
    read = read_picture(path, channels)
    assert read.shape == (channels, 40, 50)
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, np.repeat(grey[None], channels, axis=0))


def test_alpha_is_ignored(tmp_path, grey):
    image = Image.fromarray(grey).convert("RGBA")
    image.putalpha(Image.fromarray(255 - grey))
    image.save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_picture(tmp_path / "a.png")[0], grey)


def test_16_bit_keeps_its_range(tmp_path, grey, make_picture):
    deep = grey.astype(np.uint16) * 257
    for name in ("a.png", "a.tif"):
        read = read_picture(make_picture(tmp_path / name, deep), 3)
        np.testing.assert_array_equal(read, np.repeat(deep[None], 3, axis=0))


def test_colour_keeps_its_channels(tmp_path, make_picture):
    colour = np.random.default_rng(0).integers(0, 256, (8, 9, 3), dtype=np.uint8)
    path = make_picture(tmp_path / "a.png", colour)
    np.testing.assert_array_equal(read_picture(path, 3), colour.transpose(2, 0, 1))
    luma = colour @ [0.299, 0.587, 0.114]
    np.testing.assert_allclose(read_picture(path)[0], luma, atol=1)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_undone(tmp_path, grey, make_disc, orientation):
    # What a camera stores so that a viewer who follows the tag sees the picture upright.
    turn = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.T,
        6: np.rot90,
        7: lambda a: a[::-1, ::-1].T,
        8: lambda a: np.rot90(a, -1),
    }[orientation]
    exif = Image.Exif()
    exif[picture.ORIENTATION] = orientation
    for name, array in (("a", grey), ("m", make_disc().astype(np.uint8))):
        Image.fromarray(np.ascontiguousarray(turn(array))).save(tmp_path / f"{name}.png", exif=exif)
    np.testing.assert_array_equal(read_picture(tmp_path / "a.png")[0], grey)
    np.testing.assert_array_equal(read_mask(tmp_path / "m.png"), make_disc())
    assert picture.picture_size(tmp_path / "a.png") == grey.shape


@pytest.mark.parametrize("high", [1, 100, 255])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P"])
def test_masks_of_two_values(tmp_path, make_disc, high, mode):
    path = tmp_path / "m.png"
    Image.fromarray(make_disc().astype(np.uint8) * high).convert(mode).save(path)
    np.testing.assert_array_equal(read_mask(path), make_disc())


def test_masks_of_one_bit_of_16_bit_and_in_colour(tmp_path, make_disc, make_picture):
    mask = make_disc()
    red = np.zeros((*mask.shape, 3), np.uint8)
    red[mask, 0] = 128
    palette = Image.fromarray((~mask).astype(np.uint8), "P")
    palette.putpalette([200, 0, 0, 0, 0, 0])  # index 0 is red, 1 is black
    palette.save(tmp_path / "p.png")
    Image.fromarray(mask).save(tmp_path / "bit.png")
    make_picture(tmp_path / "deep.png", mask.astype(np.uint16) * 65535)
    make_picture(tmp_path / "red.png", red)
    for name in ("p.png", "bit.png", "deep.png", "red.png"):
        np.testing.assert_array_equal(read_mask(tmp_path / name), mask, err_msg=name)


def test_grey_edges_fall_to_the_nearer_side(tmp_path, make_disc):
    mask = make_disc(160, 200, 50)
    Image.fromarray(mask.astype(np.uint8) * 255).save(tmp_path / "m.jpg", quality=60)
    assert len(np.unique(np.asarray(Image.open(tmp_path / "m.jpg")))) > 10
    np.testing.assert_array_equal(read_mask(tmp_path / "m.jpg"), mask)

    small = Image.fromarray(mask.astype(np.uint8) * 255).resize((100, 80), Image.Resampling.BICUBIC)
    small.save(tmp_path / "s.png")
    read = read_mask(tmp_path / "s.png")
    assert abs(read.sum() * 4 / mask.sum() - 1) < 0.01


def test_empty_mask_is_empty(tmp_path, make_picture):
    assert not read_mask(make_picture(tmp_path / "m.png", np.zeros((5, 6), np.uint8))).any()


def test_labels_and_pictures_are_no_masks(tmp_path, grey, make_disc, make_picture):
    labels = make_disc(radius=15).astype(np.uint8) + make_disc(radius=8)
    for name, array in (("labels", labels), ("grey", labels * 127), ("picture", grey)):
        path = make_picture(tmp_path / f"{name}.png", array)
        with pytest.raises(PictureError, match=rf"{name}.png holds .* values .*; expected two"):
            read_mask(path)


def test_nan_is_refused(tmp_path, make_picture):
    path = make_picture(tmp_path / "a.tif", np.full((4, 4), np.nan, np.float32))
    with pytest.raises(PictureError, match="NaN"):
        read_picture(path)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif"])
def test_cut_files_say_so(tmp_path, make_picture, suffix):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    path = make_picture(tmp_path / f"a{suffix}", noise)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(PictureError, match=r"a\..*(breaks off|no picture)"):
        read_picture(path)


def test_other_files_say_so(tmp_path):
    with pytest.raises(PictureError, match="is not there"):
        read_picture(tmp_path / "none.png")
    (tmp_path / "empty.png").touch()
    with pytest.raises(PictureError, match=r"empty \(0 bytes\)"):
        read_picture(tmp_path / "empty.png")
    (tmp_path / "page.png").write_text("<html>not found</html>")
    with pytest.raises(PictureError, match="no picture that can be read"):
        read_picture(tmp_path / "page.png")
    with pytest.raises(ValueError, match="channels=4; expected 1"):
        read_picture(tmp_path / "page.png", channels=4)


def test_decompression_bomb_is_refused_before_it_unpacks(tmp_path):
    Image.new("1", (20_000, 20_000)).save(tmp_path / "bomb.png")
    with pytest.raises(PictureError, match="more than 80,000,000 pixels"):
        picture.picture_size(tmp_path / "bomb.png")
    Image.new("1", (9_100, 9_100)).save(tmp_path / "large.png")  # Pillow alone would open it
    with pytest.raises(PictureError, match="decompression bomb"):
        read_picture(tmp_path / "large.png")
