"""Policies, one file each: what of a tree is split next, how many rounds that takes, and how many leaves it gives.

A file in this folder with a function ``policy`` is a policy of the config, and so is one in a folder that `add_folders`
adds to this package. The function takes the search space and returns a `Policy`; its keyword-only arguments are its
options. A file is imported only when its policy is used.
"""

from typing import Any

from fsnas.errors import ConfigError, FsnasError
from fsnas.registry import Registry
from fsnas.spaces import SearchSpace
from fsnas.splitting.policies._policy import Levels, Policy, levels

__all__ = ["Levels", "Policy", "add_folders", "known", "levels", "make_policy", "options", "path_of", "registry"]
registry = Registry(__name__, "policy", "policy", option="policy_paths")
add_folders, known, path_of, options = registry.add_folders, registry.known, registry.path_of, registry.options


def make_policy(space: SearchSpace, name: str, **given: Any) -> Policy:
    """Return the policy called ``name`` for trees of a search space.

    Raises
    ------
    FsnasError
        If the policy does not exist or does not know an option, its file fails, or as its function.
    """
    if unknown := {*given} - {*(taken := options(name))}:
        raise FsnasError(f"the policy {name!r} has the options {list(taken)}; found {sorted(unknown)}")
    try:
        policy = registry.load(name)(space, **given)
    except FsnasError:
        raise
    except Exception as error:  # of a user's file
        raise ConfigError(f"{path_of(name)}: {type(error).__name__}: {error}; correct that file") from error
    if not isinstance(policy, Policy):
        raise ConfigError(f"{path_of(name)}: policy() returned {policy!r}; expected a fsnas.splitting.policies.Policy")
    return policy
