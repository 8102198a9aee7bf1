"""What the path of a result says, wherever the results lie and whatever a method is called."""

import pytest
import yaml

from workflow_scripts._config_schema import CONFIG
from workflow_scripts._paths import patterns, place


@pytest.mark.parametrize("method", ["gm", "seed-3", "level-1", "leaves"])
@pytest.mark.parametrize("out", ["results", "seed-7", "x/seed-7/seed-8", "a/leaves"])
def test_method_and_seed_are_read_from_every_path_that_has_them(out, method):
    of = {"seed": 12, "method": method, "level": 1, "rung": 2, "number": 3, "metric": "snip", "candidate": "2-4"}
    of["search"] = "darts"
    named = 0
    for pattern in patterns(yaml.safe_load(CONFIG.read_text()), out).values():
        if "/seed-{seed}/" in pattern:
            assert place(pattern.format(**of), out) == (method if "{method}" in pattern else "", 12)
            named += 1
    assert named == 16
