"""Any file can be submitted; what is wrong with it is reported in a few words."""

import io
import json

import pytest

from courseware.reading import ForgivingExporter, read


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "the file is empty"),
        (b" \n", "the file is empty"),
        (b"PK\x03\x04\xff", "it is not a notebook, or only a part of one"),
        (b'{"cells": [{"cell_type"', "it is not a notebook, or only a part of one"),
        (b"[1, 2]", "it is not a notebook"),
        (b'{"nbformat": 4, "cells": []}', "it has no cells"),
        (b'{"nbformat": 4, "cells": [1]}', "it has no cells"),
        (b'{"nbformat": 5, "cells": [{}]}', "Unsupported nbformat version 5"),
    ],
)
def test_unreadable_files_become_a_note(content, why, tmp_path, caplog):
    file = tmp_path / "99_toy.ipynb"
    file.write_bytes(content)
    notebook, _ = ForgivingExporter().from_filename(str(file))
    assert f"This file could not be read: {why}." in notebook
    assert f"99_toy.ipynb cannot be read ({why})" in caplog.text


@pytest.mark.parametrize("metadata", [None, "text", [1], 7])
def test_metadata_of_a_wrong_type_are_replaced(metadata):
    cells = [{"cell_type": "code", "source": ["x\n", "y"], "metadata": metadata}]
    notebook = read(
        io.StringIO(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}))
    )
    assert notebook.cells[0].source == "x\ny"
    assert notebook.metadata == notebook.cells[0].metadata == {}


def test_a_notebook_of_version_3_is_read():
    cell = {"cell_type": "code", "input": ["x"], "outputs": [], "language": "python", "metadata": {}}
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": [cell]}]}
    assert read(io.StringIO(json.dumps(old))).cells[0].source == "x"
