"""The command fsnas: what it prints, its exit status, one line for an error, and how little it imports."""

import json
import os
import pty
import re
import subprocess
import sys
import tomllib

import numpy as np
import pytest

from fsnas.cli import main
from fsnas.splitting.affinities import NodeScores
from tests.support.config import ROOT
from tests.support.space import OPERATIONS, SPACE
from tests.support.splits import made_tree
from tests.unit.inspecting.test_inspect_kinds import SHOWN, other, written

HEAVY = ("torch", "pandas", "matplotlib", "scipy", "sklearn")
HALVES = [OPERATIONS[:2], OPERATIONS[2:]]


def run(*arguments, **options):
    command = [sys.executable, "-m", "fsnas", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, **options)


@pytest.fixture
def tree(tmp_path):
    return written(tmp_path, "tree", made_tree("snip", 3, [HALVES, HALVES]))


def printed(capsys, *arguments, status=0):
    assert main([*map(str, arguments)]) == status
    found = capsys.readouterr()
    assert found.err == ""
    return found.out


def failed(capsys, *arguments):
    assert main([*map(str, arguments)]) == 2
    found = capsys.readouterr()
    assert re.fullmatch(r"fsnas: .+\n", found.err), found.err
    return found


TREE = """\
file     {path}
what     a split tree
format   fsnas.tree
version  4

about
  method  snip
  metric  snip
  seed    3
  leaves  3
  nodes   2

tree
  root  edge 1<-0  groups none skip_connect | nor_conv_1x1 nor_conv_3x3 avg_pool_3x3
  cost -1  runner_up -0.5  ties 1  edge_ties 1  degenerate no
  ├── 0  edge 2<-0  groups none skip_connect | nor_conv_1x1 nor_conv_3x3 avg_pool_3x3
  │   cost -1  runner_up -0.5  ties 1  edge_ties 1  degenerate no
  │   ├── 00  architectures 2500
  │   └── 01  architectures 3750
  └── 1  architectures 9375

edge_costs
         1<-0   2<-0   2<-1   3<-0   3<-1   3<-2
  ──────────────────────────────────────────────
  root     -1      -      -      -      -      -
  0         -     -1      -      -      -      -

search_space
  name        nas-bench-201
  edges       1<-0 2<-0 2<-1 3<-0 3<-1 3<-2
  operations  none skip_connect nor_conv_1x1 nor_conv_3x3 avg_pool_3x3

settings
  folder         -
  recipe.epochs  2
  recipe.flip    yes
  seed           3

lineage
  key       0123456789abcdef
  inputs    fedc
  commit    0123abcd
  packages  torch 2.13.0
  code      2 (--full lists them)
"""


def test_a_tree_is_printed_for_a_person(tree, capsys):
    assert printed(capsys, "inspect", tree) == TREE.format(path=tree)


def test_full_folds_nothing(tree, capsys):
    found = printed(capsys, "inspect", "--full", tree)
    code = r"code\n +fsnas/splitting/cuts.py +0123456789ab\n +mine.py +ba9876543210\n"
    assert "--full" not in found and re.search(code, found)


def test_json_is_strict_and_whole(tree, capsys):
    def refuse(constant):
        raise AssertionError(constant)

    found = json.loads(printed(capsys, "inspect", tree, "--json"), parse_constant=refuse)
    assert found["file"] == str(tree) and found["lineage"]["code"]["mine.py"] == "ba9876543210"
    assert found["tree"][0]["children"][0]["children"][1] == {"node": "01", "architectures": 3750, "children": []}


@pytest.mark.parametrize("kind", SHOWN)
def test_every_kind_is_printed_whole_without_a_terminal(kind, tmp_path, capsys):
    path, changed = written(tmp_path / "a", kind), other(tmp_path / "b", kind)
    for arguments, status in [(("inspect", path), 0), (("diff", path, changed), 1)]:
        found = printed(capsys, *arguments, status=status)
        assert "\x1b" not in found and "…" not in found and str(path) in found
        assert all(line == line.rstrip() for line in found.splitlines())
        json.loads(printed(capsys, *arguments, "--json", status=status))


def test_nothing_is_taken_for_markup(tmp_path, capsys):
    odd = NodeScores(SPACE, SPACE.full(), None, np.zeros((6, 5, 5)), ("[bold]edge 1<-0[/] :smile: [1, 2]",))
    path = written(tmp_path, "scores", {"root": odd})
    assert "[bold]edge 1<-0[/] :smile: [1, 2]" in printed(capsys, "inspect", path)


def test_a_narrow_terminal_folds_and_cuts_nothing(tree):
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": "60", "TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    command = [sys.executable, "-m", "fsnas", "inspect", str(tree)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=theirs, stdin=subprocess.DEVNULL)
    os.close(theirs)
    found = b""
    try:
        while chunk := os.read(ours, 65536):
            found += chunk
    except OSError:  # how Linux says that the other side is closed
        pass
    os.close(ours)
    assert process.wait() == 0
    text = re.sub(r"\x1b\[[\d;]*m", "", found.decode())
    assert b"\x1b[1m" in found and max(map(len, text.splitlines())) <= 60
    drawn = re.compile(r"[\s│├└─]")
    assert drawn.sub("", text) == drawn.sub("", TREE.format(path=tree))


def test_diff_says_the_same_and_what_differs(tree, tmp_path, capsys):
    again = written(tmp_path / "again", "tree", made_tree("snip", 3, [HALVES, HALVES]))
    unlike = written(tmp_path / "other", "tree", made_tree("gm", 3, [HALVES, [OPERATIONS[:1], OPERATIONS[1:]]]))
    found = printed(capsys, "diff", tree, again)
    assert re.search(r"^same +yes$", found, re.M)
    found = printed(capsys, "diff", tree, unlike, status=1)
    assert re.search(r"^same +no$", found, re.M) and re.search(r"^part_at +node 0$", found, re.M)
    assert re.search(r"^  method +snip +gm$", found, re.M)
    assert re.search(r"^  0 +1 +2<-0 +2<-0 +none skip_connect \| .* none \| skip_connect .* 1 +-1 +-1$", found, re.M)


def test_a_folder_is_listed(tmp_path, capsys):
    for kind in SHOWN:
        written(tmp_path / "run", kind)
    (tmp_path / "run/log.txt").write_text("nothing")
    (tmp_path / "run/.state").mkdir()
    (tmp_path / "run/.state/hidden.json").write_text("{")
    found = printed(capsys, "inspect", tmp_path)
    for line in (
        "run/tree.json +a split tree +method snip, metric snip, seed 3, leaves 4, nodes 3",
        "run/cost.json +the cost .* +device cpu, device_seconds 0, epochs 2, samples 640, seconds 1.5",
    ):
        assert re.search(f"^  {line}$", found, re.M)
    assert re.search(r"^other_files +1$", found, re.M) and "hidden" not in found
    (tmp_path / "run/tree.json").write_text("{")
    listed = json.loads(printed(capsys, "inspect", tmp_path, "--json", status=2))
    assert "cannot be read as JSON" in listed["unreadable"]["run/tree.json"]
    assert len(listed["artifacts"]) == len(SHOWN), "less the damaged one, and the cost beside the checkpoint"


def test_several_files_are_shown_one_after_the_other(tree, tmp_path, capsys):
    other = written(tmp_path, "cost")
    found = printed(capsys, "inspect", tree, other)
    assert found.startswith(TREE.format(path=tree) + f"\nfile     {other}\n")
    shown = json.loads(printed(capsys, "inspect", tree, other, "--json"))
    assert [one["format"] for one in shown] == ["fsnas.tree", "fsnas.cost"]
    assert main(["inspect", str(tmp_path / "nothing.json"), str(tree)]) == 2
    found = capsys.readouterr()
    assert found.out == TREE.format(path=tree) and "nothing.json: no such file" in found.err


def test_errors_are_one_line(tree, tmp_path, capsys):
    other = written(tmp_path, "cost")
    expected = "nothing.h5: no such file; expected a file that a run leaves behind"
    assert expected in failed(capsys, "inspect", tmp_path / "nothing.h5").err
    assert "is a split tree" in failed(capsys, "diff", tree, other).err
    assert "is a folder" in failed(capsys, "diff", tree, tmp_path).err
    assert "no such file" in failed(capsys, "diff", tree, tmp_path / "nothing.json").err
    tree.write_text(tree.read_text().replace("snip", "gm"))
    assert "field 'checksum'" in failed(capsys, "inspect", tree, "--json").err
    (tmp_path / "folder.pt").mkdir()
    assert main(["inspect", str(tmp_path / "folder.pt")]) == 0


def test_what_nobody_foresaw_is_no_difference(tree, capsys, monkeypatch):
    monkeypatch.setattr("fsnas.inspecting.comparing.opened", lambda path: 1 / 0)
    assert main(["diff", str(tree), str(tree)]) == 2
    assert "please report this" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [(), ("inspect",), ("diff", "a"), ("look", "a"), ("inspect", "--colour", "a")])
def test_a_wrong_command_says_how_it_is_used(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2 and "usage: fsnas" in capsys.readouterr().err


def test_help_says_what_there_is(capsys):
    for arguments, words in {
        ("--help",): ["inspect", "diff", "look at what a run left behind"],
        ("inspect", "--help"): ["--json", "--full", "folder", "Exit status: 0, or 2"],
        ("diff", "--help"): ["--json", "settings, code, inputs and content", "Exit status: 0 where the files are the"],
    }.items():
        with pytest.raises(SystemExit) as stopped:
            main(arguments)
        text = " ".join(capsys.readouterr().out.split())
        assert stopped.value.code == 0 and all(word in text for word in words), text


def test_the_command_is_installed_and_the_module_runs(tree):
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"] == {"fsnas": "fsnas.cli:main"}
    done = run("inspect", tree)
    assert (done.returncode, done.stdout, done.stderr) == (0, TREE.format(path=tree), "")
    assert run("diff", tree, tree, "--json").returncode == 0


def test_a_reader_that_has_seen_enough_is_no_error(tree):
    command = f"{sys.executable} -m fsnas inspect --json {' '.join([str(tree)] * 60)} | head -n 1"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[\n", "")


def test_a_terminal_without_unicode_gets_the_same_facts(tree):
    done = run("inspect", tree, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0 and "architectures 2500" in done.stdout and done.stdout.isascii()


def imported(*commands):
    """The modules that are there after some commands."""
    code = f"import sys, fsnas.cli\nfor one in {commands!r}: fsnas.cli.main(one)\nprint(*sys.modules, file=sys.stderr)"
    return set(subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True).stderr.split())


@pytest.mark.parametrize("kind", SHOWN)
def test_no_file_waits_for_what_it_does_not_need(kind, tmp_path):
    path, changed = str(written(tmp_path / "a", kind)), str(other(tmp_path / "b", kind))
    found = imported(["inspect", path], ["diff", path, changed])
    assert "rich" in found and not found & set(HEAVY) and ("h5py" in found) == path.endswith(".h5")


def test_json_does_not_wait_for_what_draws(tree):
    found = imported(["inspect", "--json", str(tree)])
    assert "fsnas.cli" in found and "rich" not in found
