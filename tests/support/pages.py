"""Pages of docs/ that are run as they stand: their blocks, and what of the output must be the same everywhere."""

import doctest
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.support.config import ROOT
from tests.support.space import EDGES, OPERATIONS

BLOCK = re.compile(r"^```(\w+)( like)?\n(.*?)^```\n", re.M | re.S)
KEY = re.compile(r"\b[0-9a-f]{32}\b")
COMMIT = re.compile(r"(?<=commit )\s*([0-9a-f]{40}|unknown)\b")
NUMBER = re.compile(r"-?\b\d+(\.\d+)?(e[+-]\d+)?\b")
GROUPS = re.compile("(?:{0})(?: (?:[|] )?(?:{0}))*".format("|".join(OPERATIONS)))
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def blocks(page: Path) -> Iterator[tuple[str, bool, str, int]]:
    """Language, whether numbers and splits may be others, text and first line of every block of a page."""
    text = page.read_text(encoding="utf-8")
    for block in BLOCK.finditer(text):
        yield block[1], bool(block[2]), block[3], text.count("\n", 0, block.start(3))


def commands(console: str) -> list[tuple[str, str]]:
    """The commands of a console block, each with what it prints."""
    return re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", console, re.M)


def masked(text: str, like: bool) -> str:
    """What must be the same on every machine; keys depend on every line of the code."""
    text = re.sub(r"\s+", " ", re.sub("─+", "─", COMMIT.sub("COMMIT", KEY.sub("KEY", text))))
    text = re.sub(r"\d+ \(--full", "N (--full", text)
    if like:
        text = NUMBER.sub("N", GROUPS.sub("GROUPS", re.sub("|".join(EDGES), "EDGE", text)))
    return text


def assert_shown(shown: str, printed: str, like: bool) -> None:
    """Check that a page shows what was printed."""
    checker = doctest.OutputChecker()
    assert checker.check_output(masked(shown, like), masked(printed, like), FLAGS), (
        f"{shown}\n--- is shown; printed was\n{printed}"
    )


def in_bash(command: str) -> str:
    """What a command prints, errors included, with the fsnas of this checkout."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = f'python() {{ {sys.executable} "$@"; }}\nfsnas() {{ python -P -m fsnas "$@"; }}\n{command}'
    done = subprocess.run(["bash", "-c", command], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout.decode()
