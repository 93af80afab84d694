"""The temporary folder of one visitor, deleted at the end of the session.

A session's folder is named after its process: `<root>/session-<pid>-<random>`. It is deleted when the session
is closed and when its process exits; `sweep` deletes the folders of processes that were killed. The root
belongs to one running server and is deleted with it.
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
    """A temporary folder that only the current user can read.

    Parameters
    ----------
    root : Path, optional
        By default that of the server, or the system's temporary folder.
    """

    def __init__(self, root: Path | None = None) -> None:
        root = root or os.environ.get(SESSIONS) or tempfile.gettempdir()
        self.folder = Path(tempfile.mkdtemp(prefix=f"session-{os.getpid()}-", dir=root))  # mode 0700
        atexit.register(self.close)

    def close(self) -> None:
        """Delete the folder with its content."""
        shutil.rmtree(self.folder, ignore_errors=True)
        atexit.unregister(self.close)


def exit_on_sigterm() -> None:
    """Run atexit handlers on SIGTERM, so that temporary folders are deleted."""
    signal.signal(signal.SIGTERM, lambda *_: exit(0))


def new_root() -> Path:
    """Return a new folder for the sessions of this server, and delete those of servers that were killed."""
    sweep(Path(tempfile.gettempdir()), "brainlab-app-*")
    return Path(tempfile.mkdtemp(prefix=f"brainlab-app-{os.getpid()}-"))


def sweep(root: Path, pattern: str = "session-*") -> list[Path]:
    """Delete the folders in `root` whose process no longer runs, and return them."""
    deleted = []
    for folder in root.glob(pattern):
        owner = OWNER.match(folder.name)
        if owner and folder.is_dir() and not _runs(int(owner[1])):
            shutil.rmtree(folder, ignore_errors=True)
            deleted.append(folder)
    return deleted


def _runs(pid: int) -> bool:
    if os.name == "nt":  # on Windows os.kill(pid, 0) would interrupt the process
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's process
        return True
    try:  # a zombie: ended, but not yet reaped by its parent
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (OSError, IndexError):
        return True
