"""What fsnas uses of Snakemake beyond what its documentation promises: all of it is here.

`_versions` lists it, and says with which versions it was tried.
"""

import os
import shlex
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from snakemake.common import SNAKEFILE_CHOICES
from snakemake.common.configfile import load_configfile
from snakemake.exceptions import WorkflowError
from snakemake.iocontainers import Wildcards
from snakemake.logging import ColorizingTextHandler, DefaultFormatter
from snakemake.persistence import RECORD_FORMAT_VERSION, MetadataRecord
from snakemake.persistence.file import FilePersistence
from snakemake.utils import update_config
from snakemake_interface_logger_plugins.common import LogEvent

from fsnas.places import INSTALLED, WORKFLOW
from workflow_scripts._config_schema import CONFIG, typed
from workflow_scripts._config_values import check_texts

IN_TURN = {  # rules whose jobs need others of the same rule, by the first rule that needs them all
    "tree": {"scores", "joint_scores", "splits", "candidate_scores", "candidate_joint_scores", "candidate_splits"},
    "evaluate": {"select_leaves", "rung"},
}

__all__ = ["ColorizingTextHandler", "DefaultFormatter", "LogEvent", "Wildcards"]  # the terminal (`_terminal`), lineages


# Where a run is, and what it is given


def check_until(workflow: Any) -> None:
    """Raise a `WorkflowError` if a run is to end at a rule whose jobs come in turn: it would end at the first ones."""
    for name in workflow.dag_settings.until:
        for last, rules in IN_TURN.items():
            if name in rules:
                raise WorkflowError(
                    f"--until {name}: a job of this rule waits for others of it, and Snakemake would stop at the "
                    f"first ones; take --until {last}, which needs them all"
                )


def check_folder(workflow: Any) -> None:
    """Raise a `WorkflowError` unless Snakemake can write into its own folder, which even a dry run does."""
    folder = Path.cwd() / ".snakemake"
    try:
        folder.mkdir(exist_ok=True)
        own = [folder, *(path for path in folder.iterdir() if path.is_dir())]
        reason = next((f"you may not write into {path}" for path in own if not os.access(path, os.W_OK | os.X_OK)), "")
    except OSError as error:
        reason = str(error.strerror)
    if reason:
        snakefile = shlex.quote(os.path.abspath(workflow.main_snakefile))
        raise WorkflowError(
            f"Snakemake keeps its records in {folder}, but cannot write there ({reason}); run it in a folder of your "
            f"own, which the results go into as well: snakemake --snakefile {snakefile} --directory FOLDER"
        )


def check_deployment(workflow: Any) -> None:
    """Raise a `WorkflowError` if jobs are to run in other environments and the workflow is an installed package."""
    methods = workflow.deployment_settings.deployment_method
    if methods and INSTALLED == WORKFLOW:
        named = " ".join(sorted(str(getattr(method, "value", method)) for method in methods))
        raise WorkflowError(
            f"--software-deployment-method {named}: fsnas runs as an installed package ({WORKFLOW}), which jobs in "
            "another environment do not see; leave the option out, so that jobs run in the environment of the "
            "package, or use a checkout: snakemake --snakefile CHECKOUT/Snakefile"
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
    files = [*workflow.configfiles[len(given.configfiles) :], *given.configfiles]  # those of the Snakefile come first
    check_texts(files)  # no part of them, so all that they hold is ours
    layers = [*map(load_configfile, files)]
    merged: dict[str, Any] = {}
    for layer in [*layers, given.config]:
        update_config(merged, layer)
    return [*(layers if merged == config else [config]), typed(given.config)]  # another one: the Snakefile changed it


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


# What it will do


def jobs_to_run(workflow: Any) -> list[Any]:
    """Return the jobs of this run."""
    return list(workflow.dag.needrun_jobs())


def forced_outputs(workflow: Any) -> list[Path] | None:
    """Return the outputs of jobs that Snakemake is told to run anyway; None stands for all of them."""
    if workflow.dag_settings.forceall:
        return None
    forced = (job for job in jobs_to_run(workflow) if workflow.dag.reason(job).forced)
    return [Path(file) for job in forced for file in job.output]


def has_made(workflow: Any, file: str) -> bool:
    """Return whether this run has made ``file``."""
    return any(file in job.output for job in workflow.dag.finished_jobs)


def runs_here(workflow: Any) -> bool:
    """Return whether jobs run on this machine, in the environment of this process."""
    return workflow.local_exec and not workflow.deployment_settings.deployment_method


def start_at_once(workflow: Any) -> None:
    """Start local jobs as soon as there is room.

    Each time that Snakemake has looked for jobs it looks again a second later, after 500 jobs 500 times a second, to
    limit the rate of submissions.
    """
    if workflow.local_exec:
        workflow.scheduler.job_rate_limiter = None


def count_cards(workflow: Any, cards: int) -> None:
    """Count cards as the resource ``gpu``."""
    if cards:
        workflow.register_resource("gpu", cards)


# What it records


class Records:
    """What Snakemake records of the files in a folder: rule, params, checksums of inputs, and when they were made."""

    def __init__(self, folder: Path) -> None:
        self._files = FilePersistence(nolock=True, path=folder)

    def read(self, name: str) -> Any:
        """Return the record of a file, with ``rule``, ``params`` and ``endtime``; None where there is none."""
        return self._files._read_record(name)

    def is_incomplete(self, name: str) -> bool:
        """Return whether a job was stopped that was making the file."""
        return bool(self._files._filter_incomplete_keys([name]))

    def write(self, name: str, record: Any, endtime: float) -> None:
        """Record that a file was made at ``endtime``."""
        record.endtime = endtime
        self._files._write_record(name, record)

    @staticmethod
    def new(rule: str, params: Iterable[str], checksums: Mapping[str, str], time: float) -> Any:
        """Return what Snakemake would have recorded of a file that was made from inputs with these checksums."""
        of = {"params": sorted(params), "input_checksums": dict(checksums), "starttime": time, "incomplete": False}
        return MetadataRecord(rule=rule, record_format_version=RECORD_FORMAT_VERSION, **of)


# The jobs that it submits to SLURM


class Submissions:
    """The SLURM jobs of this run, as Snakemake knows them."""

    def __init__(self, workflow: Any) -> None:
        self.scheduler, self.executor = workflow.scheduler, workflow.scheduler._executor
        self.name = getattr(self.executor, "run_uuid", "")  # of all of them; empty where none is submitted
        self.wait = workflow.executor_settings.init_seconds_before_status_checks if self.name else 0
        self.numbers: dict[Any, tuple[int, str]] = {}  # of each job of Snakemake: its attempt, and its SLURM job
        if self.name:
            self._note_submissions()
            self._forget_nothing()

    def any_running(self) -> bool:
        """Return whether Snakemake waits for one."""
        return bool(self.name and self.scheduler.running)

    def awaited(self) -> set[str]:
        """Return the SLURM jobs that Snakemake waits for: not those of which it knows that they have ended."""
        if self.scheduler._lock.locked() or self.executor._submitted_job_clusters:
            return set()  # Snakemake is busy, and hears of nothing; or squeue does not list the jobs of other clusters
        ended = [*self.scheduler._tofinish, *self.scheduler._toerror]
        running = [job for job in list(self.scheduler.running) if job in self.numbers and job not in ended]
        return {self.numbers[job][1] for job in running if self.numbers[job][0] == job.attempt}

    def _note_submissions(self) -> None:
        submitted = self.executor.report_job_submission

        def noted(info: Any, *args: Any, **options: Any) -> None:
            self.numbers[info.job] = info.job.attempt, info.external_jobid
            submitted(info, *args, **options)

        self.executor.report_job_submission = noted

    def _forget_nothing(self) -> None:
        """Let Snakemake ask again for every job of which it hears neither that it goes on nor that it has ended.

        The plugin forgets all jobs when it asks five times in a row without an answer, and waits for them for ever.
        """
        executor, ask, heard = self.executor, self.executor.check_active_jobs, set()

        def noting(report: Callable[..., None]) -> Callable[..., None]:
            def noted(info: Any, *args: Any, **options: Any) -> None:
                heard.add(id(info))
                report(info, *args, **options)

            return noted

        async def check(active: list[Any]) -> AsyncIterator[Any]:
            heard.clear()
            async for info in ask(active):
                heard.add(id(info))
                yield info
            for info in active:
                if id(info) not in heard:
                    yield info

        executor.report_job_success = noting(executor.report_job_success)
        executor.report_job_error = noting(executor.report_job_error)
        executor.check_active_jobs = check
