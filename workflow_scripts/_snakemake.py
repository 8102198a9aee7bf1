"""Where a run is and what it is given: what the Snakefile asks of Snakemake beyond what its documentation promises.

Also beyond it: lineage and records (`_lineage`, `_records`), the terminal (`_lines`), the start of jobs
(`_forkserver`), SLURM (`_slurm`). `_versions` says which versions all of it was tried with.
"""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from snakemake.common import SNAKEFILE_CHOICES
from snakemake.common.configfile import load_configfile
from snakemake.exceptions import WorkflowError

from workflow_scripts._config_schema import CONFIG, typed
from workflow_scripts._config_values import check_texts


def check_folder(workflow: Any) -> None:
    """Raise a `WorkflowError` unless Snakemake can write into its own folder, which even a dry run does."""
    folder = Path.cwd() / ".snakemake"
    try:
        folder.mkdir(exist_ok=True)
        own = [folder, *(path for path in folder.iterdir() if path.is_dir())]
        reason = next((f"{path} is not yours" for path in own if not os.access(path, os.W_OK | os.X_OK)), "")
    except OSError as error:
        reason = str(error.strerror)
    if reason:
        snakefile = shlex.quote(os.path.abspath(workflow.main_snakefile))
        raise WorkflowError(
            f"Snakemake keeps its records in {folder}, but cannot write there ({reason}); run it in a folder of your "
            f"own, which the results go into as well: snakemake --snakefile {snakefile} --directory FOLDER"
        )


def given_configs(workflow: Any, config: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return what is said in place of the defaults, the last word last.

    Of the main Snakefile: a config.yaml in the folder that Snakemake runs in, the files of ``--configfile``, and
    ``--config``. In a workflow that imports this one: what its ``module`` statement gives.

    Raises
    ------
    ConfigError
        If a file has a key twice, or a number that YAML takes for another one.
    """
    given = workflow.config_settings
    if workflow.modifier.is_main_snakefile():
        own = Path("config.yaml")
        files = [own] if own.is_file() and not own.samefile(CONFIG) else []
        files += given.configfiles
        check_texts([CONFIG, *files])
        return [*map(load_configfile, files), typed(given.config)]
    if config is not workflow.modifier_stack[0].globals["config"]:
        return [config]
    check_texts([*workflow.configfiles, *given.configfiles])  # no part of them, so all that they hold is ours
    return [config, typed(given.config)]


def rule_name(workflow: Any, name: str) -> str | None:
    """Return the name that a rule of this Snakefile gets: another one, or none, where a workflow imports this one."""
    return workflow.modifier.avail_rulename(name)


def placed(workflow: Any, folder: str) -> str:
    """Return where files of ``folder`` lie: a workflow that imports this one may put a prefix in front."""
    return os.path.normpath(workflow.modifier.modify_path(f"{folder}/"))


def place_options(workflow: Any) -> list[str]:
    """Return the options that say where a run is, to be typed in ``workflow.rundir``.

    With another folder to run in, the Snakefile has its whole path: Snakemake reads its profile before it goes there,
    and the style sheet that the profile names after that.
    """
    main = os.path.abspath(workflow.main_snakefile)
    if workflow.overwrite_workdir is not None:
        return ["--snakefile", main, "--directory", os.path.relpath(os.curdir, workflow.rundir)]
    found = main in [os.path.join(workflow.rundir, name) for name in SNAKEFILE_CHOICES]
    return [] if found else ["--snakefile", os.path.relpath(main, workflow.rundir)]
