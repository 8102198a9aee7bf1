"""Snakemake again and again, from a process that has imported it already: each start is a fork, two seconds faster.

That process knows nothing of fsnas, so that what it forks uses the files of the folder in which it runs.
"""

import atexit
import gc
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

IMPORTED = ("snakemake.cli", "docutils.core", "h5py", "jsonschema", "PIL.Image", "smart_open")
SECONDS = 600
_SERVERS: list[subprocess.Popen] = []


def run(folder: Path, arguments: tuple[str, ...], environment: dict[str, str]) -> tuple[int, str]:
    """Run ``python -m snakemake`` in a folder, and return its exit code and what it printed."""
    if not _SERVERS:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        _SERVERS.append(subprocess.Popen([sys.executable, "-E", "-P", __file__], **pipes))
        atexit.register(_SERVERS[0].communicate)  # at the end of its input it ends
    (server,) = _SERVERS
    with tempfile.NamedTemporaryFile() as printed:
        print(json.dumps([str(folder), arguments, environment, printed.name]), file=server.stdin, flush=True)
        return int(server.stdout.readline()), printed.read().decode()


def become_snakemake(folder: str, arguments: list[str], environment: dict[str, str], printed: str) -> None:
    """Be what ``python -m snakemake`` is in a process of its own."""
    signal.alarm(SECONDS)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.modules["snakemake.workflow"].Workflow._rundir = os.getcwd()  # which it takes when it is imported
    sys.path[:0] = [os.getcwd(), *filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))]
    sys.argv[1:] = arguments
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    out = os.open(printed, os.O_WRONLY | os.O_APPEND)
    os.dup2(out, 1)
    os.dup2(out, 2)
    runpy.run_module("snakemake", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    for name in IMPORTED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # what all forks share
    for line in sys.stdin:
        if not (pid := os.fork()):
            become_snakemake(*json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
