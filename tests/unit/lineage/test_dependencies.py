"""What an artifact is made from: code that runs counts, comments do not, and no script reaches more than it needs."""

import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from fsnas.lineage import dependencies
from fsnas.lineage.dependencies import digest, entries, reached
from fsnas.plotting._registry import figures
from tests.support.config import ROOT
from tests.support.users import forget, write

SCRIPTS = sorted(path.name for path in (ROOT / "workflow_scripts").glob("*.py") if not path.name.startswith("_"))
DRAWN_APART = {"root_scores_figure.py", "training_figure.py", "trajectories_figure.py", "tree_figures.py"}
FIGURES = {spec.name: spec.path.relative_to(ROOT) for spec in figures()}
METRICS = {path.name for path in (ROOT / "fsnas/metrics").glob("*.py") if not path.name.startswith("_")}


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A checkout of its own: ``tree(name=text)`` writes files and forgets what was known of them."""
    monkeypatch.setattr(dependencies, "ROOTS", (tmp_path,))

    def written(files):
        forget()
        return write(tmp_path, files)

    yield written
    forget()


@pytest.fixture
def copy(tree):
    """The real code, copied, so that it can be edited."""
    return tree(
        {
            str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
            for folder in ("fsnas", "workflow_scripts")
            for path in (ROOT / folder).rglob("*.py")
        }
    )


# Digests

CODE = '''"""A module."""

import math

LIMIT = 5  # groups
log = logging.getLogger("fsnas")


class Cut:
    """A cut."""

    ties: int = 1
    size: Annotated[int, "of a group"] = 2


def cost(a: float, b: tuple = (1, 2), progress=print):
    """Return the cost."""
    part: float = b[0] * LIMIT
    hint = "lower it" if part > 7 else ""
    advice = f"; {hint} or raise b"
    assert part, "no part"
    if a < 0:
        log.warning("a is %s; it is negative", a)
        raise ValueError(f"a: found {a}; expected 0 or more{advice}")
    progress(f"cost of {a}")
    return math.sqrt(a + part), "a text"


def error(a):
    return CutError("cannot be cut", a)
'''
EDITS = {
    "a comment more": ("LIMIT = 5  # groups", "# The number of groups.\nLIMIT = 5"),
    "a docstring less": ('    """Return the cost."""\n', ""),
    "another docstring": ("A cut.", "A cut of an edge.\n\n    Attributes\n    ----------\n    ties\n"),
    "no docstring of the module": ('"""A module."""\n', ""),
    "formatting": ("part: float = b[0] * LIMIT", "part: float = \\\n        b[0]*LIMIT"),
    "quotes": ('"a text"', "'a text'"),
    "parentheses": ("return math.sqrt(a + part), ", "return (math.sqrt((a + part))), "),
    "another annotation of an argument": ("a: float,", "a: int,"),
    "no annotation": ("part: float =", "part ="),
    "an annotation of what is returned": ("progress=print):", "progress=print) -> tuple[float, str]:"),
    "what is said of a field": ('"of a group"', '{"ge": 1}, "of the largest group"'),
    "a message that is raised": ("found {a}; expected", "found {a!r}, expected"),
    "a part of a message": ("or raise b", "or lower b"),
    "a part of a part of a message": ("lower it", "lower a"),
    "the message of an assertion": ('part, "no part"', 'part, f"no part of {a}"'),
    "no message of an assertion": ('part, "no part"', "part"),
    "a message that is logged": ("is %s; it is negative", "is %s, which is negative"),
    "a message that is no longer logged": ('        log.warning("a is %s; it is negative", a)\n', ""),
    "a message of progress": ("cost of {a}", "the cost of {a}"),
    "a message more": ("    return CutError", '    print("now")\n    return CutError'),
    "a message of an error that is made": ("cannot be cut", "is whole"),
}
CHANGES = {
    "a constant": ("LIMIT = 5", "LIMIT = 6"),
    "its type": ("LIMIT = 5", "LIMIT = 5.0"),
    "a name": ("def cost", "def price"),
    "a default": ("(1, 2)", "(2, 1)"),
    "an operator": ("a + part", "a - part"),
    "precedence": ("b[0] * LIMIT", "(b[0] * LIMIT) ** 2"),
    "a condition": ("a < 0", "a <= 0"),
    "the kind of an error": ("raise ValueError", "raise KeyError"),
    "what an error is made with": ('cannot be cut", a', 'cannot be cut", -a'),
    "an error that is not raised": ("raise ValueError", "ValueError"),
    "a text that is returned": ("a text", "another text"),
    "an annotation of a field": ("ties: int", "ties: float"),
    "the type of a field of which something is said": ("Annotated[int", "Annotated[float"),
    "a decorator": ("class Cut", "@dataclass\nclass Cut"),
    "the order of statements": ("import math\n\nLIMIT = 5", "LIMIT = 5\n\nimport math"),
}


def digest_of(text, folder, name):
    path = folder / f"{name}.py"
    path.write_text(text)
    return digest(path)


@pytest.mark.parametrize(
    ("edit", "counts"),
    [(e, False) for e in EDITS.values()] + [(e, True) for e in CHANGES.values()],
    ids=EDITS | CHANGES,
)
def test_only_what_runs_changes_a_digest(edit, counts, tmp_path):
    assert CODE.count(edit[0]) == 1
    found = digest_of(CODE.replace(*edit), tmp_path, "edited")
    assert (found != digest_of(CODE, tmp_path, "before")) == counts


def test_a_digest_does_not_depend_on_the_place(tmp_path):
    (tmp_path / "deep").mkdir()
    assert digest_of(CODE, tmp_path, "a") == digest_of(CODE, tmp_path / "deep", "b")
    assert len(digest(tmp_path / "a.py")) == 12


USED = """
def f(x):
    global limit
    name = "first"
    limit = "second"
    self.part = "third"
    alone = "fourth"
    if name in x:
        raise KeyError(f"{name} {limit}")
"""


@pytest.mark.parametrize("text", ["first", "second", "third", "fourth"])
def test_a_text_that_is_not_only_said_counts(text, tmp_path):
    assert digest_of(USED, tmp_path, "a") != digest_of(USED.replace(text, "other"), tmp_path, "b")


# What a script reaches

KINDS = {
    "import fsnas.sub.a": {"sub/__init__", "sub/a", "b"},
    "import fsnas.sub.a as x, os": {"sub/__init__", "sub/a", "b"},
    "from fsnas import b": {"b"},
    "from fsnas.sub import a as c": {"sub/__init__", "sub/a", "b"},
    "from fsnas.sub import number": {"sub/__init__"},
    "from fsnas.sub.a import number": {"sub/__init__", "sub/a", "b"},
    "def f():\n    if True:\n        import fsnas.b": {"b"},
    "from fsnas.sub import relative": {"sub/__init__", "sub/relative", "sub/a", "b"},
    "from fsnas.sub.parent import b": {"sub/__init__", "sub/parent", "b"},
    "from fsnas.sub import deeper": {"sub/__init__", "sub/deeper", "sub/a", "b"},
    "from fsnas import ring": {"ring", "ring2"},
    "import numpy, torch\nfrom os import path\nfrom fsnasty import b": None,
}
LIBRARY = {
    "__init__": "",
    "b": "",
    "ring": "import fsnas.ring2",
    "ring2": "import fsnas.ring",
    "never": "",
    "sub/__init__": "number = 1",
    "sub/a": "from fsnas import b\nnumber = 1",
    "sub/relative": "from . import a",
    "sub/parent": "from .. import b",
    "sub/deeper": "from .a import number",
}


@pytest.mark.parametrize(("code", "expected"), KINDS.items())
def test_every_kind_of_import_is_followed(code, expected, tree):
    root = tree({f"fsnas/{name}.py": text for name, text in LIBRARY.items()} | {"workflow_scripts/s.py": code})
    found = {str(path.relative_to(root)) for path in reached(root / "workflow_scripts/s.py")}
    library = set() if expected is None else {"__init__", *expected}
    assert found == {"workflow_scripts/s.py", *(f"fsnas/{name}.py" for name in library)}


def test_entries_name_file_and_digest_in_order(tree):
    script = "workflow_scripts/s.py"
    root = tree({f"fsnas/{name}.py": text for name, text in LIBRARY.items()} | {script: "import fsnas.ring"})
    found = entries(root / script, root / "fsnas/b.py", packages=["numpy", "torch"])
    files = ["fsnas/__init__.py", "fsnas/b.py", "fsnas/ring.py", "fsnas/ring2.py", script]
    expected = [f"{name} {digest(root / name)}" for name in files]
    assert found == [*expected, f"numpy {version('numpy')}", f"torch {version('torch')}"]
    with pytest.raises(PackageNotFoundError):
        entries(root / script, packages=["no-such-package"])


def test_a_file_of_the_user_is_named_without_its_folder(tree):
    root = tree({"mine/one.py": "x = 1", "moved/to/one.py": "x = 1", "fsnas/__init__.py": ""})
    found = entries(root / "mine/one.py")
    assert found == entries(root / "moved/to/one.py") == [f"one.py {digest(root / 'mine/one.py')}"]


def real(script):
    return {str(path.relative_to(ROOT)) for path in reached(ROOT / "workflow_scripts" / script)}


FOUND_BY_BEING_THERE = {
    "scores.py": ("fsnas/metrics/", "snip.py"),
    "data.py": ("fsnas/data/sources/", "cifar10.py"),
    "search.py": ("fsnas/search/samplers/", "tpe.py"),
    "truth.py": ("fsnas/benchmark/sources/", "csv.py"),
}


@pytest.mark.parametrize(("script", "place"), FOUND_BY_BEING_THERE.items(), ids=FOUND_BY_BEING_THERE)
def test_a_step_is_made_from_the_named_file_of_a_folder_and_from_no_other(script, place):
    folder, name = place
    assert not {Path(file).name for file in real(script) if file.startswith(folder) and f"{folder}_" not in file}
    found = entries(ROOT / "workflow_scripts" / script, ROOT / folder / name)
    named = [line for line in found if line.startswith(folder) and f"{folder}_" not in line]
    assert named == [f"{folder}{name} {digest(ROOT / folder / name)}"]


REACHING = {
    "fsnas/splitting/cuts.py": {"splits.py", "tree.py"},
    "fsnas/splitting/node.py": {"splits.py", "tree.py"},
    "fsnas/splitting/policies/_policy.py": {"splits.py", "tree.py"},
    "fsnas/splitting/policies/adaptive.py": set(),
    "fsnas/metrics/snip.py": set(),
    "fsnas/splitting/scoring.py": {"scores.py"},
    "fsnas/training/loop.py": {"supernet.py", "scores.py", "leaf.py", "standalone.py", "differentiate.py"},
    "fsnas/search/search.py": {"search.py"},
    "fsnas/artifacts/search.py": {"search.py", "standalone.py", "comparison.py", "trajectories_figure.py"},
    "fsnas/benchmark/sources/csv.py": set(),
    "fsnas/data/sources/digits.py": set(),
    "fsnas/search/samplers/tpe.py": set(),
    "fsnas/artifacts/selection.py": {"select_leaves.py", "leaf.py"},
    "fsnas/networks/shared_weights.py": {"evaluate.py", "search.py", "select_leaves.py"},
    "fsnas/analysis/few_shot.py": {"comparison.py"},
    "fsnas/analysis/proxies.py": {"proxies.py"},
    "fsnas/analysis/summary.py": {"summary.py"},
    "fsnas/plotting/_style.py": {*FIGURES, *DRAWN_APART},
    "fsnas/plotting/_panels.py": {"figure-1a", "figure-1b", "figure-2"},
    "fsnas/plotting/_registry.py": set(),
    "fsnas/plotting/figure_1.py": {"figure-1a", "figure-1b"},
    "fsnas/plotting/found.py": {"found"},
    "fsnas/plotting/tree.py": {"tree_figures.py"},
    "fsnas/analysis/distance_tables.py": {"distances.py"},
    "fsnas/analysis/split_distance.py": {"distances.py"},
    "workflow_scripts/tree.py": {"tree.py"},
    "workflow_scripts/_job.py": set(),
    "workflow_scripts/figure.py": {"figure.py", *FIGURES},
    "fsnas/errors.py": {*SCRIPTS, *FIGURES},
}


def of_scripts(root, workflow=None):
    """What every script reaches, and every figure that is drawn from tables."""
    forget()
    scripts = (workflow or root) / "workflow_scripts"
    found = {script: entries(scripts / script) for script in SCRIPTS}
    return found | {name: entries(scripts / "figure.py", root / path) for name, path in FIGURES.items()}


@pytest.mark.parametrize(("edited", "expected"), REACHING.items(), ids=REACHING)
def test_an_edit_changes_the_entries_of_the_scripts_that_reach_it(edited, expected, copy):
    before = of_scripts(copy)
    path = copy / edited
    path.write_text(path.read_text(encoding="utf-8") + "\n\nEDITED = 1\n", encoding="utf-8")
    after = of_scripts(copy)
    assert {script for script in before if before[script] != after[script]} == expected
    for script in expected:
        differ = set(before[script]) ^ set(after[script])
        assert {line.split()[0] for line in differ} == {edited}, "only the entry of the edited file is another one"


def test_comments_everywhere_change_no_entry_of_any_script(copy):
    before = of_scripts(copy)
    for path in copy.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        path.write_text(f"# A comment.\n\n{text}\n\n# Another one.\n", encoding="utf-8")
    assert of_scripts(copy) == before


def test_entries_do_not_depend_on_where_the_checkout_lies(copy):
    elsewhere = of_scripts(copy)
    shutil.rmtree(copy)
    dependencies.ROOTS = (ROOT,)
    assert of_scripts(ROOT) == elsewhere


def test_entries_of_an_installed_package_are_those_of_a_checkout(copy):
    """There the scripts lie below the library."""
    expected = of_scripts(copy)
    workflow = copy / "fsnas" / "workflow"
    workflow.mkdir()
    (copy / "workflow_scripts").rename(workflow / "workflow_scripts")
    dependencies.ROOTS = (workflow, copy)
    assert of_scripts(copy, workflow) == expected


# What is imported

TORCH_FREE = [  # of these packages all that lies in them
    path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
    for folder in ("analysis", "artifacts", "benchmark", "lineage", "plotting", "search", "spaces", "splitting")
    for path in sorted((ROOT / "fsnas" / folder).rglob("*.py"))
    if path.stem
    not in ("__init__", "checkpoint", "training_state", "scoring", "growing", "architecture", "differentiable")
    and path.parent.name != "algorithms"
]


@pytest.mark.parametrize(
    ("modules", "unwanted"),
    [
        (TORCH_FREE, ["torch", "torchvision"]),
        (
            ["fsnas.training.loop", "fsnas.splitting.scoring", "fsnas.data.batches"],
            ["torchvision", "matplotlib", "pandas", "sklearn"],
        ),
    ],
    ids=["no torch", "no torchvision"],
)
def test_a_job_imports_only_what_it_needs(modules, unwanted):
    """Every step is a process of its own: what it imports for nothing costs seconds each time."""
    code = f"import sys, {', '.join(modules)}; print(*(name for name in {unwanted} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_a_training_imports_no_compiler():
    """`torch.optim.SGD` would, for more than a second, in each of the jobs that train a leaf."""
    code = """
import sys, torch
from fsnas.training.loop import train
from fsnas.training.recipe import Recipe
from tests.support.problems import random_network
from tests.unit.training.test_training import data
train(random_network(1), data(), Recipe(epochs=1, batch_size=8), seed=0, device=torch.device("cpu"))
print(*(name for name in ("torch._dynamo", "sympy") if name in sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
