"""Correlations of zero-cost proxies that others published; the numbers stand in published.json."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Published:
    """Spearman correlations of metrics with the accuracy on NAS-Bench-201, CIFAR-10, as somebody published them.

    Attributes
    ----------
    citation
        Authors, title and venue.
    where
        Table or figure, and in which words of the source the numbers stand.
    short
        What a table prints beside the number.
    architectures
        How many the correlation is over.
    signed
        Whether the sign is that of the correlation. Otherwise it may be its absolute value, as in the authors' code.
    seen
        Where we read the numbers.
    spearman
        By metric of fsnas; the source's own names are in ``names`` where they differ.
    """

    citation: str
    where: str
    short: str
    architectures: int
    signed: bool
    seen: str
    spearman: Mapping[str, float]
    names: Mapping[str, str] = field(default_factory=dict)


DATA = Path(__file__).with_name("published.json")
PUBLISHED = {name: Published(**source) for name, source in json.loads(DATA.read_text(encoding="utf-8")).items()}
