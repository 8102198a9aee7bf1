"""The pages of docs/ and the README: links and anchors resolve, all pages are in the index, commands can be typed."""

import re
import shlex
import subprocess
import sys

import pytest
import yaml
from snakemake.cli import get_argument_parser

from tests.support.config import ROOT
from workflow_scripts._config import check
from workflow_scripts._defaults import completed

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
TEXTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *PAGES]
WIDTH = 100
LINK = re.compile(r"\]\(([^)\s]+)\)|^\[\d+\]: (\S+)$", re.M)
FENCE = re.compile(r"^```.*?^```$", re.M | re.S)


def names(pages):
    return [str(page.relative_to(ROOT)) for page in pages]


def prose(page):
    """The text of a page without what is code."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    return re.sub(r"^    .*$", "", text, flags=re.M)


def anchors(page):
    """The anchors that GitHub makes of the headings of a page."""
    found = []
    for heading in re.findall(r"^#+ (.+)$", prose(page), re.M):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        found.append(re.sub(r"[^\w\- ]", "", text).replace(" ", "-"))
    return {name if not found[:i].count(name) else f"{name}-{found[:i].count(name)}" for i, name in enumerate(found)}


@pytest.mark.parametrize("page", TEXTS, ids=names(TEXTS))
def test_every_link_and_anchor_resolves(page):
    wrong = []
    for link in (a or b for a, b in LINK.findall(prose(page))):
        if re.match("[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if not target.exists():
            wrong.append(f"{link}: no such file")
        elif anchor and anchor not in anchors(target):
            wrong.append(f"{link}: {target.name} has the anchors {sorted(anchors(target))}")
    assert not wrong, "\n".join(wrong)


def test_every_page_is_in_the_index():
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    linked = {(DOCS / link.partition("#")[0]).resolve() for link, _ in LINK.findall(index) if "://" not in link}
    assert set(PAGES) - {DOCS / "README.md"} <= linked


@pytest.mark.parametrize("page", TEXTS, ids=names(TEXTS))
def test_lines_are_not_too_long(page):
    """But for code, and for rows of tables, which cannot be broken."""
    lines = [line for line in prose(page).splitlines() if not line.startswith("|")]
    assert not [line for line in lines if len(line) > WIDTH]


def test_the_python_of_the_readme_runs():
    """In a process of its own: it prints a tree, and what the pages say that it prints."""
    (code,) = re.findall(r"^```python\n(.*?)^```$", (ROOT / "README.md").read_text(encoding="utf-8"), re.M | re.S)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"[0-3]<-[0-3] \(\(.*\)\)\n(0|1)\.\d+\n", done.stdout), done.stdout


def test_the_readme_is_read_in_a_minute():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


def commands(page):
    """Every command of a page: lines of code that begin with a program of ours, continued lines joined."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = re.findall(r"^(?:    )?(?:\$ )?((?:[A-Z_]+=\S+ )*(?:snakemake|make|fsnas) .*)$", text, re.M)
    for line in lines:
        words = shlex.split(line, comments=True)
        while "=" in words[0]:
            words.pop(0)
        yield line, words[: words.index("|")] if "|" in words else words


COMMANDS = [(page, line, words) for page in TEXTS for line, words in commands(page)]
SNAKEMAKE = [(page, line, words[1:]) for page, line, words in COMMANDS if words[0] == "snakemake"]


def test_the_pages_have_commands():
    assert len(SNAKEMAKE) > 10 and {"make", "fsnas"} <= {words[0] for *_, words in COMMANDS}


@pytest.mark.parametrize(
    ("page", "line", "arguments"), SNAKEMAKE, ids=[f"{p.name}: {line}" for p, line, _ in SNAKEMAKE]
)
def test_every_option_of_snakemake_exists_and_every_config_fits(page, line, arguments):
    try:
        said = get_argument_parser().parse_args(arguments)
    except SystemExit:
        pytest.fail(f"{page.name}: Snakemake does not take {line}")
    presets = [ROOT / name for name in map(str, said.configfile or []) if name.startswith("configs/")]
    given = dict(entry.partition("=")[::2] for entry in said.config or [])
    given = {key: yaml.safe_load(re.sub(r"\$\([^)]*\)", "0", value)) for key, value in given.items()}
    if "policy_paths" in given:  # a folder that the reader brings
        return
    config = completed(*(yaml.safe_load(preset.read_text(encoding="utf-8")) for preset in presets), given)
    if not {"truth", "metric_paths"} & set(given):  # files that the reader brings
        assert check(config)


def test_every_target_of_make_exists():
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    asked = {words[1] for *_, words in COMMANDS if words[0] == "make"}
    assert asked and asked <= set(targets)
