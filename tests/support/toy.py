"""The search space that docs/spaces.md shows, in a folder of the user's own."""

import re
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fsnas import spaces
from tests.support.config import ROOT
from tests.support.users import forget

FILES = ("my_spaces/toy.py", "my_spaces/_toy_network.py")
CONFIG = "toy.yaml"


def recipe(file: str, page: str = "docs/spaces.md") -> str:
    """The code that a page shows for a file."""
    text = (ROOT / page).read_text(encoding="utf-8")
    shown = re.search(rf"`{re.escape(file)}`:\n\n((?:    .*\n|\n)+)", text)
    assert shown is not None, f"{page} shows no {file}"
    return textwrap.dedent(shown[1]).rstrip() + "\n"


def write_toy(folder: Path) -> Path:
    """Write the space into ``folder / "my_spaces"``, and return that."""
    for file in FILES:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(recipe(file), encoding="utf-8")
    return folder / "my_spaces"


@contextmanager
def toy_space(folder: Path) -> Iterator[spaces.SearchSpace]:
    """Add the space, and forget it and all that was imported for it."""
    places = list(spaces.registry.package.__path__)
    forget()
    try:
        spaces.add_folders([write_toy(folder)])
        yield spaces.load("toy")
    finally:
        spaces.registry.package.__path__[:] = places
        for name in ("toy", "_toy_network"):
            sys.modules.pop(f"{spaces.__name__}.{name}", None)
            vars(spaces).pop(name, None)
        forget()
