"""What ``fsnas plan`` asks of a dry run: every job that would run, with its options, as JSON."""

import json
import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from snakemake.logging import logger

from workflow_scripts._lineage import Lineages
from workflow_scripts._snakemake import LogEvent, jobs_to_run

VARIABLE = "FSNAS_PLAN"  # the file that the jobs are written to


def nodes_of(method: Any, candidate: str | None, level: int) -> int:
    """Return how many nodes of a tree are scored in a round: all of its level, or those that the last split made."""
    policy = method.policy.grown.get(candidate or "", method.policy)
    if not level or not policy.rounds:
        return 1
    return round(policy.leaves ** (level / policy.rounds)) if policy.by_level else 2


class Planned(logging.Handler):
    """Writes the jobs when Snakemake knows them, which is when it says how many of each rule there are."""

    def __init__(self, workflow: Any, lineages: Lineages, about: Mapping[str, Any], nodes: Callable[..., int]) -> None:
        super().__init__()
        self.workflow, self.lineages, self.about, self.nodes = workflow, lineages, about, nodes

    def emit(self, record: logging.LogRecord) -> None:
        """Write them."""
        if getattr(record, "event", None) == LogEvent.RUN_INFO:
            logger.removeHandler(self)  # at the end it says so again, of jobs that count as done
            jobs = [self._said(job) for job in jobs_to_run(self.workflow) if job.output]
            text = json.dumps({**self.about, "jobs": jobs})
            Path(os.environ[VARIABLE]).write_text(text, encoding="utf-8")

    def _said(self, job: Any) -> dict[str, Any]:
        file = str(job.output[0])
        known = job.rule.name in self.lineages.of_rules
        settings = self.lineages.expected(job.rule, file).settings if known else {}
        nodes = self.nodes(job.wildcards) if job.wildcards.get("level") else 1
        return {"file": file, "settings": settings, "nodes": nodes}


def plan(workflow: Any, lineages: Lineages, nodes: Callable[..., int], about: Callable[[], Mapping[str, Any]]) -> None:
    """Write the jobs of this dry run, if it is one for a plan."""
    if os.environ.get(VARIABLE):
        logger.addHandler(Planned(workflow, lineages, about(), nodes))
