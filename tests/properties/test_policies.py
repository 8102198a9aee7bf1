"""Laws of clearness, and of trees that are not level."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fsnas.spaces import architectures
from fsnas.splitting.choices import BALANCES, OBJECTIVES
from fsnas.splitting.cuts import clearness
from fsnas.splitting.policies import make_policy
from tests.properties.settings import repeatable
from tests.reference import policies as slow
from tests.support.growing import affinities_by_path, grown
from tests.support.space import SPACE
from tests.support.splits import random_affinity

SMALL = replace(SPACE, edges=SPACE.edges[:3], operations=SPACE.operations[:4])
SEEDS = st.integers(0, 2**32 - 1)
few = settings(repeatable, max_examples=15)


@pytest.mark.parametrize("balance", BALANCES)
@pytest.mark.parametrize("objective", OBJECTIVES)
@few
@given(seed=SEEDS, n=st.integers(3, 5), data=st.data())
def test_clearness_is_that_of_the_twin(objective, balance, seed, n, data):
    affinity, b = random_affinity(np.random.default_rng(seed), n), data.draw(st.integers(2, n))
    expected = slow.clearness(affinity, b, objective, balance, seed)
    found = clearness(affinity, b, objective=objective, balance=balance, seed=seed).value
    assert found == pytest.approx(expected, abs=1e-9)
    assert (found == 0) or b < n - 1, "with one group less than operations any pair may stay together"


@repeatable
@given(seed=SEEDS, n=st.integers(4, 8), scale=st.sampled_from([1e-200, 0.1, 3.0, 1e200]), shift=st.integers(-20, 20))
def test_neither_scale_nor_shift_changes_clearness(seed, n, scale, shift):
    affinity = random_affinity(np.random.default_rng(seed), n)
    one, other = (clearness(matrix, 2, seed=1) for matrix in (affinity, (affinity + shift) * scale))
    assert abs(one.value - other.value) <= 1e-12 * max(one.magnitude, other.magnitude), "they tie"


@repeatable
@given(seed=SEEDS, n=st.integers(4, 8), value=st.floats(-1e300, 1e300), b=st.integers(2, 3))
def test_equal_affinities_are_not_clear(seed, n, value, b):
    assert clearness(np.full((n, n), value), b, seed=seed).value == 0


@pytest.mark.parametrize("leaves", range(1, 28))
def test_an_adaptive_tree_has_every_number_of_leaves_and_shares_out_the_space(leaves):
    """27 are the most of three edges with three groups each: then only three groups a split reach it."""
    tree = grown(make_policy(SMALL, "adaptive", max_leaves=leaves), SMALL, affinities_by_path(SMALL, leaves))
    assert len(tree.leaves) == leaves and list(tree.leaves) == sorted(tree.leaves)
    found = Counter(architecture for mask in tree.leaves.values() for architecture in architectures(mask))
    assert found == Counter(architectures(SMALL.full()))
    assert all(2 <= len(split.groups) <= 3 and split.clearness is not None for split in tree.splits)


def same(space, splits, expected):
    found = {split.path: (split.edge, {frozenset(group) for group in split.groups}) for split in splits}
    named = {
        cut.path: (space.edges[cut.edge], {frozenset(space.operations[o] for o in group) for group in cut.groups})
        for cut in expected
    }
    clear = {cut.path: cut.clearness for cut in expected}
    return found == named and all(split.clearness == pytest.approx(clear[split.path], abs=1e-9) for split in splits)


@few
@given(seed=st.integers(0, 10**6), leaves=st.integers(2, 8), most=st.integers(2, 3))
def test_an_adaptive_tree_is_that_of_a_best_first_search(seed, leaves, most):
    affinities = affinities_by_path(SMALL, seed)
    policy = make_policy(SMALL, "adaptive", max_leaves=leaves, max_branching=most)
    tree = grown(policy, SMALL, affinities, seed)
    assume(all(split.edge_ties == 1 for split in tree.splits))  # cuts into 3 of 4 groups are all as clear
    assert same(SMALL, tree.splits, slow.adaptive(affinities, 3, leaves, most, seed))


@few
@given(seed=st.integers(0, 10**6), leaves=st.sampled_from([2, 3, 4, 6, 8, 9, 12]))
def test_a_tuned_tree_is_the_clearest_of_all_schedules(seed, leaves):
    affinities = affinities_by_path(SMALL, seed)
    tree = grown(make_policy(SMALL, "tuned", max_leaves=leaves), SMALL, affinities, seed)
    expected = slow.tuned(affinities, 3, 4, leaves, seed)
    means = {name: np.mean([cut.clearness for cut in cuts]) for name, cuts in expected.items()}
    assert tree.tuning.clearness == pytest.approx(means, abs=1e-9) and tree.tuning.ties == 1
    assert tree.tuning.taken == max(means, key=means.get)
    assert same(SMALL, tree.splits, expected[tree.tuning.taken])
