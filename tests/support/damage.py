"""A small file of every kind, and what can be wrong with one: fields under a checksum that fits, lengths, bytes."""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd

from fsnas.artifacts.architectures import read_architectures, write_architectures
from fsnas.artifacts.checkpoint import read_checkpoint, read_record, write_checkpoint
from fsnas.artifacts.dataset import read_dataset, read_key, write_dataset
from fsnas.artifacts.hdf5 import BLOCK, TITLE
from fsnas.artifacts.scores import read_attributes, read_scores, write_scores
from fsnas.artifacts.search import read_search, write_search
from fsnas.artifacts.selection import read_selection, write_selection
from fsnas.artifacts.splits import read_splits, read_tree, write_splits, write_tree
from fsnas.artifacts.tables import check_table, read_table, write_table
from fsnas.artifacts.usage import read_cost, write_cost
from fsnas.data.dataset import Dataset
from fsnas.errors import ArtifactError
from fsnas.search.result import Evaluation, SearchResult
from fsnas.search.selection import LeafScore
from fsnas.splitting.scores import NodeScores
from fsnas.training.usage import TrainingCost
from tests.support.problems import random_network
from tests.support.space import SPACE
from tests.support.splits import grown_tree

REMEDIES = tuple(f"remove {what} and run again" for what in ("the file", "it", "the table", "both files"))
REMEDIES += ("remove the file and run again, or use the fsnas that wrote it", "run snakemake to make it")


# Other fields


def edit(path: Path, change: Callable[[Any], Any] | Mapping[str, Any]) -> None:
    """Change a JSON or HDF5 file in place and give it a checksum that fits again.

    ``change`` gets the JSON, of which it may return another one, or the open HDF5 file. Of JSON it can also be the
    fields that differ, ``...`` for one to leave out.
    """
    if path.suffix == ".h5":
        with h5py.File(path, "a") as file:
            change(file)
        content = path.read_bytes()[BLOCK:]
        path.write_bytes((TITLE + hashlib.sha256(content).hexdigest().encode() + b"\n").ljust(BLOCK, b"\0") + content)
        return
    content = json.loads(path.read_text())
    del content["checksum"]
    if isinstance(change, Mapping):
        changed = {name: value for name, value in (content | change).items() if value is not ...}
    else:
        changed = change(content)
    path.write_text(json.dumps(_sealed(content if changed is None else changed)))


def _sealed(content: Any) -> Any:
    if not isinstance(content, dict):
        return content
    text = json.dumps(content, indent=2, sort_keys=True) + "\n"
    return {**content, "checksum": f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"}


def removed(name: str) -> Callable[[h5py.File], None]:
    return lambda file: file.__delitem__(name)


def replaced(name: str, array: Any) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        del file[name]
        file[name] = array

    return change


def grouped(name: str) -> Callable[[h5py.File], None]:
    """A group stands where an array was."""

    def change(file: h5py.File) -> None:
        file.pop(name, None)
        file.create_group(name)

    return change


def attribute(name: str, value: Any, group: str = "/") -> Callable[[h5py.File], None]:
    """Another value of an attribute; None leaves it out."""

    def change(file: h5py.File) -> None:
        del file[group].attrs[name]
        if value is not None:
            file[group].attrs[name] = value

    return change


# Other bytes


def cut(content: bytes, count: int, seed: int = 0) -> Iterator[bytes]:
    """Yield nothing, all but the last byte, and what is left of ``content`` at ``count`` random lengths."""
    lengths = np.random.default_rng(seed).integers(1, len(content) - 1, count)
    yield from (content[:length] for length in (0, len(content) - 1, *lengths))


def flipped(content: bytes, count: int, seed: int = 0) -> Iterator[bytes]:
    """Yield ``content`` ``count`` times with another byte at a random place."""
    rng = np.random.default_rng(seed)
    for position, bits in zip(rng.integers(len(content), size=count), rng.integers(1, 256, count), strict=True):
        spoilt = bytearray(content)
        spoilt[position] ^= bits
        yield bytes(spoilt)


def accepted(path: Path, spoilt: Iterable[bytes], read: Callable[[Path], Any], **refused: Any) -> list[Any]:
    """Return what ``read`` gives for those of the contents in ``path`` that it does not refuse, as `refusal` says."""
    found = []
    for content in spoilt:
        path.write_bytes(content)
        with suppress(ArtifactError), refusal(path, **refused):
            found.append(read(path))
    return found


@contextmanager
def refusal(path: Path, remedies: str | tuple[str, ...] = REMEDIES) -> Iterator[None]:
    """Check that an error of ours begins with the file and ends with what to do."""
    try:
        yield
    except ArtifactError as error:
        assert str(error).startswith(f"{path}: ") and str(error).endswith(remedies), error
        raise


def plain(value: Any) -> Any:
    """Return ``value`` in parts that are equal only if every bit and type is: NaN is equal to itself, 1 is not 1.0."""
    if dataclasses.is_dataclass(value):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if hasattr(value, "state_dict"):
        value = value.state_dict()
    if hasattr(value, "numpy"):
        value = value.numpy()
    if hasattr(value, "to_csv"):
        value = {name: value[name].to_numpy() for name in value}
    if isinstance(value, np.ndarray):
        content = plain(value.tolist()) if value.dtype == object else value.tobytes()
        return (str(value.dtype), value.shape, content)
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return (type(value).__name__, repr(value))


# A small file of every kind


@dataclasses.dataclass(frozen=True)
class Kind:
    """How a file of a kind is called, written with what it was made from, and read, by every reader there is."""

    file: str
    write: Callable[..., None]
    readers: tuple[Callable[[Path], Any], ...]


def origin_of(kind: str) -> dict[str, Any]:
    """What a file of this kind was made from."""
    code = [f"workflow_scripts/{kind}.py 0123456789ab", "numpy 2.4.6"]
    return {"settings": {"seed": 3, "cut": {"balance": "none", "sizes": [1, 2]}}, "code": code, "inputs": "fedcba98"}


def made(kind: str, folder: Path) -> Path:
    """Write the file of a kind, and what belongs beside it."""
    KINDS[kind].write(folder / KINDS[kind].file, **origin_of(kind))
    return folder / KINDS[kind].file


def _dataset(path: Path, **origin: Any) -> None:
    images = np.random.default_rng(0).integers(256, size=(6, 2, 4, 4), dtype=np.uint8)
    splits = {"train": np.arange(3), "valid": np.arange(3, 5), "test": np.arange(5, 6)}
    dataset = Dataset("small", images, np.arange(6) % 2, ("a", "b"), splits, np.array([0.4, 0.5]), np.ones(2))
    write_dataset(path, dataset, key="a key", **origin)


def _scores(path: Path, **origin: Any) -> None:
    rng, nodes = np.random.default_rng(0), {}
    for node in ("0", "1"):
        scores, affinity = rng.normal(size=(2, 6, 5)), rng.normal(size=(6, 5, 5))
        scores[1, 4] = affinity[2] = np.nan
        nodes[node] = NodeScores(SPACE.full(), scores, affinity, ("edge 3<-1, none, repetition 1: the value is inf",))
    write_scores(
        path, nodes, space=SPACE, attributes={"metric": "snip", "key": "a key", "seconds": 1.5, "options": {}, **origin}
    )


def _architectures(path: Path, **origin: Any) -> None:
    columns = {"loss": np.array([2.3, np.nan, -0.0]), "accuracy/%": np.array([10.0, 94.37333333333333, 61.25])}
    write_architectures(path, ARCHITECTURES, columns, space=SPACE, kind="proxy", key="a key", metric="snip", **origin)


def _splits(path: Path, **origin: Any) -> None:
    tree = grown_tree("snip", 3, (2, 3), np.random.default_rng(0))
    about = {"method": "mine", "metric": "snip", "seed": 3, "objective": "mean", "balance": "none", "edge": "best"}
    write_splits(
        path, space=SPACE, level=1, splits=[s for s in tree.splits if s.level == 1], key="a key", **about, **origin
    )


def _tree(path: Path, **origin: Any) -> None:
    write_tree(path, grown_tree("snip", 3, (2, 2), np.random.default_rng(0)), key="a key", **origin)


def _search(path: Path, **origin: Any) -> None:
    found = [Evaluation("0", name, loss, 0.5) for name, loss in zip(ARCHITECTURES, (np.nan, 1.5, 2.5), strict=True)]
    searches = [SearchResult("random", tuple(found), 1)]
    write_search(path, space=SPACE, method="mine", metric="snip", seed=3, searches=searches, key="a key", **origin)


def _selection(path: Path, **origin: Any) -> None:
    ranking = [LeafScore("10", 1, 0.75, 0.1 + 0.2), LeafScore("0", 0, 0.5, 1.5)]
    write_selection(path, ranking, keep=1, key="a key", **origin)


def _cost(path: Path, **origin: Any) -> None:
    write_cost(path, TrainingCost(20, 12.5, 17940, "cpu", "a key"), **origin)


def _table(path: Path, **origin: Any) -> None:
    table = pd.DataFrame({"method": ["none", "snip"], "seed": [0, 1], "cost": [8 / 9, np.nan]})
    write_table(path.with_suffix(".csv"), table, **origin)


def _checkpoint(path: Path, **origin: Any) -> None:
    about = {"record": {"epoch": [1, 2], "loss": [2.1, 0.1 + 0.2]}, "seed": 3, "dataset": "digits"}
    write_checkpoint(path, random_network(3), key="a key", settings=origin["settings"], **about)
    _cost(path.with_suffix(".json"), **origin)


def _read_table_of(record: Path) -> pd.DataFrame:
    return read_table(record.with_suffix(".csv"))


ARCHITECTURES = [SPACE.architecture_string(a) for a in ((0, 0, 0, 0, 0, 0), (3, 3, 4, 1, 0, 2), (4, 4, 4, 4, 4, 4))]


def read_network(path: Path) -> Any:
    return read_checkpoint(path, SPACE)


KINDS = {
    "dataset": Kind("digits.h5", _dataset, (read_dataset, read_key)),
    "scores": Kind("scores.h5", _scores, (read_scores, read_attributes)),
    "architectures": Kind("truth.h5", _architectures, (read_architectures,)),
    "splits": Kind("splits.json", _splits, (read_splits,)),
    "tree": Kind("tree.json", _tree, (read_tree,)),
    "search": Kind("search.json", _search, (read_search,)),
    "selection": Kind("selection.json", _selection, (read_selection,)),
    "cost": Kind("cost.json", _cost, (read_cost,)),
    "table": Kind("table.csv", _table, (read_table, check_table)),
    "record": Kind("record.json", _table, (_read_table_of,)),
    "checkpoint": Kind("supernet.pt", _checkpoint, (read_network, read_record)),
}
