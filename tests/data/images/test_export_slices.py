"""Slices written as PNG and COCO, and read back."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from slice_images.export import export_slices
from slice_images.slice_picture import slice_mask, slice_picture

from brainlab.data.cache import cache_case
from brainlab.data.images import ImageDataset, find_pairs, read_coco

BOX_Z = 1  # the brain of the tiny cases starts at slice 1


@pytest.fixture(scope="module")
def exported(cached_trio, tmp_path_factory):
    return export_slices(cached_trio, tmp_path_factory.mktemp("export") / "slices")


def corner(x, y):
    """Return where the brain box (x, y) begins in a picture: row and column."""
    return 128 - y // 2, 128 - x // 2


def expected_mask(case, z, labels):
    """Return labels in the picture by index arithmetic: affine LPS, so rows are y and columns are x."""
    x, y = case.labels[z].shape
    picture = np.zeros((256, 256), bool)
    top, left = corner(x, y)
    picture[top : top + y, left : left + x] = np.isin(case.labels[z], labels).T
    return picture


def test_coco_and_png_give_back_every_mask(exported, cached_trio):
    by_coco, by_name = read_coco(exported), find_pairs(exported)
    assert by_coco.problems == by_name.problems == []
    assert by_coco.categories == {1: "tumour"}
    masks = {pair.id: pair for pair in by_name}
    assert len(by_coco) == len(by_name) == sum(len(case) for case in cached_trio)
    cases = {case.id: case for case in cached_trio}
    for image in by_coco:
        case_id, z = image.image.stem.rsplit("_z", 1)
        mask = expected_mask(cases[case_id], int(z) - BOX_Z, (1, 2, 3))
        np.testing.assert_array_equal(image.load_mask(), mask)
        np.testing.assert_array_equal(masks[image.image.stem].load_mask(), mask)
        assert masks[image.image.stem].group == image.group
    _, labels = ImageDataset(by_coco, 256)[4]
    np.testing.assert_array_equal(labels.numpy(), by_coco[4].load_mask())


def test_patients_are_split(exported, cached_trio):
    found = read_coco(exported)
    patients = {part: {i.image.stem[:15] for i in found.part(part)} for part in ("train", "valid", "test")}
    assert [len(ids) for ids in patients.values()] == [1, 1, 1]
    assert len(set.union(*patients.values())) == 3


def test_the_coco_api_reads_it(exported):
    coco = pytest.importorskip("pycocotools.coco")
    api = coco.COCO(str(exported / "train" / "_annotations.coco.json"))
    for image in read_coco(exported / "train"):
        (entry,) = [e for e in api.imgs.values() if e["file_name"] == image.image.name]
        masks = [api.annToMask(a) for a in api.imgToAnns[entry["id"]]]
        np.testing.assert_array_equal(np.sum(masks, axis=0) > 0, image.load_mask())


def test_every_connected_part_is_an_object_with_its_box(tmp_path, make_case, make_volumes):
    image, seg = make_volumes()
    seg[:] = 0
    seg[5:8, 6:10, 4] = 2
    seg[12, 12, 4] = 3
    case = cache_case(make_case(tmp_path / "one", image, seg), tmp_path / "cache")
    folder = export_slices([case], tmp_path / "slices", val=0, test=0)
    content = json.loads((folder / "train" / "_annotations.coco.json").read_text())
    objects = content["annotations"]
    assert sorted(o["area"] for o in objects) == [1, 12]
    assert sorted(o["bbox"][2:] for o in objects) == [[1, 1], [3, 4]], "width along x, height along y"
    assert {o["image_id"] for o in objects} == {4 - BOX_Z}
    (image,) = [i for i in read_coco(folder) if i.annotations]
    assert image.instances().max() == 2


def test_picture_is_radiological(tmp_path, make_case):
    volume = np.zeros((4, 20, 24, 10), np.int16)
    volume[:, 2:18, 2:22, 1:9] = 100
    volume[:, 15:18, 10:14] = 300  # LPS: high x is the patient's left
    volume[:, 8:12, 2:4] = 200  # low y is the front
    case = cache_case(make_case(tmp_path, volume, np.zeros((20, 24, 10), np.uint8)), tmp_path / "cache")
    picture = slice_picture(case, 3)
    rows, columns = np.nonzero(picture > 230)
    assert columns.mean() > 128, "the patient's left is on the right of the picture"
    rows, columns = np.nonzero((picture > 140) & (picture < 200))
    assert rows.mean() < 128, "the front is up"


@pytest.fixture
def cubic(tmp_path, make_case, make_volumes):
    """A case with cubic voxels, turned: its axes point up, to the right and to the back."""
    image, seg = make_volumes()
    turned = np.array([[0, 1, 0, 0], [0, 0, -1, 0], [1, 0, 0, 0], [0, 0, 0, 1.0]])
    return cache_case(make_case(tmp_path / "cubic", image, seg, affine=turned), tmp_path / "cache")


@pytest.mark.parametrize(("plane", "letter"), [("axial", "x"), ("sagittal", "y"), ("coronal", "z")])
def test_every_plane_gives_back_its_masks(cubic, tmp_path, plane, letter):
    folder = export_slices([cubic], tmp_path / "s", val=0, test=0, plane=plane, min_area=1.0)
    by_coco, by_name = read_coco(folder), {pair.id: pair for pair in find_pairs(folder)}
    volume = np.moveaxis(cubic.labels, 0, -1)  # (x, y, z): up, right, back
    axis = "xyz".index(letter)
    for image in by_coco:
        n = int(image.image.stem.rsplit(f"_{letter}", 1)[1]) - cubic.box[axis][0]
        flat = volume.take(n, axis) > 0
        turned = {"x": flat.T[:, ::-1], "y": flat[::-1], "z": flat[::-1, ::-1]}[
            letter
        ]  # down and to the right
        np.testing.assert_array_equal(cut_out(image.load_mask()), cut_out(turned))
        np.testing.assert_array_equal(by_name[image.image.stem].load_mask(), image.load_mask())
        assert (image.load_image()[0][image.load_mask()] > 0).all(), "the picture lies as the mask"
    assert len(by_coco) == np.count_nonzero(volume.any(tuple({0, 1, 2} - {axis})))


def cut_out(mask):
    """Return the smallest box (H, W) that holds all of a mask."""
    rows, columns = (np.flatnonzero(mask.any(axis)) for axis in (1, 0))
    return mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def test_planes_need_square_voxels(cached_trio, tmp_path):
    with pytest.raises(ValueError, match=r"sagittal pixels of 1 x 1\.5 mm; expected squares"):
        export_slices(cached_trio, tmp_path / "s", plane="sagittal")
    assert not (tmp_path / "s").exists()


def test_bright_voxels_are_cut_off_not_wrapped(tmp_path, make_case, make_volumes):
    image, seg = make_volumes()
    image[:, 10, 10, 5] = 30_000  # a vessel
    case = cache_case(make_case(tmp_path, image, seg), tmp_path / "cache")
    picture = slice_picture(case, 5 - BOX_Z)
    assert picture.dtype == np.uint8
    raw = case.image[5 - BOX_Z, 1].T  # (y, x), as the picture
    y, x = raw.shape
    top, left = corner(x, y)
    inside = picture[top : top + y, left : left + x].astype(int)
    assert inside[raw == 30_000] == 255
    assert (picture[:20] == 0).all()
    order = np.argsort(raw.ravel())
    assert (np.diff(inside.ravel()[order]) >= 0).all(), "brighter stays brighter"


@pytest.mark.parametrize("size", [64, 128, 512])
def test_other_sizes_show_the_same_field(cached_trio, size):
    case = cached_trio[0]
    mask = slice_mask(case, 3, size)
    assert mask.shape == slice_picture(case, 3, size).shape == (size, size)
    whole = slice_mask(case, 3, 256).sum()
    assert abs(mask.sum() * (256 / size) ** 2 / whole - 1) < 0.35


def test_regions_steps_and_areas(cached_trio, tmp_path):
    one = export_slices(cached_trio, tmp_path / "et", region="ET", min_area=1.0, step=2)
    two = export_slices(cached_trio, tmp_path / "labels", region=(3,), modality="t2f", min_area=1.0, step=2)
    sets = read_coco(one), read_coco(two)
    assert len(sets[0]) == len(sets[1]) == 3 * 3, "5 slices with tumour, every second one"
    cases = {case.id: case for case in cached_trio}
    for a, b in zip(*sets, strict=True):
        case_id, z = a.image.stem.rsplit("_z", 1)
        np.testing.assert_array_equal(a.load_mask(), expected_mask(cases[case_id], int(z) - BOX_Z, (3,)))
        np.testing.assert_array_equal(a.load_mask(), b.load_mask())
        assert (a.load_image() != b.load_image()).any()


def test_the_same_export_is_kept_and_another_replaces_it(cached_trio, tmp_path):
    folder = export_slices(cached_trio, tmp_path / "s", step=4)
    (folder / "mark").touch()
    assert export_slices(cached_trio, folder, step=4) == folder
    assert (folder / "mark").exists()
    export_slices(cached_trio, folder, step=4, region="TC")
    assert not (folder / "mark").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["s"], "nothing is left beside it"


def test_a_broken_off_export_leaves_the_old_one(cached_trio, tmp_path, monkeypatch):
    folder = export_slices(cached_trio, tmp_path / "s", step=4)
    before = sorted(folder.rglob("*"))

    def full(*_, **__):
        raise OSError("no space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(OSError, match="no space"):
        export_slices(cached_trio, folder, step=2)
    assert sorted(folder.rglob("*")) == before
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


def test_a_folder_of_something_else_is_not_touched(cached_trio, tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(FileExistsError, match="holds other files; expected a new or empty folder"):
        export_slices(cached_trio, tmp_path)
    assert (tmp_path / "thesis.tex").exists()


def test_arguments_are_checked(cached_trio, without_labels, tmp_path):
    for wrong, message in (
        ({"region": "tumour"}, "region 'tumour'; expected one of WT, TC, ET"),
        ({"region": (0, 4)}, "labels from 1 to 3"),
        ({"modality": "flair"}, "modality 'flair' is unknown; expected one of t1n"),
        ({"step": 0}, "step=0"),
        ({"plane": "oblique"}, "plane 'oblique' is unknown; expected one of axial, coronal, sagittal"),
    ):
        with pytest.raises(ValueError, match=message):
            export_slices(cached_trio, tmp_path / "s", **wrong)
    with pytest.raises(ValueError, match="no segmentation"):
        export_slices([*cached_trio, without_labels], tmp_path / "s")
    assert not (tmp_path / "s").exists()


def test_command(tmp_path, make_case, make_volumes):
    for n in range(3):
        make_case(tmp_path / "cases", *make_volumes(n), name=f"BraTS-GLI-{n:05d}-000")
    command = [
        sys.executable,
        "-m",
        "slice_images.export",
        "slices",
        "--source",
        "cases",
        "--step",
        "2",
    ]
    environment = {"BRAINLAB_HOME": str(tmp_path / "home"), "OMP_NUM_THREADS": "1", "PATH": ""}
    result = subprocess.run(
        command,
        cwd=tmp_path,
        env=environment | {"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert "slices: 12 images (4 test, 4 train, 4 valid), 6 objects" in result.stdout
