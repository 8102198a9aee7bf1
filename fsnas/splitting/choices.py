"""What a tree may be made with, in words of the config and of files: an edit of how a cut is made is none of these."""

from typing import Literal, get_args

Objective = Literal["mean", "sum"]
Balance = Literal["none", "equal"]
EdgeRule = Literal["best", "first", "random"]
Average = Literal["affinities", "scores"]
Weights = Literal["trained", "initial"]
OBJECTIVES, BALANCES, EDGE_RULES, AVERAGES, WEIGHTS = map(get_args, (Objective, Balance, EdgeRule, Average, Weights))
MOST_GROUPS = 10  # of a split: a node is addressed by the digits of its branches
