"""What real runs say on the terminal."""

import re
import shutil
from pathlib import Path

from tests.workflow.conftest import snakemake

TINY = ("--configfile", "configs/tiny.yaml")


def test_every_job_of_a_run_has_one_line_and_the_last_line_names_the_report(tiny):
    _, printed = tiny
    total = int(re.search(r"^total +(\d+)$", printed, re.M)[1])
    jobs = re.findall(rf"^\[ *\d+ of {total} done, 0:\d\d:\d\d(?:, about \d:\d\d:\d\d left)?\] (.+)$", printed, re.M)
    assert len(jobs) == len(set(jobs)) == total - 1, "all but the target"
    assert "Train leaf 2 of snip, seed 1" in jobs
    assert f"{total} of {total} steps (100%) done" in printed
    assert "Reason: " not in printed and "Select jobs" not in printed
    assert "snakemake --report results-tiny/report.html --configfile configs/tiny.yaml" in printed


def test_a_dry_run_says_why_and_the_log_file_keeps_all(tiny):
    folder, printed = tiny
    assert re.search(
        r"^Job \d+: List the splits.*\nReason: Forced", snakemake(folder, "-nR", "split_tables", *TINY), re.M
    )
    log = re.search(r"Complete log\(s\): (\S+)", printed)[1]
    assert "Reason: Missing output files: results-tiny/summary.txt" in Path(log).read_text()


def test_a_failed_job_shows_the_end_of_its_log_and_is_named_at_the_end(tiny, tmp_path):
    folder = shutil.copytree(tiny[0], tmp_path / "run")
    script = folder / "workflow_scripts/split_tables.py"
    failing = [
        "    from _job import log",
        "    from fsnas.errors import FsnasError",
        "    for i in range(60):",
        "        log.info('line %d', i)",
        "    raise FsnasError('no ink: expected some')",
    ]
    begin = "def main(smk) -> None:\n"
    code = script.read_text(encoding="utf-8")
    script.write_text(code.replace(begin, "\n".join([begin + failing[0], *failing[1:], ""])), encoding="utf-8")
    said = snakemake(folder, "results-tiny/tables/splits.csv", "--cores", "1", *TINY, expect=1)
    path = "results-tiny/logs/split_tables.log"
    block = said.partition("Failed: List the splits and count their group sizes (rule split_tables, job ")[
        2
    ].splitlines()
    assert block[1:3] == [f"  The end of {path}:", "  | line 41"]
    assert block[21] == "  | split_tables: no ink: expected some"
    assert re.search(rf"^Failed, see above for why:\n  List the splits.*, {path}$", said, re.M)
    assert "Traceback" not in said and "CalledProcessError" not in said
