"""A course in a folder of its own, so that no test writes into the repository."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]


class Course:
    """A course folder with the repository's configuration, and commands that run in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "solutions").mkdir(parents=True)
        shutil.copy(REPO / "nbgrader_config.py", root)

    def start(self, *command: str, **environment: str) -> subprocess.Popen:
        """Start `python -m command...` in the course; modules of the course hide those of the repository."""
        paths = os.pathsep.join([str(self.root), str(REPO)])
        settings = os.environ | {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1"} | environment
        settings.pop("NBGRADER_EXECUTION", None)
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        return subprocess.Popen([sys.executable, "-m", *command], cwd=self.root, env=settings, **streams)

    def run(self, *command: str, fails: bool = False, **environment: str) -> str:
        """Run `python -m command...` in the course and return what it printed."""
        process = self.start(*command, **environment)
        output, _ = process.communicate()
        assert (process.returncode != 0) == fails, output
        return output

    def submit(self, student: str, stem: str, text: str) -> None:
        """Submit a notebook file with this text."""
        target = self.root / "submitted" / student / stem / f"{stem}.ipynb"
        target.parent.mkdir(parents=True)
        target.write_text(text, encoding="utf-8")
