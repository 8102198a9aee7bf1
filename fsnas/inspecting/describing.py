"""What `fsnas inspect` says of a file or a folder, as a plain dict."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fsnas.errors import FsnasError
from fsnas.inspecting.facts import lineage, plain
from fsnas.inspecting.opening import Artifact, opened, opened_if_ours
from fsnas.lineage.lineage import flat


def described(path: str | Path) -> dict[str, Any]:
    """Return what a person wants to know of the artifact in ``path``, or of the artifacts in a folder.

    Errors as `fsnas.inspecting.opening.opened`.
    """
    return plain(_folder(Path(path)) if Path(path).is_dir() else _file(opened(path)))


def _file(artifact: Artifact) -> dict[str, Any]:
    content = artifact.content()  # first, because it checks the fields best
    return {
        "file": str(artifact.path),
        "what": artifact.kind.title,
        "format": artifact.fields["format"],
        "version": artifact.fields.get("version"),
        "about": dict(flat(artifact.about)),
        **content,
        **({"search_space": space} if (space := artifact.search_space) else {}),
        "settings": dict(flat(artifact.fields.get("settings", {}))),
        "lineage": lineage(artifact.fields),
    }


def _folder(folder: Path) -> dict[str, Any]:
    """Return the artifacts in a folder and below it; ``unreadable`` says what is wrong with each that is damaged."""
    artifacts: dict[str, dict[str, Any]] = {}
    unreadable: dict[str, str] = {}
    others = 0
    for path in _files(folder):
        try:
            artifact = opened_if_ours(path)
            if artifact is None:
                others += 1
            else:
                name = str(artifact.path.relative_to(folder))
                artifacts[name] = {"what": artifact.kind.title, "about": _line(artifact.about)}
        except (FsnasError, OSError) as error:
            unreadable[str(path.relative_to(folder))] = str(error)
    found: dict[str, Any] = {"folder": str(folder), "other_files": others, "artifacts": artifacts}
    return found | ({"unreadable": unreadable} if unreadable else {})


def _files(folder: Path) -> Iterator[Path]:
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(where, name) for name in sorted(files) if not name.startswith("."))


def _line(about: Mapping[str, Any]) -> str:
    """Return facts in one line, but for lists and what is not there."""
    facts = {name: value for name, value in flat(about) if isinstance(value, (str, int, float)) and value != ""}
    return ", ".join(
        f"{name} {value:.6g}" if isinstance(value, float) else f"{name} {value}" for name, value in facts.items()
    )
