"""The folder of one visitor, which goes when the visitor goes.

A session's folder is named after its process: `<root>/session-<pid>-<random>`. It is removed when the session
is closed and when its process ends; of a process that was killed, by the next sweep. The root is that of one
running server, and is removed with it.
"""

import atexit
import os
import re
import shutil
import signal
import tempfile
from pathlib import Path

from demo.places import SESSIONS

OWNER = re.compile(r"(?:session|brainlab-app)-(\d+)-")


class Session:
    """A temporary folder that only its user can read.

    Parameters
    ----------
    root : Path, optional
        By default the server's, or the system's temporary folder.
    """

    def __init__(self, root: Path | None = None) -> None:
        root = root or os.environ.get(SESSIONS) or tempfile.gettempdir()
        self.folder = Path(tempfile.mkdtemp(prefix=f"session-{os.getpid()}-", dir=root))  # mode 0700
        atexit.register(self.close)

    def close(self) -> None:
        """Remove the folder and all in it."""
        shutil.rmtree(self.folder, ignore_errors=True)
        atexit.unregister(self.close)


def end_politely() -> None:
    """Make a plain kill of this process an ordinary exit, so that its folders go."""
    signal.signal(signal.SIGTERM, lambda *_: exit(0))


def new_root() -> Path:
    """Return a new folder for the sessions of this server, and remove those of servers that were killed."""
    sweep(Path(tempfile.gettempdir()), "brainlab-app-*")
    return Path(tempfile.mkdtemp(prefix=f"brainlab-app-{os.getpid()}-"))


def sweep(root: Path, pattern: str = "session-*") -> list[Path]:
    """Remove the folders below `root` whose process has ended, and return them."""
    removed = []
    for folder in root.glob(pattern):
        owner = OWNER.match(folder.name)
        if owner and folder.is_dir() and not _runs(int(owner[1])):
            shutil.rmtree(folder, ignore_errors=True)
            removed.append(folder)
    return removed


def _runs(pid: int) -> bool:
    if os.name == "nt":  # there, signal 0 is not a question: it interrupts
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        return True
    try:  # a process that has ended but whose parent has not looked yet
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (OSError, IndexError):
        return True
