"""Rungs: how many leaves of a tree are trained for how long, and how many of them go on."""

from dataclasses import dataclass
from typing import Literal, get_args

from fsnas.errors import FsnasError

Selection = Literal["all", "top_k", "successive_halving"]
SELECTIONS = get_args(Selection)


@dataclass(frozen=True)
class Rung:
    """One round of training: so many ``leaves`` are trained for ``epochs`` further epochs each."""

    leaves: int
    epochs: int


def make_rungs(
    leaves: int, *, selection: str, keep: int, epochs: int | None, total_epochs: int | None
) -> tuple[Rung, ...]:
    """Return the rungs of a tree with ``leaves`` leaves; the search sees the leaves of the last one.

    >>> make_rungs(8, selection="successive_halving", keep=2, epochs=None, total_epochs=48)
    (Rung(leaves=8, epochs=2), Rung(leaves=4, epochs=4), Rung(leaves=2, epochs=8))

    Parameters
    ----------
    selection
        ``all`` has one rung. ``top_k`` trains all leaves, then goes on with the best ``keep`` of them untrained.
        ``successive_halving`` (Jamieson and Talwalkar 2016) halves the leaves from rung to rung until ``keep`` are
        left, and gives every rung the same share of the budget. GM-NAS (Hu et al. 2022) halves the architectures
        instead that the leaves led to, while these are trained by themselves.
    epochs, total_epochs
        Budget of every leaf that is never dropped, or of the whole tree; one of them is None. A share that is no whole
        number of epochs is rounded down, so that the leaves of a rung are trained equally long.

    Raises
    ------
    FsnasError
        If both or none of the budgets are given, the selection does not exist, ``keep`` is below 1, or a rung would
        get less than one epoch a leaf.
    """
    if (epochs is None) == (total_epochs is None):
        raise FsnasError(
            f"epochs is {epochs} and total_epochs {total_epochs}; expected one of them: epochs of every leaf, or "
            "total_epochs for all leaves of a tree together; set the other to null"
        )
    if keep < 1:
        raise FsnasError(f"keep is {keep}; expected at least 1 leaf")
    counts = _counts(leaves, selection, keep)
    trained = 1 if selection == "top_k" else len(counts)
    shares = [_share(epochs, total_epochs, count, trained) for count in counts[:trained]]
    if min(shares) < 1:
        name, given, needed = (
            ("epochs", epochs, trained) if epochs is not None else ("total_epochs", total_epochs, trained * leaves)
        )
        raise FsnasError(
            f"{name} is {given}: {leaves} leaves in {trained} rung{'s' if trained > 1 else ''} get less than one epoch "
            f"each; expected at least {needed}"
        )
    return tuple(map(Rung, counts, [*shares, *[0] * (len(counts) - trained)]))


def _counts(leaves: int, selection: str, keep: int) -> list[int]:
    """Return how many leaves each rung has."""
    if selection not in SELECTIONS:
        raise FsnasError(f"selection is {selection!r}; expected one of {list(SELECTIONS)}")
    if selection == "all" or keep >= leaves:
        return [leaves]
    if selection == "top_k":
        return [leaves, keep]
    counts = [leaves]
    while counts[-1] > keep:
        counts.append(max(keep, -(-counts[-1] // 2)))
    return counts


def _share(epochs: int | None, total_epochs: int | None, leaves: int, rungs: int) -> int:
    """Return the epochs of each of ``leaves`` leaves in one of ``rungs`` rungs."""
    return epochs // rungs if epochs is not None else (total_epochs or 0) // (rungs * leaves)
