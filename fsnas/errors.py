"""Errors that a user can act on: each message says what was expected, what came, where, and what to do."""

import difflib
from collections.abc import Sequence


class FsnasError(Exception):
    """Base of all errors that fsnas raises on purpose; the workflow prints them without a traceback."""


class ArtifactError(FsnasError):
    """A file of a stage is missing, damaged, of another format or version, or made by other settings."""


class ConfigError(FsnasError):
    """A key of the config is unknown, of a wrong type or impossible beside another one."""


class OutsideSpaceError(FsnasError):
    """An architecture has an operation that the search space leaves out."""


class DataError(FsnasError):
    """Images cannot be read, downloaded or split as asked."""


class Stopped(FsnasError):  # noqa: N818 - nothing went wrong
    """A training ended before its end because it was asked to; its state is kept."""


class ScoreError(FsnasError):
    """Scores leave a node without an edge that can be split."""


def nearest(word: str, words: Sequence[str]) -> str:
    """Return `` (did you mean 'X'?)`` for the nearest of ``words``, or nothing."""
    near = difflib.get_close_matches(word, words, n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""
