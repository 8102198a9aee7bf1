"""Algorithms of a differentiable search, one file each: with a function ``algorithm`` it is one of the config.

The function returns an `fsnas.search.architecture.Algorithm`; its keyword-only arguments are its options.
"""

from fsnas.registry import Registry

_registry = Registry(__name__, "algorithm", "algorithm")
known, path_of, load = _registry.known, _registry.path_of, _registry.load
options, taken = _registry.options, _registry.taken
