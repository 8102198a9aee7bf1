"""What the texts and the code of the project point to is there."""

import re
import subprocess
from pathlib import Path

import yaml

from tests.support.config import ROOT

FOLDERS = "benchmarks|configs|docs|envs|fsnas|profiles|rules|slurm|tests|workflow_scripts"
PATH = re.compile(rf"(?<![\w/.\-])((?:{FOLDERS})/[\w/.\-]+\.(?:md|py|smk|yaml|json|rst|cfg|toml|png|css))\b")
DOCUMENT = re.compile(r"\b([A-Z]{4,}\.(?:md|cff|txt))\b|\b(DESIGN)\b")
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")


def texts():
    """Return the files of the project that people read, from git or, without it, from the folder."""
    try:
        said = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
        )
        names = said.stdout.decode().splitlines()
    except (OSError, subprocess.CalledProcessError):
        names = [str(p.relative_to(ROOT)) for folder in FOLDERS.split("|") for p in (ROOT / folder).rglob("*")]
        names += [p.name for p in ROOT.glob("*.md")]
    suffixes = {".py", ".smk", ".md", ".yaml", ".toml", ".rst", ""}
    return sorted(ROOT / name for name in names if Path(name).suffix in suffixes and (ROOT / name).is_file())


CITED = {  # the keys of CFF 1.2.0 that ours may need
    "root": {"cff-version", "message", "title", "abstract", "type", "version", "license", "authors", "keywords"}
    | {"preferred-citation", "references", "date-released", "repository-code", "url", "doi", "commit", "identifiers"},
    "reference": {
        "type",
        "title",
        "year",
        "authors",
        "conference",
        "collection-title",
        "volume",
        "url",
        "notes",
        "doi",
    },
    "person": {"family-names", "given-names", "name", "orcid", "affiliation"},
}


def test_the_citation_names_the_papers_in_keys_of_its_format():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["cff-version"] == "1.2.0" and set(citation) <= CITED["root"]
    papers = [citation["preferred-citation"], *citation["references"]]
    for one in papers:
        assert {"type", "title", "authors"} <= set(one) <= CITED["reference"], one
        assert all(set(person) <= CITED["person"] for person in one["authors"])
    titles = " ".join(one["title"] for one in citation["references"])
    assert all(title in titles for title in ("Zero-Cost Proxies", "Metric-Driven Framework", "NAS-Bench-201"))


def test_no_text_points_to_a_file_that_is_not_there():
    missing = []
    for path in texts():
        if path == Path(__file__):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
            made_up = path.name.startswith("test_") or line.endswith("`:")  # tests and recipes make files of their own
            named = [] if made_up else [ROOT / name for name in PATH.findall(line)]
            named += [ROOT / (a or b) for a, b in DOCUMENT.findall(line)]
            named += [path.parent / name for name in LINK.findall(line)] if path.suffix == ".md" else []
            missing += [f"{path.relative_to(ROOT)}:{number}: {name}" for name in named if not name.exists()]
    assert not missing, "\n".join(missing)
