"""Jobs of a local run are forked from a process that has imported torch and the like: a start takes 0.2 s instead of 2.

Snakemake starts a Python process for a job, here the client. If the run has a server, the client asks it to fork: the
fork runs the client's script in the client's folder and environment, with its files open, and the client ends as the
fork ends. Only libraries are imported before the fork, no module of this project: what a job computes is the same with
and without a server, and an edit during a run counts for all later jobs.

    client  -> 4 bytes, the length of what follows, with the file descriptors 0, 1 and 2; then the request as JSON
    server  -> 4 bytes, the process id of the fork; when it has ended 4 bytes, its wait status

A client that is killed takes its fork with it. The server ends with Snakemake, when its last fork has ended.
"""

import contextlib
import gc
import importlib
import json
import logging
import os
import runpy
import selectors
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NoReturn

SERVER = "FSNAS_FORKSERVER"  # path of the socket
WORTHWHILE = 10  # jobs of a run, from which a server costs less than it saves
LIBRARIES = ["torch", "snakemake.logging", "h5py", "scipy.stats", "pandas", "matplotlib.figure", "optuna"]
LIBRARIES += ["pydantic.type_adapter", "matplotlib.backends.backend_agg", "matplotlib.backends.backend_pdf"]
_NUMBER = struct.Struct("=i")
_STOPPING = (signal.SIGINT, signal.SIGTERM)
_running: list[subprocess.Popen] = []  # holds the pipe whose end tells the server that Snakemake has ended


def start_forkserver(jobs: int) -> None:
    """Start a server for a run with many ``jobs`` on this machine; they use it when it is ready."""
    if sys.platform != "linux" or jobs < WORTHWHILE:
        return
    from workflow_scripts._environment import defaults

    environment = os.environ.copy()
    defaults(environment)
    path = os.path.join(tempfile.mkdtemp(prefix="fsnas-"), "socket")
    command = [sys.executable, "-P", __file__, path]  # -P: what lies beside this file hides no library
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    _running.append(subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, **silent))  # type: ignore[call-overload]
    os.environ[SERVER] = path


def hand_over() -> None:
    """Let the server run this process's script, and end as it ends; return where there is no server, or not yet."""
    path = os.environ.pop(SERVER, "")
    server = socket.socket(socket.AF_UNIX)
    try:
        server.connect(path)
    except OSError:
        server.close()
        return
    request = json.dumps({"script": sys.argv[0], "folder": os.getcwd(), "environ": dict(os.environ)}).encode()
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)  # until there is a fork that they can be passed on to
    socket.send_fds(server, [_NUMBER.pack(len(request))], [0, 1, 2])
    server.sendall(request)
    (pid,) = _NUMBER.unpack(_received(server, _NUMBER.size))
    if signal.SIGINT in signal.sigpending():
        os.kill(pid, signal.SIGINT)
    signal.signal(signal.SIGTERM, lambda *got: os.kill(pid, signal.SIGTERM))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # from here on a terminal interrupts the fork as well
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPPING)
    try:
        (status,) = _NUMBER.unpack(_received(server, _NUMBER.size))
    except EOFError as error:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        sys.exit(str(error))
    if os.WIFSIGNALED(status):
        with contextlib.suppress(OSError):  # SIGKILL has no handler
            signal.signal(os.WTERMSIG(status), signal.SIG_DFL)
        os.kill(os.getpid(), os.WTERMSIG(status))
    os._exit(os.waitstatus_to_exitcode(status))


def _received(connection: socket.socket, size: int) -> bytes:
    """Return the next ``size`` bytes."""
    found = b""
    while len(found) < size:
        if not (part := connection.recv(size - len(found))):
            raise EOFError("the process that jobs are forked from has ended; run again")
        found += part
    return found


class Server:
    """The process that has imported the libraries. It forks for every client until Snakemake has ended."""

    def __init__(self, path: str) -> None:
        self.interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for Snakemake and the forks
        for library in LIBRARIES:
            importlib.import_module(library)
        gc.freeze()  # the first collection of a fork would copy all that they share
        self.children, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake)
        signal.signal(signal.SIGCHLD, lambda *got: None)
        self.forks: dict[int, socket.socket] = {}
        self.clients = socket.socket(socket.AF_UNIX)
        self.clients.bind(path)
        self.clients.listen(128)

    def serve(self) -> None:
        """Fork and reap; in a fork this ends with its script."""
        snakemake = sys.stdin.fileno()
        events = selectors.PollSelector()  # of which a fork has its own
        for file in (snakemake, self.children, self.clients):
            events.register(file, selectors.EVENT_READ)
        while self.forks or snakemake in events.get_map():
            for event in [event for event, _ in events.select()]:
                if event.fileobj == snakemake:
                    events.unregister(snakemake)
                    events.unregister(self.clients)
                elif event.fileobj == self.clients:
                    client, _ = self.clients.accept()
                    if pid := self._fork(client):
                        events.register(client, selectors.EVENT_READ, data=pid)
                elif event.fileobj == self.children:
                    os.read(self.children, 4096)
                    for client in self._reap():
                        events.unregister(client)
                        client.close()
                elif event.data in self.forks:  # its client was killed
                    os.kill(event.data, signal.SIGKILL)

    def _fork(self, client: socket.socket) -> int:
        """Fork a process that runs what a client asks for; return its number, or 0 for a client that was killed."""
        size, files, *_ = socket.recv_fds(client, _NUMBER.size, 3)
        try:
            request = json.loads(_received(client, *_NUMBER.unpack(size)))
        except (struct.error, EOFError):
            client.close()
            return 0
        if not (pid := os.fork()):
            for connection in (self.clients, client, *self.forks.values()):
                connection.close()
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, self.interrupt)
            _run(request, files)
        for file in files:
            os.close(file)
        self.forks[pid] = client
        with contextlib.suppress(OSError):  # a client that was killed is seen in `serve`
            client.sendall(_NUMBER.pack(pid))
        return pid

    def _reap(self) -> list[socket.socket]:
        """Tell the clients of the forks that have ended how they ended; return their connections."""
        ended = []
        for pid in list(self.forks):
            found, status = os.waitpid(pid, os.WNOHANG)
            if found:
                ended.append(self.forks.pop(pid))
                with contextlib.suppress(OSError):
                    ended[-1].sendall(_NUMBER.pack(status))
        return ended


def _run(request: dict[str, Any], files: list[int]) -> NoReturn:
    """Run a script as Python runs it, in the client's folder and environment, with its files open."""
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environ"])
    sys.argv[:] = [request["script"]]
    runpy.run_path(request["script"], run_name="__main__")
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(0)  # as multiprocessing ends a fork: taking down what it never used would take 0.3 s


if __name__ == "__main__":
    Server(sys.argv[1]).serve()
    shutil.rmtree(Path(sys.argv[1]).parent, ignore_errors=True)
