"""The folder of a visitor goes: when it is closed, when its process ends, and when that was killed."""

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
from demo.session import Session, end_politely
end_politely()
folder = Session().folder
(folder / "image").write_text("secret")
print(folder, flush=True)
time.sleep(float(sys.argv[1]))
"""


def start(root, seconds):
    """A process with a session; returns it and its folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", CODE, str(seconds)],
        env={**os.environ, SESSIONS: str(root)},
        stdout=subprocess.PIPE,
        text=True,
    )
    return process, Path(process.stdout.readline().strip())


def test_only_its_user_can_read_it_and_it_closes(tmp_path):
    one, other = Session(tmp_path), Session(tmp_path)
    assert one.folder != other.folder
    assert one.folder.stat().st_mode & 0o077 == 0
    (one.folder / "a" / "b").mkdir(parents=True)
    one.close()
    assert list(tmp_path.iterdir()) == [other.folder]
    other.close()


@pytest.mark.parametrize("how", ["end", "kill politely"])
def test_it_goes_with_its_process(tmp_path, how):
    process, folder = start(tmp_path, 0 if how == "end" else 60)
    assert folder.parent == tmp_path
    if how != "end":
        process.send_signal(signal.SIGTERM)
    process.wait(20)
    assert list(tmp_path.iterdir()) == []


def test_the_sweep_takes_those_of_killed_processes_only(tmp_path):
    process, folder = start(tmp_path, 60)
    alive = Session(tmp_path)
    assert sweep(tmp_path) == []
    process.kill()
    process.wait(20)
    assert folder.exists(), "nobody was there to remove it"
    (tmp_path / "session-notes").mkdir()  # not ours
    assert sweep(tmp_path) == [folder]
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([alive.folder.name, "session-notes"])
    alive.close()


def test_a_server_removes_what_a_killed_server_left(tmp_path, monkeypatch):
    monkeypatch.setattr(session.tempfile, "tempdir", str(tmp_path))
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait(20)
    left = tmp_path / f"brainlab-app-{ended.pid}-x"
    left.mkdir()
    root = session.new_root()
    assert not left.exists()
    assert root.parent == tmp_path
    assert session.new_root().exists()
    assert root.exists(), "a server that runs keeps its own"
