"""Pictures of ideas: arrays side by side, and the connections of networks as the networks have them."""

import numpy as np
import pytest

from brainlab import view
from brainlab.models import UNet3Plus
from brainlab.view.concepts import LOSS, SCALE, full_scale


def test_maps_draws_each_array_under_its_name():
    fig = view.maps({"a": np.eye(3), "b": np.arange(6).reshape(2, 3), "c": np.zeros((1, 1))}, columns=2)
    assert [ax.get_title() for ax in fig.axes] == ["a", "b", "c", ""]
    np.testing.assert_array_equal(fig.axes[1].images[0].get_array(), [[0, 1, 2], [3, 4, 5]])
    assert fig.axes[0].images[0].get_clim() == (0, 1)


def test_maps_on_one_scale():
    fig = view.maps({"a": np.eye(3), "b": np.full((2, 2), 7.0)}, same_scale=True)
    assert {ax.images[0].get_clim() for ax in fig.axes} == {(0, 7)}


def test_maps_of_nothing():
    with pytest.raises(ValueError, match="no array"):
        view.maps({})


@pytest.mark.parametrize("levels", [2, 4])
def test_full_scale_skips_are_those_of_the_network(levels):
    """Of the model's own list of sources, those that are neither the same scale nor the block before."""
    model = UNet3Plus(width=2, levels=levels, bottleneck=True, deep_supervision=True)
    drawn = {(source, target) for source, target, kind in full_scale(levels + 1) if kind == SCALE}
    wanted = set()
    for block in model.up:
        for source in block.source_levels:
            side = "E" if source <= block.level or source == levels else "D"
            if source not in (block.level, block.level + 1):
                wanted.add((f"{side}{source}", f"D{block.level}"))
    assert drawn == wanted
    assert sum(kind == LOSS for *_, kind in full_scale(levels + 1)) == len(model.side_heads)


def test_connections_have_a_panel_for_each_network():
    fig = view.connections()
    assert [ax.get_title() for ax in fig.axes] == ["U-Net", "U-Net 3+", "ResUNet++"]
    assert len(fig.axes[1].texts) > len(fig.axes[0].texts)
