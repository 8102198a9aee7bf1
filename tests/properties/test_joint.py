"""Laws of joint metrics: what does not change the cut of several metrics together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsnas.splitting.affinities import NodeScores, affinities_of
from fsnas.splitting.joint import combined, parts_of
from fsnas.splitting.node import split_node
from tests.properties.settings import repeatable
from tests.support.space import SPACE

SEED = st.integers(0, 2**32 - 1)
SHAPE = (2, *SPACE.full().shape)


def scored(metric: str, scores: np.ndarray) -> NodeScores:
    return NodeScores(SPACE, SPACE.full(), scores, affinities_of(scores, "affinities"), metric=metric)


def cut(scores, weights, combine):
    metrics = dict(zip(("snip", "ntk"), weights, strict=True))
    nodes = [scored(metric, each) for metric, each in zip(metrics, scores, strict=True)]
    found = split_node(combined(nodes, parts_of(metrics), combine=combine))
    return found.edge, found.groups, found.ties, found.edge_ties


# Whole numbers and powers of two are exact, so that equal affinities stay equal and ties stay ties.
@pytest.mark.parametrize("combine", ["zscore", "rank"])
@repeatable
@given(
    seed=SEED, scale=st.sampled_from([2.0**-20, 0.5, 4.0, 2.0**30]), shift=st.integers(-1000, 1000), few=st.booleans()
)
def test_neither_scale_nor_shift_of_a_metric_counts(combine, seed, scale, shift, few):
    rng = np.random.default_rng(seed)
    one, other = rng.integers(-2 if few else -1000, 3 if few else 1000, (2, *SHAPE)).astype(float)
    assert cut([one * scale + shift * scale, other], (1, 1), combine) == cut([one, other], (1, 1), combine)


@pytest.mark.parametrize("combine", ["zscore", "rank", "scores"])
@repeatable
@given(seed=SEED, factor=st.sampled_from([0.5, 2.0, 8.0]))
def test_only_the_ratio_of_weights_counts(combine, seed, factor):
    scores = np.random.default_rng(seed).normal(size=(2, *SHAPE))
    assert cut(scores, (factor, 2 * factor), combine) == cut(scores, (1, 2), combine)


@pytest.mark.parametrize("combine", ["zscore", "rank", "scores"])
@repeatable
@given(seed=SEED)
def test_the_order_of_metrics_does_not_count_but_where_ties_are_drawn(combine, seed):
    one, other = (scored(name, np.random.default_rng((seed, i)).normal(size=SHAPE)) for i, name in enumerate("ab"))
    forth = combined([one, other], parts_of({"a": 2, "b": 1}), combine=combine)
    back = combined([other, one], parts_of({"b": 1, "a": 2}), combine=combine)
    np.testing.assert_allclose(back.affinity, forth.affinity, rtol=1e-12, atol=1e-12)
