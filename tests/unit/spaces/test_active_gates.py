"""Which operations can matter: those on a path from the input to the output, against all paths by name."""

import itertools

import numpy as np
import pytest

from tests.support.space import EDGES, OPERATIONS, SPACE

# All ways from node 0 to node 3, as the edges that they take.
PATHS = [
    [f"{b}<-{a}" for a, b in itertools.pairwise([0, *between, 3])]
    for between in ([], [1], [2], [1, 2])
]  # fmt: skip


def on_a_path(gates):
    carried = {edge for edge, row in zip(EDGES, gates, strict=True) if any(row[OPERATIONS.index("none") + 1 :])}
    useful = {edge for path in PATHS if carried.issuperset(path) for edge in path}
    expected = gates.copy()
    for e, o in itertools.product(range(6), range(5)):
        if EDGES[e] not in useful or OPERATIONS[o] == "none":
            expected[e, o] = 0
    return expected


@pytest.mark.parametrize("share", [0.1, 0.2, 0.4])
def test_active_gates_are_those_on_a_path(share):
    rng = np.random.default_rng(0)
    for _ in range(500):
        gates = rng.uniform(0.1, 1, (6, 5)) * (rng.random((6, 5)) < share)
        np.testing.assert_array_equal(SPACE.active_gates(gates), on_a_path(gates))


def test_every_set_of_open_edges():
    for open_ in itertools.product([0.0, 1.0], repeat=6):
        gates = np.zeros((6, 5))
        gates[:, 0], gates[:, 3] = 0.5, open_
        np.testing.assert_array_equal(SPACE.active_gates(gates), on_a_path(gates))
