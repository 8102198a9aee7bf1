"""No split: one-shot NAS."""

from fsnas.spaces import SearchSpace
from fsnas.splitting.policies._policy import Levels


def policy(space: SearchSpace) -> Levels:
    """Split nothing."""
    return Levels(())
