"""Ground truth from the official NAS-Bench-201 file."""

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from fsnas.benchmark.checks import check_sha256
from fsnas.benchmark.file_kinds import check_kind
from fsnas.benchmark.sources import Facts
from fsnas.errors import ConfigError, DataError, FsnasError
from fsnas.spaces import SearchSpace
from fsnas.spaces.nas_bench_201 import space as whole

FACTS = Facts(
    file="the official file of NAS-Bench-201",
    kinds=("pickle",),
    packages=("nas-bench-201",),
    heavy="this runs the pickled code in it, and takes tens of GB of memory",
    space=whole.name,
)
TRAININGS = {"less": 12, "full": 200}  # the official file's name of a hyper-parameter set, and its epochs
SETS = {
    "cifar10-valid": ("x-valid", "ori-test"),
    "cifar10": ("ori-test",),
    "cifar100": ("x-valid", "x-test", "ori-test"),
    "ImageNet16-120": ("x-valid", "x-test", "ori-test"),
}
USUAL = {
    "cifar10": "cifar10_ori-test_accuracy_200_epochs_mean",
    "cifar100": "cifar100_x-test_accuracy_200_epochs_mean",
}
COLUMN = "({})_accuracy_(12|200)_epochs_(mean|seed_[0-9]+)".format(
    "|".join(f"{data}_({'|'.join(sets)})" for data, sets in SETS.items())
)
FIELDS = ("meta_archs", "arch2infos", "evaluated_indexes")


def read(
    path: str | Path, *, space: SearchSpace = whole, sha256: str | None = None
) -> tuple[list[str], dict[str, np.ndarray]]:
    """Return the architectures and the results in the official NAS-Bench-201 file, in the order of its indices.

    This **runs the pickled code** in the file and takes tens of GB of memory: see `_unpickle`.

    Parameters
    ----------
    path
        ``NAS-Bench-201-v1_1-096897.pth``.
    space
        NAS-Bench-201 with all or some of its operations; architectures with others are left out.
    sha256
        Compared with the file's before it is opened, where given.

    Returns
    -------
    architectures
        NAS-Bench-201 strings.
    columns
        float64 ``[architectures]`` by name, NaN where an architecture has no such trial. Data set and set have the
        file's own names, and 12 and 200 epochs are trainings of their own: in percent
        ``{dataset}_{set}_accuracy_{12|200}_epochs_seed_{seed}``, after the last epoch; in seconds
        ``{dataset}_train_seconds_{12|200}_epochs_seed_{seed}``, all epochs, without the evaluations; and both as
        ``..._epochs_mean``, over the seeds that an architecture has.

    Raises
    ------
    DataError
        If the file is missing, damaged, not the one expected or no NAS-Bench-201 file; the message names the field.

    References
    ----------
    Dong and Yang 2020, "NAS-Bench-201: Extending the Scope of Reproducible Neural Architecture Search".
    """
    check_kind(path, FACTS.kinds, FACTS.file)
    check_sha256(path, sha256)
    strings, infos = _official_fields(path, _unpickle(path))
    results: dict[str, dict[str, float]] = {}
    with _field(path, "arch2infos"):
        indices = sorted(infos)
    for index in indices:
        with _field(path, f"meta_archs[{index!r}]"):
            name = whole.spelt(strings[index])
            if name in results:
                raise ValueError(f"{name!r} is there already")
        results[name] = _official_numbers(path, index, name, infos.pop(index))  # pop: tens of GB shrink on the way
    columns = sorted({column for numbers in results.values() for column in numbers})
    if not columns:
        raise _wrong_official(path, "arch2infos", "holds no trial")
    table = {column: np.array([n.get(column, np.nan) for n in results.values()], np.float64) for column in columns}
    best = max((np.nanmax(values) for column, values in table.items() if "_accuracy_" in column), default=math.inf)
    if best <= 1:
        raise _wrong_official(path, "arch2infos", f"holds accuracies up to {best:g}, expected percent, not fractions")
    names = np.array([*results])
    held = np.array([set(whole.operation_names(name)) <= {*space.operations} for name in results])
    return names[held].tolist(), {column: values[held] for column, values in table.items()}


def column(path: str | Path, name: str | None, *, architecture_column: str, data: str) -> str:
    """Return the column that is the truth, by its name alone; `ConfigError` if the file cannot have it."""
    found = name or USUAL.get(data, "")
    if not re.fullmatch(COLUMN, found):
        given = repr(name) if name else f"null, but for data.source {data!r} no column is the usual one"
        raise ConfigError(f"truth.column: found {given}, expected a column like {USUAL['cifar10']}")
    return found


def _unpickle(path: str | Path) -> Any:
    """Return the content of the official NAS-Bench-201 file.

    It **runs pickled code**: who made the file can do here whatever the user can. So this is only for the official
    file, whose sha256 is best given, and nothing else opens it. It takes **tens of GB** of memory.
    """
    import torch  # slow to import, and nothing else here needs it

    try:
        return torch.load(path, weights_only=False, map_location="cpu")
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file; set truth.file to the official NAS-Bench-201 file") from error
    except MemoryError as error:
        raise DataError(f"{path}: not enough memory to load it, it takes tens of GB; raise truth.mem_mb") from error
    except Exception as error:  # unpickling bytes that are none, or another program's, raises anything
        raise DataError(
            f"{path}: cannot be unpickled ({type(error).__name__}: {error}); expected the official NAS-Bench-201 file, "
            "whole: download it again, or correct truth.file"
        ) from error


def _official_fields(path: str | Path, content: Any) -> tuple[Sequence[str], dict[int, Any]]:
    """Return architecture strings and results by index, after checking that this is a NAS-Bench-201 file."""
    if not isinstance(content, dict):
        raise _wrong_official(path, "top level", f"is a {type(content).__name__}, expected a dict with {list(FIELDS)}")
    for name in FIELDS:
        if name not in content:
            raise _wrong_official(path, name, f"is missing, found {[*map(str, content)][:8]}")
    strings, infos, evaluated = (content[name] for name in FIELDS)
    if not isinstance(strings, (list, tuple)):
        raise _wrong_official(path, "meta_archs", f"is a {type(strings).__name__}, expected a list of architectures")
    if not isinstance(infos, dict) or not infos:
        raise _wrong_official(path, "arch2infos", f"is {str(infos)[:40]!r}, expected a dict of results by index")
    with _field(path, "evaluated_indexes"):
        if set(evaluated) != set(infos):
            raise ValueError(f"{len(set(evaluated))} indices, not the same as the {len(infos)} of arch2infos")
    return strings, infos


def _official_numbers(path: str | Path, index: int, name: str, info: Any) -> dict[str, float]:
    """Return all numbers of one architecture by column."""
    from nas_201_api import ArchResults  # imports torch

    numbers: dict[str, float] = {}
    for training, epochs in TRAININGS.items():
        with _field(path, f"arch2infos[{index!r}].{training}"):
            state = info[training]
            if not isinstance(state, dict):  # of a text the package would open the file of that name
                raise TypeError(f"found a {type(state).__name__}, expected a dict")
            results = ArchResults.create_from_state_dict(state)
            if whole.spelt(results.arch_str) != name:
                raise ValueError(f"arch_str is {results.arch_str!r}, but meta_archs has {name!r}")
            for dataset, seeds in results.dataset_seed.items():
                if dataset not in SETS or len(set(seeds)) != len(seeds):
                    raise ValueError(f"dataset_seed has {dataset!r}: {seeds}, expected of {list(SETS)}, each seed once")
                trials = {seed: _trial(results.query(dataset, seed), SETS[dataset], epochs) for seed in seeds}
                numbers |= _named(trials, f"{dataset}_{{}}_{epochs}_epochs")
    return numbers


def _trial(result: Any, sets: Sequence[str], epochs: int) -> dict[str, float]:
    """Return the accuracies of one training after its last epoch, and its seconds, as far as it has them."""
    if result.epochs != epochs:
        raise ValueError(f"a trial has {result.epochs!r} epochs, expected {epochs}")
    accuracy = {name: float(result.eval_acc1es[f"{name}@{epochs - 1}"]) for name in sets if name in result.eval_names}
    for name, value in accuracy.items():
        if not 0 <= value <= 100:
            raise ValueError(f"the accuracy on {name} is {value}, expected 0 to 100")
    numbers = {f"{name}_accuracy": value for name, value in accuracy.items()}
    if result.train_times is not None:
        numbers["train_seconds"] = float(result.get_train()["all_time"])
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


@contextmanager
def _field(path: str | Path, name: str) -> Iterator[None]:
    """Turn what reading a field of the official file raises into a `DataError` that names it."""
    try:
        yield
    except (FsnasError, LookupError, TypeError, ValueError, AttributeError, AssertionError) as error:
        raise _wrong_official(path, name, f"cannot be read ({type(error).__name__}: {error})") from error


def _wrong_official(path: str | Path, field: str, problem: str) -> DataError:
    return DataError(
        f"{path}: field {field!r} {problem}; expected the official NAS-Bench-201 file: download it again, or correct "
        "truth.file"
    )
