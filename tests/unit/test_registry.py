"""Registries without a list: files are known by being there, and nothing of them is imported for that."""

import re
import subprocess
import sys
import types
from pathlib import Path

import pytest

from fsnas.benchmark import sources as truth_sources
from fsnas.data import sources as data_sources
from fsnas.errors import ConfigError
from fsnas.registry import Registry
from fsnas.search import samplers

KNOWN = {
    data_sources: ["cifar10", "cifar100", "digits", "imagefolder", "imagenet16-120"],
    samplers: ["evolution", "random", "tpe"],
    truth_sources: ["csv", "json", "nasbench201", "natsbench"],
}


@pytest.mark.parametrize(("package", "names"), KNOWN.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_what_is_known_are_the_files_and_one_that_is_misspelt_is_named(package, names):
    assert {*names} <= {*package.known()}
    for name in names:
        assert package.path_of(name).stem == name.replace("-", "_") and callable(package.load(name))
    message = (
        rf"there is no .* '{names[0]}x' \(did you mean '{names[0]}'\?\)\. Known .*s: {', '.join(package.known())}$"
    )
    for use in (package.path_of, package.load, lambda name: package.taken(name, {})):
        with pytest.raises(ConfigError, match=message):
            use(f"{names[0]}x")


def test_options_are_the_keyword_only_arguments_and_nothing_is_imported_for_them():
    program = """
        import sys
        from fsnas.benchmark import sources as truth_sources
        from fsnas.data import sources as data_sources
        from fsnas.search import samplers
        for package in (data_sources, samplers, truth_sources):
            for name in package.known():
                print(name, package.taken(name, dict.fromkeys(["folder", "population", "sha256", "other"], 1)))
        slow = {"torch", "torchvision", "optuna", "sklearn", "PIL", "numpy"}
        print(slow & set(sys.modules), [name for name in sys.modules if name.startswith("fsnas.data.sources.")])
    """
    program = re.sub("^        ", "", program, flags=re.M)
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    said = done.stdout.splitlines()
    assert {"cifar10 {'folder': 1}", "digits {}", "evolution {'population': 1}", "csv {'sha256': 1}"} <= set(said)
    assert said[-1] == "set() []"


def test_importing_any_source_takes_no_torch():
    program = "import sys, importlib\nfrom fsnas.{0} import sources\n[sources.load(n) for n in sources.known()]\n"
    program += "print({{'torch', 'torchvision', 'nas_201_api', 'pandas', 'sklearn'}} & set(sys.modules))"
    for package in ("data", "benchmark"):
        done = subprocess.run([sys.executable, "-c", program.format(package)], capture_output=True, text=True)
        assert done.stdout.strip() == "set()", done.stderr


@pytest.fixture
def registry(tmp_path, monkeypatch):
    """A registry of one file with the given text."""

    def made(text):
        (tmp_path / "one.py").write_text(text)
        (tmp_path / "_shared.py").touch()
        package = types.ModuleType("nowhere")
        package.__path__ = [str(tmp_path)]
        monkeypatch.setitem(sys.modules, "nowhere", package)
        return Registry("nowhere", "thing", "read")

    return made


def test_the_files_of_all_folders_are_known_in_one_order_without_those_that_others_share(registry, tmp_path):
    found, users = registry(""), tmp_path / "mine"
    users.mkdir()
    (users / "another.py").touch()
    found.add_folders([users])
    assert found.known() == ["another", "one"]


def test_an_option_without_a_default_is_needed(registry):
    found = registry("def read(path, *, folder, seed=0, progress=lambda line: None): ...\n")
    needed = {name: option.needed for name, option in found.options("one").items()}
    assert needed == {"folder": True, "seed": False, "progress": False}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def reed(): ...\n", r"one\.py: expected a function read\(\), found none; see CONTRIBUTING\.md"),
        ("def read(:\n", r"one\.py, line 1: expected Python"),
    ],
)
def test_a_file_without_its_function_is_refused(text, message, registry):
    with pytest.raises(ConfigError, match=message):
        registry(text).load("one")
