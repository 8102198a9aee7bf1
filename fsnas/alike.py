"""Which methods split so that their distance says how their metrics differ."""

from collections.abc import Callable

import pandas as pd


def comparable_methods(sizes: pd.DataFrame) -> Callable[[str, str], bool]:
    """Return a function that says whether the distance of two methods is a matter of their metrics.

    It is not where their trees split into other numbers of groups (two groups and five single operations are 1.5 apart
    whatever the two groups are), nor where every operation is a group of its own, which leaves nothing to choose.

    Parameters
    ----------
    sizes
        Of `fsnas.distances.group_sizes`. A method that is not in it is taken as comparable with all.
    """
    groups: dict[str, set[int]] = {}
    for method, shape in zip(sizes["method"], sizes["sizes"], strict=True):
        parts = shape.split("|")
        groups.setdefault(method, set()).add(0 if set(parts) == {"1"} else len(parts))

    def comparable(a: str, b: str) -> bool:
        known = [groups[method] for method in (a, b) if method in groups]
        return {0} not in known and all(one == known[0] for one in known)

    return comparable
