"""fsnas init: what it writes, and what it never replaces."""

import filecmp

import pytest

from fsnas.cli import main
from fsnas.commands.starting import init
from fsnas.errors import FsnasError
from tests.support.config import ROOT


def test_it_writes_what_a_run_needs(tmp_path, capsys):
    folder = tmp_path / "my run"
    assert main(["init", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "Wrote Snakefile, config.yaml, configs, profiles, slurm into" in said and f"cd '{folder}'" in said
    for name in ("config.yaml", "configs/tiny.yaml", "profiles/default/config.yaml", "slurm/config.yaml"):
        assert filecmp.cmp(folder / name, ROOT / name, shallow=False)
    assert (folder / "profiles/default/style.css").is_file()
    assert "use rule * from fsnas" in (folder / "Snakefile").read_text()


def test_in_the_folder_where_one_is_it_says_so_and_keeps_what_is_there(tmp_path, capsys, monkeypatch):
    (tmp_path / "photos").mkdir()
    monkeypatch.chdir(tmp_path)
    assert main(["init", "."]) == 0
    said = capsys.readouterr().out
    assert "slurm into this folder. Next:" in said and "cd " not in said and (tmp_path / "photos").is_dir()


@pytest.mark.parametrize("there", ["config.yaml", "slurm"])
def test_it_replaces_nothing(there, tmp_path):
    (tmp_path / there).mkdir()
    with pytest.raises(FsnasError, match=f"has {there} already, and fsnas init replaces nothing; name a folder"):
        init(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [there]
