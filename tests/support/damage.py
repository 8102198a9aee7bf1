"""A small file of every kind, and what can be wrong with one: fields under a checksum that fits, lengths, bytes."""

import dataclasses
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from fsnas.artifacts.architectures import read_architectures, write_architectures
from fsnas.artifacts.checkpoint import read_checkpoint, read_record, write_checkpoint
from fsnas.artifacts.dataset import read_dataset, read_key, write_dataset
from fsnas.artifacts.figure import read_figure, write_figure
from fsnas.artifacts.hdf5 import BLOCK, TITLE
from fsnas.artifacts.scores import read_attributes, read_scores, write_scores
from fsnas.artifacts.search import read_search, write_search
from fsnas.artifacts.selection import read_selection, write_selection
from fsnas.artifacts.splits import read_splits, read_tree, write_splits, write_tree
from fsnas.artifacts.tables import check_table, read_table, write_table
from fsnas.artifacts.training_cost import read_training_cost, write_training_cost
from fsnas.artifacts.trajectory import read_trajectory, write_trajectory
from fsnas.data.dataset import Dataset
from fsnas.errors import ArtifactError
from fsnas.networks.supernet import Supernet
from fsnas.search.result import Evaluation, SearchResult
from fsnas.search.selection import LeafScore
from fsnas.search.trajectory import Learned, Trajectory
from fsnas.splitting.affinities import NodeScores
from fsnas.splitting.trees import Tree
from fsnas.training.record import TrainingCost
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
    if isinstance(change, Mapping):
        changed = {name: value for name, value in (content | change).items() if value is not ...}
    else:
        changed = change(content)
    path.write_text(json.dumps(_sealed(content if changed is None else changed)))


def fields(content: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the place of every field of JSON, and of one more, ``note``, in every object; of lists the first entry."""
    named = isinstance(content, dict)
    for key, value in ({**content, "note": 1} if named else dict(enumerate(content[:1]))).items():
        yield (*place, key)
        if isinstance(value, (dict, list)):
            yield from fields(value, (*place, key))


def put(content: Any, place: str | tuple[str | int, ...], value: Any) -> None:
    """Let ``value`` stand at ``("ranking", 0, "leaf")`` or ``ranking[0].leaf``, or nothing if it is ``...``."""
    parts = place.replace("[", ".").replace("]", "").split(".") if isinstance(place, str) else place
    *above, last = (int(p) if isinstance(place, str) and p.isdigit() else p for p in parts)
    for part in above:
        content = content[part]
    if value is not ...:
        content[last] = value
    elif isinstance(last, int) or last in content:
        del content[last]


def _sealed(content: Any) -> Any:
    if not isinstance(content, dict):
        return content
    content = {name: value for name, value in content.items() if name != "checksum"}
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


def flip(path: Path) -> None:
    """Change one byte in the middle of a file and keep its time stamps, as a disk does."""
    stamps = path.stat().st_atime_ns, path.stat().st_mtime_ns
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=stamps)


class Trap:
    """What a pickle can do: it runs code while it is read, and leaves a file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self):
        return Path.touch, (self.file,)


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

KEY = "0123456789abcdef"
ARCHITECTURES = [SPACE.architecture_string(a) for a in ((0, 0, 0, 0, 0, 0), (0, 0, 0, 0, 0, 1))]
LEVEL = {"method": "mine", "metric": "snip", "seed": 3, "objective": "mean", "balance": "none", "edge": "best"}
LEVEL |= {"average": "affinities", "leaves": 4}
ABOUT = {"metric": "snip", "seed": 3, "level": 0, "options": {}, "device": "cpu", "seconds": 1.5, "peak_memory": 2**31}


@dataclasses.dataclass(frozen=True)
class Kind:
    """How a file of a kind is called and written, what it holds, what it could hold instead, and its readers."""

    file: str
    write: Callable[..., None]
    content: Any
    other: Any
    readers: tuple[Callable[[Path], Any], ...]


def lineage_of(kind: str) -> dict[str, Any]:
    """What a file of this kind was made from."""
    code = [f"workflow_scripts/{kind}.py 0123456789ab", "numpy 2.4.6"]
    return {"settings": {"seed": 3, "cut": {"balance": "none", "sizes": [1, 2]}}, "code": code, "inputs": "fedcba98"}


def made(kind: str, folder: Path, content: Any = None, **lineage: Any) -> Path:
    """Write the file of a kind, of its own content or another one, and what belongs beside it."""
    path = folder / KINDS[kind].file
    KINDS[kind].write(path, KINDS[kind].content if content is None else content, **lineage or lineage_of(kind))
    return path


def _scores(path: Path, nodes: Mapping[str, NodeScores], **lineage: Any) -> None:
    write_scores(path, nodes, space=SPACE, attributes={**ABOUT, "key": KEY, **lineage})


def _architectures(path: Path, columns: Mapping[str, np.ndarray], **lineage: Any) -> None:
    about = {"kind": "truth", "key": KEY, "dataset": "digits"} | lineage
    names = about.pop("architectures", ARCHITECTURES)
    write_architectures(path, names, columns, space=SPACE, **about)


def _splits(path: Path, tree: Tree, **lineage: Any) -> None:
    level = [split for split in tree.splits[::-1] if split.level == 1]  # in any order
    write_splits(path, space=SPACE, level=1, splits=level, key=KEY, **LEVEL, **lineage)


def _search(path: Path, evaluations: tuple[Evaluation, ...], **lineage: Any) -> None:
    searches = [SearchResult("random", evaluations, 2)]
    write_search(path, space=SPACE, method="mine", metric="snip", seed=3, searches=searches, key=KEY, **lineage)


def _trajectory(path: Path, found: Trajectory, **lineage: Any) -> None:
    write_trajectory(path, found, SPACE, **lineage)


def learned(epoch: int = 1, last: float = 0.2) -> Learned:
    """After an epoch, with a disabled operation on the first edge."""
    rows = ((None, 0.1 + last, 0.0, -0.5, 1e-3), *((last, 0.1, 0.2, 0.3, 0.4),) * 5)
    return Learned(epoch, rows, rows, ARCHITECTURES[epoch % 2], 1.5, 0.25)


def _table(path: Path, table: pd.DataFrame, **lineage: Any) -> None:
    write_table(path.with_suffix(".csv"), table, **lineage)


def _supernet(path: Path, network: Supernet, **lineage: Any) -> None:
    record = {"epoch": [1, 2], "loss": [2.1, 1.9], "accuracy": [0.25, 0.5]}
    about = {"record": record, "seed": 3, "dataset": "digits"}
    write_checkpoint(path, network, key=KEY, settings=lineage["settings"], **about)
    write_training_cost(path.with_suffix(".json"), COST, **lineage)


def _figure(path: Path, colour: str, **lineage: Any) -> None:
    write_figure([path, path.with_suffix(".pdf")], Figure(figsize=(1, 1), facecolor=colour), **lineage)


def _read_table_of(record: Path) -> pd.DataFrame:
    return read_table(record.with_suffix(".csv"))


def read_network(path: Path) -> Any:
    return read_checkpoint(path, SPACE)


def scored(values: np.ndarray | None = None, reasons: tuple[str, ...] = ()) -> NodeScores:
    """A node of the full space; affinities are zeros."""
    values = np.arange(60.0).reshape(2, 6, 5) if values is None else values
    return NodeScores(SPACE, SPACE.full(), values, np.zeros((6, 5, 5)), reasons)


def small_tree(seed: int = 0) -> Tree:
    return grown_tree("snip", 3, (2, 2), np.random.default_rng(seed))


def evaluations(best: float = 0.5) -> tuple[Evaluation, ...]:
    return tuple(Evaluation("0", ARCHITECTURES[i % 2], 1.5, best if i == 2 else 0.1) for i in range(4))


def other_network() -> Supernet:
    network = random_network(3)
    network.state_dict()["classifier.bias"][1] += 1.0
    return network


COST = TrainingCost(2, 1.5, 640, "cpu", KEY)
IMAGES, LABELS = np.arange(96, dtype=np.uint8).reshape(6, 1, 4, 4), np.array([0, 1, 0, 1, 1, 0])
PARTS = {"train": np.arange(3), "valid": np.array([3]), "test": np.array([4, 5])}
DATA = Dataset("small", IMAGES, LABELS, ("a", "b"), PARTS, np.array([0.5]), np.ones(1))
SCORED = {"root": scored(reasons=("edge 3<-1, none, repetition 1: the value is inf",)), "0": scored()}
CHANGED = {**SCORED, "root": scored(np.arange(60.0).reshape(2, 6, 5) + np.eye(60)[7].reshape(2, 6, 5))}
COLUMNS = {"accuracy": np.array([0.1, 0.4]), "a/b": np.array([np.nan, 1.0])}
JUDGED = [LeafScore("1", 0, 0.5, 0.1 + 0.2), LeafScore("0", 1, 0.25, 2.0)]
TABLE = pd.DataFrame({"method": ["snip", "snip"], "path": ["0", "00"], "mean": [1.5, np.nan]})
TABLES = TABLE, pd.DataFrame({"method": ["snip"], "path": ["0"], "mean": [2.5]})
KINDS = {
    "dataset": Kind(
        "small.h5",
        partial(write_dataset, key=KEY),
        DATA,
        dataclasses.replace(DATA, images=IMAGES + 1),
        (read_dataset, read_key),
    ),
    "scores": Kind("scores.h5", _scores, SCORED, CHANGED, (read_scores, read_attributes)),
    "architectures": Kind("truth.h5", _architectures, COLUMNS, {"accuracy": np.ones(2)}, (read_architectures,)),
    "splits": Kind("splits.json", _splits, small_tree(), small_tree(1), (read_splits,)),
    "tree": Kind("tree.json", partial(write_tree, key=KEY), small_tree(), small_tree(1), (read_tree,)),
    "search": Kind("search.json", _search, evaluations(), evaluations(0.75), (read_search,)),
    "selection": Kind(
        "selection.json", partial(write_selection, keep=1, key=KEY), JUDGED, JUDGED[:1], (read_selection,)
    ),
    "cost": Kind("cost.json", write_training_cost, COST, dataclasses.replace(COST, epochs=3), (read_training_cost,)),
    "trajectory": Kind(
        "0.trajectory.json",
        _trajectory,
        Trajectory("darts", (learned(), learned(2)), KEY),
        Trajectory("darts", (learned(), learned(2, 0.7)), KEY),
        (read_trajectory,),
    ),
    "table": Kind("table.csv", _table, *TABLES, (read_table, check_table)),
    "record": Kind("record.json", _table, *TABLES, (_read_table_of,)),
    "supernet": Kind("supernet.pt", _supernet, random_network(3), other_network(), (read_network, read_record)),
    "figure": Kind("figure.png", _figure, "black", "white", (read_figure,)),
}
