import json
from collections import namedtuple
from dataclasses import asdict
from fsnas.artifacts.files import check_format, write_text
from fsnas.spaces import EDGES, OPERATIONS
from fsnas.trees import Split, Tree
import numpy as np

Level = namedtuple("Level", "splits key")


def _load(n):
    n = dict(n)
    n["groups"] = tuple(map(tuple, n["groups"]))
    n["children"] = tuple(n["children"])
    return Split(**n)


def write_splits(path, *, splits, **kw):
    write_text(
        path,
        json.dumps({"format": "fsnas.splits", "version": 1, **kw, "nodes": [asdict(s) for s in splits]}, indent=2)
        + "\n",
    )


def read_splits(path):
    c = json.load(open(path))
    check_format(path, c, "fsnas.splits", 1)
    return Level(tuple(map(_load, c["nodes"])), c["key"])


def write_tree(path, tree, *, key, settings):
    leaves = {
        p: {EDGES[e]: [OPERATIONS[o] for o in np.flatnonzero(s[e])] for e in range(6)} for p, s in tree.leaves.items()
    }
    write_text(
        path,
        json.dumps(
            {
                "format": "fsnas.tree",
                "version": 1,
                "method": tree.method,
                "metric": tree.metric,
                "seed": tree.seed,
                "key": key,
                "settings": settings,
                "nodes": [asdict(s) for s in tree.splits],
                "leaves": leaves,
            },
            indent=2,
        )
        + "\n",
    )


def read_tree(path):
    c = json.load(open(path))
    leaves = {p: np.array([[o in s[e] for o in OPERATIONS] for e in EDGES]) for p, s in c["leaves"].items()}
    return Tree(c["method"], c["metric"], c["seed"], tuple(map(_load, c["nodes"])), leaves)
