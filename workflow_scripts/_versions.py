"""The versions of what computes the results, and of Snakemake, of which parts are used that it does not promise."""

import importlib
import inspect
import platform
import re
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from packaging.specifiers import SpecifierSet
from snakemake.exceptions import WorkflowError

from fsnas.lineage.commit import version_and_commit

SNAKEMAKE = ">=9.27,<10"  # as in pyproject.toml; a test compares them
PARTS = {  # what `_snakemake` uses: names in a class
    "snakemake.api:Workflow": (
        "config_settings configfiles dag dag_settings deployment_settings executor_settings get_rule global_resources "
        "is_main_process local_exec main_snakefile modifier modifier_stack overwrite_workdir register_resource rules "
        "rundir scheduler workdir_init"
    ),
    "snakemake.modules:WorkflowModifier": "avail_rulename globals is_main_snakefile modify_path",
    "snakemake.dag:DAG": "finished_jobs needrun_jobs reason",
    "snakemake.rules:Rule": "expand_input get_wildcards is_producer params",
    "snakemake.persistence.file:FilePersistence": "_filter_incomplete_keys _read_record _write_record",
    "snakemake.persistence:MetadataRecord": "endtime incomplete input_checksums params rule starttime",
    "snakemake.logging:ColorizingTextHandler": "emit last_msg_was_job_info nocolor stream",
    "snakemake.logging:DefaultFormatter": (
        "format format_job_error format_job_finished format_job_info format_progress"
    ),
    "snakemake.scheduling.job_scheduler:JobScheduler": "_executor _lock _toerror _tofinish job_rate_limiter running",
    "snakemake_executor_plugin_slurm:Executor": (
        "_submitted_job_clusters check_active_jobs report_job_error report_job_submission report_job_success run_uuid"
    ),
}
PACKAGES = ["torch", "torchvision", "numpy", "scipy", "scikit-learn", "pandas", "h5py", "optuna", "matplotlib"]


def missing_parts(parts: Mapping[str, str] = PARTS) -> list[str]:
    """Return which parts of Snakemake that fsnas uses the installed one lacks: a method, or a name in its code."""
    missing = []
    for place, names in parts.items():
        module, _, name = place.partition(":")
        try:
            found = getattr(importlib.import_module(module), name)
            text = " ".join(inspect.getsource(kind) for kind in inspect.getmro(found) if kind.__module__ != "builtins")
        except (ImportError, AttributeError):
            missing.append(place)
            continue
        missing += [f"{place}.{each}" for each in names.split() if not re.search(rf"\b{each}\b", text)]
    return missing


def check_snakemake(found: str | None = None) -> None:
    """Raise a `WorkflowError` unless Snakemake is of a version that this workflow was tried with."""
    found = found or version("snakemake")
    if not SpecifierSet(SNAKEMAKE).contains(found, prereleases=True):
        lacks = ", ".join(missing_parts()) or "none by name"
        raise WorkflowError(
            f"Snakemake: found {found}, expected {SNAKEMAKE}: this workflow uses parts of it that other versions may "
            f"lack (here: {lacks}); install one that fits: pip install 'snakemake{SNAKEMAKE}'"
        )


def versions() -> str:
    """Return the versions of fsnas (with its commit), Python, Snakemake and installed packages, and the platform."""
    named = [f"{name} {found}" for name in [*PACKAGES, "snakemake"] if (found := _version(name))]
    named += [f"Python {platform.python_version()}", f"{platform.system()} {platform.machine()}"]
    return ", ".join([f"fsnas {version_and_commit()}", *named])


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
