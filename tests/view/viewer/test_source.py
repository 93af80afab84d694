import gzip

import numpy as np
import pytest

from brainlab.data.intensity import percentile_window
from brainlab.view.viewer.source import pack, quantise


def values(q):
    return np.where(q.codes == 0, 0, q.offset + q.step * (q.codes.astype(float) - 1))


@pytest.mark.parametrize("kind", ["raw", "scored", "integers"])
def test_codes_read_back_within_half_a_step(kind):
    rng = np.random.default_rng(0)
    volume = rng.gamma(4, 100, (12, 13, 14)) if kind != "scored" else rng.normal(0, 1, (12, 13, 14))
    volume[:3] = 0
    volume = volume.astype(np.int16) if kind == "integers" else volume
    q = quantise(volume)
    inside = (volume >= q.offset) & (volume <= q.offset + 254 * q.step)
    assert inside.mean() > 0.99
    assert np.abs(values(q) - volume)[inside].max() <= q.step * 0.501
    np.testing.assert_array_equal(q.codes == 0, volume == 0)
    assert (q.black, q.white) == pytest.approx(percentile_window(volume.astype(np.float32)), rel=1e-5)


def test_one_bright_vessel_does_not_cost_the_grey_levels():
    volume = np.random.default_rng(0).uniform(10, 100, (20, 20, 20))
    usual = quantise(volume).step
    volume[0, 0, 0] = 1e5
    assert quantise(volume).step < 2 * usual


@pytest.mark.parametrize("volume", [np.zeros((2, 3, 4)), np.full((2, 3, 4), 7.0), np.full((2, 3, 4), np.nan)])
def test_flat_and_broken_volumes_do_not_fail(volume):
    q = quantise(volume)
    np.testing.assert_allclose(values(q), np.nan_to_num(volume), atol=1e-4)


def test_packing_keeps_the_codes_and_gives_the_same_bytes():
    codes = np.random.default_rng(0).integers(0, 256, (20, 20, 20)).astype(np.uint8)
    packed = pack(codes)
    assert packed == pack(codes.copy())
    np.testing.assert_array_equal(np.frombuffer(gzip.decompress(packed), np.uint8), codes.ravel())


def test_what_does_not_compress_loses_low_bits_but_not_its_outline():
    codes = np.random.default_rng(0).integers(0, 256, (30, 30, 30)).astype(np.uint8)
    packed = pack(codes, most=int(codes.size * 0.8))
    assert len(packed) <= codes.size * 0.8
    coarse = np.frombuffer(gzip.decompress(packed), np.uint8).reshape(codes.shape)
    np.testing.assert_array_equal(coarse == 0, codes == 0)
    assert 0 < np.abs(coarse.astype(int) - codes).max() < 8
