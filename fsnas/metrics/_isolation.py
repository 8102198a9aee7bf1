"""A metric runs on copies and among settings that are put back: whatever it does, the next one sees what it saw."""

import functools
import os
import random
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

Network = TypeVar("Network", bound=nn.Module)
_PLAIN, _CONTAINERS = {bool, int, float, str, type(None)}, {dict, OrderedDict, set}
_CUDNN = torch.backends.cudnn


def own_copy(network: Network) -> Network:
    """Return ``network`` with weights, buffers, modules and hooks of its own: bits and memory order are the same.

    Gradients are not copied, and every weight asks for one. Modules, tensors, numpy arrays, and the dicts and sets
    that hold them are copied, the rest is shared; it takes a twentieth of `copy.deepcopy`.
    """
    return _copied(network, {})


def _copied(value: Any, known: dict[int, Any]) -> Any:
    """Return a copy of ``value``, the one in ``known`` if there is one."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind in _CONTAINERS and not value:  # most are: a dict for every kind of hook of a module
        return kind()
    if isinstance(value, dict):
        return kind((name, _copied(part, known)) for name, part in value.items())
    if id(value) in known:
        return known[id(value)]
    if isinstance(value, nn.Module):
        known[id(value)] = copy = object.__new__(kind)
        state = vars(copy)
        for name, part in vars(value).items():
            state[name] = _copied(part, known)
    elif isinstance(value, Tensor):
        copy = value.detach().clone()
        known[id(value)] = copy = nn.Parameter(copy) if isinstance(value, nn.Parameter) else copy
    else:
        copy = value.copy() if isinstance(value, (np.ndarray, set)) else value
    return copy


@contextmanager
def unchanged(weights: Iterable[nn.Parameter]) -> Iterator[None]:
    """Run a block with gradients on; afterwards flags and ``.grad`` of the weights are as before, also on error."""
    before = [(p, p.requires_grad, p.grad) for p in weights]
    with torch.enable_grad():
        try:
            for parameter, _, _ in before:
                parameter.requires_grad_(True)
                parameter.grad = None
            yield
        finally:
            for parameter, flag, grad in before:
                parameter.requires_grad_(flag)
                parameter.grad = grad


@contextmanager
def undisturbed(seed: int, device: torch.device | None = None) -> Iterator[None]:
    """Run a block with the global generators of torch, numpy and `random` seeded by ``seed``, and gradients on.

    Afterwards the generators, the settings of torch and numpy and the working directory are as they were, also on
    error. The generator of a card is one of them where ``device`` is a card.
    """
    generators, before = (random.getstate(), np.random.get_state()), [get() for get, _ in _GLOBALS]
    card = device if device is not None and device.type == "cuda" else None
    with torch.random.fork_rng(devices=[card] if card else []), torch.enable_grad():
        try:
            ours, numpys = _seeded(seed)
            random.setstate(ours)
            np.random.set_state(numpys)
            torch.default_generator.manual_seed(seed)
            if card:
                torch.cuda.default_generators[card.index].manual_seed(seed)
            yield
        finally:
            random.setstate(generators[0])
            np.random.set_state(generators[1])
            for (get, put), value in zip(_GLOBALS, before, strict=True):
                if get() != value:
                    put(value)


@functools.lru_cache(maxsize=16)  # a node has a few seeds, and to seed takes longer than a small metric
def _seeded(seed: int) -> tuple[Any, Any]:
    """Return the states of `random` and of numpy's global generator, seeded."""
    return random.Random(seed).getstate(), np.random.RandomState(seed % 2**32).get_state()


def _places() -> list[Any]:
    """Return where torch keeps the precisions of float32 products, the one for all at the end."""
    backends: Any = torch.backends
    return [backends.cuda.matmul, backends.cudnn.conv, backends.mkldnn.matmul, backends.mkldnn.conv, backends]


def _precisions() -> list[str]:
    return [place.fp32_precision for place in _places()]


def _put_precisions(before: list[str]) -> None:
    """Set the precision of float32 products: first by the older names, with which torch refuses to be at odds."""
    torch.set_float32_matmul_precision("highest")
    torch.backends.cuda.matmul.allow_tf32, _CUDNN.allow_tf32 = (value == "tf32" for value in before[:2])
    for place, value in zip(_places(), before, strict=True):
        if place.fp32_precision != value:
            place.fp32_precision = value


_GLOBALS: list[tuple[Callable[[], Any], Callable[[Any], Any]]] = [
    (torch.get_default_dtype, torch.set_default_dtype),
    (torch.get_default_device, torch.set_default_device),
    (torch.get_num_threads, torch.set_num_threads),
    (torch.get_deterministic_debug_mode, torch.set_deterministic_debug_mode),
    (torch.is_anomaly_enabled, torch.autograd.set_detect_anomaly),
    (_precisions, _put_precisions),
    *[
        (partial(getattr, _CUDNN, name), partial(setattr, _CUDNN, name))
        for name in ("enabled", "benchmark", "deterministic")
    ],
    (np.geterr, lambda before: np.seterr(**before)),
    (os.getcwd, os.chdir),
]
