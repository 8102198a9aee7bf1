"""What is drawn of trees, trainings and root scores."""

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.text import Text

from fsnas.plotting.root_scores import root_scores_figure, short
from fsnas.plotting.training import training_figure
from fsnas.plotting.tree import tree_figure
from tests.support import plotting_data as data
from tests.support.drawn_figures import drawn, extent, tagged, texts
from tests.support.space import EDGES, OPERATIONS

# --- trees --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("branchings", [[2, 2, 2], [5], [], [3, 2], [2, 5], [2, 2, 2, 2, 2, 2]], ids=str)
@pytest.mark.parametrize("seed", [0, 1])
def test_texts_and_boxes_of_a_tree_do_not_overlap(branchings, seed):
    figure = tree_figure(data.tree(branchings, seed=seed), caption=data.caption(3))
    figure.draw_without_rendering()
    artists = [*tagged(figure, "box:").items(), *tagged(figure, "branch:").items(), *tagged(figure, "caption").items()]
    boxes = np.array([extent(figure, artist).extents for _, artist in [*artists, ("title", figure._suptitle)]])
    apart = (boxes[:, None, 2:] <= boxes[None, :, :2]).any(axis=2)
    assert (apart | apart.T | np.eye(len(boxes), dtype=bool)).all()
    for path, box in tagged(figure, "box:").items():
        text = tagged(figure, "text:")[path.replace("box", "text")]
        inner, outer = extent(figure, text), extent(figure, box)
        assert outer.x0 <= inner.x0 and inner.x1 <= outer.x1 and outer.y0 <= inner.y0 and inner.y1 <= outer.y1


def test_a_tree_of_depth_3_is_readable_without_zoom():
    figure = drawn("tree")
    width, height = figure.get_size_inches()
    assert width <= 11.7 and height <= 10
    assert min(text.get_fontsize() for text in figure.findobj(Text) if text.get_text()) >= 8


def test_a_tree_says_all_of_its_splits_branches_and_leaves():
    tree = data.tree([2, 2, 2])
    figure = tree_figure(tree)
    boxes = {path[5:]: text.get_text() for path, text in tagged(figure, "text:").items()}
    branches = {path[7:]: text.get_text() for path, text in tagged(figure, "branch:").items()}
    assert len(boxes) == 15 and len(branches) == 14
    for split in tree.splits:
        lines = [f"{split.path}: edge {split.edge}", f"cost {split.cost:.4g}", f"runner-up {split.runner_up:.4g}"]
        marks = {"tie 1 of 3": split.ties == 3, "edge tie 1 of 2": split.edge_ties == 2, "degenerate": split.degenerate}
        assert boxes[split.path].split("\n") == [*lines, *(mark for mark, there in marks.items() if there)]
        for child, group in zip(split.children, split.groups, strict=True):
            assert branches[child].split("\n") == [*group]
    assert {mark for split in tree.splits for mark in (split.ties, split.edge_ties, split.degenerate)} == {
        1,
        2,
        3,
        False,
    }
    counts = [int(boxes[path].split("\n")[1].split()[0].replace(",", "")) for path in tree.leaves]
    assert sum(counts) == 15_625


def test_exhaustive_and_unsplit_trees():
    assert len(tagged(drawn("tree, exhaustive"), "box:")) == 6
    assert any("runner-up none" in text for text in texts(drawn("tree, exhaustive")))
    assert "root: not split 15,625 architectures" in texts(drawn("tree, none"))


# --- training -----------------------------------------------------------------------------------------------------


def test_training_draws_every_seed_and_leaves_missing_epochs_out():
    records = data.records(3, 12)
    figure = training_figure(records, caption="")
    loss = figure.axes[0].lines
    assert len(loss) == 6 and len(figure.axes[1].lines) == 6
    np.testing.assert_array_equal(loss[0].get_ydata(), records[0]["loss"])
    np.testing.assert_array_equal(loss[1].get_ydata(), records[0]["valid_loss"][1:])
    assert {"training", "validation", "seed 0", "seed 1", "seed 2"} <= set(texts(figure))


# --- root scores --------------------------------------------------------------------------------------------------


def test_root_scores_show_scores_affinities_and_what_is_missing():
    scores = data.root_scores(["gm", "snip", "jacobcov", "snip-sum"])
    figure = root_scores_figure(scores, edges=EDGES, operations=OPERATIONS, caption="", metrics={"snip-sum": "snip"})
    found = texts(figure)
    titles = {"snip, snip-sum (higher is better)", "jacobcov (higher is better)", "gm: affinity, edge 3<-2"}
    assert titles <= set(found)
    assert found.count("n/a") == 5
    values = scores["snip"]["scores"]
    assert short(values[2, 3], values.max() - values.min()) in found
    assert sum(text.startswith("gm: affinity") for text in found) == 6


def test_root_scores_of_two_edges_leave_no_empty_panel():
    entry = {"affinity": np.random.default_rng(0).random((2, 3, 3)), "scores": None, "direction": "none"}
    names = {"edges": ("first", "second"), "operations": ("skip", "pool", "conv")}
    figure = root_scores_figure({"gm": entry}, **names, caption="")
    shown = [axes for axes in figure.findobj(Axes) if axes.axison and axes.get_label() != "<colorbar>"]
    assert [axes.get_title(loc="left") for axes in shown] == ["gm: affinity, edge first", "gm: affinity, edge second"]


def test_root_scores_of_one_value_and_of_none_at_all():
    shape = (6, 5)
    entry = {"affinity": np.zeros((*shape, 5)), "direction": "higher"}
    figure = root_scores_figure(
        {"params": {**entry, "scores": np.full(shape, 7.0)}, "grasp": {**entry, "scores": np.full(shape, np.nan)}},
        edges=EDGES,
        operations=OPERATIONS,
        caption="",
    )
    figure.draw_without_rendering()
    assert texts(figure).count("7.0") == 30 and texts(figure).count("n/a") == 30


@pytest.mark.parametrize(
    ("value", "spread", "expected"),
    [
        *((123456.0, 9e4, "1.2e5"), (0.98765, 0.01, "0.988"), (-0.5, 2.0, "-0.5"), (812.4, 300.0, "812")),
        *((1.5e61, 1e61, "1.5e61"), (3e-9, 1e-9, "3.0e-9"), (0.0, 0.0, "0.00"), (-0.3, 19.0, "0")),
    ],
)
def test_short_numbers(value, spread, expected):
    assert short(value, spread) == expected
