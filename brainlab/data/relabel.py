"""Translate the numbers in a segmentation by a table, the way that cannot go wrong quietly.

`brainlab.data.profiles.map_labels` does the same for files, with the table of the file's data set and with
messages for a person.
"""

from collections.abc import Mapping

import numpy as np


def relabel(seg: np.ndarray, table: Mapping[int, int]) -> np.ndarray:
    """Return the labels that a table gives to the numbers in a segmentation.

    Parameters
    ----------
    seg : ndarray
        Any shape. Floats are rounded: a file may hold 0.99999997 for 1.
    table : mapping of int to int
        The file's number -> the label here, 0 included.

    Returns
    -------
    ndarray
        uint8, of the same shape.

    Raises
    ------
    ValueError
        If a number is not in the table: nobody should guess what it means.
    """
    whole = np.rint(seg).astype(int)
    unknown = set(np.unique(whole).tolist()) - set(table)
    if unknown:
        raise ValueError(
            f"the segmentation holds {sorted(unknown)}; expected only {sorted(table)}: "
            "is this the table of another data set?"
        )
    labels = np.zeros(seg.shape, np.uint8)
    for old, new in table.items():
        labels[whole == old] = (
            new  # read from `whole`, write to `labels`: the order of the table does not matter
        )
    return labels
