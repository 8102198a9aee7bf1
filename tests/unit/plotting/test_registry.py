"""What a figure declares is read without importing it, and what it cannot declare is refused with file and line."""

import subprocess
import sys
from pathlib import Path

import pytest

from fsnas.errors import ConfigError
from fsnas.plotting import _registry
from fsnas.plotting._registry import figures

ROOT = Path(__file__).resolve().parents[3]
TEXT = """from fsnas.plotting import from_tables


@from_tables("mine-{part}", category="2 Split distance", label="Mine")
def mine_figure(splits, group_sizes, *, options):
    raise RuntimeError
"""


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Return the figures of a folder with one file."""
    monkeypatch.setattr(_registry, "FOLDER", tmp_path)

    def write(text, name="mine.py"):
        (tmp_path / name).write_text(text)
        return figures()

    return write


def test_tables_are_the_arguments_of_the_function(read):
    (spec,) = read(TEXT)
    assert spec.tables == ["splits", "group_sizes"]
    assert (spec.function, spec.path.name) == ("fsnas.plotting.mine:mine_figure", "mine.py")
    assert (spec.name, spec.category, spec.label) == ("mine-{part}", "2 Split distance", "Mine")
    assert spec.over_seeds is True and spec.arguments == {}


def test_a_function_can_draw_several_figures(read):
    first, second = 'label="Mine", over_seeds=False, part="a")', 'label="Others", part="b")'
    text = TEXT.replace('label="Mine")', f'{first}\n@from_tables("other", category="6", {second}')
    one, other = read(text)
    assert (one.arguments, other.arguments) == ({"part": "a"}, {"part": "b"})
    assert (one.name, other.name) == ("mine-{part}", "other") and one.function == other.function
    assert other.over_seeds and not one.over_seeds


@pytest.mark.parametrize("text", [TEXT.replace("@", "# @"), TEXT.replace("fsnas.plotting", "fsnas.metrics"), "x = 1\n"])
def test_no_figure_from_tables_is_a_file_without_the_decorator_or_with_an_underscore(text, read):
    assert read(text) == [] == read(TEXT, "_mine.py")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (', label="Mine"', "", "missing a required argument: 'label'"),
        ('"Mine"', "MINE", "malformed node"),
        ('"mine-{part}", ', "", "missing a required argument: 'name'"),
    ],
)
def test_what_cannot_be_read_is_refused_with_file_and_line(old, new, message, read):
    with pytest.raises(ConfigError, match=rf"mine\.py, line 4: @from_tables.*{message}.*; expected literals, as @from"):
        read(TEXT.replace(old, new))


def test_every_figure_has_a_caption_and_a_name_of_its_own():
    names = [spec.name for spec in figures()]
    assert len({*names}) == len(names) > 8
    assert all((ROOT / f"rules/report/figures/{name}.rst").is_file() for name in names)


def test_reading_imports_no_matplotlib():
    code = "import sys; from fsnas.plotting._registry import figures; figures(); print('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
