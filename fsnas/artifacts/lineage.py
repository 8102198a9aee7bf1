"""What any artifact says of itself: its lineage, and its key."""

from pathlib import Path
from typing import Any

from fsnas.artifacts import tables
from fsnas.artifacts.archive import whole_archive
from fsnas.artifacts.figure import read_figure
from fsnas.artifacts.files import load_json, unfit
from fsnas.artifacts.training_cost import read_training_cost
from fsnas.errors import ArtifactError
from fsnas.lineage.lineage import Lineage


def read_lineage(path: str | Path, *, whole: bool = True) -> Lineage | None:
    """Return the lineage of the file in ``path``, or None for a file that keeps none.

    A checkpoint and a table keep it in the JSON file beside them, a PDF in the PNG beside it.
    With ``whole`` a checkpoint must be whole and belong to the file beside it. `ArtifactError` if the file cannot be
    read, or its checksum is wrong.
    """
    path = Path(path)
    reader = READERS.get(path.suffix)
    if reader is None:
        return None
    content = load_json(path.with_suffix(".json")) if path.suffix == ".pt" and not whole else reader(path)
    try:
        device = content["device"].partition(":")[0] if "device" in content else None
        return Lineage(tuple(content["code"]), dict(content["settings"]), content["inputs"], device)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ArtifactError(
            f"{path}: does not say what it was made from ({error}); expected the fields code, settings and inputs"
        ) from error


def keys_of(path: str | Path) -> set[str]:
    """Return the key of the file in ``path``, and those of the trainings whose results it holds.

    Errors as `read_lineage`, and if the file has no key.
    """
    path = Path(path)
    content = READERS[path.suffix](path)
    if not isinstance(content.get("key"), str):
        raise unfit(path, "field 'key' is missing")
    return {content["key"], *content.get("keys", ())}


def _of_hdf5(path: Path) -> dict[str, Any]:
    from fsnas.artifacts.hdf5 import reading  # and with it h5py, only where there is such a file

    with reading(path) as (_, attributes):
        return attributes


def _of_checkpoint(path: Path) -> dict[str, Any]:
    """Return what the cost beside a checkpoint says, if the checkpoint is whole and has its key (without torch)."""
    beside = path.with_suffix(".json")
    content = load_json(beside)
    key = read_training_cost(beside).key
    with whole_archive(path) as (archive, pickled):
        if key.encode() not in archive.read(pickled):
            raise ArtifactError(f"{path}: its key is not the one in {beside.name}")
    return content


def _of_figure(path: Path) -> dict[str, Any]:
    png = path.with_suffix(".png")
    content = read_figure(png)
    if content is None:
        raise ArtifactError(f"{png}: cannot be read as a figure of fsnas (nothing in it says what it was made from)")
    return content


READERS = {
    ".h5": _of_hdf5,
    ".json": load_json,
    ".pt": _of_checkpoint,
    ".csv": tables.check_table,
    ".png": _of_figure,
    ".pdf": _of_figure,
}
