"""Samplers of a search, one file each: a file in this folder with a function ``sampler`` is a sampler of the config.

The function returns an Optuna sampler for a seed of 32 bits; its keyword-only arguments are its options.
"""

from fsnas.registry import Registry

_registry = Registry(__name__, "sampler", "sampler")
known, path_of, load = _registry.known, _registry.path_of, _registry.load
options, taken = _registry.options, _registry.taken
