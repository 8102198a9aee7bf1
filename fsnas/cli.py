"""The command ``fsnas``: begin in a folder of your own, and look at what a run left behind."""

import argparse
import json
import os
import shlex
import sys
import traceback
from collections.abc import Sequence
from typing import Any

from fsnas.errors import FsnasError

FOLDED = ("code", "history", "tensors")  # sections that are counted, unless all is asked for
TROUBLE = 2  # as diff(1): 0 is the same, 1 different


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with ``arguments`` (of the command line where None) and return its exit status."""
    parser = _parser()
    options, others = parser.parse_known_args(arguments)
    if others and options.command is not _plan:
        parser.error(f"unrecognized arguments: {' '.join(others)}")
    options.others = others
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name that the terminal cannot write is no reason to stop
    try:
        status: int = options.command(options)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader, head or less, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return TROUBLE
    except (FsnasError, OSError) as error:
        return _trouble(error)
    except Exception:
        print(f"fsnas failed unexpectedly; please report this\n{traceback.format_exc()}", file=sys.stderr)
        return TROUBLE
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fsnas", description=__doc__.partition(": ")[2])
    parser.add_argument("--version", action=_Version, nargs=0, help="print version and commit, and exit")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    init = commands.add_parser(
        "init",
        help="make a folder to run the workflow in",
        description="Write a Snakefile that uses the workflow as a module, the default config, its presets and the "
        "profiles into a folder. Then snakemake --cores all runs there. Nothing that is there is replaced.",
    )
    init.add_argument("folder", metavar="FOLDER", help="a new or empty folder, or . for this one")
    init.set_defaults(command=_init)
    inspect = commands.add_parser(
        "inspect",
        help="print what is in a file",
        description="Print what is in a file that a run left behind: what it is, its content, its settings, and what "
        "it was made from. For a folder, list the files in it and below it.",
        epilog="Exit status: 0, or 2 where a file cannot be read.",
    )
    inspect.add_argument("files", nargs="+", metavar="FILE", help="a file or a folder")
    inspect.set_defaults(command=_inspect)
    diff = commands.add_parser(
        "diff",
        help="print what differs between two files",
        description="Print what differs between two files of the same kind: settings, code, inputs and content, as far "
        "as both have it. The commit, and measured time and memory, are shown, but are no difference.",
        epilog="Exit status: 0 where the files are the same, 1 where they differ, 2 where they cannot be compared.",
    )
    diff.add_argument("before", metavar="A", help="a file")
    diff.add_argument("after", metavar="B", help="a file of the same kind")
    diff.set_defaults(command=_diff)
    join = commands.add_parser(
        "join",
        help="compare the splits of several runs in one table",
        description="Put the splits of several runs into one table, and their split distances with intervals into "
        "another. Runs of the same name are joined: seeds that were made at different times.",
        epilog="A results folder has its splits in tables/splits.csv; a table that this command wrote can be given "
        "again. Exit status: 0, or 2 where a table cannot be read.",
    )
    join.add_argument("runs", nargs="+", metavar="[NAME=]PATH", help="a results folder or a table of splits")
    join.add_argument("--out", metavar="FOLDER", help="where splits.csv and split_distance_summary.csv are written")
    join.set_defaults(command=_join)
    plan = commands.add_parser(
        "plan",
        allow_abbrev=False,
        usage="fsnas plan [-h] [--measured RESULTS] [--device {cpu,cuda}] [--json] [what snakemake is told]",
        help="print how long a run will take",
        description="Print jobs, hours and disk of what snakemake would run, by stage: from what jobs took in the "
        "results that are in place and in those that --measured names, else from a table of steps. All else that "
        "is given goes to snakemake: fsnas plan --configfile configs/paper.yaml.",
        epilog="Exit status: 0, or 2 where Snakemake cannot plan the run.",
    )
    plan.add_argument("--measured", action="append", default=[], metavar="RESULTS", help="results of an earlier run")
    plan.add_argument("--device", choices=["cpu", "cuda"], help="what jobs run on, where the config leaves it open")
    plan.set_defaults(command=_plan, full=True)
    doctor = commands.add_parser(
        "doctor",
        help="print what a bug report needs",
        description="Print versions, commit, cards, SLURM, disk and rights here, and what is wrong with them.",
        epilog="Exit status: 0, or 1 where there are problems.",
    )
    doctor.add_argument("folder", nargs="?", default=".", metavar="FOLDER", help="where runs are (this folder)")
    doctor.set_defaults(command=_doctor, full=True)
    for command in (inspect, diff, plan, doctor):
        command.add_argument("--json", action="store_true", help="print JSON, with every digit; NaN is null")
    for command in (inspect, diff):
        command.add_argument("--full", action="store_true", help="shorten nothing (JSON is never shortened)")
    return parser


class _Version(argparse.Action):
    """Prints the version; git is asked for the commit only here."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from fsnas.lineage.commit import version_and_commit

        print(f"fsnas {version_and_commit()}")
        parser.exit()


def _init(options: argparse.Namespace) -> int:
    from fsnas.commands.starting import init

    here = os.path.realpath(options.folder) == os.path.realpath(os.curdir)
    print(f"Wrote {', '.join(init(options.folder))} into {'this folder' if here else options.folder}. Next:")
    if not here:
        print(f"  cd {shlex.quote(options.folder)}")
    print("  snakemake --cores all    # scikit-learn's digits, some minutes; -n says what would run")
    return 0


def _inspect(options: argparse.Namespace) -> int:
    from fsnas.inspecting.describing import described

    documents, status = [], 0
    for path in options.files:
        try:
            documents.append(described(path))
        except (FsnasError, OSError) as error:
            status = _trouble(error)
    status = TROUBLE if any("unreadable" in document for document in documents) else status
    if options.json:
        _print_json(documents if len(options.files) > 1 else documents[0] if documents else None)
    for i, document in enumerate([] if options.json else documents):
        if i:
            print()
        _show(document, options, FOLDED)
    return status


def _diff(options: argparse.Namespace) -> int:
    from fsnas.inspecting.comparing import compared

    document = compared(options.before, options.after)
    if options.json:
        _print_json(document)
    else:
        _show(document, options)
    return 0 if document["same"] else 1


def _join(options: argparse.Namespace) -> int:
    from fsnas.artifacts.tables import write_table
    from fsnas.inspecting.joining import joined, joined_summary, read_splits, readable_summary
    from fsnas.inspecting.rendering import show
    from fsnas.lineage.commit import commit

    named = [run.rpartition("=") for run in options.runs]
    splits = joined([read_splits(name or None, path) for name, _, path in named])
    summary = joined_summary(splits)
    show({"split distance": readable_summary(summary)}, full=True)
    if options.out:
        made = {"settings": {"runs": options.runs}, "commit": commit()}
        for name, table in {"splits": splits, "split_distance_summary": summary}.items():
            write_table(f"{options.out}/{name}.csv", table, **made)
    return 0


def _plan(options: argparse.Namespace) -> int:
    from fsnas.commands.planning import plan, table

    document = plan(options.others, options.measured, options.device)
    if options.json:
        _print_json(document)
    else:
        print(table(document))
    return 0


def _doctor(options: argparse.Namespace) -> int:
    from fsnas.commands.doctor import examined

    document = examined(options.folder)
    if options.json:
        _print_json(document)
    else:
        for name, value in document.items():
            print(f"{name + ':':<13}{'; '.join(value) or 'none' if isinstance(value, list) else value}")
    return 1 if document["problems"] else 0


def _show(document: dict[str, Any], options: argparse.Namespace, folded: Sequence[str] = ()) -> None:
    from fsnas.inspecting.rendering import show  # rich, which no program that reads JSON waits for

    show(document, full=options.full, folded=folded)


def _print_json(content: Any) -> None:
    if content is not None:
        print(json.dumps(content, indent=2, allow_nan=False))


def _trouble(error: Exception) -> int:
    """Say in one line what is wrong."""
    print("fsnas:", " ".join(str(error).split()), file=sys.stderr)
    return TROUBLE
