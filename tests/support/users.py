"""Metrics of a user: files in a folder of their own, which a test adds and takes away again."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from fsnas import metrics
from fsnas.lineage import dependencies

DECLARED = """from fsnas.metrics import metric


@metric(direction="higher", paper="ours", equation="S")
def {name}(model, batch):
    {body}
"""


def forget() -> None:
    """Forget what was known of files."""
    for cached in (
        *(dependencies.digest, dependencies._content, dependencies._imports, dependencies.reached),
        metrics._spec_of,
    ):
        cached.cache_clear()


def plain(body: str = "return 1.0", imports: str = "", name: str = "plain") -> str:
    """The text of a metric; its body begins in line 6, after the lines of ``imports``."""
    return f"{imports}\n" * bool(imports) + DECLARED.format(name=name, body=body.replace("\n", "\n    "))


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


@contextmanager
def folders_of_metrics(*folders: Path) -> Iterator[None]:
    """Add folders to the metrics, and forget them and all that was imported meanwhile."""
    places, modules = list(metrics.__path__), set(sys.modules)
    forget()
    try:
        metrics.add_folders(folders)
        yield
    finally:
        metrics.__path__[:] = places
        for name in set(sys.modules) - modules:
            module = sys.modules[name]
            file = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", [])), "")
            if any(Path(file).is_relative_to(folder.resolve().parent) for folder in folders):
                del sys.modules[name]
                vars(metrics).pop(name.removeprefix("fsnas.metrics."), None)
        forget()
