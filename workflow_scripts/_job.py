"""What every workflow script shares: threads, a card, a log, errors a user can act on, and the artifact's key."""

import errno
import logging
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace, TracebackType
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from workflow_scripts._environment import defaults  # noqa: E402
from workflow_scripts._forkserver import hand_over  # noqa: E402


def _without_interrupts(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print what nobody caught, but of a Ctrl-C, which the user knows of."""
    if not issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)


sys.excepthook = _without_interrupts
hand_over()  # from here on this process is a fork, or runs by itself
defaults(os.environ)

from fsnas import spaces  # noqa: E402
from fsnas.artifacts.files import write_text  # noqa: E402
from fsnas.errors import FsnasError  # noqa: E402
from fsnas.lineage.commit import commit  # noqa: E402
from fsnas.lineage.dependencies import REGISTRIES, users_folders  # noqa: E402
from fsnas.lineage.lineage import key as _key  # noqa: E402
from workflow_scripts import _kept  # noqa: E402
from workflow_scripts._cards import devices, take_cards, visible_cards  # noqa: E402

_BEGAN = time.perf_counter()
SPARING = 30.0  # seconds between two lines of one job on the terminal, where every job already has one
log = logging.getLogger("fsnas")
_FREE = "free some space and run again: what was finished is kept, and a training goes on from its last epoch"
ASKING = {signal.SIGTERM: "SIGTERM (cancelled, preempted or out of time)", signal.SIGINT: "SIGINT (Ctrl-C)"}
# What a rule holds on a card at once.
LOWER = dict.fromkeys(("supernet", "leaf", "rung", "standalone", "found"), "supernet.batch_size")
LOWER |= dict.fromkeys(("evaluate", "search", "select_leaves"), "evaluation.batch_size")
LOWER |= {"proxy": "proxies.batch_size"}
LOWER |= dict.fromkeys(("scores", "joint_scores", "candidate_scores", "candidate_joint_scores"), "method.batch_size")
SHARED = "resources.jobs_per_card, or take a card with more"
REMEDIES = {
    errno.ENOSPC: _FREE,
    errno.EDQUOT: _FREE,
    errno.EFBIG: "raise the limit on the size of files (ulimit -f) and run again",
    errno.EACCES: "change the permissions of the file or folder and run again",
    errno.EROFS: "results can only be written where the disk is not read-only: set outdir in the config",
}


def key(smk: Any, *inputs: Any, apart_from: str = "") -> str:
    """Return the key of what this job makes: its code entries and settings, and the keys (or content) of its inputs.

    Of a job that computes on a device, its type is an input: a card does not give the same bits. The setting
    ``apart_from`` is left out.
    """
    settings = {name: value for name, value in smk.params.settings.items() if name != apart_from}
    return _key(sorted(smk.params.code), settings, list(inputs))


def device_of(smk: Any) -> Any:
    """Return the device of this job, ready for it.

    Raises
    ------
    FsnasError
        If a card was taken for it that torch cannot use, and it is not told to take the CPU; or as `prepare`.
    """
    import torch

    from fsnas.devices import prepare

    device = prepare(smk.params.device, smk.params.settings["threads"])
    if device.type == "cpu" and smk.params.device == "auto" and smk.resources.get("gpu", 0) and devices():
        try:
            torch.cuda.init()
            reason = "it sees none"
        except (RuntimeError, AssertionError) as error:
            reason = str(error).partition("\n")[0]
        if cards := visible_cards():
            raise FsnasError(
                f"this job has card {', '.join(cards)}, but torch {torch.__version__} cannot use it ({reason}); update "
                "the driver, install a torch that fits it, or set device: cpu or resources: {gpu: 0} in the config"
            )
    return device


def search_space(smk: Any) -> spaces.SearchSpace:
    """Return the search space that the config names."""
    spaces.add_folders(smk.params.space_paths)
    return spaces.load(**smk.params.space)


def lineage(smk: Any) -> dict[str, Any]:
    """Return what every artifact keeps: its lineage, and the commit that made it, which decides nothing."""
    params = smk.params
    return {"settings": params.settings, "code": list(params.code), "inputs": params.inputs, "commit": commit()}


def taken_over(smk: Any, own_key: str) -> bool:
    """Return whether the outputs, of the key ``own_key``, were kept from another time, and are in place now."""
    stated = lineage(smk)
    del stated["commit"]  # that of the run which has computed the kept files stays
    found = _kept.take_over(Path(smk.params.store), own_key, smk.output, stated)
    if found:
        log.info("the same code, settings and content of the inputs as before: taken over, not computed again")
    return found


def keep(smk: Any, own_key: str) -> None:
    """Keep the outputs, each of which says ``own_key``, for the next time."""
    _kept.keep(Path(smk.params.store), own_key, smk.output)


def state_of(smk: Any, number: int | None = None) -> Path:
    """Return where a training keeps its state: outside the outputs, which Snakemake deletes, and named after the first.

    A job with several trainings gives each its ``number``.
    """
    store = Path(smk.params.store)
    parts = Path(smk.output[0]).relative_to(store.parent).with_suffix("").parts
    return store / f"{'-'.join([*parts, *([] if number is None else [str(number)])])}.pt"


def progress(label: str) -> Callable[[str], None]:
    """Return a function that logs a line with ``label`` in front: to the rule's log, now and then to the terminal."""
    return lambda line: log.info("%s: %s", label, line)


@contextmanager
def stoppable() -> Iterator[Callable[[], str]]:
    """Give a function that says who asked the job to end, if anyone: SIGTERM and SIGINT no longer end it at once.

    SLURM sends SIGTERM at a time limit, a preemption, a requeue and scancel; a terminal SIGINT at Ctrl-C.
    """
    asked: list[str] = []
    before = {number: signal.signal(number, lambda *got: asked.append(ASKING[got[0]])) for number in ASKING}
    try:
        yield lambda: next(iter(asked), "")
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run(main: Callable[[Any], None], smk: Any) -> None:
    """Call ``main(smk)`` with its log open; an `FsnasError` ends the job with its message instead of a traceback.

    Snakemake defines ``snakemake`` in the script; where it is None the script is only imported, and nothing runs.
    """
    if smk is None:
        return
    terminal = logging.StreamHandler(sys.stderr)
    terminal.addFilter(now_and_then())
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[terminal], force=True)
    logging.captureWarnings(True)
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # says of every font table what it did with it
    logging.raiseExceptions = False  # a log that cannot be written, on a full disk, hides no other message
    try:
        _log_to(str(smk.log or ""))
        if cards := take_cards(smk.resources.get("gpu", 0), smk.config["resources"]["jobs_per_card"]):
            log.info("sees card %s", ", ".join(cards))
        main(_told(smk))
        _age_inputs(smk)
        _write_benchmark(smk)
    except Exception as error:
        log.error("%s", _explained(smk.rule, error))
        sys.exit(1)


def _told(smk: Any) -> Any:
    """Return what Snakemake gives to a script, with all that stands in its param ``told`` as params of their own."""
    if not hasattr(getattr(smk, "params", None), "told"):
        return smk
    names = ("rule", "input", "output", "wildcards", "resources", "config", "log")
    params = SimpleNamespace(**dict(smk.params.items()) | smk.params.told)
    return SimpleNamespace(params=params, **{name: getattr(smk, name) for name in names})


def now_and_then(clock: Callable[[], float] = time.monotonic) -> Callable[[logging.LogRecord], bool]:
    """Return a filter that lets a line through where the last one was `SPARING` seconds ago, warnings always.

    A short job says nothing on the terminal, a long training now and then an epoch; the log of the rule has all.
    """
    said = clock()

    def lets_through(record: logging.LogRecord) -> bool:
        nonlocal said
        if record.levelno < logging.WARNING and clock() - said < SPARING:
            return False
        said = clock()
        return True

    return lets_through


def _age_inputs(smk: Any) -> None:
    """Give inputs from the future, by a clock that is ahead, the time stamp of the outputs that were just made.

    Snakemake would take these for outdated, and throw them away.
    """
    now = min((os.stat(file).st_mtime_ns for file in smk.output), default=0)
    for file in smk.input:
        if os.stat(file).st_mtime_ns > now:
            with suppress(OSError):
                os.utime(file, ns=(now, now))


def _write_benchmark(smk: Any) -> None:
    """Write what the job took to ``benchmarks``, in the columns and units of Snakemake's own `benchmark`.

    Snakemake would measure the process that it started, which here waits for a fork (`hand_over`), and only by samples.
    """
    seconds = time.perf_counter() - _BEGAN
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu, memory = sum(u.ru_utime + u.ru_stime for u in used), max(u.ru_maxrss for u in used) / 1024
    outdir = smk.config["outdir"]
    path = Path(outdir, "benchmarks", os.path.relpath(str(smk.log), os.path.join(outdir, "logs"))).with_suffix(".tsv")
    row = f"{seconds:.4f}\t{memory:.2f}\t{100 * cpu / seconds:.2f}\t{cpu:.2f}"
    write_text(path, f"s\tmax_rss\tmean_load\tcpu_time\n{row}\n")


def _log_to(path: str) -> None:
    if path:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(path, mode="w", encoding="utf-8", errors="backslashreplace")  # names of files
        handler.setFormatter(logging.Formatter("%(message)s"))
        logging.getLogger().addHandler(handler)


def _explained(rule: str, error: Exception) -> str:
    """Return what the user reads: what is wrong and what to do, or the whole traceback of what nobody foresaw."""
    if isinstance(error, FsnasError):
        return f"{rule}: {error}"
    if place := _place_in_users_code(error):
        said = "".join(traceback.format_exception(type(error), error, _inside_users_code(error)))
        return f"{rule}: the {place} raised {type(error).__name__}: {error}\nCorrect that file.\n{said}"
    if type(error).__name__ == "OutOfMemoryError":  # torch's, of a card
        return f"{rule}: {error}\nThe card has too little memory: lower {LOWER.get(rule, 'the batch size')} or {SHARED}"
    if isinstance(error, OSError) and error.errno in REMEDIES:
        return f"{rule}: {error}; {REMEDIES[error.errno]}"
    return f"{rule} failed unexpectedly; please report this\n{traceback.format_exc()}"


def _place_in_users_code(error: BaseException | None) -> str:
    """Return the file of a user's metric or policy, and the line in it, where an error came up; nothing for ours."""
    while error is not None:
        if (inside := _inside_users_code(error)) is not error.__traceback__:
            frame = traceback.extract_tb(inside)[0]
            return f"{_part_in(frame.filename)} {frame.filename}, line {frame.lineno} ({frame.line}),"
        if isinstance(error, SyntaxError) and error.filename and _part_in(error.filename):
            return f"{_part_in(error.filename)} {error.filename}, line {error.lineno},"
        error = error.__cause__ or error.__context__
    return ""


def _inside_users_code(error: BaseException) -> TracebackType | None:
    """Return the traceback of an error from a user's file on, or all of it."""
    inside = error.__traceback__
    while inside is not None and not _part_in(inside.tb_frame.f_code.co_filename):
        inside = inside.tb_next
    return inside or error.__traceback__


def _part_in(file: str) -> str:
    """Return what the parts in the folder of a user's file are: metric, policy; nothing for a file of fsnas."""
    package = users_folders().get(Path(file).parent)
    return REGISTRIES[package].what if package else ""
