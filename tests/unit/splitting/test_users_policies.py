"""Policies in a folder of the user's own: options as keys, checks before anything runs, what an edit touches."""

import re
import sys
import textwrap
from contextlib import contextmanager

import pytest

from fsnas.errors import ConfigError
from fsnas.lineage.dependencies import entries
from fsnas.splitting import policies
from tests.support.config import DEFAULT, ROOT, laid_over
from tests.support.users import forget, write
from workflow_scripts._config import check
from workflow_scripts._defaults import completed

PAGE = (ROOT / "docs/methods.md").read_text(encoding="utf-8")
EXAMPLE = textwrap.dedent(PAGE.partition("`my_policies/cheapest.py`:\n\n")[2].partition("\nand name the folder")[0])
IMPORTS = "from typing import Annotated\n\nfrom fsnas.splitting.policies import levels\n"
OPTION = IMPORTS + "\n\ndef policy(space, *, {}):\n    {}\n"


@contextmanager
def policies_in(folder):
    """Give the config that names a folder, and forget the folder afterwards."""
    places, modules = list(policies.__path__), set(sys.modules)
    forget()
    try:
        yield {"policy_paths": [str(folder)]}
    finally:
        policies.__path__[:] = places
        for name in set(sys.modules) - modules:
            if name.startswith("fsnas.splitting.policies."):
                del sys.modules[name]
                vars(policies).pop(name.rpartition(".")[2], None)
        forget()


def checked(config, *methods):
    return check(completed(laid_over(DEFAULT, {**config, "methods": [*methods], "leaves": {"methods": []}})))


def test_the_example_is_a_policy_with_options(tmp_path):
    with policies_in(write(tmp_path, {"cheapest.py": EXAMPLE})) as config:
        found = checked(config, "snip", {"mine": {"metric": "snip", "policy": "cheapest", "splits": 5, "groups": 3}})
        assert (found["mine"].policy.rounds, found["mine"].policy.leaves) == (5, 11)
        assert found["mine"].policy_settings == {"name": "cheapest", "splits": 5, "groups": 3}
        assert found["mine"].policy_file == tmp_path / "cheapest.py" and found["snip"].policy.leaves == 4
        both = laid_over(DEFAULT, {**config, "method": {"policy": "cheapest", "splits": 2}})
        assert check(completed(both))["snip"].policy.leaves == 3
    assert "cheapest" not in policies.known()


def test_the_file_is_part_of_the_code_and_its_helper_too(tmp_path):
    text = "from fsnas.splitting.policies._mine import SPLITS\n" + EXAMPLE
    with policies_in(write(tmp_path, {"cheapest.py": text, "_mine.py": "SPLITS = 3\n"})) as config:
        checked(config, "snip")
        lines = [line for line in entries(tmp_path / "cheapest.py") if not line.startswith("fsnas/")]
        assert [line.split()[0].rpartition("/")[2] for line in lines] == ["_mine.py", "cheapest.py"]
        assert any(line.startswith("fsnas/splitting/node.py ") for line in entries(tmp_path / "cheapest.py"))


MINE = {"mine": {"metric": "snip", "policy": "mine"}}
BAD = {
    "no function": ("x = 1\n", MINE, "expected a function policy(), found none"),
    "an option that a method has": (
        OPTION.format("edge: int = 1", "return levels(space, [2])"),
        MINE,
        "has an option 'edge', which is a key of every",
    ),
    "an unknown key": (
        OPTION.format("wide: int = 2", "return levels(space, [wide])"),
        {"mine": {"metric": "snip", "policy": "mine", "wdie": 2}},
        "methods.mine.wdie: unknown key (did you mean 'wide'?)",
    ),
    "a value out of bounds": (
        OPTION.format(
            'wide: Annotated[int, {"ge": 2, "le": "operations"}, "groups"] = 2', "return levels(space, [wide])"
        ),
        {"mine": {"metric": "snip", "policy": "mine", "wide": 6}},
        "methods.mine.wide: found 6, expected at most 5",
    ),
    "another type": (
        OPTION.format("wide: int = 2", "return levels(space, [wide])"),
        {"mine": {"metric": "snip", "policy": "mine", "wide": "two"}},
        "methods.mine.wide: found 'two' (str), expected int",
    ),
    "an error of its own": (
        OPTION.format("a: int = 1", "return 1 / 0"),
        MINE,
        "mine.py: ZeroDivisionError: division by",
    ),
    "what is no policy": (
        OPTION.format("a: int = 1", "return [2]"),
        MINE,
        "policy() returned [2]; expected a fsnas.spl",
    ),
    "an impossible one": (OPTION.format("a: int = 1", "return levels(space, [7])"), MINE, "branching is 7 at level 0"),
    "code that cannot be followed": (
        "exec('x = 1')\n" + OPTION.format("a: int = 1", "return levels(space, [2])"),
        MINE,
        "line 1: exec runs code that",
    ),
    "a draw without a seed": (
        "import numpy as np\n\nDRAW = np.random.default_rng()\n"
        + OPTION.format("a: int = 1", "return levels(space, [2])"),
        MINE,
        "line 3: numpy.random.default_rng() gives other numbers in every run",
    ),
    "no Python": ("def policy(:\n", MINE, "expected Python"),
}


@pytest.mark.parametrize(("text", "method", "expected"), BAD.values(), ids=BAD)
def test_a_wrong_policy_is_refused_before_anything_runs(text, method, expected, tmp_path):
    with policies_in(write(tmp_path, {"mine.py": text})) as config, pytest.raises(ConfigError) as caught:
        checked(config, method)
    assert expected in str(caught.value), caught.value


NAMES = {
    "adaptive.py": r"policy_paths: .*adaptive\.py has the name of .*/policies/adaptive\.py",
    "levels.py": r"levels\.py has a name that fsnas\.splitting\.policies uses itself; rename it",
    "My.py": r"My\.py cannot be a policy, expected a name",
}


@pytest.mark.parametrize(("name", "message"), NAMES.items())
def test_a_name_that_is_taken_or_none_is_refused(name, message, tmp_path):
    folder = write(tmp_path, {name: OPTION.format("a: int = 1", "return levels(space, [2])")})
    with policies_in(folder) as config, pytest.raises(ConfigError, match=message):
        checked(config, "snip")


def test_no_folder_and_no_policy_are_said(tmp_path):
    with (
        policies_in(tmp_path / "nowhere") as config,
        pytest.raises(ConfigError, match="policy_paths: there is no folder"),
    ):
        checked(config, "snip")
    said = re.escape("methods.x.policy: found 'adaptve', allowed are adaptive, constant")
    with pytest.raises(ConfigError, match=said):
        checked({}, {"x": {"metric": "snip", "policy": "adaptve"}})
