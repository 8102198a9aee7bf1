"""Every format in one table: its title, its reader, and what a person wants to see of it first."""

import itertools
import warnings
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fsnas.inspecting.parts import Labelled, Parts, of_hdf5, of_rows, of_table, summary
from fsnas.search.trajectory import as_array, entropy
from fsnas.spaces import SearchSpace, count_architectures, described_space
from fsnas.splitting.affinities import NodeScores
from fsnas.splitting.trees import ROOT, Level, Split, Tree, Tuning

if TYPE_CHECKING:
    from fsnas.inspecting.opening import Artifact

NUMBERS = ("cost", "runner_up", "ties", "edge_ties", "degenerate")  # of a split


def _none(*given: Any) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Kind:
    """What is known of a format beyond its fields.

    Attributes
    ----------
    title
        What a file of it is, in words.
    module
        That of `fsnas.artifacts` which reads it: its ``VERSION`` can be shown. It is loaded when a file is read.
    reader
        The function there which checks every field; without it the fields are all that is read.
    content
        What is shown of an artifact and of what ``read`` returned, in sections.
    parts
        The arrays in an artifact, which `fsnas diff` compares.
    part
        What each of these is, in a word.
    about
        Facts that tell it from others of its kind, where not all fields that only this kind has do.
    """

    title: str
    module: str = ""
    reader: str = ""
    content: Callable[["Artifact", Any], dict[str, Any]] = _none
    parts: Callable[["Artifact", Any], Parts] = _none
    part: str = "part"
    about: Callable[[Mapping[str, Any]], dict[str, Any]] | None = None

    @property
    def version(self) -> int | None:
        """Return the version that can be shown; None for a format that states none."""
        return import_module(f"fsnas.artifacts.{self.module}").VERSION if self.module else None

    def read(self, path: Path) -> Any:
        """Return what the reader makes of a file, every field of which it checks."""
        return getattr(import_module(f"fsnas.artifacts.{self.module}"), self.reader)(path) if self.reader else None


def _frame(rows: str) -> Callable[["Artifact", Any], dict[str, Any]]:
    return lambda artifact, read: summary(artifact.parts, rows)


# Scores


def _scores(artifact: "Artifact", read: Any) -> dict[str, Any]:
    nodes, attributes = read
    space = described_space(attributes["search_space"])
    return {"nodes": {path: _node(space, node) for path, node in nodes.items()}}


def _node(space: SearchSpace, node: NodeScores) -> dict[str, Any]:
    """Return the mean of a node's scores over the repetitions, or its affinities where there are none."""
    found: dict[str, Any] = {
        "architectures": count_architectures(node.sub_space),
        "restricted": _restricted(space, node.sub_space),
        "affinity_shape": list(node.affinity.shape),
    }
    if node.scores is None:
        pairs = itertools.combinations(enumerate(space.operations), 2)
        rows = {f"{a} {b}": node.affinity[:, i, j] for (i, a), (j, b) in pairs}
        found["affinity"] = {name: dict(zip(space.edges, values, strict=True)) for name, values in rows.items()}
    else:
        found["scores_shape"] = list(node.scores.shape)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # an edge that takes no part has no score at all
            mean = np.nanmean(node.scores, axis=0)
        rows = dict(zip(space.edges, mean, strict=True))
        found["mean_scores"] = {edge: dict(zip(space.operations, row, strict=True)) for edge, row in rows.items()}
    return found | {"reasons": list(node.reasons)}


def _restricted(space: SearchSpace, mask: np.ndarray) -> list[str]:
    """Return the edges that do not hold all operations, and what they hold."""
    held = space.named(mask)
    return [f"{edge}: {' '.join(names)}" for edge, names in held.items() if len(names) < len(space.operations)]


# Splits and trees


def _splits(artifact: "Artifact", level: Level) -> dict[str, Any]:
    return {"splits": [_split(split) for split in level.splits], **_edges(level)}


def _tree(artifact: "Artifact", tree: Tree) -> dict[str, Any]:
    splits_by_path = {split.path: split for split in tree.splits}

    def below(path: str) -> dict[str, Any]:
        if split := splits_by_path.get(path):
            return {**_split(split), "children": [below(child) for child in split.children]}
        return {"node": path, "architectures": count_architectures(tree.leaves[path]), "children": []}

    candidates = {"candidates": _candidates(tree.tuning)} if tree.tuning else {}
    return candidates | {"tree": [below(ROOT)], **_edges(tree)}


def _about_tree(fields: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: fields[name] for name in ("method", "metric", "seed")}
    return found | {"leaves": len(fields["leaves"]), "nodes": len(fields["nodes"])}


def _candidates(tuning: Tuning) -> dict[str, Any]:
    """Return the mean clearness of every candidate, and which of them is the tree."""
    note = f", drawn among {tuning.ties} that are as clear" if tuning.ties > 1 else ""
    return {"taken": f"{tuning.taken}{note}", "mean_clearness": tuning.clearness}


def _split(split: Split) -> dict[str, Any]:
    """Return what a person wants to know of a split; ``note`` says in words what makes it doubtful."""
    alike = "that cost the same" if split.clearness is None else "that are as good"
    notes = [
        *([f"the cut was drawn among {split.ties} that cost the same"] if split.ties > 1 else []),
        *([f"the edge was drawn among {split.edge_ties} {alike}"] if split.edge_ties > 1 else []),
        *(["degenerate: all affinities of the edge are equal, the cut says nothing"] if split.degenerate else []),
    ]
    found: dict[str, Any] = {"node": split.path, "edge": split.edge, "groups": split.groups}
    found |= _counted(split)
    return found | ({"note": "; ".join(notes)} if notes else {})


def _counted(split: Split) -> dict[str, Any]:
    """Return the numbers of a split, those that its policy asked for included."""
    clear = {} if split.clearness is None else {"clearness": split.clearness}
    shares = {f"cost of {metric}": cost for metric, cost in split.shares.items()}
    return {name: getattr(split, name) for name in NUMBERS} | clear | shares


def _edges(of: Level | Tree) -> dict[str, Any]:
    """Return cost and clearness of the best cut of every edge of every node, as far as they are known."""
    edges = of.space.edges
    clear = {s.path: {edge: s.edge_clearness.get(edge) for edge in edges} for s in of.splits if s.edge_clearness}
    return {"edge_costs": _edge_costs(of)} | ({"edge_clearness": clear} if clear else {})


def _edge_costs(of: Level | Tree) -> dict[str, dict[str, float | None]]:
    """Return the cost of the best cut of every edge of every node; None where the edge could not be split."""
    return {split.path: {edge: split.edge_costs.get(edge) for edge in of.space.edges} for split in of.splits}


def _numbers(artifact: "Artifact", of: Level | Tree) -> Parts:
    nodes = [split.path for split in of.splits]
    costs = np.array([list(row.values()) for row in _edge_costs(of).values()], np.float64)
    rows = [_counted(split) for split in of.splits]
    shaped = costs.reshape(-1, len(of.space.edges))
    return of_rows(rows, "node", nodes) | {"edge_costs": Labelled(shaped, {"node": nodes, "edge": of.space.edges})}


# Checkpoints


def _about_checkpoint(fields: Mapping[str, Any]) -> dict[str, Any]:
    found = {"seed": fields["seed"], "dataset": fields["dataset"], **fields["network"]}
    found["epochs"] = len(fields["record"]["epoch"])
    return found | {"architectures": count_architectures(np.asarray(fields["space"]))}


def _checkpoint(artifact: "Artifact", read: Any) -> dict[str, Any]:
    """Return what the training took, its space, how it went, and the weights by name."""
    fields = artifact.fields
    taken, record, weights = (fields[name] for name in ("cost", "record", "state_dict"))
    history = [dict(zip(record, row, strict=True)) for row in zip(*record.values(), strict=True)]
    tensors = {name: {"shape": list(a.shape), "type": str(a.dtype)} for name, a in weights.items()}
    return {
        "cost": taken if isinstance(taken, Mapping) else {"unknown": taken},
        "space": {"restricted": _restricted(described_space(fields["search_space"]), np.asarray(fields["space"]))},
        "training": {**{name: values[-1] for name, values in record.items() if values}, "history": history},
        "weights": {"numbers": sum(array.size for array in weights.values()), "tensors": tensors},
    }


def _weights(artifact: "Artifact", read: Any) -> Parts:
    fields = artifact.fields
    space, record = described_space(fields["search_space"]), fields["record"]
    parts = {"space": Labelled(np.asarray(fields["space"]), {"edge": space.edges, "operation": space.operations})}
    history = {f"history {name}": Labelled(np.array(v), {"epoch": record["epoch"]}) for name, v in record.items()}
    return parts | history | {name: Labelled(array) for name, array in fields["state_dict"].items()}


# Data, searches, figures


def _dataset(artifact: "Artifact", data: Any) -> dict[str, Any]:
    """Return shapes, statistics, and how many images of each class every part holds."""
    arrays = {name: {"shape": list(p.values.shape), "type": str(p.values.dtype)} for name, p in artifact.parts.items()}
    statistics = zip(data.mean, data.std, strict=True)
    counts = {p: np.bincount(data.labels[i], minlength=len(data.classes)) for p, i in data.splits.items()}
    return {
        "arrays": arrays,
        "channels": {i: {"mean": mean, "std": std} for i, (mean, std) in enumerate(statistics)},
        "images_per_class": {
            name: {part: count[i] for part, count in counts.items()} for i, name in enumerate(data.classes)
        },
    }


def _search(artifact: "Artifact", found: Any) -> dict[str, Any]:
    """Return the best that each sampler found, and the accuracies that it saw."""
    counts = {}
    for search in found.searches:
        accuracies = [one.accuracy for one in search.evaluations]
        counts[search.sampler] = {
            "evaluations": len(search.evaluations),
            "architectures": len({one.architecture for one in search.evaluations}),
            "loss_not_finite": sum(not np.isfinite(one.loss) for one in search.evaluations),
            **{name: getattr(np, name)(accuracies) for name in ("min", "median", "max")},
        }
    return {"best": best(found), "accuracies": counts}


def best(found: Any) -> dict[str, Any]:
    """Return the best evaluation of every sampler."""
    return {s.sampler: {"number": s.best, **asdict(s.evaluations[s.best])} for s in found.searches}


def _evaluations(artifact: "Artifact", found: Any) -> Parts:
    parts: Parts = {}
    for one in found.searches:
        rows = [asdict(evaluation) for evaluation in one.evaluations]
        parts |= of_rows(rows, "evaluation", range(len(rows)), f"{one.sampler} ")
    return parts


def _trajectory(artifact: "Artifact", found: Any) -> dict[str, Any]:
    """Return what was chosen in each epoch, and how decided the parameters were."""
    rows = [
        {"epoch": one.epoch, "architecture": one.architecture, "entropy": entropy(one.shares), "accuracy": one.accuracy}
        for one in found.epochs
    ]
    space = described_space(artifact.fields["search_space"])
    last = as_array(found.epochs[-1].shares)
    shares = {edge: dict(zip(space.operations, row, strict=True)) for edge, row in zip(space.edges, last, strict=True)}
    return {"epochs": rows, "shares": shares}


def _epochs(artifact: "Artifact", found: Any) -> Parts:
    space, numbers = described_space(artifact.fields["search_space"]), [one.epoch for one in found.epochs]
    axes = {"epoch": numbers, "edge": space.edges, "operation": space.operations}
    names = ("parameters", "shares")
    parts = {n: Labelled(np.array([as_array(getattr(one, n)) for one in found.epochs]), axes) for n in names}
    rows = [{name: getattr(one, name) for name in ("architecture", "loss", "accuracy")} for one in found.epochs]
    return parts | of_rows(rows, "epoch", numbers)


def _about_learned(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"algorithm": fields["algorithm"], "epochs": len(fields["epochs"])}


def _ranking(artifact: "Artifact", found: Any) -> Parts:
    rows = [{"rank": i, **asdict(one), "kept": i < found.keep} for i, one in enumerate(found.ranking)]
    leaves = [row.pop("leaf") for row in rows]
    return of_rows(rows, "leaf", leaves)


def _pixels(artifact: "Artifact", read: Any) -> Parts:
    from PIL import Image

    with Image.open(artifact.path, formats=["PNG"]) as image:
        return {"pixels": Labelled(np.asarray(image.convert("RGBA")))}


def _of_file(reader: Callable[[Path], Parts]) -> Callable[["Artifact", Any], Parts]:
    return lambda artifact, read: reader(artifact.path)


def _about_search(fields: Mapping[str, Any]) -> dict[str, Any]:
    samplers = " ".join(search["sampler"] for search in fields["searches"])
    return {name: fields[name] for name in ("method", "metric", "seed")} | {"samplers": samplers}


def _about_figure(fields: Mapping[str, Any]) -> dict[str, Any]:
    width, height = fields["size"]
    return {"pixels": f"{width} x {height}"}


_hdf5 = _of_file(of_hdf5)
KINDS = {
    "architectures": Kind(
        "numbers per architecture", "architectures", "read_architectures", _frame("architectures"), _hdf5, "column"
    ),
    "cost": Kind("the cost of a training", "training_cost", "read_training_cost"),
    "dataset": Kind("a data set", "dataset", "read_dataset", _dataset, _hdf5, "array"),
    "figure": Kind("a figure", parts=_pixels, about=_about_figure),
    "scores": Kind("the scores of one level", "scores", "read_scores", _scores, _hdf5, "array"),
    "search": Kind(
        "the searches over the leaves of a tree",
        "search",
        "read_search",
        _search,
        _evaluations,
        "search",
        _about_search,
    ),
    "selection": Kind("a selection of leaves", "selection", "read_selection", _frame("leaves"), _ranking, "column"),
    "splits": Kind("the splits of one level", "splits", "read_splits", _splits, _numbers, "number"),
    "supernet": Kind("a trained supernet", "archive", "", _checkpoint, _weights, about=_about_checkpoint),
    "table": Kind("a table", "tables", "", _frame("rows"), _of_file(of_table), "column"),
    "trajectory": Kind(
        "a differentiable search of a leaf",
        "trajectory",
        "read_trajectory",
        _trajectory,
        _epochs,
        "epoch",
        _about_learned,
    ),
    "tree": Kind("a split tree", "splits", "read_tree", _tree, _numbers, "number", _about_tree),
}
