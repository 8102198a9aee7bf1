"""search.json: every evaluation of the searches over one tree's leaves, in order, and the best found."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from fsnas.artifacts.files import against_schema, json_text, lineage_of, read_json, space_of, write_json
from fsnas.errors import FsnasError
from fsnas.search.result import Evaluation, SearchRecord, SearchResult, best_of
from fsnas.spaces import SearchSpace

FORMAT, VERSION = "fsnas.search", 2


def write_search(
    path: str | Path,
    *,
    space: SearchSpace,
    method: str,
    metric: str,
    seed: int,
    searches: Sequence[SearchResult],
    key: str,
    **lineage: Any,
) -> None:
    """Write the searches over one tree's leaves, whole or not at all; a loss that is NaN as null.

    Errors as `write_json`.
    """
    content = {"format": FORMAT, "version": VERSION, "method": method, "metric": metric, "seed": seed, "key": key}
    content |= {"search_space": space.described(), "searches": list(map(_search, searches)), **lineage_of(**lineage)}
    json_text(path, content)  # before a best is sought: a number that is not finite has its own message
    write_json(path, content, partial(_problems, path, space))


def read_search(path: str | Path, space: SearchSpace | None = None) -> SearchRecord:
    """Return the searches over one tree's leaves; a loss that is null comes back as NaN.

    ``space`` is the search space that is expected; without it, it is the one that the file describes.
    Errors as `read_json` and `space_of`; it is one, too, if the best is not the best of the evaluations.
    """
    content = read_json(path, FORMAT, VERSION, partial(_problems, path, space))
    searches = tuple(_found(search) for search in content["searches"])
    names = ("method", "metric", "seed", "key", "settings")
    return SearchRecord(searches=searches, **{name: content[name] for name in names})


def _search(found: SearchResult) -> dict[str, Any]:
    """Return a search as a JSON object."""
    evaluations = [asdict(one) | {"loss": None if math.isnan(one.loss) else one.loss} for one in found.evaluations]
    best = {"number": found.best, **evaluations[found.best]} if 0 <= found.best < len(evaluations) else None
    return {"sampler": found.sampler, "budget": len(evaluations), "best": best, "evaluations": evaluations}


def _found(search: Mapping[str, Any]) -> SearchResult:
    """Return the search of a JSON object that fits the schema; its best is computed, not read."""
    evaluations = tuple(
        Evaluation(**{**one, "loss": math.nan if one["loss"] is None else float(one["loss"])})
        for one in search["evaluations"]
    )
    return SearchResult(search["sampler"], evaluations, best_of(evaluations))


def _problems(path: str | Path, expected: SearchSpace | None, content: Mapping[str, Any]) -> Iterator[str]:
    """Yield what does not fit; what a schema cannot say comes after it, and holds only where it fits."""
    space = space_of(path, content, expected)
    yield from against_schema(content, "search")
    samplers = [search["sampler"] for search in content["searches"]]
    if len(set(samplers)) != len(samplers):
        yield f"field 'searches': found the samplers {samplers}, expected each once"
    for i, search in enumerate(content["searches"]):
        yield from (f"field 'searches[{i}].{field}': {problem}" for field, problem in _search_problems(search, space))


def _search_problems(search: Mapping[str, Any], space: SearchSpace) -> Iterator[tuple[str, str]]:
    evaluations = search["evaluations"]
    if search["budget"] != len(evaluations):
        yield "budget", f"found {search['budget']} for {len(evaluations)} evaluations"
    for i, one in enumerate(evaluations):
        try:
            name = space.spelt(one["architecture"])
        except FsnasError as error:
            yield f"evaluations[{i}].architecture", str(error)
        else:
            if name != one["architecture"]:
                yield f"evaluations[{i}].architecture", f"found {one['architecture']!r}, expected {name!r}"
    best = _found(search).best
    expected = {"number": best, **evaluations[best]}
    if search["best"] != expected:
        yield "best", f"found {search['best']}, but the best of the evaluations is {expected}"
