"""What a user's metric imports, reads and draws is part of what a result is made from, or refused by name and line."""

import os
import random
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
import torch

from fsnas import metrics
from fsnas.errors import ConfigError
from fsnas.lineage import dependencies
from fsnas.lineage.dependencies import check_users_code, entries
from tests.support.config import ROOT
from tests.support.messages import pattern
from tests.support.users import folders_of_metrics, forget, plain, write


@pytest.fixture
def beside(tmp_path, monkeypatch):
    """A folder of PYTHONPATH."""
    folder = tmp_path / "beside"
    folder.mkdir()
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    return folder


def code_of(name="plain"):
    """The lines of a metric's own code, as `entries` has them between those of fsnas."""
    forget()
    check_users_code(metrics.path_of(name))
    path = metrics.path_of(name)
    files = [file for file in dependencies.reached(path) if not dependencies._is_ours(file)]
    lines = sorted(f"{dependencies._named(file)} {dependencies._content(file)}" for file in files)
    return lines + sorted(dependencies._installed(path))


def names(lines):
    return [line.split()[0] for line in lines]


# imports, files in the folder, files of PYTHONPATH; their lines, where they are others than the names of the files
MINE, BESIDE = {"_mine.py": "f = 1"}, {"mylib.py": "f = 1"}
DEEP = {"_lib/__init__.py": "", "_lib/deep.py": "from .more import f", "_lib/more.py": "f = 1"}
HELD = {"_lib/__init__.py": "from . import deep", "_lib/deep.py": "from .. import _mine", "_mine.py": ""}
SUB = {"mylib/__init__.py": "", "mylib/sub.py": "from mylib.other import x", "mylib/other.py": "x = 1"}
FOLLOWED = {
    "a helper": ("from fsnas.metrics._mine import f", MINE, {}),
    "a relative helper": ("from ._mine import f", MINE, {}),
    "a helper by its package": ("from fsnas.metrics import _mine", MINE, {}),
    "a package": ("from fsnas.metrics._lib.deep import f", {**DEEP, "_lib/never.py": ""}, {}, *DEEP),
    "what a package holds": ("from fsnas.metrics import _lib", HELD, {}),
    "a folder without __init__": ("from fsnas.metrics._lib import a", {"_lib/a.py": ""}, {}, "a.py"),
    "a module beside": ("from mylib import f", {}, BESIDE),
    "a package beside": ("import mylib.sub as s", {}, SUB),
    "all of a package beside": (
        *("from mylib import *", {}),
        {"mylib/__init__.py": "__all__ = ['a']", "mylib/a.py": ""},
    ),
    "all of a module": ("from mylib import *", {}, BESIDE),
    "one that imports another": ("import one", {}, {"one.py": "def g():\n    import two", "two.py": ""}),
    "import_module with a name": ("import importlib\nf = importlib.import_module('mylib').f", {}, BESIDE),
    "its other form": ("from importlib import import_module as im\nim('mylib')", {}, BESIDE),
    "__import__": ("__import__('mylib')", {}, BESIDE),
    "a module that may be missing": ("try:\n    import nowhere\nexcept ImportError:\n    pass", {}, {}),
    "one that may be missing, in short": (
        *("from contextlib import suppress\nwith suppress(ImportError):\n    import nowhere", {}, {}),
    ),
    "Python's own": ("import importlib.util, os.path, json\nfrom collections import abc", {}, {}),
    "a file of data beside it": (
        *("from pathlib import Path\nWEIGHTS = Path(__file__).parent / 'w.npy'", {"w.npy": b"\x93NUMPY"}, {}),
    ),
    "a module of the same name beside": ("import _mine", MINE, {"_mine.py": "f = 2"}),
}


@pytest.mark.parametrize("case", FOLLOWED.values(), ids=FOLLOWED)
def test_what_a_metric_imports_is_part_of_its_code(case, tmp_path, beside):
    """And it is what the import finds; an edit of each file is seen, one of another file is not."""
    imports, own, others, *expected = case
    folder = write(tmp_path / "mine", {"plain.py": plain(imports=imports), **own})
    write(beside, others)
    with folders_of_metrics(folder):
        before = code_of()
        assert sorted(names(before)) == sorted({*(expected or {**own, **others}), "plain.py"})
        metrics.load("plain")
        imported = {Path(m.__file__).resolve() for m in list(sys.modules.values()) if getattr(m, "__file__", None)}
        reached = {file for file in dependencies.reached(metrics.path_of("plain")) if not dependencies._is_ours(file)}
        assert {file for file in imported if file.is_relative_to(tmp_path)} <= reached
        for file in reached:
            content = file.read_bytes()
            file.write_bytes(content + b"\nEDITED = 1\n")
            changed = set(code_of()) ^ set(before)
            file.write_bytes(content)
            assert len(changed) == 2 and {line.split()[0].rpartition("/")[2] for line in changed} == {file.name}
        write(folder, {"_never.py": "x = 1"})
        write(beside, {"never.py": "x = 1"})
        assert code_of() == before


REFUSED = {
    "import_module of a variable": ("import importlib\nimportlib.import_module(NAME)", 2, "importlib.import_module()"),
    "import_module by another name": ("from importlib import import_module as load\nload(NAME)", 2, "import_module"),
    "import_module handed on": ("import importlib\nlist(map(importlib.import_module, NAMES))", 2, "import_module"),
    "import_module of a relative name": ("import importlib\nimportlib.import_module('._x', 'a')", 2, "import_module"),
    "__import__ of a variable": ("__import__(NAME)", 1, "__import__"),
    "exec": ("exec(open('x').read())", 1, "exec runs code that cannot be followed"),
    "eval": ("eval('1 + 1')", 1, "eval runs code"),
    "runpy": ("import runpy\nrunpy.run_path('x')", 2, "runpy.run_path runs code"),
    "a loader": ("import importlib.util as u\nu.spec_from_file_location('x', 'y')", 2, "spec_from_file_location runs"),
    "sys.path": ("import sys\nsys.path.insert(0, '.')", 2, "sys.path decides what other lines import"),
    "a missing module": ("\nimport nowhere", 2, "there is no module 'nowhere'; install it"),
    "a missing module of a package": ("import mylib.sub", 1, "there is no module 'mylib.sub'"),
    "a missing helper": ("from fsnas.metrics._lost import f", 1, "no module 'fsnas.metrics._lost'.* has an underscore"),
    "a missing helper, relative": ("from ._lost import f", 1, "no module 'fsnas.metrics._lost'"),
    "a file beside without a name": ("import _beside", 1, "no module '_beside'.*fsnas.metrics._mine"),
    "numpy's generator": ("import numpy as np\nG = np.random.default_rng()", 2, "numpy.random.default_rng() gives"),
    "no seed": ("from numpy.random import default_rng as r\nG = r(None)", 2, "default_rng() gives other numbers"),
    "Python's generator": ("import random\nG = random.Random()", 2, "random.Random() gives other numbers"),
    "the system": ("import os\nG = os.urandom(4)", 2, "os.urandom() gives other numbers"),
}


@pytest.mark.parametrize(("imports", "line", "said"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_followed_or_repeated_is_refused(imports, line, said, tmp_path, beside):
    write(beside, {"mylib/__init__.py": ""})
    folder = write(tmp_path / "mine", {"plain.py": plain(imports=imports), "_beside.py": ""})
    with folders_of_metrics(folder), pytest.raises(ConfigError, match=rf"plain\.py, line {line}: .*{pattern(said)}"):
        check_users_code(metrics.path_of("plain"))


@pytest.mark.parametrize("edited", ["m11", "m19"])
def test_a_large_package_has_a_line_for_the_last_of_its_files(edited, tmp_path, beside):
    """Snakemake records every line; an edit of any file is still seen."""
    files = {f"mylib/m{i:02}.py": f"x = {i}" for i in range(20)}
    imports = "\n".join(f"import mylib.m{i:02}" for i in range(20))
    write(beside, {"mylib/__init__.py": "", **files})
    with folders_of_metrics(write(tmp_path / "mine", {"plain.py": plain(imports=imports)})):
        path = metrics.path_of("plain")
        before = [line for line in entries(path) if not line.startswith("fsnas/")]
        assert len(before) == 13 and before[0].startswith("10 more files ")
        write(beside, {f"mylib/{edited}.py": "x = 0"})
        forget()
        assert [line.split()[:3] for line in set(entries(path)) - set(before) if "fsnas/" not in line] == [
            ["10", "more", "files"]
        ]


def test_a_link_is_the_file_that_it_is_imported_as(tmp_path):
    write(tmp_path / "elsewhere", {"one.py": plain(imports="from ._mine import f")})
    folder = write(tmp_path / "mine", {"_mine.py": "f = 1"})
    (folder / "plain.py").symlink_to(tmp_path / "elsewhere/one.py")
    with folders_of_metrics(folder):
        assert names(code_of()) == ["_mine.py", "plain.py"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def f(net):\n    net.eval()\n    exec('1')\n", r"_mine\.py, line 3: exec runs code"),
        ("x = (1\n", r"_mine\.py, line 1: expected Python, found an error in it"),
    ],
)
def test_a_helper_is_refused_as_the_metric_is(text, said, tmp_path):
    folder = write(tmp_path, {"plain.py": plain(imports="from ._mine import f"), "_mine.py": text})
    with folders_of_metrics(folder), pytest.raises(ConfigError, match=said):
        check_users_code(metrics.path_of("plain"))


@pytest.mark.parametrize("imports", ["import fsnas", "from fsnas import train as t", "def f():\n    import fsnas as f"])
def test_a_metric_that_takes_a_name_of_fsnas_depends_on_the_file_that_it_stands_in(imports, tmp_path):
    with folders_of_metrics(write(tmp_path, {"plain.py": plain(imports=imports)})):
        assert "fsnas/training/loop.py" in names(entries(metrics.path_of("plain")))


def test_what_is_installed_counts_by_its_version(tmp_path):
    text = plain(imports="import numpy as np, torch, yaml\nimport sklearn.base")
    with folders_of_metrics(write(tmp_path, {"plain.py": text})):
        installed = [line for line in code_of() if not line.startswith("plain.py")]
        expected = {name: version(name) for name in ("numpy", "torch", "PyYAML", "scikit-learn")}
        assert installed == [f"{name} {number}" for name, number in sorted(expected.items())]
        found = entries(metrics.path_of("plain"), packages=["torch"])
        assert sum(line.startswith("torch ") for line in found) == 1
    assert not any(line.startswith("numpy ") for line in entries(metrics.path_of("snip"), packages=["torch"]))


def test_files_of_the_working_directory_are_found_as_a_job_finds_them(tmp_path):
    """A job has not the folder that `python -m snakemake` adds, but that of PYTHONPATH."""
    write(tmp_path, {"mine/plain.py": plain(imports="from mylib import f"), "mylib.py": "f = 1"})
    code = """
import sys
from fsnas import metrics
from fsnas.lineage.dependencies import check_users_code, entries
metrics.add_folders(["mine"])
check_users_code(metrics.path_of("plain"))
print([line for line in entries(metrics.path_of("plain")) if line.startswith("mylib")])
"""

    def run(**environment):
        command = [sys.executable, "-c", code]
        given = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=given)

    assert "there is no module 'mylib'" in run().stderr
    assert "mylib.py" in run(PYTHONPATH=f"{ROOT}:.").stdout


def test_to_import_a_metric_changes_nothing_and_draws_the_same(tmp_path):
    imports = """import random
import numpy as np
import torch
DRAWN = torch.rand(1).item(), np.random.rand(), random.random()
torch.set_default_dtype(torch.float64)
np.random.seed(3)
random.seed(3)"""
    drawn = []
    for name in ("one", "two"):
        with folders_of_metrics(write(tmp_path / name, {"plain.py": plain(imports=imports)})):
            before = torch.get_rng_state().tolist(), str(np.random.get_state()), random.getstate()
            metrics.load("plain")
            after = torch.get_rng_state().tolist(), str(np.random.get_state()), random.getstate()
            assert before == after and torch.get_default_dtype() is torch.float32
            drawn.append(sys.modules["fsnas.metrics.plain"].DRAWN)
        np.random.rand(), random.random(), torch.rand(1)
    assert drawn[0] == drawn[1]
