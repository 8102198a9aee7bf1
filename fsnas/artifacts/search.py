"""search.json: every evaluation of the searches over one tree's leaves, in order, and the best found."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Ge, MinLen

from fsnas.artifacts.files import lineage_of
from fsnas.artifacts.json_format import JsonFormat, variant
from fsnas.artifacts.trajectory import misfits, misspelt
from fsnas.search.result import Evaluation, SearchRecord, SearchResult, best_of
from fsnas.search.trajectory import LeafTrajectory
from fsnas.spaces import SearchSpace

# In a file a loss that is NaN is null, and the best is written out.
EVALUATION = variant("Evaluation", Evaluation, loss=float | None)
BEST = variant("Best", EVALUATION, number=Annotated[int, Ge(0)])
EVALUATIONS = Annotated[tuple[EVALUATION, ...], MinLen(1)]  # type: ignore[valid-type]
SEARCH = variant("Search", SearchResult, budget=Annotated[int, Ge(1)], best=BEST, evaluations=EVALUATIONS)


def _misfits(found: Any, space: SearchSpace) -> Iterator[tuple[str, str]]:
    samplers = [search.sampler for search in found.searches]
    if len(set(samplers)) != len(samplers):
        yield "searches", f"found the samplers {samplers}, expected each once"
    for i, one in enumerate(found.trajectories):
        if one.search not in samplers:
            yield f"trajectories[{i}].search", f"found {one.search!r}, expected one of {samplers}"
        yield from ((f"trajectories[{i}].{field}", problem) for field, problem in misfits(one.epochs, space))
    for i, search in enumerate(found.searches):
        yield from ((f"searches[{i}].{field}", problem) for field, problem in _search_misfits(search, space))


def _search_misfits(search: Any, space: SearchSpace) -> Iterator[tuple[str, str]]:
    evaluations = search.evaluations
    if search.budget != len(evaluations):
        yield "budget", f"found {search.budget} for {len(evaluations)} evaluations"
    for i, one in enumerate(evaluations):
        yield from ((f"evaluations[{i}].architecture", problem) for problem in misspelt(one.architecture, space))
    expected, best = _written(_held(search))["best"], asdict(search.best)
    if best != expected:
        yield "best", f"found {best}, but the best of the evaluations is {expected}"


VERSION = 3
SEARCHES = Annotated[tuple[SEARCH, ...], MinLen(1)]  # type: ignore[valid-type]
OTHERS = {"search_space": SearchSpace, "searches": SEARCHES}
FORMAT = JsonFormat("fsnas.search", VERSION, SearchRecord, _misfits, OTHERS)


def write_search(
    path: str | Path,
    *,
    space: SearchSpace,
    searches: Sequence[SearchResult],
    trajectories: Sequence[LeafTrajectory] = (),
    **fields: Any,
) -> None:
    """Write the searches over one tree's leaves, and the other ``fields`` of the file, whole or not at all.

    Errors as `JsonFormat.write`.
    """
    found = {"searches": [*map(_written, searches)], "trajectories": [*map(asdict, trajectories)]}
    FORMAT.write(path, lineage_of() | fields | found, space)


def read_search(path: str | Path, space: SearchSpace | None = None) -> SearchRecord:
    """Return the searches over one tree's leaves, ``space`` and errors as `JsonFormat.read`; a best is computed."""
    record = FORMAT.read(path, space)
    return replace(record, searches=tuple(map(_held, record.searches)))


def _written(found: SearchResult) -> dict[str, Any]:
    """Return a search as a file has it."""
    evaluations = [asdict(one) | {"loss": None if math.isnan(one.loss) else one.loss} for one in found.evaluations]
    best = {"number": found.best, **evaluations[found.best]} if 0 <= found.best < len(evaluations) else None
    return {"sampler": found.sampler, "budget": len(evaluations), "best": best, "evaluations": evaluations}


def _held(search: Any) -> SearchResult:
    """Return the search that a file has."""
    rows = [asdict(one) for one in search.evaluations]
    evaluations = tuple(Evaluation(**row | {"loss": math.nan if row["loss"] is None else row["loss"]}) for row in rows)
    return SearchResult(search.sampler, evaluations, best_of(evaluations))
