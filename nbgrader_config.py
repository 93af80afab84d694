"""nbgrader for flat folders: solutions/NN_name.py -> course/NN_name.ipynb, one assignment per notebook.

The plain commands work from the root: `nbgrader generate_assignment 01_data_eda`, `autograde 01_data_eda`,
`generate_feedback 01_data_eda`, `export`, `validate course/01_data_eda.ipynb`.
"""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearHiddenTests,
    ClearOutput,
    ComputeChecksums,
    DeduplicateIds,
    GetGrades,
    LockCells,
    OverwriteCells,
    OverwriteKernelspec,
    SaveCells,
)

if find_spec("courseware") is None:
    sys.exit("the course is not installed in this Python: run `make course`, or pip install -e '.[teach]'")

from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor

from courseware.feedback import TidyFeedback
from courseware.reading import ForgivingExporter
from courseware.repair import RepairMetadata
from courseware.stage import publish, stage
from courseware.stubs import GapStubs

c = get_config()  # noqa: F821 - nbgrader provides it
ROOT = Path(__file__).resolve().parent
# nbgrader runs `alembic` by name, which must be found even if the environment is not activated.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])

# Idle threads sleep: spinning, they would take a core from a notebook that is graded at the same time.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

c.CourseDirectory.course_id = "brainlab"
c.CourseDirectory.root = str(ROOT)
c.CourseDirectory.source_directory = "build/nbgrader/source"
c.CourseDirectory.release_directory = "build/nbgrader/release"
stage(ROOT)

# --- release ---
# Without force, nbgrader would silently skip a notebook that it has released before.
c.GenerateAssignment.force = True
c.GenerateAssignment.preprocessors = [
    LockCells,
    GapStubs,
    ClearOutput,
    CheckCellMetadata,
    ComputeChecksums,
    SaveCells,
    ClearHiddenTests,
    ComputeChecksums,
    CheckCellMetadata,
]
c.GenerateAssignment.post_convert_hook = lambda assignment, student, notebooks: publish(ROOT, notebooks)

# --- grading ---
c.Autograde.exporter_class = ForgivingExporter
c.Autograde.sanitize_preprocessors = [
    RepairMetadata,
    ClearOutput,
    DeduplicateIds,
    OverwriteKernelspec,
    OverwriteCells,
    CheckCellMetadata,
]
# Training cells take longer than nbgrader's default of 30 s. An endless loop costs this much, once.
c.Execute.timeout = 300
c.Execute.shutdown_kernel = "immediate"  # saves 0.8 s a notebook
# The first is nbclient's default; the second keeps a warning about open ports out of the log.
c.Execute.extra_arguments = ["--HistoryManager.hist_file=:memory:", "--IPKernelApp.log_level=40"]
# By default nbgrader takes any text on stderr, such as a warning, for a failed test.
c.IgnorePattern.enabled = True
c.IgnorePattern.pattern = r"(?s)."
# Before the working folder, so that a submitted brainlab.py does not hide the library.
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))

# --- feedback ---
c.GenerateFeedback.preprocessors = [GetGrades, CSSHTMLHeaderPreprocessor, TidyFeedback]
