"""COCO annotations: parts, outlines of every kind, and every defect that is known."""

import json

import numpy as np
import pytest

from brainlab.data.images import ImageDataset, read_coco

SQUARE = [10, 5, 20, 5, 20, 15, 10, 15]  # rows 5 to 15, columns 10 to 20
OTHER = [30, 20, 40, 20, 40, 30, 30, 30]


def an_object(number=1, image=1, segmentation=None, category=1, **more):
    """Return an annotation; by default of the square."""
    outline = [SQUARE] if segmentation is None else segmentation
    return {"id": number, "image_id": image, "category_id": category, "segmentation": outline, **more}


@pytest.fixture
def write(tmp_path, grey, make_picture):
    """Return a function that writes pictures and their JSON into a part and returns the folder."""

    def coco(annotations=(), names=("a.png",), part="train", images=None, **more):
        for name in names:
            make_picture(tmp_path / part / name, grey)  # 40 x 50
        entries = [
            {"id": n, "file_name": name, "height": 40, "width": 50} for n, name in enumerate(names, start=1)
        ]
        content = {
            "categories": [
                {"id": 0, "name": "things", "supercategory": "none"},
                {"id": 1, "name": "tumour", "supercategory": "things"},
                {"id": 2, "name": "vessel", "supercategory": "things"},
            ],
            "images": entries if images is None else images,
            "annotations": list(annotations),
            **more,
        }
        (tmp_path / part / "_annotations.coco.json").write_text(json.dumps(content))
        return tmp_path

    return coco


def block(*boxes):
    mask = np.zeros((40, 50), bool)
    for top, bottom, left, right in boxes:
        mask[top:bottom, left:right] = True
    return mask


ONE, TWO = (5, 15, 10, 20), (20, 30, 30, 40)
# Column by column: 10 columns of 40 pixels outside, then ten times 5 outside, 10 inside and 25 outside.
RUNS_OF_ONE = {"size": [40, 50], "counts": [405, 10, *[30, 10] * 9, 1225]}
# What the COCO API writes for the same mask.
PACKED = {"size": [40, 50], "counts": "e<:n000000000000000000[U1"}


def test_parts_become_groups(write):
    for part in ("train", "valid", "test"):
        folder = write([an_object()], part=part)
    found = read_coco(folder)
    assert [image.id for image in found] == ["test/a.png", "train/a.png", "valid/a.png"]
    assert found.problems == found.notes == []
    assert [image.group for image in found.part("valid")] == ["valid"]
    assert "3 images (1 test, 1 train, 1 valid), 3 objects" in found.report()
    with pytest.raises(ValueError, match="part 'val'; expected one of test, train, valid"):
        found.part("val")
    alone = read_coco(folder / "train" / "_annotations.coco.json")
    assert list(alone) == found.part("train") == list(read_coco(folder / "train"))


def test_outlines_of_every_kind_give_the_same_mask(write):
    outlines = {
        "polygon.png": [SQUARE],
        "bare.png": SQUARE,
        "lengths.png": RUNS_OF_ONE,
        "packed.png": PACKED,
        "halves.png": [[10, 5, 16, 5, 16, 15, 10, 15], [14, 5, 20, 5, 20, 15, 14, 15]],  # overlap: a union
        "point.png": [[1, 1], SQUARE, [2, 2, 3, 3]],  # a point and a line cover nothing
    }
    objects = [an_object(n, n, outline) for n, outline in enumerate(outlines.values(), start=1)]
    found = read_coco(write(objects, tuple(outlines)))
    assert found.problems == []
    assert len(found) == 6
    for image in found:
        np.testing.assert_array_equal(image.load_mask(), block(ONE), err_msg=image.id)


def test_several_objects_are_numbered_and_small_ones_lie_on_top(write):
    small, large = [12, 7, 15, 7, 15, 10, 12, 10], [10, 5, 30, 5, 30, 25, 10, 25]
    folder = write([an_object(1, segmentation=[small]), an_object(2, segmentation=[large])])
    (image,) = read_coco(folder)
    numbered = image.instances()
    assert numbered.dtype == np.int32
    assert [int((numbered == n).sum()) for n in (1, 2)] == [391, 9]
    assert numbered[8, 13] == 2
    np.testing.assert_array_equal(image.load_mask(), block((5, 25, 10, 30)))


def test_instances_at_any_size_lie_on_the_resized_mask(write):
    folder = write([an_object(1), an_object(2, segmentation=[OTHER])])
    found = read_coco(folder)
    for size in (50, 100, 150):
        numbered = found[0].instances(size)
        _, labels = ImageDataset(found, size)[0]
        assert numbered.shape == (size, size)
        assert set(np.unique(numbered)) == {0, 1, 2}
        np.testing.assert_array_equal(numbered > 0, labels.numpy() == 1)


def test_category_by_name_or_number(write):
    folder = write([an_object(1), an_object(2, category=2, segmentation=[OTHER])])
    assert read_coco(folder).categories == {1: "tumour", 2: "vessel"}, "the dummy 0 is left out"
    np.testing.assert_array_equal(read_coco(folder)[0].load_mask(), block(ONE, TWO))
    for category in ("vessel", 2):
        np.testing.assert_array_equal(read_coco(folder, category)[0].load_mask(), block(TWO))
    with pytest.raises(ValueError, match=r"no category 'lung' .*expected one of: 1 tumour, 2 vessel"):
        read_coco(folder, "lung")


def test_a_category_0_with_objects_is_real(write):
    found = read_coco(write([an_object(category=0)]))
    assert found.categories == {0: "things", 1: "tumour", 2: "vessel"}
    np.testing.assert_array_equal(read_coco(found.root, 0)[0].load_mask(), block(ONE))


def test_crowd_is_one_object(write):
    crowd = {"size": [40, 50], "counts": [405, 10, *[30, 10] * 9, 445, 10, *[30, 10] * 9, 410]}
    (image,) = read_coco(write([an_object(segmentation=crowd, iscrowd=1)]))
    assert image.annotations[0].crowd
    np.testing.assert_array_equal(image.instances(), block(ONE, TWO).astype(int))


def test_image_without_annotation_is_empty_not_lost(write):
    found = read_coco(write([an_object()], ("a.png", "b.png")))
    assert [bool(image.load_mask().any()) for image in found] == [True, False]
    assert "1 images without object" in found.report()


def test_names_in_subfolders(write):
    found = read_coco(write([an_object()], ("deep/er/a.png",)))
    assert found[0].image.name == "a.png"
    assert read_coco(write([an_object()], ("deep/a.png",), "w", [
        {"id": 1, "file_name": "deep\\a.png", "height": 40, "width": 50}
    ]) / "w")[0].image.name == "a.png"  # fmt: skip


@pytest.mark.parametrize("outline", [[], [[]], None, {}])
def test_empty_outline_is_told(write, outline):
    (told,) = read_coco(write([an_object(1), an_object(2, segmentation=outline or [])])).problems
    assert told.case_id == "train/a.png, annotation 2"
    assert "has no outline; expected" in told.message
    # Alone and without a box there was nothing to draw; with a box there was something.
    found = read_coco(write([an_object(1, segmentation=outline or [], bbox=[0, 0, 0, 0])]))
    assert [image.annotations for image in found] == [()]
    found = read_coco(write([an_object(1, segmentation=outline or [], bbox=[3, 4, 9, 9])]))
    assert len(found) == 0
    assert "what is in it is unknown" in found.report()


@pytest.mark.parametrize(
    ("outline", "message"),
    [
        ([[60, 5, 70, 5, 70, 15]], "covers no pixel of the 40 x 50"),
        ([[10, 5, 20, 5]], "three points"),
        ([[10, 5, 20, None, 3, 4]], "cannot be drawn"),
        ([{"x": 3, "y": 4}], "cannot be drawn"),
        ("abc", "cannot be drawn"),
        ({"size": [40, 50], "counts": [10]}, "10 pixels"),
        ({"size": [50, 40], "counts": [2000]}, "50 x 40 pixels; expected 40 x 50"),
        ({"counts": "abc"}, "without 'size'"),
    ],
)
def test_broken_outline_is_told_and_the_others_kept(write, outline, message):
    bad = an_object(7, segmentation=outline)
    found = read_coco(write([an_object(1), bad, an_object(8, 2)], ("a.png", "b.png")))
    assert [image.id for image in found] == ["train/a.png", "train/b.png"]
    np.testing.assert_array_equal(found[0].load_mask(), block(ONE))
    (told,) = found.problems
    assert told.case_id == "train/a.png, annotation 7"
    assert message in told.message
    alone = read_coco(write([bad, an_object(8, 2)], ("a.png", "b.png")))
    assert [image.id for image in alone] == ["train/b.png"], "what is in a.png is unknown"


def test_outline_over_the_edge_is_cut_and_noted(write):
    over = an_object(segmentation=[[40, 30, 90, 30, 90, 70, 40, 70]])
    found = read_coco(write([over]))
    np.testing.assert_array_equal(found[0].load_mask(), block((30, 40, 40, 50)))
    assert found.problems == []
    assert "leaves the image by 40 pixels" in found.notes[0].message
    within = read_coco(write([an_object(segmentation=[[40, 30, 50.6, 30, 50, 40, 40, 40]])]))
    assert within.notes == [], "rounding is no defect"


def entry(**more):
    return {"id": 1, "file_name": "a.png", "height": 40, "width": 50, **more}


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (entry(id=9, file_name="gone.png"), "gone.png is not there"),
        (entry(id=9, file_name="b.png", height=80, width=100), "40 x 50 pixels; expected 80 x 100"),
        (entry(id=9, file_name="../secret.png"), "leads outside"),
        (entry(id=9, file_name="sub/../../secret.png"), "leads outside"),
        (entry(id=9, file_name="..\\secret.png"), "leads outside"),
        (entry(id=9, file_name="/etc/hostname"), "leads outside"),
        (entry(id=9, file_name="b\0.png"), "embedded null"),  # Python 3.11: byte, 3.13: character
        (entry(file_name="b.png"), "comes twice"),
        (entry(id=9), "comes twice"),
        ({"id": 9, "height": 40, "width": 50}, "KeyError 'file_name'"),
        (entry(id=9, height=None), "expected id, file_name"),
        (None, "expected id, file_name"),
    ],
)
def test_bad_image_is_told_and_the_others_kept(write, grey, make_picture, tmp_path, bad, message):
    make_picture(tmp_path / "secret.png", grey)
    make_picture(tmp_path / "train" / "b.png", grey)
    found = read_coco(write([an_object()], images=[entry(), bad]))
    assert [image.id for image in found] == ["train/a.png"]
    (told,) = found.problems
    assert message in told.message
    assert "left out" in found.report()


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (an_object(2, image=99), "1 annotations are of image 99"),
        ({"id": 2, "image_id": 1}, "KeyError 'category_id'"),
        (None, "an annotation without"),
        (an_object(2, category=float("inf")), "OverflowError"),
    ],
)
def test_bad_annotation_is_told(write, bad, message):
    found = read_coco(write([an_object(), bad]))
    np.testing.assert_array_equal(found[0].load_mask(), block(ONE))
    assert message in found.problems[0].message


@pytest.mark.parametrize("content", ["{", "[]", '{"annotations": []}', '{"images": null}', "\x00"])
def test_a_json_that_is_none_does_not_cost_the_others(write, content):
    folder = write([an_object()])
    write([an_object()], part="valid")
    (folder / "valid" / "_annotations.coco.json").write_text(content)
    found = read_coco(folder)
    assert [image.id for image in found] == ["train/a.png"]
    assert found.problems[0].case_id == "valid/_annotations.coco.json"


def test_nothing_to_read_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"holds no _annotations.coco.json"):
        read_coco(tmp_path)
