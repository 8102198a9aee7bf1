"""Rungs: counts and epochs of every selection, and budgets that are kept."""

import pytest

from fsnas.errors import FsnasError
from fsnas.search.rungs import Rung, make_rungs

PER_LEAF = {"epochs": 12, "total_epochs": None}
SHARED = {"epochs": None, "total_epochs": 40}


def rungs(leaves, selection="all", keep=1, **budget):
    return [(rung.leaves, rung.epochs) for rung in make_rungs(leaves, selection=selection, keep=keep, **budget)]


@pytest.mark.parametrize(("leaves", "epochs"), [(1, 40), (5, 8), (8, 5), (3, 13)])
def test_a_shared_budget_is_the_same_for_every_number_of_leaves(leaves, epochs):
    assert rungs(leaves, **SHARED) == [(leaves, epochs)]
    assert SHARED["total_epochs"] - leaves < leaves * epochs <= SHARED["total_epochs"]


def test_a_budget_per_leaf_grows_with_the_leaves():
    assert rungs(8, **PER_LEAF) == [(8, 12)] and rungs(1, **PER_LEAF) == [(1, 12)]


def test_top_k_trains_all_leaves_and_keeps_some_without_further_training():
    assert rungs(8, "top_k", 3, **SHARED) == [(8, 5), (3, 0)]
    assert rungs(8, "top_k", 3, **PER_LEAF) == [(8, 12), (3, 0)]


@pytest.mark.parametrize(
    ("leaves", "keep", "expected"),
    [(8, 1, [8, 4, 2, 1]), (8, 2, [8, 4, 2]), (5, 1, [5, 3, 2, 1]), (5, 2, [5, 3, 2]), (3, 2, [3, 2]), (1, 1, [1])],
)
def test_successive_halving_halves_until_enough_are_left(leaves, keep, expected):
    found = rungs(leaves, "successive_halving", keep, epochs=None, total_epochs=240)
    assert [count for count, _ in found] == expected
    share = 240 / len(expected)
    assert all(share - count < count * epochs <= share for count, epochs in found), "every rung has the same budget"


def test_a_leaf_that_is_never_dropped_has_its_epochs():
    assert rungs(8, "successive_halving", 1, **PER_LEAF) == [(8, 3), (4, 3), (2, 3), (1, 3)]


@pytest.mark.parametrize("selection", ["top_k", "successive_halving"])
def test_keeping_all_leaves_selects_nothing(selection):
    assert rungs(5, selection, 5, **SHARED) == rungs(5, selection, 9, **SHARED) == rungs(5, **SHARED)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"epochs": 3, "total_epochs": 4}, "epochs is 3 and total_epochs 4; expected one of them"),
        ({"epochs": None, "total_epochs": None}, "epochs is None and total_epochs None; expected one"),
        ({"epochs": None, "total_epochs": 7}, "total_epochs is 7: 8 leaves in 1 rung get less .* at least 8"),
        ({"epochs": None, "total_epochs": 31, "selection": "successive_halving"}, "at least 32"),
        ({"epochs": 3, "total_epochs": None, "selection": "successive_halving"}, "epochs is 3: .* at least 4"),
        ({"epochs": 0, "total_epochs": None}, "epochs is 0"),
        ({**PER_LEAF, "keep": 0}, "keep is 0; expected at least 1"),
        ({**PER_LEAF, "selection": "best"}, "selection is 'best'; expected one of"),
    ],
)
def test_budgets_that_cannot_be(arguments, message):
    with pytest.raises(FsnasError, match=message):
        make_rungs(8, **{"selection": "all", "keep": 1, **arguments})


def test_the_least_budget_that_the_message_names_is_enough():
    assert make_rungs(8, selection="successive_halving", keep=1, epochs=None, total_epochs=32)[0] == Rung(8, 1)
