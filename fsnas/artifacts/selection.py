"""rung-{rung}/selection.json: the leaves of a rung in the order of their worth, and which of them go on."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fsnas.artifacts.files import check_format, write_text
from fsnas.errors import ArtifactError

FORMAT, VERSION = "fsnas.selection", 1


@dataclass(frozen=True)
class Judged:
    """A leaf, and what its sampled architectures are worth.

    Attributes
    ----------
    leaf
        Its path in the tree.
    number
        Its place among the checkpoints that were judged.
    accuracy, loss
        Mean over the sampled architectures, on validation batches; accuracy in [0, 1].
    """

    leaf: str
    number: int
    accuracy: float
    loss: float


@dataclass(frozen=True)
class Selection:
    """All judged leaves, the best first; the first ``keep`` go on."""

    ranking: tuple[Judged, ...]
    keep: int
    key: str

    @property
    def kept(self) -> tuple[Judged, ...]:
        """Return the leaves that go on, the best first."""
        return self.ranking[: self.keep]


def write_selection(
    path: str | Path, ranking: Sequence[Judged], *, keep: int, key: str, settings: dict[str, Any]
) -> None:
    """Write the judged leaves, whole or not at all; the same content gives the same bytes."""
    content = {"format": FORMAT, "version": VERSION, "keep": keep, "key": key, "settings": settings}
    content["ranking"] = [asdict(judged) for judged in ranking]
    write_text(path, json.dumps(content, indent=2, sort_keys=True, allow_nan=False) + "\n")


def read_selection(path: str | Path) -> Selection:
    """Return the judged leaves.

    Raises
    ------
    ArtifactError
        If the file is missing, damaged, or of another format or version; the message names file and field.
    """
    field = "top level"
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        check_format(path, content, FORMAT, VERSION)
        field = "ranking"
        ranking = tuple(
            Judged(str(j["leaf"]), int(j["number"]), float(j["accuracy"]), float(j["loss"])) for j in content[field]
        )
        field = "keep"
        keep = int(content[field])
        field = "key"
        key = str(content[field])
    except FileNotFoundError as error:
        raise ArtifactError(f"{path}: no such file; run snakemake to make it") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArtifactError(f"{path}: cannot read field {field!r} ({error}); remove the file and run again") from error
    if not 1 <= keep <= len(ranking):
        raise ArtifactError(f"{path}: field 'keep' is {keep}, expected 1 to {len(ranking)}; remove it and run again")
    return Selection(ranking, keep, key)
