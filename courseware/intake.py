"""`courseware intake`: give renamed notebooks in submitted/ the name that nbgrader looks for.

Browsers and Colab rename what is downloaded twice: `Copy of 01_data_eda (1).ipynb`. nbgrader skips those.
"""

import os
import shutil
from pathlib import Path

from courseware.stage import sources


def intake(root: Path) -> list[str]:
    """Copy renamed notebooks to their known names and return a line about each; nothing is deleted.

    A file that already has the right name stays. Of several renamed ones the newest is taken.
    """
    stems = [text.stem for text in sources(root)]
    said = []
    for folder in sorted(path for path in root.glob("submitted/*/*") if path.name in stems):
        target = folder / f"{folder.name}.ipynb"
        if target.exists():
            continue
        renamed = [path for path in folder.glob("*.ipynb") if is_copy(path.name, folder.name)]
        where = f"{folder.parent.name}/{folder.name}"
        if not renamed:
            said.append(f"{where}: no notebook that looks like {target.name}")
            continue
        newest = max(renamed, key=lambda path: path.stat().st_mtime)
        temporary = target.with_suffix(f".{os.getpid()}")
        shutil.copy2(newest, temporary)
        os.replace(temporary, target)
        said.append(f"{where}: {newest.name} is taken as {target.name}")
    return said


def is_copy(name: str, stem: str) -> bool:
    """Tell whether a file name is a renamed form of `stem.ipynb`."""
    return stem.lower() in name.lower().replace(" ", "_")
