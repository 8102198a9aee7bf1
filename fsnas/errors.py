"""Errors that a user can act on: each message says what was expected, what came, where, and what to do."""


class FsnasError(Exception):
    """Base of all errors that fsnas raises on purpose; the workflow prints them without a traceback."""


class ArtifactError(FsnasError):
    """A file of a stage is missing, damaged, of another format or version, or made by other settings."""


class ConfigError(FsnasError):
    """A key of the config is unknown, of a wrong type or impossible beside another one."""


class DataError(FsnasError):
    """Images cannot be read, downloaded or split as asked."""


class ScoreError(FsnasError):
    """Scores leave a node without an edge that can be split."""
