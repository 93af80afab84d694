"""Run lengths: there and back, against the COCO API, and damaged ones."""

import numpy as np
import pytest

from brainlab.data.images import decode_rle, encode_rle

SHAPES = [(1, 1), (3, 5), (37, 53), (64, 64)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("share", [0, 0.02, 0.5, 1])
def test_there_and_back_and_as_the_coco_api(shape, share):
    api = pytest.importorskip("pycocotools.mask")
    mask = np.random.default_rng(0).random(shape) < share
    rle = encode_rle(mask)
    np.testing.assert_array_equal(decode_rle(rle), mask)
    packed = api.encode(np.asfortranarray(mask.astype(np.uint8)))  # compressed, bytes
    np.testing.assert_array_equal(decode_rle(packed), mask)
    np.testing.assert_array_equal(decode_rle({**packed, "counts": packed["counts"].decode()}), mask)
    assert api.frPyObjects(rle, *shape)["counts"] == packed["counts"]


def test_by_hand_column_by_column():
    mask = np.array([[0, 1, 1], [0, 0, 1]], bool)
    assert encode_rle(mask) == {"size": [2, 3], "counts": [2, 1, 1, 2]}
    assert encode_rle(~mask)["counts"] == [0, 2, 1, 1, 2], "the first count is of pixels outside"
    assert decode_rle({"size": [2, 3], "counts": "2111"}).tolist() == mask.tolist(), "2 1 1, then 2 - 1"


@pytest.mark.parametrize(
    ("rle", "message"),
    [
        ({"counts": [4]}, "without 'size'"),
        ({"size": [2, 2]}, "without 'counts'"),
        ({"size": 4, "counts": [4]}, "expected size"),
        ({"size": [2, 2], "counts": [1, 2]}, r"3 pixels .*expected 2 x 2 = 4"),
        ({"size": [2, 2], "counts": [6, -2]}, "none below 0"),
        ({"size": [2, 2], "counts": "4 "}, "character ' '"),
        ({"size": [2, 2], "counts": "T"}, "inside a number"),
    ],
)
def test_damaged_ones_say_so(rle, message):
    with pytest.raises(ValueError, match=message):
        decode_rle(rle)


def test_a_huge_size_is_refused_before_memory_is_taken():
    huge = {"size": [10**6, 10**6], "counts": [10**12]}
    with pytest.raises(ValueError, match="expected 4 x 5"):
        decode_rle(huge, (4, 5))
