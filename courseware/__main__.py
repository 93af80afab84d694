"""The command `courseware`: `build` notebooks, `intake` submissions, list the `guesses` of a class."""

import argparse
from pathlib import Path


def main(arguments: list[str] | None = None) -> None:
    """Run the command line."""
    options = parser().parse_args(arguments)
    root = options.root.resolve()
    # Each command imports what it needs: `build` and `fingerprints` need torch, which takes seconds to load.
    if options.command == "build":
        from courseware.make import make

        make(root, options.numbers, options.execute, options.no_execute)
    elif options.command == "fingerprints":
        from courseware.fingerprints import fingerprints

        lines = fingerprints(options.numbers)
        print("\n".join(lines) or "no answer bank found: it is part of the repository, but not installed")
    elif options.command == "guesses":
        from courseware.guesses import guesses

        print("\n".join(guesses(root, options.numbers)) or "no guesses found in submitted/")
    else:
        from courseware.intake import intake

        print("\n".join(intake(root)) or "all notebooks in submitted/ have the expected names")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    made = argparse.ArgumentParser(prog="courseware", description=__doc__)
    made.add_argument("--root", type=Path, default=Path.cwd(), help="course folder (default: current folder)")
    commands = made.add_subparsers(dest="command", required=True)

    build = commands.add_parser("build", help="solutions/*.py -> solutions/*.ipynb -> course/*.ipynb")
    which = build.add_mutually_exclusive_group()
    which.add_argument("--execute", action="store_true", help="run the solutions even if no code has changed")
    which.add_argument("--no-execute", action="store_true", help="do not run the solutions")
    commands.add_parser("intake", help="rename notebooks in submitted/ to the names that nbgrader expects")
    table = commands.add_parser("guesses", help="table of the guesses in submitted/")
    prints = commands.add_parser("fingerprints", help="record how each wrong answer of the banks fails")
    for one in (build, table, prints):
        one.add_argument(
            "numbers", nargs="*", metavar="NN", help="notebook numbers, such as 01 (default: all)"
        )
    return made


if __name__ == "__main__":
    main()
