"""docs/tutorial.md, followed line by line after the first run: files are written, commands run, outputs compared."""

import contextlib
import io
import re
import shlex
import shutil

import pytest

from fsnas.artifacts.splits import read_tree
from tests.support.pages import assert_shown, blocks, commands, in_bash
from tests.workflow.conftest import ROOT, snakemake

PAGE = ROOT / "docs/tutorial.md"
FILE = re.compile(r"`([\w/]+\.(?:py|yaml))`[^`]*\Z")
BEFORE = ("make setup", ". .venv/bin/activate", "snakemake --cores all --configfile configs/tiny.yaml")  # done already


def file_of(line: int) -> str | None:
    """The file that the sentence before a block names."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()[: line - 1]
    named = FILE.search("\n".join(lines).rpartition("```")[2])
    return named and named[1]


def in_order():
    """What a reader does: ``("file", name, text)``, ``("run", command)``, ``("shown", command, output, like)`` ..."""
    for language, like, text, line in blocks(PAGE):
        if language == "bash":
            yield from (("run", command) for command in text.splitlines())
        elif language == "console":
            yield from (("shown", command, shown, like) for command, shown in commands(text))
        elif language == "text":
            yield "printed", text, like
        elif (name := file_of(line)) and name.endswith({"yaml": ".yaml", "python": ".py"}[language]):
            yield "file", name, text
        else:
            yield "python", text


@pytest.fixture(scope="module")
def followed(tiny, tmp_path_factory):
    """The folder of a reader at the end of the page, and the jobs of each run."""
    folder = shutil.copytree(tiny[0], tmp_path_factory.mktemp("tutorial") / "checkout")
    jobs: list[list[str]] = []
    printed = ""
    with contextlib.chdir(folder):
        for kind, *step in in_order():
            match kind, step:
                case "file", (name, text):
                    (folder / name).parent.mkdir(exist_ok=True)
                    (folder / name).write_text(text, encoding="utf-8")
                case "run", (command,) if command not in BEFORE:
                    said = run(folder, command)
                    jobs.append(re.findall(r"^\[.* done, .*\] (.+)$", said, re.M))
                case "shown", (command, shown, like):
                    found = run(folder, command) if command.startswith("snakemake") else in_bash(command)
                    assert_shown(shown, found, like)
                case "python", (text,):
                    with contextlib.redirect_stdout(io.StringIO()) as out:
                        exec(compile(text, str(PAGE), "exec"), {})
                    printed = out.getvalue()
                case "printed", (text, like):
                    assert_shown(text, printed, like)
    return folder, [run for run in jobs if run]


def run(folder, command):
    program, *arguments = shlex.split(command)
    assert program == "snakemake"
    return snakemake(folder, *["2" if word == "all" else word for word in arguments])


def test_every_block_of_the_page_is_followed():
    steps = list(in_order())
    page = PAGE.read_text(encoding="utf-8")
    assert page.count("\n```") == 2 * len(list(blocks(PAGE))), "a block has a language, and is no other than these"
    assert [step[1] for step in steps if step[0] == "file"] == [
        *("mine.yaml", "my_metrics/largest.py", "mine.yaml", "mine.yaml", "my_spaces/small_cell.py", "small.yaml")
    ]
    runs = [step[1] for step in steps if step[0] == "run"]
    assert runs[:3] == list(BEFORE) and len(runs) > 7


def test_each_run_does_what_is_new_and_no_more(followed):
    _, (another, metric, together, space) = followed
    trained = [job for run in (another, metric, together) for job in run if job.startswith("Train")]
    assert trained == []
    for run, name in ((another, "snip-sum"), (metric, "largest"), (together, "together")):
        scores = [job for job in run if job.startswith("Score ")]
        assert scores and all(name in job for job in scores), scores
    assert sum(job.startswith("Train the supernet") for job in space) == 2


def test_what_the_reader_made_is_there(followed):
    folder, _ = followed
    assert len(read_tree(folder / "results-tiny/seed-1/together/tree.json").leaves) == 4
    small = read_tree(folder / "results-small/seed-1/snip/tree.json")
    assert small.space.name == "small-cell" and len(small.leaves) == 4
    assert (folder / "results-small/figures/figure-1b.png").exists()
