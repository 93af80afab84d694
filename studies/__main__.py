"""Run experiments of the ablation study, in one process or in many.

    python -m studies --list
    python -m studies 1 2 13-18 --seeds 0 1 2
    torchrun --nproc_per_node=2 -m studies --budget full --cases my_brats

Finished runs are skipped and interrupted ones are resumed, so repeating the command completes the table.
Several commands may share a folder if each runs other experiments.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from brainlab.budgets import STUDY as BUDGETS
from brainlab.data.cache import cache_cases
from brainlab.lab import open_cases
from brainlab.synth.phantom.cohort import VERSION
from brainlab.training.devices import ProcessGroup
from studies.run import run_one, write_table
from studies.study import CONTROLS, STUDY, experiment


def main(arguments: Sequence[str] | None = None) -> list[dict]:
    """Run the chosen experiments and return the rows of the table."""
    options = parse(arguments)
    if options.list:
        for one in (*STUDY, *CONTROLS):
            print(
                f"{one.number:3} {one.name:40} {one.network:15} {one.loss:12} {one.optimizer:8} {one.inputs}"
            )
        return []
    chosen = [experiment(number) for part in options.numbers or ["1-22"] for number in numbers(part)]
    budget = BUDGETS[options.budget]
    group = ProcessGroup(options.device)
    with group.main_first():  # one process makes and caches the cases, the others find them
        found = open_cases(options.cases, None if options.cases else budget.patients, budget.spacing)
        cases = cache_cases([case for case in found if case.has_seg], progress=group.is_main)
    data = Path(options.cases).name if options.cases else f"cohort {VERSION}"
    rows = []
    for seed in options.seeds:
        for one in chosen:
            home = options.folder / f"{one.number:02}-seed{seed}"
            row = run_one(one, cases, budget, seed, home, data, options.device, options.progress)
            if group.is_main:
                print(
                    f"{one.number:3} seed {seed}  recall {row['recall']:.4f}  F1 {row['f1']:.4f}  "
                    f"WT {row['dice_WT']:.3f}  {row['seconds']:6.0f} s  {one.name}",
                    flush=True,
                )
                rows = write_table(options.folder, options.table or options.folder / "runs.csv")
    group.close()
    return rows


def numbers(text: str) -> range:
    """Parse "7" or "3-9" as a range of experiments.

    Raises
    ------
    ValueError
        If the text is neither a number nor a range.
    """
    first, _, last = text.partition("-")
    if not (first.isdigit() and (last or first).isdigit()):
        raise ValueError(f"experiment {text!r}; expected a number or a range such as 3-9")
    return range(int(first), int(last or first) + 1)


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="studies", description=__doc__.splitlines()[0])
    parser.add_argument("numbers", nargs="*", help="experiments, such as 1 2 13-18 (default: 1-22)")
    parser.add_argument("--list", action="store_true", help="list the experiments and exit")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--budget", choices=BUDGETS, default="table")
    parser.add_argument("--cases", help="folder of cases (default: the built-in cohort)")
    parser.add_argument("--folder", type=Path, default=Path("runs/study"), help="folder of all runs")
    parser.add_argument("--table", type=Path, help="CSV to write (default: runs.csv in the folder)")
    parser.add_argument("--device", help="cpu, cuda, ... (default: the GPU if there is one)")
    parser.add_argument("--progress", action="store_true", help="print a line per epoch")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
