"""What is wrong with the file of a user's search space is said with its path, and what to do."""

import re
import sys

import pytest

from fsnas import spaces
from fsnas.errors import ConfigError

CLASS = """from fsnas.spaces import SearchSpace
class Odd(SearchSpace):
    networks = 3
space = Odd("odd", ("a", "b"), ("x", "y"))
"""
WHOLE = (
    CLASS.replace("networks = 3", "networks, Size = '', None")
    .replace("class", "from dataclasses import make_dataclass\nclass")
    .replace("None", "make_dataclass('Size', [])")
)
WRONG = {
    "raises": ("\nx = 1 / 0\n", "odd.py, line 2: ZeroDivisionError: division by zero; correct the file"),
    "no Python": ("\n\ndef (\n", "odd.py, line 3: SyntaxError: "),
    "a missing module": ("import no_such_module\n", "odd.py, line 1: ModuleNotFoundError: No module named"),
    "no space": ("", "odd.py: `space` is None, expected an object of a subclass"),
    "another object": ("space = 3\n", "odd.py: `space` is 3, expected an object of a subclass"),
    "another name": (CLASS.replace('"odd"', '"even"'), "with the name 'odd'; see docs/spaces.md"),
    "two edges of one name": (WHOLE.replace('"b"', '"a"'), "odd.py: found the name 'a', expected texts for edges and"),
    "two operations of one name": (WHOLE.replace('"y"', '"x"'), "odd.py: found the name 'x', expected texts for edges"),
    "a number for a name": (WHOLE.replace('"b"', "2"), "odd.py: found the name 2, expected texts"),
    "no edge": (WHOLE.replace('("a", "b")', "()"), "odd.py: found the name (), expected texts"),
    "13 operations": (
        WHOLE.replace('("x", "y")', "tuple('abcdefghijklm')"),
        "odd has 13, expected at most 12, since a",
    ),
    "no size": (CLASS, "odd.py: Odd lacks `Size`, a dataclass of numbers, or `networks`"),
}


@pytest.fixture
def odd(tmp_path):
    """Write the file of the space, whose folder and module are forgotten afterwards."""
    places = list(spaces.registry.package.__path__)

    def write(text):
        (tmp_path / "odd.py").write_text(text)
        spaces.add_folders([tmp_path])

    yield write
    spaces.registry.package.__path__[:] = places
    sys.modules.pop("fsnas.spaces.odd", None)
    vars(spaces).pop("odd", None)


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_the_message_says_what_is_wrong_and_where(text, message, odd):
    odd(text)
    with pytest.raises(ConfigError, match=re.escape(message)):
        spaces.load("odd")
