"""Figures: each function takes plain tables, dicts or arrays and returns a matplotlib `Figure`; `save` writes it."""

from fsnas.plotting.by_depth import by_depth_figure
from fsnas.plotting.cost import cost_figure
from fsnas.plotting.explained_variance import explained_variance_figure
from fsnas.plotting.found import found_figure
from fsnas.plotting.method_matrix import method_matrix_figure
from fsnas.plotting.proxies import proxies_figure
from fsnas.plotting.rank_correlation import rank_correlation_figure
from fsnas.plotting.root_scores import root_scores_figure
from fsnas.plotting.split_distance import split_distance_figure
from fsnas.plotting.style import Look, colour, look, looks, save
from fsnas.plotting.training import training_figure
from fsnas.plotting.tree import tree_figure

__all__ = [
    "Look",
    "by_depth_figure",
    "colour",
    "cost_figure",
    "explained_variance_figure",
    "found_figure",
    "look",
    "looks",
    "method_matrix_figure",
    "proxies_figure",
    "rank_correlation_figure",
    "root_scores_figure",
    "save",
    "split_distance_figure",
    "training_figure",
    "tree_figure",
]
