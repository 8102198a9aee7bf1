"""What every workflow script shares: one thread for BLAS, a log, errors a user can act on, and the artifact's key."""

import logging
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

for _library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")  # before numpy loads; torch gets its own number later
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # deterministic products on a card
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from fsnas.errors import FsnasError  # noqa: E402
from fsnas.provenance import key as _key  # noqa: E402

log = logging.getLogger("fsnas")


def key(smk: Any, *inputs: Any) -> str:
    """Return the key of what this job makes: its code entries and settings, and the keys (or content) of its inputs."""
    return _key(sorted(smk.params.code), smk.params.settings, list(inputs))


def origin(smk: Any) -> dict[str, Any]:
    """Return what this job makes its outputs from, as every artifact keeps it: settings, code, digest of its inputs."""
    return {"settings": smk.params.settings, "code": list(smk.params.code), "inputs": smk.params.inputs}


def progress(label: str) -> Callable[[str], None]:
    """Return a function that logs a line with ``label`` in front, to the terminal and to the rule's log."""
    return lambda line: log.info("%s: %s", label, line)


def run(main: Callable[[Any], None], smk: Any) -> None:
    """Call ``main(smk)`` with its log open; an `FsnasError` ends the job with its message instead of a traceback.

    Snakemake defines ``snakemake`` in the script; where it is None the script is only imported, and nothing runs.
    """
    if smk is None:
        return
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    if smk.log:
        Path(str(smk.log)).parent.mkdir(parents=True, exist_ok=True)
        handlers.append(logging.FileHandler(str(smk.log), mode="w", encoding="utf-8"))
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=handlers, force=True)
    logging.captureWarnings(True)
    try:
        main(smk)
    except FsnasError as error:
        log.error("%s: %s", smk.rule, error)
        sys.exit(1)
    except Exception:
        log.error("%s failed unexpectedly; please report this\n%s", smk.rule, traceback.format_exc())
        sys.exit(1)
