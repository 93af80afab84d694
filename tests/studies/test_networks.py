"""Which blocks are connected, as the networks have it."""

import pytest

from brainlab.models import UNet3Plus
from studies.networks import LOSS, SCALE, connections, full_scale


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
    fig = connections()
    assert [ax.get_title() for ax in fig.axes] == ["U-Net", "U-Net 3+", "ResUNet++"]
    assert len(fig.axes[1].texts) > len(fig.axes[0].texts)
