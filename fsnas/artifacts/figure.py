"""figures/*.png: what a figure was made from stands in it as a text, and PNG has a checksum for every part."""

import json
from pathlib import Path
from typing import Any

from PIL import Image

from fsnas.errors import ArtifactError

TEXT = "fsnas"  # name of the text


def metadata(**origin: Any) -> dict[str, str]:
    """Return what matplotlib is to write into a PNG: ``origin`` (settings, code, inputs, commit), as JSON."""
    return {TEXT: json.dumps(origin, sort_keys=True)}


def read_figure(path: str | Path) -> dict[str, Any] | None:
    """Return what the PNG in ``path`` was made from, and its ``size`` in pixels; None for a PNG of others.

    Raises
    ------
    ArtifactError
        If the file is missing or damaged.
    """
    try:
        with Image.open(path, formats=["PNG"]) as image:
            image.verify()
            text, size = image.info.get(TEXT), image.size
            return {**json.loads(text), "size": list(size)} if text else None
    except FileNotFoundError as error:
        raise ArtifactError(f"{path}: no such file; run snakemake to make it") from error
    except (OSError, SyntaxError, ValueError, TypeError) as error:
        raise ArtifactError(
            f"{path}: cannot be read as a figure of fsnas ({error}); remove the file and run again"
        ) from error
