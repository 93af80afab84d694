"""Published outputs are free of noise."""

import nbformat
import pytest

from courseware.execute import clean
from courseware.outputs import as_on_screen, presentable, tidy

WIDGET = {"application/vnd.jupyter.widget-view+json": {}, "text/plain": "Widget()"}


def test_of_a_widget_only_the_picture_is_published():
    bare = nbformat.v4.new_output("display_data", data=dict(WIDGET))
    drawn = nbformat.v4.new_output("display_data", data=WIDGET | {"image/png": "aGk="})
    assert not presentable(bare)
    assert presentable(drawn)
    assert set(drawn.data) == {"text/plain", "image/png"}


@pytest.mark.parametrize(
    ("data", "metadata", "alt"),
    [
        ({"text/plain": "Widget()"}, {"image/png": {"alt": 'a "head"'}}, "a &quot;head&quot;"),
        ({"text/plain": "axial slice 3"}, {}, "axial slice 3"),
        ({"text/plain": "<Figure with 1 Axes>"}, {}, "Figure with 1 Axes"),
        ({"text/html": '<img alt="own words" src="data:image/png;base64,aGk=">'}, {}, "own words"),
        ({}, {}, "a picture without a description"),
    ],
)
def test_every_picture_has_alt_text_and_is_stored_once(data, metadata, alt):
    output = nbformat.v4.new_output("display_data", data=data | {"image/png": "aGk=\n"}, metadata=metadata)
    cell = nbformat.v4.new_code_cell("x", outputs=[output])
    tidy(cell)
    [output] = cell.outputs
    assert "image/png" not in output.data | output.metadata
    assert output.data["text/html"].count("aGk=") == 1
    assert f'alt="{alt}"' in output.data["text/html"]
    nbformat.validate(nbformat.v4.new_notebook(cells=[cell]))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\n\ntext\n", "plain\n\ntext\n"),
        ("\rx:   0%|     | 0/3 [00:00<?, ?it/s]\rx: 100%|█████| 3/3 [00:08<00:00,  2.88s/it]\n", ""),
        ("\r 50%|██  | 1/2 [00:01<00:01]\r       \repoch 1: .5\nepoch 2: .4\n", "epoch 1: .5\nepoch 2: .4\n"),
        ("epoch 1\n\r 50%|██  | 1/2 [00:01<00:01]\r           \r", "epoch 1"),
        ("3it [00:01,  2.5it/s]", ""),
        ("share: 50% | 1/2 of all\n", "share: 50% | 1/2 of all\n"),
    ],
)  # fmt: skip
def test_progress_bars_are_removed(text, shown):
    assert as_on_screen(text) == shown


def test_pieces_of_text_are_joined_and_noise_is_removed():
    def stream(text, name="stdout"):
        return nbformat.v4.new_output("stream", text=text, name=name)

    pieces = [
        stream("a\n"),
        stream("loud\n", "stderr"),
        stream("\r  0%|  | 0/3 [00:00<?]"),
        stream("\n"),
        stream("b\n"),
    ]
    cell = nbformat.v4.new_code_cell("x", outputs=pieces)
    tidy(cell)
    assert [output.text for output in cell.outputs] == ["a\nb\n"]


def test_stored_widgets_and_the_kernel_version_are_removed():
    notebook = nbformat.v4.new_notebook(
        metadata={"widgets": {"state": {}}, "language_info": {"name": "python", "version": "3.11.7"}},
        cells=[nbformat.v4.new_code_cell("1", metadata={"execution": {"start": "now"}})],
    )
    clean(notebook)
    assert notebook.metadata == {"language_info": {"name": "python"}}
    assert notebook.cells[0].metadata == {}
