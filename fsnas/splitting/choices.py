"""What a tree may be made with, in words of the config and of files: an edit of how a cut is made is none of these."""

from typing import Literal, get_args

Objective = Literal["mean", "sum"]
Balance = Literal["none", "equal"]
EdgeRule = Literal["best", "first", "random"]
Average = Literal["affinities", "scores"]
Weights = Literal["trained", "initial"]
Combine = Literal["zscore", "rank", "scores", "by_level"]
_ALL = (Objective, Balance, EdgeRule, Average, Weights, Combine)
OBJECTIVES, BALANCES, EDGE_RULES, AVERAGES, WEIGHTS, COMBINATIONS = map(get_args, _ALL)
MOST_GROUPS = 10  # of a split: a node is addressed by the digits of its branches
