"""Local runs with cards: a job at once for each, with a card of its own. The cards are fake: jobs use the CPU."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from snakemake.persistence.file import FilePersistence

from tests.workflow.conftest import ROOT, copy_checkout, snakemake

TINY = ("--configfile", "configs/tiny.yaml")
JOBS = 6
RULES = """
from pathlib import Path
from snakemake.api import OutputSettings, ResourceSettings, SnakemakeApi

with SnakemakeApi(OutputSettings(quiet={"all"})) as api:
    workflow = api.workflow(resource_settings=ResourceSettings(cores=1), snakefile=Path("Snakefile"))._workflow
    for rule in workflow.rules:
        local = rule.norun or rule.name in workflow._localrules
        print("rule:", rule.name, local, "gpu" in rule.resources and rule.resources["gpu"].raw != 0)
"""


def trained(folder: Path, *arguments: str) -> tuple[list[str], int]:
    """The cards that the jobs of rule standalone saw, and how many of them ran at once."""
    snakemake(copy_checkout(folder), "results-tiny/truth/standalone.h5", "--cores", "4", *TINY, *arguments)
    logs = [(folder / f"results-tiny/logs/truth/{number}.log").read_text() for number in range(JOBS)]
    cards = [found[1] if (found := re.match(r"sees card (.*)", log)) else "" for log in logs]
    records = FilePersistence(nolock=True, path=folder / ".snakemake")
    spans = [records._read_record(f"results-tiny/truth/standalone/{number}.h5") for number in range(JOBS)]
    return cards, max(sum(other.starttime <= span.starttime < other.endtime for other in spans) for span in spans)


def test_two_cards_are_two_jobs_at_once_with_a_card_each(monkeypatch, tmp_path):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1,3")
    cards, at_once = trained(tmp_path)
    assert set(cards) == {"1", "3"} and at_once == 2


@pytest.mark.parametrize(
    ("visible", "given", "seen", "most"),
    [
        ("", (), {""}, 4),
        ("1,3", ("--resources", "gpu=1"), {"1"}, 1),
        ("1,3", ("--config", "resources={gpu: 0}"), {""}, 4),
    ],
    ids=["no card", "fewer wanted", "none asked for"],
)
def test_the_limit_is_that_of_the_cards_or_of_the_user(visible, given, seen, most, monkeypatch, tmp_path):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    cards, at_once = trained(tmp_path, *given)
    assert set(cards) == seen and at_once <= most
    assert at_once > 1 or most == 1


def test_a_job_that_takes_no_card_does_not_queue():
    """`use rule` takes over the card of a rule, and not that it is a local one."""
    told = subprocess.run([sys.executable, "-c", RULES], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    rules = {name: (local, card) for name, local, card in re.findall(r"rule: (\w+) (\w+) (\w+)", told)}
    assert len(rules) > 30
    assert {name for name, (local, card) in rules.items() if local == card} == set()
