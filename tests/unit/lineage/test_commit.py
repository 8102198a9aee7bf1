"""The commit of the code that runs: of a clone, a dirty one, a copy without git, an installed package."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import fsnas.lineage.commit
from fsnas.cli import main
from fsnas.lineage.commit import VARIABLE, commit, hand_to_jobs

GIT = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
GIT |= {f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def git(folder, *arguments):
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env={**os.environ, **GIT}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A repository with code and other files, taken as the place of the running code."""
    for name in ("fsnas/splitting/cuts.py", "rules/data.smk", "docs/a.md", "config.yaml", "Snakefile", ".gitignore"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("__pycache__/\n")
    git(tmp_path, "init", "-q")
    placed(monkeypatch, tmp_path)
    return tmp_path


def placed(monkeypatch, folder):
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(fsnas.lineage.commit, "ROOT", folder)
    fsnas.lineage.commit._own.cache_clear()
    monkeypatch.setattr(fsnas.lineage.commit, "_of_package", lambda: "of the package")


def committed(folder):
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "-")
    fsnas.lineage.commit._own.cache_clear()
    return git(folder, "rev-parse", "HEAD")


def test_a_clone_has_its_commit_whatever_lies_beside_the_code(clone):
    assert commit() == "unknown", "nothing is committed yet"
    made = committed(clone)
    (clone / "config.yaml").write_text("seeds: [1]\n")
    (clone / "my.yaml").write_text("")
    (clone / "fsnas/__pycache__").mkdir()
    (clone / "fsnas/__pycache__/cuts.pyc").write_text("")
    assert commit() == made and len(made) == 40


@pytest.mark.parametrize("changed", ["fsnas/splitting/cuts.py", "fsnas/new.py", "Snakefile", "rules/data.smk"])
def test_changed_or_new_code_is_said(clone, changed):
    made = committed(clone)
    (clone / changed).write_text("x = 1\n")
    assert commit() == f"{made}+changes"


def test_a_worktree_has_its_own_commit_and_the_environment_of_git_does_not_count(clone, tmp_path, monkeypatch):
    committed(clone)
    git(clone, "worktree", "add", "-q", "-b", "other", str(tmp_path / "worktree"))
    (tmp_path / "worktree/docs/a.md").write_text("other")
    made = committed(tmp_path / "worktree")
    monkeypatch.setattr(fsnas.lineage.commit, "ROOT", tmp_path / "worktree")
    monkeypatch.setenv("GIT_DIR", str(clone / ".git"))  # as in a hook
    assert commit() == made


def test_a_copy_inside_another_repository_does_not_take_its_commit(clone, monkeypatch):
    committed(clone)
    (clone / "inner/fsnas").mkdir(parents=True)
    placed(monkeypatch, clone / "inner")
    assert commit() == "of the package"


def test_without_git_it_is_unknown(clone, monkeypatch):
    committed(clone)
    monkeypatch.setenv("PATH", "")
    assert commit() == "unknown"


def test_git_is_asked_once_and_jobs_are_told(clone, monkeypatch):
    made, environment = committed(clone), {}
    commit()
    monkeypatch.setenv("PATH", "")
    hand_to_jobs(environment)
    assert commit() == made and environment == {VARIABLE: made}
    monkeypatch.setenv(VARIABLE, "handed")
    assert commit() == "handed"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"url": "x", "vcs_info": {"vcs": "git", "commit_id": "0123abcd"}}, "0123abcd"),
        ({"url": "file:///x", "dir_info": {}}, "unknown"),
        (None, "unknown"),
    ],
)
def test_an_installed_package_has_the_commit_that_pip_recorded(said, expected, monkeypatch):
    class Installed:
        def read_text(self, name):
            return json.dumps(said) if said and name == "direct_url.json" else None

    monkeypatch.setattr(fsnas.lineage.commit.importlib.metadata, "distribution", lambda name: Installed())
    assert fsnas.lineage.commit._of_package() == expected


def test_fsnas_says_version_and_commit(monkeypatch, capsys):
    monkeypatch.setenv(VARIABLE, "0123abcd+changes")
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    version = fsnas.lineage.commit.importlib.metadata.version("fsnas")
    assert ended.value.code == 0 and capsys.readouterr().out == f"fsnas {version} (commit 0123abcd+changes)\n"


def test_only_the_version_asks_git(tmp_path):
    """A look at a file pays nothing for it."""
    program = (
        "import sys; from fsnas.cli import main; main(['inspect', sys.argv[1]]); print('subprocess' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, cwd=Path.cwd()
    )
    assert done.stdout.endswith("False\n"), done.stderr
