"""The command `courseware`: `build` notebooks, `intake` what is handed in, show a class its `predictions`."""

import argparse
from pathlib import Path


def main(arguments: list[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="courseware", description=__doc__)
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="folder of the course; here by default")
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="solutions/*.py -> solutions/*.ipynb -> course/*.ipynb")
    build.add_argument("numbers", nargs="*", metavar="NN", help="which notebooks, as 01; all without this")
    which = build.add_mutually_exclusive_group()
    which.add_argument("--execute", action="store_true", help="run solutions even if their code is unchanged")
    which.add_argument("--no-execute", action="store_true", help="never run them")
    commands.add_parser("intake", help="give renamed notebooks in submitted/ their names back")
    table = commands.add_parser("predictions", help="what the class predicted, from submitted/")
    table.add_argument("numbers", nargs="*", metavar="NN", help="which notebooks, as 01; all without this")
    marks = commands.add_parser(
        "fingerprints", help="what the banks' mistakes do, for the checks to name them"
    )
    marks.add_argument("numbers", nargs="*", metavar="NN", help="which notebooks, as 01; all without this")
    options = parser.parse_args(arguments)
    root = options.root.resolve()
    if options.command == "build":
        from courseware.make import make  # imports torch

        make(root, options.numbers, options.execute, options.no_execute)
    elif options.command == "fingerprints":
        from courseware.fingerprints import fingerprints

        print(
            "\n".join(fingerprints(options.numbers)) or "there is no bank here: it stays with the instructor"
        )
    elif options.command == "predictions":
        from courseware.predictions import predictions

        print("\n".join(predictions(root, options.numbers)) or "no predictions in submitted/")
    else:
        from courseware.intake import intake

        print("\n".join(intake(root)) or "every notebook has its name")


if __name__ == "__main__":
    main()
