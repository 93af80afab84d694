"""How large the library is and how it hangs together; tests/test_house.py holds the limits.

usage: python benchmarks/house.py

Lines of code are lines with code: no docstring, no comment, no blank line. A room is what lies directly in
`brainlab/`. A room's floor is one above the highest room that it imports. The walk of a case counts the files
whose functions are called from a BraTS folder on disk to a saved prediction.
"""

import ast
import io
import json
import os
import subprocess
import sys
import tempfile
import tokenize
from collections import defaultdict
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIBRARY = ROOT / "brainlab"
OUTSIDE = {"benchmarks", "courseware", "demo", "grading_tests", "studies"}  # may import brainlab, not back


def code_lines(path: Path) -> int:
    """Return the number of lines of a Python file that hold code."""
    source = path.read_text(encoding="utf-8")
    docstrings: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(getattr(first.value, "value", None), str):
                docstrings.update(range(first.lineno, first.end_lineno + 1))
    layout = (
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    )
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in layout:
            lines.update(range(token.start[0], token.end[0] + 1))
    return len(lines - docstrings)


def modules() -> dict[str, Path]:
    """Return the modules of the library: dotted name to file."""
    names = {}
    for path in sorted(LIBRARY.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        names[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return names


def imported(source: str, known: dict[str, Path]) -> set[str]:
    """Return the modules that a Python text imports anywhere in it, inside functions too.

    Names that a package's `__init__` hands on are counted as an import of the package.
    """
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found.update(name if name in known else node.module for name in names)
    return found


def import_graph() -> dict[str, set[str]]:
    """Return which modules of the library each module imports; a package's lazy names are not followed."""
    known = modules()
    return {
        name: {to for to in imported(path.read_text(encoding="utf-8"), known) if to in known and to != name}
        for name, path in known.items()
    }


def arrows_out() -> list[str]:
    """Return imports of the library that leave it upwards, as "from -> to"."""
    known = modules()
    return [
        f"{name} -> {to}"
        for name, path in known.items()
        for to in sorted(imported(path.read_text(encoding="utf-8"), known))
        if to.split(".")[0] in OUTSIDE
    ]


def rooms(graph: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return the import graph between rooms, without `brainlab` itself, which loads rooms on first use."""
    table: dict[str, set[str]] = defaultdict(set)
    for name, targets in graph.items():
        if name == "brainlab":
            continue
        room = name.split(".")[1]
        table[room] |= {to.split(".")[1] for to in targets if to != "brainlab"} - {room}
    return dict(table)


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Return one circle of imports, empty if there is none."""
    # A package's own `__init__` imports its modules, which may import the package only by its modules.
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        return list(error.args[1])
    return []


def floors(graph: dict[str, set[str]]) -> dict[str, int]:
    """Return each room's floor, from 1 at the ground."""
    level: dict[str, int] = {}
    for room in TopologicalSorter(graph).static_order():
        level[room] = 1 + max((level[below] for below in graph.get(room, ())), default=0)
    return level


def notebook_modules() -> list[str]:
    """Return the modules of ours that the notebooks import from, those of their setup cell included."""
    sys.path.insert(0, str(ROOT))
    from courseware.setup_cell import SETUP

    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "solutions").glob("*.py")]
    names = set().union(*(imported(text, modules()) for text in [SETUP, *texts]))
    return sorted(name for name in names if name.split(".")[0] in {"brainlab", "studies", "demo"})


def walk_of_a_case() -> dict[str, list[str]]:
    """Return the files of the library whose functions are called at each stage, in a process of its own."""
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {"BRAINLAB_HOME": home, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        environment.pop("BRAINLAB_DATA", None)
        script = "import house; house.walk()"
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=Path(__file__).parent,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    return json.loads(done.stdout.splitlines()[-1])


def walk() -> None:
    """Take a case from disk to NIfTI under the profiler and print the files of each stage as JSON."""
    from brainlab.data import SliceDataset, cache_cases
    from brainlab.inference import predict_case, save_prediction
    from brainlab.lab import open_cases
    from brainlab.losses import cross_entropy
    from brainlab.models import UNet
    from brainlab.synth import make_cohort
    from brainlab.training import TrainSettings, fit

    home = Path(os.environ["BRAINLAB_HOME"])
    folder = make_cohort(2, folder=home / "brats", spacing=2, processes=1, progress=False)
    stage, seen = "", defaultdict(set)

    def note(frame, event, _) -> None:
        name = frame.f_code.co_filename
        if event == "call" and name.startswith(str(LIBRARY)) and frame.f_code.co_name != "<module>":
            seen[stage].add(str(Path(name).relative_to(LIBRARY)))

    sys.setprofile(note)
    stage = "open"
    cases = open_cases(folder)
    stage = "cache"
    cached = cache_cases(cases, progress=False)
    stage = "slices"
    dataset = SliceDataset(cached, 96)
    stage = "batch"
    _ = dataset[0]
    stage = "fit"
    model = UNet(width=8)
    fit(model, dataset, dataset, cross_entropy, TrainSettings(epochs=1), home / "run", progress=False)
    stage = "predict"
    labels = predict_case(model, cached[0])
    stage = "save"
    save_prediction(labels, cached[0], home / "prediction.nii.gz")
    sys.setprofile(None)
    print(json.dumps({stage: sorted(files) for stage, files in seen.items()}))


def main() -> None:
    """Print the figures."""
    graph = import_graph()
    between = rooms(graph)
    level = floors(between)
    paths = modules().values()
    print(f"files of brainlab        {len(paths)}")
    print(f"lines of code            {sum(code_lines(path) for path in paths):,}")
    print(f"circles of imports       {' -> '.join(circle(graph) or circle(between)) or 'none'}")
    print(f"arrows out of brainlab   {', '.join(arrows_out()) or 'none'}")
    for floor in range(max(level.values()), 0, -1):
        print(
            f"floor {floor}                  {', '.join(sorted(r for r, at in level.items() if at == floor))}"
        )
    names = notebook_modules()
    print(f"modules for notebooks    {len(names)}: {', '.join(names)}")
    stages = walk_of_a_case()
    for stage, files in stages.items():
        print(f"walk, {stage:<18} {len(files)}: {', '.join(files)}")
    print(f"walk, different files    {len(set().union(*stages.values()))}")


if __name__ == "__main__":
    main()
