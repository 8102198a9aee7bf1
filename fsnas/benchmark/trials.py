"""Trainings as NAS-Bench-201 and NATS-Bench write them down: the dicts that their classes are saved as, and a table."""

import itertools
import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from fsnas.errors import ConfigError, DataError, FsnasError
from fsnas.spaces import SearchSpace
from fsnas.spaces.nas_bench_201 import space as whole

SETS = {
    "cifar10-valid": ("x-valid", "ori-test"),
    "cifar10": ("ori-test",),
    "cifar100": ("x-valid", "x-test", "ori-test"),
    "ImageNet16-120": ("x-valid", "x-test", "ori-test"),
}
USUAL = {  # by data.source
    "cifar10": "cifar10_ori-test_accuracy_200_epochs_mean",
    "cifar100": "cifar100_x-test_accuracy_200_epochs_mean",
    "imagenet16-120": "ImageNet16-120_x-test_accuracy_200_epochs_mean",
}
COLUMN = "({})_accuracy_(12|200)_epochs_(mean|seed_[0-9]+)".format(
    "|".join(f"{data}_({'|'.join(sets)})" for data, sets in SETS.items())
)


def usual_column(path: str | Path, name: str | None, *, architecture_column: str, data: str) -> str:
    """Return the column that is the truth, by its name alone; `ConfigError` if such a file cannot have it."""
    found = name or USUAL.get(data, "")
    if not re.fullmatch(COLUMN, found):
        given = repr(name) if name else f"null, but for data.source {data!r} no column is the usual one"
        raise ConfigError(f"truth.column: found {given}, expected a column like {USUAL['cifar10']}")
    return found


def numbers_of(state: Any, name: str, epochs: int) -> dict[str, float]:
    """Return all numbers of the architecture ``name`` after so many ``epochs``, by column.

    ``state`` is what ``ArchResults.state_dict`` of the packages nas-bench-201 and nats-bench returns. Data set and set
    have its own names: in percent ``{dataset}_{set}_accuracy_{epochs}_epochs_seed_{seed}``, after the last epoch; in
    seconds ``{dataset}_train_seconds_{epochs}_epochs_seed_{seed}``, all epochs, without the evaluations; and both as
    ``..._epochs_mean``, over the seeds that there are.

    Raises
    ------
    LookupError, TypeError, ValueError
        If it is none, or one of another architecture or another number of epochs.
    """
    if not isinstance(state, dict):
        raise TypeError(f"found a {type(state).__name__}, expected a dict")
    if whole.spelt(state["arch_str"]) != name:
        raise ValueError(f"arch_str is {state['arch_str']!r}, but meta_archs has {name!r}")
    numbers: dict[str, float] = {}
    for dataset, seeds in state["dataset_seed"].items():
        if dataset not in SETS or len(set(seeds)) != len(seeds):
            raise ValueError(f"dataset_seed has {dataset!r}: {seeds}, expected of {list(SETS)}, each seed once")
        trials = {seed: _trial(state["all_results"][dataset, seed], SETS[dataset], epochs) for seed in seeds}
        numbers |= _named(trials, f"{dataset}_{{}}_{epochs}_epochs")
    return numbers


def _trial(result: Mapping[str, Any], sets: Sequence[str], epochs: int) -> dict[str, float]:
    """Return the accuracies of one training after its last epoch, and its seconds, as far as it has them."""
    if result["epochs"] != epochs:
        raise ValueError(f"a trial has {result['epochs']!r} epochs, expected {epochs}")
    held, accuracies = result["eval_names"], result["eval_acc1es"]
    accuracy = {name: float(accuracies[f"{name}@{epochs - 1}"]) for name in sets if name in held}
    for name, value in accuracy.items():
        if not 0 <= value <= 100:
            raise ValueError(f"the accuracy on {name} is {value}, expected 0 to 100")
    numbers = {f"{name}_accuracy": value for name, value in accuracy.items()}
    times = result["train_times"]
    if times is not None:
        numbers["train_seconds"] = float(sum(times[epoch] for epoch in range(epochs)))
        if not 0 <= numbers["train_seconds"] < math.inf:
            raise ValueError(f"train_times add up to {numbers['train_seconds']}, expected seconds")
    return numbers


def _named(trials: Mapping[int, Mapping[str, float]], template: str) -> dict[str, float]:
    """Return the numbers of the seeds, and their means, by the names of their columns."""
    numbers, by_quantity = {}, defaultdict(list)
    for seed, trial in trials.items():
        for quantity, value in trial.items():
            numbers[f"{template.format(quantity)}_seed_{seed}"] = value
            by_quantity[quantity].append(value)
    means = {f"{template.format(quantity)}_mean": float(np.mean(values)) for quantity, values in by_quantity.items()}
    return numbers | means


def table_of(results: Mapping[str, Mapping[str, float]], space: SearchSpace) -> tuple[list[str], dict[str, np.ndarray]]:
    """Return those architectures of ``results`` that ``space`` holds, and float64 columns, NaN where there is no value.

    `ValueError` if there is no number, or accuracies are fractions.
    """
    columns = sorted({column for numbers in results.values() for column in numbers})
    if not columns:
        raise ValueError("holds no trial")
    table = {column: np.array([n.get(column, np.nan) for n in results.values()], np.float64) for column in columns}
    best = max((np.nanmax(values) for column, values in table.items() if "_accuracy_" in column), default=math.inf)
    if best <= 1:
        raise ValueError(f"holds accuracies up to {best:g}, expected percent, not fractions")
    held = [holds(space, name) for name in results]
    return [*itertools.compress(results, held)], {column: values[held] for column, values in table.items()}


def holds(space: SearchSpace, name: str) -> bool:
    """Return whether ``space`` has all operations of an architecture of NAS-Bench-201."""
    return set(whole.operation_names(name)) <= {*space.operations}


def wrong(path: str | Path, place: str, problem: str, expected: str) -> DataError:
    """Return the error that there is a ``problem`` at a ``place`` in the file at ``path``."""
    return DataError(f"{path}: {place} {problem}; expected {expected}: download it again, or correct truth.file")


@contextmanager
def reading(path: str | Path, place: str, expected: str) -> Iterator[None]:
    """Turn what reading something of a file raises into a `DataError` that names the place."""
    try:
        yield
    except (FsnasError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise wrong(path, place, f"cannot be read ({type(error).__name__}: {error})", expected) from error
