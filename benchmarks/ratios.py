"""Print what `pytest benchmarks --benchmark-json FILE --benchmark-save-data` measured, as ratios.

    python -m benchmarks.ratios FILE

A ratio is the median time of ours over the median of the reference, in the same run; the spread are the lowest and the
highest ratio of any two repetitions without the slowest and the fastest of each.
"""

import json
import sys
from itertools import product
from pathlib import Path
from statistics import median


def trimmed(times: list[float]) -> list[float]:
    """Return ``times`` in ascending order, without the first and the last of five or more."""
    times = sorted(times)
    return times[1:-1] if len(times) >= 5 else times


def main(path: str) -> None:
    """Print a Markdown table."""
    content = json.loads(Path(path).read_text(encoding="utf-8"))
    info = content["machine_info"]
    print(f"{info['cpu'].get('brand_raw', '?')}, torch {info['torch']}, {info['options']}\n")
    groups: dict[str, dict[bool, list[float]]] = {}
    for each in content["benchmarks"]:
        groups.setdefault(each["group"], {})["ours" in each["name"]] = each["stats"]["data"]
    print("| what | reference, s | ours, s | ratio | spread |\n| --- | --- | --- | --- | --- |")
    for name, found in groups.items():
        if len(found) == 2:
            reference, ours = found[False], found[True]
            ratios = [a / b for a, b in product(trimmed(ours), trimmed(reference))]
            both = f"{median(reference):.3g} | {median(ours):.3g} | {median(ours) / median(reference):.2f}"
            print(f"| {name} | {both} | {min(ratios):.2f} to {max(ratios):.2f} |")


if __name__ == "__main__":
    main(sys.argv[1])
