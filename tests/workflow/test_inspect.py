"""docs/inspect.md runs as it stands, and prints what it shows; fsnas inspect and diff read every file of a real run."""

import contextlib
import doctest
import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator

from fsnas.inspecting.describing import described
from tests.support.space import EDGES, OPERATIONS
from tests.workflow.conftest import ROOT

PAGE = ROOT / "docs/inspect.md"
BLOCK = re.compile(r"^```(\w+)( like)?\n(.*?)^```\n", re.M | re.S)
KEY = re.compile(r"\b[0-9a-f]{32}\b")
COMMIT = re.compile(r"(?<=commit )\s*([0-9a-f]{40}|unknown)\b")
NUMBER = re.compile(r"-?\b\d+(\.\d+)?(e[+-]\d+)?\b")
GROUPS = re.compile("(?:{0})(?: (?:[|] )?(?:{0}))*".format("|".join(OPERATIONS)))
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def blocks() -> Iterator[tuple[str, bool, str, int]]:
    """Language, whether numbers and splits may be others, text and first line of every block of the page."""
    page = PAGE.read_text(encoding="utf-8")
    for block in BLOCK.finditer(page):
        yield block[1], bool(block[2]), block[3], page.count("\n", 0, block.start(3))


def masked(text: str, like: bool) -> str:
    """What must be the same on every machine; keys depend on every line of the code."""
    text = re.sub(r"\s+", " ", re.sub("─+", "─", COMMIT.sub("COMMIT", KEY.sub("KEY", text))))
    text = re.sub(r"\d+ \(--full", "N (--full", text)
    if like:
        text = NUMBER.sub("N", GROUPS.sub("GROUPS", re.sub("|".join(EDGES), "EDGE", text)))
    return text


def assert_shown(shown: str, printed: str, like: bool) -> None:
    printed = printed.replace("results-tiny", "results")
    checker = doctest.OutputChecker()
    assert checker.check_output(masked(shown, like), masked(printed, like), FLAGS), (
        f"{shown}\n--- is shown; printed was\n{printed}"
    )


def in_bash(command: str) -> str:
    """What a command prints, errors included, with the fsnas of this checkout."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    command = f'python() {{ {sys.executable} "$@"; }}\nfsnas() {{ python -P -m fsnas "$@"; }}\n{command}'
    done = subprocess.run(["bash", "-c", command], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout.decode()


def test_the_page_prints_what_it_shows(tiny, monkeypatch):
    monkeypatch.chdir(tiny[0])
    monkeypatch.setenv("MPLBACKEND", "Agg")
    names: dict = {}
    printed = None
    for language, like, text, line in blocks():
        text = text.replace("results/", "results-tiny/")
        if language == "console":
            for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.M):
                assert_shown(shown.replace("results-tiny", "results"), in_bash(command), like)
        elif language == "python":
            assert printed in (None, ""), "a block that prints is followed by what it prints"
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile("\n" * line + text, str(PAGE), "exec"), names)
            printed = out.getvalue()
        else:
            assert language == "text"
            assert_shown(text, printed, like)
            printed = None


def test_every_result_of_a_run_is_known(tiny):
    folder = tiny[0] / "results-tiny"
    listed = described(folder)
    assert "unreadable" not in listed
    files = {str(path.relative_to(folder)) for path in folder.rglob("*.*") if path.suffix in (".h5", ".pt", ".json")}
    files = {name for name in files if not name.startswith(".state/")}
    records = {str(path.relative_to(folder)) for path in folder.glob("tables/*.json")}
    assert files - records <= set(listed["artifacts"])
    assert {row["what"] for row in listed["artifacts"].values()} >= {"a split tree", "a table", "a figure"}
    for name in listed["artifacts"]:
        found = described(folder / name)
        assert found["settings"] is not None and len(found["lineage"]["inputs"]) == 32 and found["lineage"]["code"]
