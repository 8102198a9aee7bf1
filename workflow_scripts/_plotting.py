"""How figures are to look, as the section `plotting` of a config says it: checked before anything runs."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any

from fsnas.errors import ConfigError, nearest
from workflow_scripts._config_values import listing, refuse, shown, shown_key

POINTS = (2.0, 40.0)  # of font.size
# Of matplotlib's settings, those of windows and programs.
NO_LOOKS = re.compile(
    r"_|backend|interactive$|toolbar$|timezone$|webagg\.|tk\.|docstring\.|date\.epoch$|keymap\.|animation\.|"
    r"macosx\.|savefig\.(directory|format|orientation)$|figure\.(max_open_warning|raise_window|hooks)$"
)
SIZE = {"figure.figsize": "plotting.width", "figure.dpi": "", "savefig.dpi": ""}


def plot_settings(plotting: Mapping[str, Any]) -> dict[str, Any]:
    """Return what every figure is told of the section, as arguments: what is null there is left out.

    A style is read here, so that the content of a file decides, as a list of pairs: an option in one line.

    Raises
    ------
    ConfigError
        On a style or an rcParam that matplotlib does not know.
    """
    told: dict[str, Any] = {}
    if plotting["width"] is not None:
        told["width"] = float(plotting["width"])
    if style := _style(plotting["style"]):
        told["style"] = sorted([name, value] for name, value in style.items())
    return told


def is_path(style: Any) -> bool:
    """Say whether a style is the path of a file, and no name."""
    return isinstance(style, str) and ("/" in style or style.endswith(".mplstyle"))


def _style(given: str | Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the rcParams of a style, plain values."""
    if given is None:
        return {}
    if isinstance(given, Mapping):
        refuse([problem for name, value in given.items() if (problem := _problem(name, value))])
        return dict(given)
    found = _of_file(given) if is_path(given) else _of_name(given)
    return {name: _plain(value) for name, value in found.items() if not _kept(name)}


def _of_name(name: str) -> Any:
    import matplotlib.style  # only where it is needed: it takes a while

    known = list(matplotlib.style.available)
    if name not in known:
        raise ConfigError(
            f"plotting.style: found {shown(name)}{nearest(name, known)}, expected the path of a file (.mplstyle), a "
            f"mapping of matplotlib's rcParams, or the name of a style: {listing(known)}"
        )
    return matplotlib.style.library[name]


def _of_file(path: str) -> Any:
    """Return the rcParams of a .mplstyle file, all lines of which must be such."""
    import matplotlib

    if not os.path.isfile(path):
        raise ConfigError(f"plotting.style: there is no file {shown(path)}; correct the path, or put the file there")
    try:
        text = Path(path).read_text(encoding="utf-8")
        found = matplotlib.rc_params_from_file(path, use_default_template=False)
    except (OSError, ValueError) as error:
        raise ConfigError(f"plotting.style: cannot read {shown(path)} ({error}); correct it") from error
    problems = []
    for line in text.splitlines():
        name, _, value = (part.strip() for part in line.split(" #")[0].partition(":"))
        if name and not name.startswith("#") and name not in found:
            problems.append(_problem(name, value) or f"plotting.style: {name}: {value} cannot be used")
    refuse([f"{problem} (in {path})" for problem in problems])
    return found


def _problem(name: str, value: Any) -> str:
    """Return what is wrong with an rcParam, or nothing."""
    import matplotlib

    known = _looks(matplotlib.rcParams)
    at = f"plotting.style.{shown_key(name)}"
    if name not in known and name not in matplotlib.rcParams:
        return f"{at}: matplotlib has no such rcParam{nearest(name, known)}; {len(known)} stand in its documentation"
    if name in SIZE:
        return f"{at}: fsnas sets the size of a figure" + (f"; use {SIZE[name]}" if SIZE[name] else "")
    if name not in known:
        return f"{at}: fsnas sets this one itself, or it is no matter of looks; remove it"
    try:
        with matplotlib.rc_context():
            read: Any = next(iter(matplotlib.RcParams({name: value}).values()))
    except Exception as error:  # whatever a validator meets
        return f"{at}: found {shown(value)}, which matplotlib refuses: {error}"
    if name == "font.size" and not POINTS[0] <= read <= POINTS[1]:
        return f"{at}: found {shown(value)}, expected {POINTS[0]:g} to {POINTS[1]:g} points"
    return ""


def _looks(known: Iterable[str]) -> list[str]:
    return [name for name in known if not _kept(name)]


def _kept(name: str) -> bool:
    """Say whether a style does not decide an rcParam here."""
    from fsnas.plotting._style import OURS

    return name in OURS or name in SIZE or bool(NO_LOOKS.match(name))


def _plain(value: Any) -> Any:
    """Return ``value`` as JSON holds it, and matplotlib reads it again."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str):
        return value
    if isinstance(value, Sequence):
        return [_plain(part) for part in value]
    return value if value is None or isinstance(value, (bool, int, float)) else repr(value)
