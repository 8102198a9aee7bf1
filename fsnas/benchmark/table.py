"""Numbers per architecture: the table that every source of ground truth ends in."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from fsnas.errors import FsnasError, nearest


@dataclass(frozen=True)
class ArchitectureTable:
    """Numbers per architecture.

    Attributes
    ----------
    architectures
        Strings, as the search space writes them, each once.
    columns
        float64 ``[architectures]`` each, NaN where there is no value.
    attributes
        Of the file: ``kind``, ``key``, ``settings`` and what else was given, JSON decoded.
    """

    architectures: tuple[str, ...]
    columns: dict[str, np.ndarray]
    attributes: dict[str, Any]

    def column(self, name: str) -> np.ndarray:
        """Return one column; `FsnasError` if there is none of this name, which lists the known ones."""
        if name not in self.columns:
            known = list(self.columns)
            raise FsnasError(f"there is no column {name!r}{nearest(name, known)}; expected one of {', '.join(known)}")
        return self.columns[name]
