"""figures/*.png: what a figure was made from stands in it as a text, and PNG has a checksum for every part."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from PIL import Image

from fsnas.artifacts.files import readable, replacing
from fsnas.errors import FsnasError

TEXT = "fsnas"  # name of the text


def write_figure(paths: Iterable[str | Path], figure: Any, **lineage: Any) -> None:
    """Write a figure of matplotlib to every path, PDF or PNG by its suffix, whole or not at all.

    ``lineage``, what it was made from (``settings``, ``code``, ``inputs``, ``commit``), is the text ``fsnas`` of the
    PNG, as JSON; a PDF says the commit. Nothing in the bytes depends on the time. `FsnasError` for another suffix.
    """
    said = {"Subject": f"fsnas, commit {lineage['commit']}"} if lineage.get("commit") else {}
    about = {
        ".png": {"Software": None, TEXT: json.dumps(lineage, sort_keys=True)},
        ".pdf": {"CreationDate": None, "Creator": None, "Producer": None, **said},
    }
    for path in map(Path, paths):
        if path.suffix not in about:
            raise FsnasError(f"{path}: figures are written as {' or '.join(about)}; name the file so")
        with replacing(path) as temporary:
            figure.savefig(temporary, metadata=about[path.suffix])


def read_figure(path: str | Path) -> dict[str, Any] | None:
    """Return what the PNG in ``path`` was made from, and its ``size`` in pixels; None for a PNG of others.

    `ArtifactError` if the file is missing or damaged.
    """
    with readable(path, "a figure of fsnas", SyntaxError, ValueError, TypeError):
        with Image.open(path, formats=["PNG"]) as image:
            image.verify()
            text, size = image.info.get(TEXT), image.size
        return {**json.loads(text), "size": list(size)} if text else None
