"""Spearman's correlations of metrics with the accuracy on NAS-Bench-201, CIFAR-10, as others published them.

`PUBLISHED` is what stands in published.json, by source: ``citation`` (authors, title and venue); ``where`` (table or
figure, in the words of the source); ``short``, what a table prints beside the number; ``architectures``, how many the
correlation is over; ``signed``, whether the sign is that of the correlation (otherwise it may be its absolute value, as
in the authors' code); ``seen``, where we read the numbers; ``spearman``, by metric of fsnas; and ``names``, the
source's own names where they differ.
"""

import json
from pathlib import Path
from typing import Any

DATA = Path(__file__).with_name("published.json")
PUBLISHED: dict[str, dict[str, Any]] = json.loads(DATA.read_text(encoding="utf-8"))
