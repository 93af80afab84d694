"""Session folders are deleted: when closed, when the process ends, and after it was killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from demo import session
from demo.places import SESSIONS
from demo.session import Session, sweep

CODE = """
import sys, time
from demo.session import Session, exit_on_sigterm
exit_on_sigterm()
folder = Session().folder
(folder / "image").write_text("secret")
print(folder, flush=True)
time.sleep(float(sys.argv[1]))
"""


def start(root, seconds):
    """Start a process with a session; return it and its folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", CODE, str(seconds)],
        env={**os.environ, SESSIONS: str(root)},
        stdout=subprocess.PIPE,
        text=True,
    )
    return process, Path(process.stdout.readline().strip())


def test_a_session_is_private_and_can_be_closed(tmp_path):
    one, other = Session(tmp_path), Session(tmp_path)
    assert one.folder != other.folder
    assert one.folder.stat().st_mode & 0o077 == 0
    (one.folder / "a" / "b").mkdir(parents=True)
    one.close()
    assert list(tmp_path.iterdir()) == [other.folder]
    other.close()


@pytest.mark.parametrize("how", ["end", "SIGTERM"])
def test_a_session_ends_with_its_process(tmp_path, how):
    process, folder = start(tmp_path, 0 if how == "end" else 600)
    assert folder.parent == tmp_path
    if how != "end":
        process.send_signal(signal.SIGTERM)
    process.wait(120)
    assert list(tmp_path.iterdir()) == []


def test_sweep_deletes_only_the_folders_of_ended_processes(tmp_path):
    process, folder = start(tmp_path, 600)
    alive = Session(tmp_path)
    assert sweep(tmp_path) == []
    process.kill()
    process.wait(120)
    assert folder.exists(), "a killed process deletes nothing"
    (tmp_path / "session-notes").mkdir()  # not a session
    assert sweep(tmp_path) == [folder]
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([alive.folder.name, "session-notes"])
    alive.close()


def test_a_new_server_deletes_the_folders_of_killed_servers(tmp_path, monkeypatch):
    monkeypatch.setattr(session.tempfile, "tempdir", str(tmp_path))
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait(120)
    left = tmp_path / f"brainlab-app-{ended.pid}-x"
    left.mkdir()
    root = session.new_root()
    assert not left.exists()
    assert root.parent == tmp_path
    assert session.new_root().exists()
    assert root.exists(), "the folder of a running server is kept"
