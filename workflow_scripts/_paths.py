"""Where every result lies, and what its path says."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def patterns(config: Mapping[str, Any], out: str) -> dict[str, str]:
    """Return the paths of results below ``out``, with wildcards, by the names that the rules give them."""
    tree, level = "seed-{seed}/{method}", "seed-{seed}/{method}/level-{level}"
    candidate = "seed-{seed}/{method}/candidates/{candidate}/level-{level}"
    below = {
        "DATA": f"data/{config['data']['name']}.h5",
        "SUPERNET": "seed-{seed}/supernet.pt",
        "SCORES": f"{level}/scores.h5",
        "JOINT_SCORES": f"{level}/scores-{{metric}}.h5",
        "SPLITS": f"{level}/splits.json",
        "CANDIDATE_SCORES": f"{candidate}/scores.h5",
        "CANDIDATE_JOINT_SCORES": f"{candidate}/scores-{{metric}}.h5",
        "CANDIDATE_SPLITS": f"{candidate}/splits.json",
        "TREE": f"{tree}/tree.json",
        "LEAF": f"{tree}/leaves/{{number}}.pt",
        "RUNG": f"{tree}/leaves/rung-{{rung}}/{{number}}.pt",
        "LEARNED": f"{tree}/leaves/{{search}}/{{number}}.pt",
        "TRAJECTORY": f"{tree}/leaves/{{search}}/{{number}}.trajectory.json",
        "SELECTION": f"{tree}/leaves/rung-{{rung}}/selection.json",
        "EVALUATION": f"{tree}/evaluation.h5",
        "SEARCH": f"{tree}/search.json",
        "FOUND": f"{tree}/found.h5",
        "TRUTH": f"truth/{config['truth']['source']}.h5",
        "STANDALONE": "truth/standalone/{number}.h5",
        "PROXY": "proxies/{metric}-seed-{seed}.h5",
        "TABLE": "tables/{table}.csv",
        "FIGURE": "figures/{figure}.{format}",
        "SUMMARY": "summary.txt",
    }
    return {name: f"{out}/{path}" for name, path in below.items()}


def place(path: str, out: str) -> tuple[str, int]:
    """Return method and seed of a result below ``out``; of one of no method, as a root supernet, it is empty."""
    seed, *method, _ = Path(path).relative_to(out).parts
    return method[0] if method else "", int(seed.removeprefix("seed-"))
