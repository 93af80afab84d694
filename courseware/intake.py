"""`courseware intake`: copy renamed notebooks in submitted/ to the names that nbgrader expects.

Browsers and Colab rename files, for example to `Copy of 01_data_eda (1).ipynb`; nbgrader ignores such files.
"""

import shutil
from pathlib import Path

from brainlab.home import replace_file
from courseware.stage import sources


def intake(root: Path) -> list[str]:
    """Copy renamed notebooks to the expected names and return one line about each; nothing is deleted.

    A file that already has the expected name is kept. Of several renamed files the newest is used.
    """
    stems = [text.stem for text in sources(root)]
    lines = []
    for folder in sorted(path for path in root.glob("submitted/*/*") if path.name in stems):
        target = folder / f"{folder.name}.ipynb"
        if target.exists():
            continue
        renamed = [path for path in folder.glob("*.ipynb") if is_copy(path.name, folder.name)]
        where = f"{folder.parent.name}/{folder.name}"
        if not renamed:
            lines.append(f"{where}: no notebook with a name like {target.name}")
            continue
        newest = max(renamed, key=lambda path: path.stat().st_mtime)
        replace_file(target, lambda temporary, newest=newest: shutil.copy2(newest, temporary))
        lines.append(f"{where}: {newest.name} copied to {target.name}")
    return lines


def is_copy(name: str, stem: str) -> bool:
    """Return whether a file name is a renamed form of `stem.ipynb`."""
    return stem.lower() in name.lower().replace(" ", "_")
