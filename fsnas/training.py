"""Training of a supernet: SGD with Nesterov momentum on the mixture or on sampled paths, resumable and seeded."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor
from torch.optim.sgd import sgd

from fsnas.artifacts.checkpoint import load_tensors, write_tensors
from fsnas.artifacts.cost import Cost
from fsnas.batches import evaluation_batches, training_batches
from fsnas.data import Dataset
from fsnas.devices import device_clock
from fsnas.errors import ArtifactError, FsnasError, Stopped
from fsnas.seeding import derive, generator
from fsnas.supernet import Pass, Supernet, executed_layers, mixing_gates, path_gates

SAMPLINGS = ("superposition", "uniform", "fair")
TIMES = ("seconds", "device_seconds")


@dataclass(frozen=True)
class Recipe:
    """How a supernet is trained.

    Attributes
    ----------
    sampling
        ``superposition`` trains the mixture (equation 2); ``uniform`` one operation an edge and step (SPOS,
        Guo et al. 2020); ``fair`` one step on paths that together use every operation once an edge (FairNAS,
        Chu et al. 2021).
    mixing
        ``mean`` or ``sum``: the gates of the mixture.
    epochs, batch_size, lr, momentum, weight_decay, grad_clip
        Of SGD with Nesterov momentum, cosine schedule over the epochs, gradient norm clipped.
    crop_padding, flip
        Augmentation of the training images.
    valid_batches
        Batches of the validation part evaluated after each epoch; 0 for all.
    """

    sampling: str = "superposition"
    mixing: str = "mean"
    epochs: int = 200
    batch_size: int = 128
    lr: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 5e-4
    grad_clip: float = 5.0
    crop_padding: int = 4
    flip: bool = True
    valid_batches: int = 0


@dataclass
class Record:
    """The history of a training, one entry an epoch (from 1).

    Attributes
    ----------
    epoch, loss, accuracy, valid_loss, valid_accuracy
        Mean losses, and accuracies in [0, 1].
    samples
        Images that went forward and backward in the epoch, once for every path.
    seconds
        Wall clock of the whole training, over all its interruptions; not part of the history, which is the same at
        every run.
    device_seconds
        The same of `fsnas.devices.device_clock`.
    """

    epoch: list[int] = field(default_factory=list)
    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    valid_loss: list[float] = field(default_factory=list)
    valid_accuracy: list[float] = field(default_factory=list)
    samples: list[int] = field(default_factory=list)
    seconds: float = field(default=0.0, compare=False)
    device_seconds: float = field(default=0.0, compare=False)

    def add(self, *values: float) -> None:
        """Append one epoch: a value for every column, in their order."""
        for column, value in zip(self.as_dict(), values, strict=True):
            getattr(self, column).append(value)

    def as_dict(self) -> dict[str, list]:
        """Return the history as plain lists by column."""
        return {name: value for name, value in asdict(self).items() if name not in TIMES}

    def cost(self, device: torch.device, key: str) -> Cost:
        """Return what the training of the checkpoint with this ``key`` took on ``device``."""
        times = {name: getattr(self, name) for name in TIMES}
        return Cost(len(self.epoch), samples=sum(self.samples), device=device.type, key=key, **times)


def sample_gates(space: np.ndarray, recipe: Recipe, rng: np.random.Generator) -> list[np.ndarray]:
    """Return the gates of the forward passes of one step, each float64 ``[edges, operations]``.

    For ``fair`` every enabled operation of an edge is used once (more often where another edge holds more).
    """
    if recipe.sampling == "superposition":
        return [mixing_gates(space, recipe.mixing)]
    enabled = [np.flatnonzero(row) for row in space]
    if recipe.sampling == "uniform":
        return [path_gates(np.array([rng.choice(held) for held in enabled]))]
    if recipe.sampling == "fair":
        paths = max(map(len, enabled))
        columns = [np.concatenate([rng.permutation(e) for _ in range(-(-paths // len(e)))])[:paths] for e in enabled]
        return [path_gates(np.array(path)) for path in zip(*columns, strict=True)]
    raise FsnasError(f"sampling is {recipe.sampling!r}, expected one of {list(SAMPLINGS)}")


def train(
    network: Supernet,
    dataset: Dataset,
    recipe: Recipe,
    *,
    space: np.ndarray | None = None,
    seed: int,
    device: torch.device,
    progress: Callable[[str], None] = lambda line: None,
    state: Path | None = None,
    key: str = "",
    stop: Callable[[], str] = lambda: "",
) -> Record:
    """Train ``network`` in place on the training part of ``dataset`` and return its history.

    Every epoch draws from its own seeded stream, so a training that resumes from ``state`` ends bit-identical to
    one that was never stopped (same device, same number of threads). In the middle of an epoch it draws again what
    the steps before drew.

    Parameters
    ----------
    space
        Operations to train, bool ``[edges, operations]``; default the network's space.
    progress
        Gets one line an epoch.
    state
        File that keeps the state after each epoch; a damaged or an unfitting one (other ``key``) is ignored. Remove it
        once the result is safe. None keeps nothing.
    stop
        Asked after every step who stops the training; an answer other than "" keeps the state and ends it.

    Raises
    ------
    Stopped
        If ``stop`` said so; the message names who, epoch and step.
    FsnasError
        If the training or the validation loss becomes NaN or infinite; the message names the epoch.
    """
    space = network.space if space is None else space
    network.to(device)
    descent = _Descent(network, recipe)
    record = Record()
    run = _State(network, descent, record, _Sums(), state, key)
    run.resume(progress)
    clock, first = _Clock(record, device), len(record.epoch)
    for epoch in range(first, recipe.epochs):
        for _ in _steps(network, dataset, recipe, descent, run.sums, space, seed, epoch, device):
            if by := stop():
                clock.read()
                run.keep()
                kept = f"; the state is kept in {state}, and the next run goes on from there" if state else ""
                raise Stopped(f"stopped by {by} in epoch {epoch + 1}, after step {run.sums.steps}{kept}")
        *losses, samples = run.sums.means()
        run.sums = _Sums()
        valid = evaluate(network, dataset, recipe, space=space, seed=seed, device=device)
        if not np.isfinite(valid[0]):  # the last step of an epoch can leave weights that no training loss has seen
            raise _diverged("validation", valid[0], f"after epoch {epoch + 1}", recipe, seed)
        record.add(epoch + 1, *losses, *valid, samples)
        left = clock.read() / (epoch + 1 - first) * (recipe.epochs - epoch - 1)
        progress(
            f"epoch {epoch + 1}/{recipe.epochs}  loss {losses[0]:.4f}  accuracy {losses[1]:.3f}  "
            f"valid loss {valid[0]:.4f}  valid accuracy {valid[1]:.3f}  {left:.0f} s left"
        )
        run.keep()
    return record


class _Clock:
    """Adds what the process takes from now on to the times of a record."""

    def __init__(self, record: Record, device: torch.device) -> None:
        self.record, self.device = record, device
        self.before = (record.seconds, record.device_seconds)
        self.start = self._now()

    def _now(self) -> tuple[float, float]:
        return time.monotonic(), device_clock(self.device)

    def read(self) -> float:
        """Bring the record up to date, and return the seconds since the start."""
        taken = [now - start for now, start in zip(self._now(), self.start, strict=True)]
        self.record.seconds, self.record.device_seconds = (b + t for b, t in zip(self.before, taken, strict=True))
        return taken[0]


class _Sums:
    """What an epoch has added up so far: steps, images, images once for every path, summed loss and correct ones."""

    def __init__(self) -> None:
        self.steps = self.images = self.samples = 0
        self.totals = np.zeros(2)

    def means(self) -> tuple[float, float, int]:
        """Return mean loss and accuracy, and the samples."""
        loss, accuracy = self.totals / self.images
        return float(loss), float(accuracy), self.samples

    def state_dict(self) -> dict[str, Any]:
        """Return the sums as plain numbers, exact."""
        return vars(self) | {"totals": self.totals.tolist()}

    def load_state_dict(self, sums: dict[str, Any]) -> None:
        """Take over ``sums``."""
        vars(self).update(sums, totals=np.array(sums["totals"]))


def _steps(
    network: Supernet,
    dataset: Dataset,
    recipe: Recipe,
    descent: "_Descent",
    sums: _Sums,
    space: np.ndarray,
    seed: int,
    epoch: int,
    device: torch.device,
) -> Iterator[None]:
    """Take the steps of an epoch that ``sums`` does not hold yet, add each to it, and yield after each."""
    rng = generator(seed, "paths", epoch)
    batches = training_batches(
        dataset,
        batch_size=recipe.batch_size,
        epoch_seed=derive(seed, "epoch", epoch),
        crop_padding=recipe.crop_padding,
        flip=recipe.flip,
        device=device,
    )
    for step, (images, labels) in enumerate(batches, start=1):
        paths = sample_gates(space, recipe, rng)
        if step <= sums.steps:
            continue
        descent.forget_gradients()
        for gates in paths:
            logits = network(images, Pass(gates))
            loss = F.cross_entropy(logits, labels)
            loss.backward()
            sums.totals += _loss_and_correct(logits, labels) / len(paths)
        if not np.isfinite(sums.totals[0]):
            raise _diverged("training", sums.totals[0], f"in epoch {epoch + 1}, step {step}", recipe, seed)
        sums.steps = step
        sums.images += len(labels)
        sums.samples += len(labels) * len(paths)
        _complete_gradients(network, np.sum(paths, axis=0))
        torch.nn.utils.clip_grad_norm_(network.named.values(), recipe.grad_clip)
        descent.step(epoch)
        yield


def _complete_gradients(network: Supernet, gates: np.ndarray) -> None:
    """Give what a step executes (gates not zero) a gradient of zero where the loss does not depend on it.

    Else the fast cell would decide which weights behind an edge with only `none` decay: it leaves some without a
    gradient, and gives zeros to others that share a convolution with a weight in use.
    """
    absent = {name: parameter for name, parameter in network.named.items() if parameter.grad is None}
    executed = executed_layers(network, gates, absent.__contains__) if absent else {}
    for name, parameter in absent.items():
        if name in executed or parameter.dim() == 1:
            parameter.grad = torch.zeros_like(parameter)


def _diverged(part: str, loss: float, when: str, recipe: Recipe, seed: int) -> FsnasError:
    advice = "lower supernet.lr" + (" or set supernet.mixing to mean" if recipe.mixing == "sum" else "")
    return FsnasError(f"the {part} loss is {loss} {when} (seed {seed}); expected a finite number: {advice}")


def _loss_and_correct(logits: Tensor, labels: Tensor) -> np.ndarray:
    with torch.no_grad():
        loss = F.cross_entropy(logits, labels, reduction="sum")
        return np.array([loss.item(), (logits.argmax(1) == labels).sum().item()])


def evaluate(
    network: Supernet,
    dataset: Dataset,
    recipe: Recipe,
    *,
    space: np.ndarray,
    seed: int,
    device: torch.device,
    part: str = "valid",
) -> tuple[float, float]:
    """Return mean loss and accuracy on batches of ``part``, with the gates that training samples.

    BatchNorm uses the statistics of each batch. Batches and sampled paths are the same at every call with one seed;
    ``recipe.valid_batches`` bounds the batches of the part ``valid``.
    """
    rng = generator(seed, "valid paths")
    totals, images_seen = np.zeros(2), 0
    batches = evaluation_batches(dataset, part, batch_size=recipe.batch_size, seed=seed, device=device)
    with torch.no_grad():
        for count, (images, labels) in enumerate(batches, start=1):
            gates = sample_gates(space, recipe, rng)[0]
            totals += _loss_and_correct(network(images, Pass(gates)), labels)
            images_seen += len(labels)
            if part == "valid" and count == recipe.valid_batches:
                break
    loss, accuracy = totals / max(images_seen, 1)
    return float(loss), float(accuracy)


class _Descent:
    """SGD with Nesterov momentum and a cosine schedule over the epochs; the step is torch's own.

    Not `torch.optim.SGD`, which takes the same step: making one imports 1.2 s of compiler, in every training job.
    """

    def __init__(self, network: Supernet, recipe: Recipe) -> None:
        self.parameters = network.named
        self.recipe = recipe
        self.momenta: dict[str, Tensor] = {}

    def forget_gradients(self) -> None:
        """Leave no parameter a gradient."""
        for parameter in self.parameters.values():
            parameter.grad = None

    @torch.no_grad()
    def step(self, epoch: int) -> None:
        """Move every parameter that has a gradient by one step of ``epoch`` (from 0)."""
        recipe = self.recipe
        moved = {name: parameter for name, parameter in self.parameters.items() if parameter.grad is not None}
        momenta = [self.momenta.get(name) for name in moved]
        sgd(
            list(moved.values()),
            [parameter.grad for parameter in moved.values() if parameter.grad is not None],
            momenta,
            weight_decay=recipe.weight_decay,
            momentum=recipe.momentum,
            lr=recipe.lr * (1 + math.cos(math.pi * epoch / recipe.epochs)) / 2,
            dampening=0.0,
            nesterov=recipe.momentum > 0,
            maximize=False,
        )
        self.momenta |= {name: kept for name, kept in zip(moved, momenta, strict=True) if kept is not None}

    def state_dict(self) -> dict[str, Tensor]:
        """Return the momenta by the names of their parameters."""
        return self.momenta

    def load_state_dict(self, momenta: dict[str, Tensor]) -> None:
        """Take over ``momenta``, each to the device of its parameter."""
        self.momenta = {name: kept.to(self.parameters[name].device) for name, kept in momenta.items()}


@dataclass
class _State:
    """Everything that a training changes, and the file that keeps it, if one does."""

    network: Supernet
    descent: _Descent
    record: Record
    sums: _Sums
    path: Path | None
    key: str

    def keep(self) -> None:
        """Write the state, whole or not at all."""
        if self.path is not None:
            parts = {name: getattr(self, name).state_dict() for name in ("network", "descent", "sums")}
            times = {name: getattr(self.record, name) for name in TIMES}
            write_tensors(self.path, {"key": self.key, "record": self.record.as_dict(), **times, **parts})

    def resume(self, progress: Callable[[str], None]) -> None:
        """Take over the state in the file if it is there, whole, and of the same key."""
        if self.path is None or not self.path.exists():
            return
        try:
            kept = load_tensors(self.path)
        except ArtifactError as error:
            progress(f"{error}; training starts from the beginning")
            return
        if kept.get("key") != self.key:
            progress(f"{self.path} was made by other settings; training starts from the beginning")
            return
        for name in ("network", "descent", "sums"):
            getattr(self, name).load_state_dict(kept[name])
        for column, values in kept["record"].items():
            getattr(self.record, column).extend(values)
        self.record.seconds, self.record.device_seconds = (kept[name] for name in TIMES)
        step = f", step {self.sums.steps} of the next one," if self.sums.steps else ""
        progress(f"resuming after epoch {len(self.record.epoch)}{step} from {self.path}")
