"""``import fsnas``: the names of a notebook, each loaded when it is first used."""

import subprocess
import sys
from pathlib import Path

import pytest

import fsnas

ROOT = Path(__file__).resolve().parents[2]


def test_the_import_loads_nothing_and_every_name_something():
    code = "import sys; before = {*sys.modules}; import fsnas; print(*({*sys.modules} - before))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {name.partition(".")[0] for name in done.stdout.split()} <= {"fsnas", *sys.stdlib_module_names}
    assert {*fsnas.HOMES} <= {*dir(fsnas)}
    for name, home in fsnas.HOMES.items():
        found = getattr(fsnas, name)
        assert getattr(found, "__module__", found.__name__) == home


def test_an_unknown_name_is_an_error_that_lists_the_known_ones():
    with pytest.raises(AttributeError, match="module 'fsnas' has no attribute 'trian'; it has metrics, policies, "):
        fsnas.trian  # noqa: B018
