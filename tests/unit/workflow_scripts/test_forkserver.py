"""A job that is forked does what a process of its own does: real server, real processes, real signals."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.config import ROOT
from tests.support.waiting import until
from workflow_scripts import _forkserver
from workflow_scripts._snakemake import runs_here

HANDING_OVER = (
    f"import sys; sys.path.append({str(ROOT)!r})\nfrom workflow_scripts._forkserver import hand_over\nhand_over()\n"
)


def gone(pid):
    """Return whether a process has ended; one that waits to be reaped has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def serving(path):
    """The command of a server with few libraries, which starts faster."""
    program = f"""
import sys; sys.path.append({str(ROOT)!r})
from workflow_scripts import _forkserver
_forkserver.LIBRARIES = ["numpy"]
_forkserver.Server({str(path)!r}).serve()
"""
    return [sys.executable, "-c", program]


@pytest.fixture(scope="module")
def socket(tmp_path_factory):
    path = tmp_path_factory.mktemp("server") / "in" / "socket"
    path.parent.mkdir()
    with subprocess.Popen(serving(path), stdin=subprocess.PIPE) as server:
        until(path.exists)
        yield path
        server.stdin.close()
        assert server.wait(60) == 0, "the server ends with the process that started it"


@pytest.fixture
def begin(socket, tmp_path):
    """Return a function that starts a script which hands itself over."""
    clients = []

    def start(code, socket=socket, **options):
        script = tmp_path / "job.py"
        script.write_text(HANDING_OVER + textwrap.dedent(code), encoding="utf-8")
        environment = {**os.environ, **options.pop("env", {}), _forkserver.SERVER: str(socket)}
        pipes = {name: subprocess.PIPE for name in ("stdin", "stdout", "stderr")}
        clients.append(subprocess.Popen([sys.executable, script], env=environment, text=True, **pipes, **options))
        return clients[-1]

    yield start
    for client in clients:
        client.kill()
        client.communicate()


def test_a_fork_has_the_folder_environment_files_and_arguments_of_its_client(begin, tmp_path):
    folder = tmp_path / "a folder"
    folder.mkdir()
    code = """
        import json, os, sys
        print(json.dumps([os.getcwd(), os.environ["GIVEN"], input(), sys.argv, os.getppid(), __name__, __file__]))
        print("to stderr", file=sys.stderr)
    """
    client = begin(code, env={"GIVEN": "ü\udcff"}, cwd=folder)
    said, errors = client.communicate("asked\n")
    *found, parent, name, file = json.loads(said)
    assert found == [str(folder), "ü\udcff", "asked", [str(tmp_path / "job.py")]]
    assert (name, file) == ("__main__", str(tmp_path / "job.py"))
    assert errors == "to stderr\n" and client.returncode == 0
    assert parent != client.pid, "it is no child of its client, but of the server"


def test_libraries_are_there_and_nothing_of_ours(begin):
    client = begin("print('numpy' in sys.modules, [name for name in sys.modules if name.startswith('fsnas')])")
    assert client.communicate()[0] == "True []\n"


@pytest.mark.parametrize(
    ("ending", "status"),
    [
        ("pass", 0),
        ("sys.exit()", 0),
        ("sys.exit(3)", 3),
        ("sys.exit('why')", 1),
        ("raise ValueError('why')", 1),
        ("import os; os._exit(7)", 7),
        ("raise KeyboardInterrupt", -signal.SIGINT),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM),
    ],
)
def test_a_client_ends_as_its_fork_ends(ending, status, begin):
    client = begin(f"print('said', end='')\n{ending}" if "kill" not in ending and "_exit" not in ending else ending)
    said, errors = client.communicate()
    assert client.returncode == status
    assert said in ("said", "")
    assert ("why" in errors) == ("why" in ending)


def test_what_is_asked_of_a_client_by_sigterm_reaches_its_fork(begin):
    client = begin("""
        import signal, time
        signal.signal(signal.SIGTERM, lambda *got: sys.exit(5))
        print("ready", flush=True)
        time.sleep(60)
    """)
    assert client.stdout.readline() == "ready\n"
    client.terminate()
    assert client.wait(30) == 5


def ignores(pid, number):
    """Return whether a process ignores a signal."""
    (ignored,) = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("SigIgn")]
    return bool(int(ignored.split()[1], 16) >> (number - 1) & 1)


def test_a_terminal_interrupts_the_fork_and_its_client_waits(begin):
    """Ctrl-C goes to all processes of the group; the server is not in it here, so it is sent to the fork."""
    client = begin("""
        import os, signal, time
        signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background of a shell it is ignored
        try:
            print(os.getpid(), flush=True)
            time.sleep(60)
        except KeyboardInterrupt:
            sys.exit(6)
    """)
    pid = int(client.stdout.readline())
    until(lambda: ignores(client.pid, signal.SIGINT))  # before that it passes the signal on, which came then twice
    client.send_signal(signal.SIGINT)
    os.kill(pid, signal.SIGINT)
    assert client.wait(30) == 6


def test_a_killed_client_takes_its_fork_with_it(begin):
    client = begin("import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(60)")
    pid = int(client.stdout.readline())
    client.kill()
    assert until(lambda: gone(pid)), "the fork has ended"


def test_forks_run_at_the_same_time_and_each_ends_by_itself(begin):
    waiting = [begin("print(input())") for _ in range(3)]
    for number, client in reversed(list(enumerate(waiting))):
        assert client.communicate(f"{number}\n")[0] == f"{number}\n"
        assert client.returncode == 0


@pytest.mark.parametrize("path", ["", "/nowhere/socket"])
def test_without_a_server_a_job_runs_by_itself(path, begin):
    client = begin(f"import os\nprint(os.getpid(), {_forkserver.SERVER!r} in os.environ)", socket=path)
    assert client.communicate()[0] == f"{client.pid} False\n"


def test_without_its_server_a_client_fails_and_its_fork_ends(tmp_path, begin):
    path = tmp_path / "socket"
    server = subprocess.Popen(serving(path), stdin=subprocess.PIPE)
    until(path.exists)
    client = begin("import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(60)", socket=path)
    pid = int(client.stdout.readline())
    server.kill()
    server.communicate()
    assert client.wait(30) == 1
    assert "the process that jobs are forked from has ended; run again" in client.stderr.read()
    assert until(lambda: gone(pid)), "the fork has ended"


def test_no_server_is_started_for_few_jobs(monkeypatch):
    monkeypatch.setattr(_forkserver.subprocess, "Popen", lambda *args, **options: pytest.fail("started"))
    _forkserver.start_forkserver(9)
    assert _forkserver.SERVER not in os.environ


@pytest.mark.parametrize(
    ("local", "deployed", "here"), [(True, set(), True), (False, set(), False), (True, {"conda"}, False)]
)
def test_a_server_is_for_jobs_on_this_machine_and_in_this_environment(local, deployed, here):
    settings = SimpleNamespace(deployment_method=deployed)
    assert runs_here(SimpleNamespace(local_exec=local, deployment_settings=settings)) == here
