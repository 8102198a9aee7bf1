"""A real SLURM on this machine, for tests.

`Cluster` is one node: munge, slurmctld and slurmd with 8 CPUs and two GPUs that are no cards. `Campus` has two nodes
and two hosts to submit from, each a machine of its own as far as a name and process numbers make one, and accounting.

To look around in one:  sudo .venv/bin/python -m tests.support.cluster [campus]
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scontrol", "scancel")
ACCOUNTING = ("slurmdbd", "sacct", "sacctmgr", "mariadbd", "mariadb", "mariadb-install-db", "unshare", "nsenter")
SYSTEM = Path("/etc/slurm")
CONF = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CryptoType=crypto/munge
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
GresTypes=gpu
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
MpiDefault=none
ReturnToService=2
MinJobAge=3600
KillWait={kill_wait}
PreemptType=preempt/partition_prio
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,bf_interval=2
"""
ONE_NODE = """\
AccountingStorageType=accounting_storage/none
PreemptMode=REQUEUE
NodeName={host} NodeAddr=127.0.0.1 CPUs=8 RealMemory=20000 Gres=gpu:{gpus} State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP DefMemPerCPU=500 PriorityTier=1
PartitionName=urgent Nodes={host} MaxTime=INFINITE State=UP DefMemPerCPU=500 PriorityTier=2 PreemptMode=OFF
PartitionName=short Nodes={host} MaxTime=1 State=UP DefMemPerCPU=500 PriorityTier=1
"""
TWO_NODES = """\
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={ports[2]}
AccountingStoragePass={folder}/munge.socket
AccountingStorageEnforce=associations,limits,qos
AccountingStoreFlags=job_comment
PreemptMode=CANCEL
SlurmdTimeout=10
NodeName=n1 NodeHostname=n1 NodeAddr=127.0.0.1 Port={ports[3]} CPUs=4 RealMemory=20000 Gres=gpu:a100:1 State=UNKNOWN
NodeName=n2 NodeHostname=n2 NodeAddr=127.0.0.1 Port={ports[4]} CPUs=4 RealMemory=20000 Gres=gpu:v100-16:1 State=UNKNOWN
PartitionName=main Nodes=n1,n2 Default=YES MaxTime=240 State=UP DefMemPerCPU=500 PriorityTier=1
PartitionName=urgent Nodes=n1,n2 MaxTime=INFINITE State=UP DefMemPerCPU=500 PriorityTier=2 PreemptMode=OFF
"""
ACCOUNTS = """\
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort={ports[2]}
SlurmUser=root
PidFile={folder}/slurmdbd.pid
LogFile={folder}/slurmdbd.log
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={ports[5]}
StorageUser=slurm
StoragePass=slurm
"""
GPUS = 2


def missing(*programs: str) -> str:
    """Return why there can be no cluster on this machine, or nothing; ``programs`` are what a campus needs as well."""
    if os.geteuid():
        return "only root can start SLURM's daemons"
    if not programs and SYSTEM.joinpath("slurm.conf").exists():
        return f"{SYSTEM}/slurm.conf exists: this machine has a SLURM of its own, which is left alone"
    if absent := [name for name in (*PROGRAMS, *programs) if _program(name) is None]:
        packages = "slurm-wlm munge slurmdbd mariadb-server" if programs else "slurm-wlm munge"
        return f"SLURM is not installed (apt install {packages}): no {', '.join(absent)}"
    return ""


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


class Host:
    """A machine of its own: with a name, process numbers, and the SLURM of ``etc``."""

    def __init__(self, name: str, etc: Path) -> None:
        own = f"hostname {name} && mount --bind {etc} {SYSTEM} && echo up && exec sleep infinity"
        command = ["unshare", "--mount", "--uts", "--pid", "--fork", "--mount-proc", "sh", "-c", own]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
        self.process = subprocess.Popen(command, **pipes, start_new_session=True)
        assert self.process.stdout.readline() == "up\n", f"no machine {name}"
        (first,) = psutil.Process(self.process.pid).children()
        self.first = first

    def command(self, *command: str, folder: str | Path = "/") -> list[str]:
        """Return the command line that runs a command on it in a folder."""
        return ["nsenter", "--target", str(self.first.pid), "--mount", "--uts", "--pid", f"--wdns={folder}", *command]

    def kill(self) -> None:
        """Kill all that runs on it without a warning, as a power failure does."""
        self.first.kill()
        self.process.wait()


class Cluster:
    """The daemons, and what SLURM says."""

    programs: tuple[str, ...] = ()
    nodes = ONE_NODE

    def __init__(self, folder: Path, kill_wait: int = 30) -> None:
        self.folder = folder
        self.host = socket.gethostname().split(".")[0]
        self.kill_wait = kill_wait
        self.etc = folder / "etc"

    def start(self) -> None:
        """Start the daemons, and wait until the nodes are idle."""
        self.folder.chmod(0o755)
        (self.folder / "state").mkdir()
        for number in range(GPUS):
            os.mknod(self.folder / f"fakegpu{number}", 0o20666, os.makedev(1, 3))
        self.etc.mkdir()
        ports = _free_ports(6)
        about = {"host": self.host, "folder": self.folder, "ports": ports, "kill_wait": self.kill_wait, "gpus": GPUS}
        self.configure(about)
        munge = self.folder / "munge"
        munge.mkdir(mode=0o755)
        shutil.chown(munge, "munge", "munge")
        files = {"socket": self.folder / "munge.socket", **{n: munge / n for n in ("pid", "log", "seed")}}
        shutil.chown(self.folder, "munge")
        self._run(
            "runuser", "-u", "munge", "--", _program("munged"), f"--socket={files['socket']}",
            f"--pid-file={files['pid']}", f"--log-file={files['log']}", f"--seed-file={files['seed']}",
        )  # fmt: skip
        self.start_daemons()

    def configure(self, about: dict[str, object]) -> None:
        """Write the files that SLURM reads."""
        (self.etc / "slurm.conf").write_text((CONF + self.nodes).format(**about))
        (self.etc / "gres.conf").write_text(f"Name=gpu File={self.folder}/fakegpu[0-{GPUS - 1}]\n")
        SYSTEM.mkdir(exist_ok=True)
        for name in ("slurm.conf", "gres.conf"):  # srun in a job finds it nowhere else
            (SYSTEM / name).symlink_to(self.etc / name)

    def start_daemons(self) -> None:
        """Start what munge is needed for."""
        self.start_controller()
        self.start_node()

    def start_controller(self) -> None:
        """Start slurmctld."""
        self._run(_program("slurmctld"))

    def stop_controller(self) -> None:
        """Stop slurmctld: no command of SLURM is answered."""
        controller = psutil.Process(int((self.folder / "slurmctld.pid").read_text()))
        controller.terminate()
        controller.wait(30)

    def start_node(self) -> None:
        """Start slurmd and wait until the node can take jobs."""
        self._run(_program("slurmd"), "-N", self.host)
        self.wait_for_nodes()

    def kill_node(self) -> None:
        """Kill slurmd, and all that it runs, without a warning, as a power failure does."""
        here = os.readlink("/proc/self/ns/pid")  # and not those of a `Host`
        daemons = [
            process
            for process in psutil.process_iter()
            if process.name() in ("slurmd", "slurmstepd") and os.readlink(f"/proc/{process.pid}/ns/pid") == here
        ]
        for process in [*daemons, *(child for each in daemons for child in each.children(recursive=True))]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

    def stop(self) -> None:
        """Stop everything, and leave no trace on the machine."""
        subprocess.run(["scancel", "--user", "root"], check=False, capture_output=True, env=self.environment())
        with contextlib.suppress(TimeoutError, subprocess.CalledProcessError):
            self.wait(lambda: not self.queue(), "the jobs to end", seconds=40)
        daemons = []
        for pid_file in (f"slurmd-{self.host}.pid", "slurmctld.pid", "slurmdbd.pid", "mariadb.pid", "munge/pid"):
            with contextlib.suppress(OSError, ValueError, psutil.NoSuchProcess):
                daemons.append(psutil.Process(int((self.folder / pid_file).read_text())))
                daemons[-1].terminate()
        psutil.wait_procs(daemons, timeout=20)  # they write their last files
        for name in ("slurm.conf", "gres.conf"):
            if (SYSTEM / name).is_symlink() and (SYSTEM / name).readlink() == self.etc / name:
                (SYSTEM / name).unlink()

    def environment(self) -> dict[str, str]:
        """Return where SLURM's programs find this cluster."""
        return {**os.environ, "SLURM_CONF": str(self.etc / "slurm.conf")}

    def node_states(self) -> list[str]:
        """Return the states of the nodes, e.g. ``idle``."""
        return self.said("sinfo", "-h", "-N", "-p", "main", "-o", "%T").split()

    def wait_for_nodes(self) -> None:
        """Wait until all nodes can take jobs."""
        up = {"idle", "mixed", "allocated"}
        self.wait(lambda: self.node_states() and up.issuperset(self.node_states()), "the nodes to come up")

    def queue(self, *fields: str) -> list[list[str]]:
        """Return the jobs that wait or run: by default their ids, names, comments and states."""
        lines = self.said("squeue", "-h", "-o", "|".join(fields or ("%i", "%j", "%k", "%T"))).splitlines()
        return [line.strip().split("|") for line in lines]

    def jobs(self) -> list[dict[str, str]]:
        """Return all jobs that SLURM remembers, finished ones too, as scontrol shows them."""
        blocks = self.said("scontrol", "-o", "-d", "show", "jobs").splitlines()
        return [dict(item.split("=", 1) for item in block.split() if "=" in item) for block in blocks]

    def said(self, *command: str) -> str:
        """Return what a command of SLURM prints."""
        return subprocess.run(command, check=True, capture_output=True, text=True, env=self.environment()).stdout

    def wait(self, condition, what: str, seconds: float = 60) -> None:
        """Wait until ``condition()`` holds."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError("\n".join([f"waited {seconds} s for {what}", *map(_end, self.folder.glob("*.log"))]))
            time.sleep(0.2)

    def _run(self, *command) -> None:
        done = subprocess.run(
            command, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=self.environment(), cwd="/"
        )
        if done.returncode:
            raise RuntimeError(f"{command}: {done.stdout}{done.stderr}")


class Campus(Cluster):
    """Nodes n1 and n2 with a card each, hosts login1 and login2, and accounting with limits; nothing in /etc."""

    programs = ACCOUNTING
    nodes = TWO_NODES

    def configure(self, about: dict[str, object]) -> None:
        """Write the files that SLURM reads."""
        self.port = about["ports"][5]
        (self.etc / "slurm.conf").write_text((CONF + self.nodes).format(**about))
        (self.etc / "slurmdbd.conf").write_text(ACCOUNTS.format(**about))
        (self.etc / "slurmdbd.conf").chmod(0o600)
        types = zip(("n1", "n2"), ("a100", "v100-16"), strict=True)
        lines = [f"NodeName={n} Name=gpu Type={t} File={self.folder}/fakegpu{i}" for i, (n, t) in enumerate(types)]
        (self.etc / "gres.conf").write_text("".join(f"{line}\n" for line in lines))

    def start_daemons(self) -> None:
        """Start the data base, and all that writes to it."""
        data, at = self.folder / "mariadb", f"--socket={self.folder}/mariadb.socket"
        self._run("mariadb-install-db", "--no-defaults", f"--datadir={data}", "--user=root", "--skip-test-db")
        with (self.folder / "mariadb.log").open("w") as log:
            subprocess.Popen(
                [_program("mariadbd"), "--no-defaults", f"--datadir={data}", at, f"--port={self.port}", "--user=root",
                 "--bind-address=127.0.0.1", f"--pid-file={self.folder}/mariadb.pid"],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        grant = "create user slurm identified by 'slurm'; grant all on *.* to slurm"
        ready = ["mariadb", "--no-defaults", at, "-e", grant]
        self.wait(lambda: not subprocess.run(ready, capture_output=True).returncode, "mariadb")
        self._run(_program("slurmdbd"))
        added = ["sacctmgr", "-i", "add", "cluster", "test"]
        self.wait(lambda: not subprocess.run(added, capture_output=True, env=self.environment()).returncode, "slurmdbd")
        self._run("sacctmgr", "-i", "add", "account", "my_group")
        self._run("sacctmgr", "-i", "add", "user", "root", "account=my_group")
        self.start_controller()
        self.hosts = {name: Host(name, self.etc) for name in ("login1", "login2")}
        for name in ("n1", "n2"):
            self.boot(name)
        self.wait_for_nodes()

    def boot(self, name: str) -> None:
        """Start a node."""
        self.hosts[name] = Host(name, self.etc)
        self._run(*self.hosts[name].command(_program("slurmd")))

    def stop(self) -> None:
        """Stop everything."""
        super().stop()
        for host in getattr(self, "hosts", {}).values():
            host.kill()


def _end(log: Path) -> str:
    return f"{log.name}:\n{log.read_text(errors='replace')[-1500:]}"


@contextlib.contextmanager
def cluster(kind: type[Cluster] = Cluster, **options: int) -> Iterator[Cluster]:
    """Start a cluster, and stop it at the end."""
    with tempfile.TemporaryDirectory(prefix="slurm-", ignore_cleanup_errors=True) as folder:
        made = kind(Path(folder), **options)
        if missing(*kind.programs):  # another one may have started: its files are left alone
            raise RuntimeError(missing(*kind.programs))
        try:
            made.start()
            yield made
        finally:
            made.stop()


if __name__ == "__main__":
    kind = Campus if sys.argv[1:] == ["campus"] else Cluster
    if missing(*kind.programs):
        sys.exit(missing(*kind.programs))
    with cluster(kind) as made:
        shell = [os.environ.get("SHELL", "bash")]
        if isinstance(made, Campus):
            shell = made.hosts["login1"].command(*shell, folder=Path.cwd())
        print(f"A SLURM with the nodes {made.said('sinfo', '-h', '-o', '%N').strip()}; `exit` stops it.")
        subprocess.run(shell, check=False)
