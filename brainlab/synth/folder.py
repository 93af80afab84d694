"""Folders of synthetic data: a manifest that says what a folder holds, and workers that fill it."""

import json
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import cast

from brainlab.home import replace_file


def claim_folder(manifest: Path, version: int, setting: dict[str, int], delete: Callable[[], object]) -> None:
    """Write into a folder which synthetic data it holds, or raise if it holds other data.

    Parameters
    ----------
    manifest : Path
        JSON file in the folder; both are made if they do not exist.
    version : int
        Of the code that draws the images.
    setting : dict of str to int
        What a folder has one value of, such as seed and spacing.
    delete : callable
        Called without arguments if the folder holds data of another version: deletes them.

    Raises
    ------
    ValueError
        If the folder holds data of another setting.
    """
    found = read_json(manifest)
    if found:
        held = {name: found.get(name) for name in setting}
        if held != setting:
            raise ValueError(
                f"{manifest.parent} holds synthetic data of {_listed(held)}; expected {_listed(setting)}: "
                "choose another folder"
            )
        if found.get("version") == version:
            return
        delete()
    write_json(manifest, {"version": version, **setting})


def _listed(setting: Mapping[str, object]) -> str:
    return " and ".join(f"{name} {value}" for name, value in setting.items())


def read_json(path: Path) -> dict:
    """Return the content of a JSON file, {} if it does not exist or cannot be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def write_json(path: Path, content: dict) -> None:
    """Write a JSON file: completely or not at all."""
    text = json.dumps(content, indent=1) + "\n"
    replace_file(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def run_jobs(work: Callable, jobs: Sequence, processes: int) -> Iterator:
    """Call `work(job)` for every job, in this process or in several; yields each result when it is done.

    Parameters
    ----------
    work : callable
        Of a module, so that another process can import it.
    jobs : sequence
        Values that can be pickled.
    processes : int
        1 works in this process.

    Raises
    ------
    RuntimeError
        If a worker process dies.
    """
    if processes == 1:
        yield from map(work, jobs)
        return
    # "spawn" starts clean processes: a fork of a process with torch's threads can hang, and Windows and macOS
    # cannot fork.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(processes, len(jobs)), mp_context=context, initializer=_start_worker)
    try:
        for future in as_completed([pool.submit(work, job) for job in jobs]):
            yield future.result()
    except BrokenProcessPool as error:
        raise RuntimeError(
            "a worker process died; each needs up to 2 GB of memory: is memory short, or does a script lack "
            'if __name__ == "__main__"? Finished files are kept; processes=1 works in this process'
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _start_worker() -> None:
    """Prepare a worker: it ends with its parent, and finishes its job when the user interrupts."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def end_with_parent() -> None:
        cast(BaseProcess, multiprocessing.parent_process()).join()
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()


def usable_cores() -> int:
    """Return how many CPU cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
