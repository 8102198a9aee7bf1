"""Training of a supernet: SGD with Nesterov momentum on the mixture or on sampled paths, resumable and seeded."""

from collections.abc import Callable, Iterator

import numpy as np
import torch

from fsnas.data.batches import evaluation_batches, training_batches
from fsnas.data.dataset import Dataset
from fsnas.errors import FsnasError, Stopped
from fsnas.networks.supernet import Supernet, executed_layers
from fsnas.seeding import derive, generator
from fsnas.training.descent import Descent
from fsnas.training.passes import Passes, RecordedPass, loss_and_correct
from fsnas.training.paths import Gating, SampledPaths
from fsnas.training.recipe import Recipe
from fsnas.training.record import Record
from fsnas.training.state import Clock, EpochSums, Keeper, TrainingState

READ = 50  # steps, after which the losses of a training are read from its device


def train(
    network: Supernet,
    dataset: Dataset,
    recipe: Recipe = Recipe(),  # noqa: B008 - frozen
    *,
    sub_space: np.ndarray | None = None,
    seed: int = 0,
    device: torch.device | str | None = None,
    progress: Callable[[str], None] = lambda line: None,
    state: Keeper | None = None,
    stop: Callable[[], str] = lambda: "",
    gating: Gating | None = None,
) -> Record:
    """Train ``network`` in place on the training part of ``dataset`` and return its history.

    Every epoch draws from its own seeded stream, so a training that resumes from ``state`` ends bit-identical to
    one that was never stopped (same device, same number of threads). In the middle of an epoch it draws again what
    the steps before drew.

    Parameters
    ----------
    sub_space
        Operations to train, bool ``[edges, operations]``; default the network's.
    device
        Where to; default where the network is.
    progress
        Gets one line an epoch.
    state
        What keeps the state after each epoch (`fsnas.artifacts.training_state.StateFile`); None keeps nothing.
    stop
        Asked after every step who stops the training; an answer other than "" keeps the state and ends it.
    gating
        Where gates come from, in place of ``recipe.sampling`` over ``sub_space`` (`fsnas.search.differentiable`).

    Raises
    ------
    Stopped
        If ``stop`` said so; the message names who, epoch and step.
    FsnasError
        If the training or the validation loss becomes NaN or infinite; the message names the epoch.
    """
    sub_space = network.sub_space if sub_space is None else sub_space
    device = torch.device(device or network.device)
    network.to(device)
    record = Record()
    recorded = device.type == "cuda" and recipe.sampling == "superposition" and gating is None
    gating = gating or SampledPaths(sub_space, recipe, seed)
    run = TrainingState(network, Descent(network, recipe), record, EpochSums(), gating, state)
    run.resume(progress)
    passes = RecordedPass(network, progress) if recorded else Passes(network)
    clock, first = Clock(record, device), len(record.epoch)
    for epoch in range(first, recipe.epochs):
        for _ in _steps(run, passes, dataset, seed, epoch):
            if by := stop():
                _check(run.sums, epoch, recipe, seed)
                clock.read()
                run.keep()
                kept = f"; the state is kept in {state}, and the next run goes on from there" if state else ""
                raise Stopped(f"stopped by {by} in epoch {epoch + 1}, after step {run.sums.steps}{kept}")
        _check(run.sums, epoch, recipe, seed)
        *losses, samples = run.sums.means()
        run.sums = EpochSums()
        valid = _evaluate(network, dataset, recipe, gating, seed, device, "valid")
        if not np.isfinite(valid[0]):  # the last step of an epoch can leave weights that no training loss has seen
            raise _diverged("validation", valid[0], f"after epoch {epoch + 1}", recipe, seed)
        record.add(epoch + 1, *losses, *valid, samples)
        gating.end(epoch)
        left = clock.read() / (epoch + 1 - first) * (recipe.epochs - epoch - 1)
        progress(
            f"epoch {epoch + 1}/{recipe.epochs}  loss {losses[0]:.4f}  accuracy {losses[1]:.3f}  "
            f"valid loss {valid[0]:.4f}  valid accuracy {valid[1]:.3f}  {left:.0f} s left"
        )
        run.keep()
    return record


def _steps(run: TrainingState, passes: Passes, dataset: Dataset, seed: int, epoch: int) -> Iterator[None]:
    """Take the steps of an epoch that the sums do not hold yet, add each to them, and yield after each."""
    network, recipe, sums, gating = run.network, run.descent.recipe, run.sums, run.gating
    how = {name: getattr(recipe, name) for name in ("batch_size", "crop_padding", "flip")}
    batches = training_batches(dataset, epoch_seed=derive(seed, "epoch", epoch), device=network.device, **how)
    for step, ((images, labels), drawn) in enumerate(zip(batches, gating.draws(epoch), strict=False), start=1):
        if step <= sums.steps:
            continue
        contexts = gating.contexts(drawn, (images, labels), run.descent, epoch, step)
        for parameter in network.named.values():
            parameter.grad = None
        sums.add([passes(images, labels, context) for context in contexts], len(labels), gating.passes)
        if step % READ == 0:
            _check(sums, epoch, recipe, seed)
        _complete_gradients(network, np.sum([context.gates for context in contexts], axis=0))
        torch.nn.utils.clip_grad_norm_(network.named.values(), recipe.grad_clip)
        run.descent.step(epoch)
        yield


def _check(sums: EpochSums, epoch: int, recipe: Recipe, seed: int) -> None:
    if step := sums.read():
        raise _diverged("training", sums.totals[0], f"in epoch {epoch + 1}, step {step}", recipe, seed)


def _complete_gradients(network: Supernet, gates: np.ndarray) -> None:
    """Give what a step executes (gates not zero) a gradient of zero where the loss does not depend on it.

    Else the fast cell would decide which weights behind an edge with only `none` decay: it leaves some without a
    gradient, and gives zeros to others that share a convolution with a weight in use.
    """
    absent = {name: parameter for name, parameter in network.named.items() if parameter.grad is None}
    executed = executed_layers(network, gates) if absent else {}
    for name, parameter in absent.items():
        if name in executed or name not in network.layers:
            parameter.grad = torch.zeros_like(parameter)


def _diverged(part: str, loss: float, when: str, recipe: Recipe, seed: int) -> FsnasError:
    advice = "lower supernet.lr" + (" or set supernet.mixing to mean" if recipe.mixing == "sum" else "")
    return FsnasError(f"the {part} loss is {loss} {when} (seed {seed}); expected a finite number: {advice}")


def evaluate(
    network: Supernet,
    dataset: Dataset,
    recipe: Recipe,
    *,
    sub_space: np.ndarray,
    seed: int,
    device: torch.device,
    part: str = "valid",
) -> tuple[float, float]:
    """Return mean loss and accuracy on batches of ``part``, with the gates that training samples.

    BatchNorm uses the statistics of each batch. Batches and sampled paths are the same at every call with one seed;
    ``recipe.valid_batches`` bounds the batches of the part ``valid``.
    """
    return _evaluate(network, dataset, recipe, SampledPaths(sub_space, recipe, seed), seed, device, part)


def _evaluate(
    network: Supernet,
    dataset: Dataset,
    recipe: Recipe,
    gating: Gating,
    seed: int,
    device: torch.device,
    part: str,
) -> tuple[float, float]:
    rng = generator(seed, "valid paths")
    found, images_seen = [], 0
    batches = evaluation_batches(dataset, part, batch_size=recipe.batch_size, seed=seed, device=device)
    with torch.no_grad():
        for count, (images, labels) in enumerate(batches, start=1):
            found.append(loss_and_correct(network(images, gating.validation(rng)), labels))
            images_seen += len(labels)
            if part == "valid" and count == recipe.valid_batches:
                break
    totals = np.sum(torch.stack(found).tolist(), axis=0) if found else np.zeros(2)
    loss, accuracy = totals / max(images_seen, 1)
    return float(loss), float(accuracy)
