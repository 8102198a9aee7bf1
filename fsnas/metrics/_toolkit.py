"""What metrics share: the batch they see, the loss, its gradients, and a network that stays as it was."""

import dataclasses
import math
import numbers
import reprlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from fsnas import metrics
from fsnas.errors import FsnasError
from fsnas.metrics._isolation import own_copy, unchanged, undisturbed
from fsnas.networks.gates import mixing_gates
from fsnas.networks.scored_module import ScoredModule
from fsnas.networks.supernet import GatedSupernet, Supernet
from fsnas.seeding import derive

OURS = Path(metrics.__file__).parent
SYMMETRY = 1e-6  # of the largest affinity, as the cut allows: float32 products differ by less, a wrong matrix by more


def _no_crops(**asked: int) -> Tensor:
    raise FsnasError(
        "this metric draws crops of training images, and the batch was made without any; give ScoringBatch draw_crops, "
        "or score a data set: fsnas.score(network, dataset, metric)"
    )


@dataclass(frozen=True, eq=False)
class ScoringBatch:
    """What one of the ``R`` repetitions gives to every perturbed supernet of a node, the same for all.

    Attributes
    ----------
    images, labels
        float32 ``[b, c, h, w]``, normalised and not augmented, and int64 ``[b]``.
    seed
        Derived from the run's seed, the node and the repetition; for metrics that draw.
    draw_crops
        ``draw_crops(samples=.., seed=..)``: float32 ``[samples, 1, 3, 3]`` random one-channel crops of training images.
    """

    images: Tensor
    labels: Tensor
    seed: int = 0
    draw_crops: Callable[..., Tensor] = _no_crops
    _drawn: dict[int, Tensor] = field(default_factory=dict, repr=False)

    def crops(self, samples: int) -> Tensor:
        """Return ``samples`` crops, the same at every call: drawn once, and a copy of them each time."""
        if samples not in self._drawn:
            self._drawn[samples] = self.draw_crops(samples=samples, seed=self.seed)
        return self._drawn[samples].clone()

    def split(self, parts: int) -> list["ScoringBatch"]:
        """Return the images and labels in ``parts`` batches, in order, of sizes that differ by at most one.

        For a metric that needs several batches of one repetition (ZiCo). Each has a seed of its own.

        Raises
        ------
        FsnasError
            If there are fewer images than that.
        """
        if not 1 <= parts <= len(self.images):
            raise FsnasError(
                f"batch.split: found {parts} parts, expected 1 to {len(self.images)}, the images of a scoring batch; "
                "ask for fewer, or raise method.batch_size (proxies.batch_size for single architectures)"
            )
        batches = zip(self.images.tensor_split(parts), self.labels.tensor_split(parts), strict=True)
        seeds = (derive(self.seed, "split", i) for i in range(parts))
        return [ScoringBatch(*batch, seed, self.draw_crops) for batch, seed in zip(batches, seeds, strict=True)]


def evaluate(function: Callable, kind: str, /, *arguments: Any, **options: Any) -> Any:
    """Return what a metric says: a float, or for the kind ``affinity`` a matrix ``[n, n]`` of ``n`` operations.

    A metric of a user gets copies of network, gates and batch, with gradients on and the global generators seeded by
    the repetition; whatever it does, the next evaluation sees what this one saw. Ours are tested to change nothing and
    run on the network itself: on a small one the copies would take a twentieth of a score.

    Parameters
    ----------
    function, kind
        Of the metric: ``function(model, batch, **options)``, or of the kind ``affinity``
        ``function(models, edge, batch, **options)``.
    arguments
        What it is called with.

    Raises
    ------
    FsnasError
        If the value is none of that kind.
    """
    first, *edge, batch = arguments
    models = [_scored(model) for model in (first if kind == "affinity" else [first])]
    if Path(function.__code__.co_filename).parent == OURS:
        with unchanged(models[0].named.values()):
            return function(models if kind == "affinity" else models[0], *edge, batch, **options)
    with undisturbed(batch.seed, next(iter(models[0].named.values())).device):
        given = _own(models)
        apart = dataclasses.replace(batch, images=batch.images.detach().clone(), labels=batch.labels.clone())
        try:
            value = function(given if kind == "affinity" else given[0], *edge, apart, **options)
        except SystemExit as left:
            message = f"{function.__name__}() called sys.exit({left.code!r}), expected that it returns a value"
            raise RuntimeError(message).with_traceback(left.__traceback__) from None
        return _matrix(function, value, len(models)) if kind == "affinity" else _number(function, value)


def _scored(model: Any) -> Any:
    """Return what a metric sees of a network: of one of a search space all that it holds, its operations averaged."""
    if isinstance(model, Supernet):
        return GatedSupernet(model, mixing_gates(model.sub_space))
    return ScoredModule(model) if isinstance(model, nn.Module) else model


def _own(models: Sequence[Any]) -> list[Any]:
    """Return the models on copies of their networks; a `ScoredModule` is one of a copy already."""
    networks = {model.network for model in models if isinstance(model, GatedSupernet)}
    own = {network: own_copy(network) for network in networks}
    return [
        dataclasses.replace(m, network=own[m.network], gates=m.gates.copy()) if isinstance(m, GatedSupernet) else m
        for m in models
    ]


def _number(function: Callable, value: Any) -> float:
    """Return one real number as a float; where it is too large for one, inf."""
    array = value.detach().cpu().numpy() if isinstance(value, Tensor) else value
    if isinstance(array, (np.ndarray, np.generic)) and array.size == 1 and array.dtype.kind in "biuf":
        return float(array.reshape(()))
    if isinstance(array, numbers.Real):
        try:
            return float(array)
        except OverflowError:
            return -math.inf if array < 0 else math.inf
    raise FsnasError(f"{_place(function)} returned {_shape(value)}, expected one number; return a float")


def _matrix(function: Callable, value: Any, operations: int) -> Any:
    """Return a symmetric matrix ``[operations, operations]`` of real numbers as it is, without gradient."""
    found = value.detach().cpu() if isinstance(value, Tensor) else value
    try:
        array = np.asarray(found)
    except (ValueError, TypeError, RuntimeError):  # lists of unequal lengths, or of tensors elsewhere
        array = np.asarray(None)
    expected = (operations, operations)
    if array.shape != expected or array.dtype.kind not in "biuf":
        raise FsnasError(
            f"{_place(function)} returned {_shape(value)}, expected affinities: a matrix of numbers with the shape "
            f"{list(expected)}, a row and a column for each of the models"
        )
    largest = np.abs(array[np.isfinite(array)]).max(initial=0.0)
    if not np.allclose(array, array.T, rtol=0.0, atol=SYMMETRY * largest, equal_nan=True):
        raise FsnasError(
            f"{_place(function)} returned a matrix that is not symmetric, expected A[i, j] == A[j, i]: the affinity of "
            "two operations has no order"
        )
    return found


def _place(function: Callable) -> str:
    code = function.__code__
    return f"{code.co_filename}, line {code.co_firstlineno}: {function.__name__}()"


def _shape(value: Any) -> str:
    """Return what a value is, in a few words."""
    shape = getattr(value, "shape", None)
    if shape is not None:
        return f"a {type(value).__name__} of shape {list(shape)} and type {value.dtype}"
    return "None" if value is None else f"{reprlib.repr(value)} ({type(value).__name__})"


def loss_of(model: GatedSupernet, batch: ScoringBatch) -> Tensor:
    """Return the mean cross-entropy of ``model`` on ``batch``, a scalar."""
    return F.cross_entropy(model(batch.images), batch.labels)


def added(parts: Sequence[Tensor]) -> float:
    """Return the sum of numbers on a device, which are read all at once."""
    return sum(torch.stack(list(parts)).tolist())


def gradients(
    output: Tensor, weights: dict[str, torch.nn.Parameter] | dict[str, Tensor], *, create_graph: bool = False
) -> dict[str, Tensor]:
    """Return d ``output`` / d weight for every weight, by name; an absent gradient is zero."""
    found = torch.autograd.grad(output, list(weights.values()), create_graph=create_graph, materialize_grads=True)
    return dict(zip(weights, found, strict=True))
