"""Where a run is: whether Snakemake can keep its records there, and how to come back to it."""

import os
import shlex
from pathlib import Path
from types import SimpleNamespace

import pytest
from snakemake.exceptions import WorkflowError

from workflow_scripts import _snakemake
from workflow_scripts._snakemake import check_deployment, check_folder, place_options
from workflow_scripts._terminal import report_hint

HERE = SimpleNamespace(main_snakefile="a b/Snakefile")


def test_a_folder_in_which_snakemake_can_keep_its_records(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    check_folder(HERE)
    (tmp_path / ".snakemake/metadata").mkdir()
    check_folder(HERE)


@pytest.mark.parametrize("closed", [".snakemake", "metadata"])
def test_a_folder_of_somebody_else_is_one_line_that_names_another_one(closed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".snakemake/metadata").mkdir(parents=True)
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != closed)  # root may write everywhere
    message = (
        rf"in {tmp_path}/\.snakemake, but cannot write there \(you may not write into .*{closed}\); run it in a folder"
    )
    with pytest.raises(WorkflowError, match=message) as caught:
        check_folder(HERE)
    assert f"snakemake --snakefile '{tmp_path}/a b/Snakefile' --directory FOLDER" in str(caught.value)


def test_a_file_in_the_place_of_the_records(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".snakemake").touch()
    with pytest.raises(WorkflowError, match=r"cannot write there \(File exists\)"):
        check_folder(HERE)


def test_the_report_of_a_run_elsewhere_is_made_from_where_it_was_started(monkeypatch, tmp_path):
    (tmp_path / "here").mkdir()
    (tmp_path / "a run").mkdir()
    monkeypatch.chdir(tmp_path / "a run")
    here = str(tmp_path / "here")
    main, elsewhere = str(tmp_path / "fsnas/Snakefile"), str(tmp_path / "a run")
    run = {"main_snakefile": main, "rundir": here, "overwrite_workdir": elsewhere}
    given = SimpleNamespace(configfiles=[tmp_path / "fsnas/configs/tiny.yaml"], config={})
    place = place_options(SimpleNamespace(**run))
    words = shlex.split(report_hint("results", given, place=place, at=here).partition(": ")[2])
    assert words[3:7] == ["--snakefile", main, "--directory", "../a run"]
    assert words[7:] == ["--configfile", "../fsnas/configs/tiny.yaml"]
    monkeypatch.chdir(here)
    found = {"main_snakefile": f"{here}/Snakefile", "rundir": here, "overwrite_workdir": None}
    assert place_options(SimpleNamespace(**found)) == []


def test_an_installed_package_takes_no_other_environments(monkeypatch):
    conda = SimpleNamespace(deployment_settings=SimpleNamespace(deployment_method={"conda"}))
    check_deployment(conda)
    monkeypatch.setattr(_snakemake, "INSTALLED", _snakemake.WORKFLOW)
    check_deployment(SimpleNamespace(deployment_settings=SimpleNamespace(deployment_method=set())))
    message = "--software-deployment-method conda: fsnas runs as an installed package .* leave the option out"
    with pytest.raises(WorkflowError, match=message):
        check_deployment(conda)
