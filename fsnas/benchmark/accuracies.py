"""Test accuracies in percent: which columns are named like them, and what numbers that are none seem to be."""

import re

import numpy as np

WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
ACCURACY = {"acc", "accuracy", "accuracies"}
ABOUT_IT = {"std", "stdev", "sd", "sem", "var", "variance", "rank", "error", "err", "loss", "gap", "time", "seconds"}
LOWER_IS_BETTER = {"loss", "losses", "error", "errors", "err", "nll", "perplexity", "rank", "ranks", "ranking"}


def _words(name: str) -> set[str]:
    return {word.lower() for word in WORD.findall(name)}


def is_test_accuracy(name: str) -> bool:
    """Return whether ``name`` has the words test and accuracy (or acc), and none of another quantity.

    >>> [is_test_accuracy(name) for name in ("CIFAR10TestAccuracy200Epochs", "test-acc", "test_acc_std", "latest_acc")]
    [True, True, False, False]
    """
    words = _words(name)
    return "test" in words and bool(words & ACCURACY) and not words & ABOUT_IT


def is_lower_better(name: str) -> bool:
    """Return whether ``name`` is that of a loss, an error or a rank, of which the best architecture has the lowest.

    >>> [is_lower_better(name) for name in ("test_loss", "TestError", "accuracy_loss", "test", "Frank")]
    [True, True, False, False, False]
    """
    words = _words(name)
    return bool(words & LOWER_IS_BETTER) and not words & ACCURACY


def what_is_wrong(values: np.ndarray) -> str:
    """Return why ``values [n]`` are no accuracies in percent, and what they seem to be; nothing if they are.

    Accuracies lie in [0, 100], the best of them is above 1, they are not all the same and no ranking. All values are
    finite.
    """
    if len(values) < 2:
        return f"holds {len(values)} value{'s' * (len(values) != 1)}, expected those of at least 2 architectures"
    low, high = float(values.min()), float(values.max())
    if low == high:
        return f"holds {low:g} for all {len(values)} architectures, so nothing can be ranked by it; take another one"
    if low >= 0 and 1 < high <= 100 and not _is_ranking(values):
        return ""
    return (
        f"holds values from {low:g} to {high:g}, expected test accuracies in percent: all from 0 to 100, the best "
        f"above 1; {_seems(values)}"
    )


def _is_ranking(values: np.ndarray) -> bool:
    """Return whether the values are 0, 1, 2, ... or 1, 2, 3, ... in any order."""
    ordered = np.sort(values)
    return len(values) >= 8 and ordered[0] in (0, 1) and np.array_equal(ordered, ordered[0] + np.arange(len(values)))


def _seems(values: np.ndarray) -> str:
    """Return what values that are no accuracies in percent seem to be, and what to do."""
    negative, others = np.unique(values[values < 0]), values[values >= 0]
    if len(negative) == 1 and len(others):
        rest = "" if others.min() >= 0 and 1 < others.max() <= 100 else f", and the others: {_seems(others)}"
        count = int((values < 0).sum())
        return f"{negative[0]:g} ({count} times) seems to mark what is missing: leave these fields empty{rest}"
    if len(negative):
        return "those below 0 seem to be losses or differences: take a column of accuracies"
    if _is_ranking(values):
        return "they seem to be ranks: take the accuracies that they were made from"
    if values.max() <= 1:
        return "they seem to be fractions (0.94 for 94 %): multiply them by 100"
    if values.max() <= 10_000 and (values > 100).mean() > 0.5:
        unit, factor = ("hundredths of a percent (9399", 100) if values.max() > 1000 else ("per mille (939.9", 10)
        return f"they seem to be {unit} for 93.99 %): divide them by {factor}"
    above = int((values > 100).sum())
    return f"{above} of {len(values)} are above 100, which no accuracy is: correct them, or take another column"
