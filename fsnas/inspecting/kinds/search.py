"""search.json: every evaluation of every sampler, and the best."""

from dataclasses import asdict, fields
from typing import Any

import numpy as np

from fsnas.artifacts.search import VERSION, read_search
from fsnas.inspecting.comparing import Labelled, by_part, changed
from fsnas.inspecting.opening import Artifact
from fsnas.search.result import Evaluation, SearchResult

__all__ = ["TITLE", "VERSION", "about", "content", "differences"]
TITLE = "the searches over the leaves of a tree"


def about(artifact: Artifact) -> dict[str, Any]:
    """Return whose leaves were searched, and by which samplers."""
    samplers = " ".join(search["sampler"] for search in artifact.fields["searches"])
    return {name: artifact.fields[name] for name in ("method", "metric", "seed")} | {"samplers": samplers}


def content(artifact: Artifact) -> dict[str, Any]:
    """Return the best that each sampler found, and the accuracies that it saw."""
    searches = read_search(artifact.path).searches
    return {
        "best": {s.sampler: _best(s) for s in searches},
        "accuracies": {s.sampler: _accuracies(s) for s in searches},
    }


def differences(before: Artifact, after: Artifact) -> dict[str, Any]:
    """Return the best of the samplers where they differ, and how many evaluations do."""
    a, b = (read_search(artifact.path).searches for artifact in (before, after))
    best = changed({s.sampler: _best(s) for s in a}, {s.sampler: _best(s) for s in b})
    return {"best": best, **by_part(_parts(a), _parts(b), "search")}


def _best(search: SearchResult) -> dict[str, Any]:
    return {"number": search.best, **asdict(search.evaluations[search.best])}


def _accuracies(search: SearchResult) -> dict[str, Any]:
    accuracies = np.array([one.accuracy for one in search.evaluations])
    return {
        "evaluations": len(accuracies),
        "architectures": len({one.architecture for one in search.evaluations}),
        "loss_not_finite": sum(not np.isfinite(one.loss) for one in search.evaluations),
        **{name: getattr(np, name)(accuracies) for name in ("min", "median", "max")},
    }


def _parts(searches: tuple[SearchResult, ...]) -> dict[str, Labelled]:
    parts = {}
    for search in searches:
        axes = {"evaluation": range(len(search.evaluations))}
        for field in fields(Evaluation):
            kind = np.float64 if field.type is float else object
            values = np.array([getattr(one, field.name) for one in search.evaluations], kind)
            parts[f"{search.sampler} {field.name}"] = Labelled(values, axes)
    return parts
