"""A real SLURM on this machine, for tests: munge, slurmctld and slurmd with 8 CPUs and two GPUs that are no cards.

To look around in one:  sudo .venv/bin/python -m tests.cluster
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
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
GresTypes=gpu
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
MpiDefault=none
ReturnToService=2
MinJobAge=3600
KillWait={kill_wait}
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,bf_interval=2
NodeName={host} NodeAddr=127.0.0.1 CPUs=8 RealMemory=20000 Gres=gpu:{gpus} State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP DefMemPerCPU=500 PriorityTier=1
PartitionName=urgent Nodes={host} MaxTime=INFINITE State=UP DefMemPerCPU=500 PriorityTier=2 PreemptMode=OFF
PartitionName=short Nodes={host} MaxTime=1 State=UP DefMemPerCPU=500 PriorityTier=1
"""
GPUS = 2


def missing() -> str:
    """Return why there can be no cluster on this machine, or nothing."""
    if os.geteuid():
        return "only root can start SLURM's daemons"
    if SYSTEM.joinpath("slurm.conf").exists():
        return f"{SYSTEM}/slurm.conf exists: this machine has a SLURM of its own, which is left alone"
    absent = [name for name in PROGRAMS if _program(name) is None]
    return f"SLURM is not installed (apt install slurm-wlm munge): no {', '.join(absent)}" if absent else ""


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


class Cluster:
    """The daemons, and what SLURM says."""

    def __init__(self, folder: Path, kill_wait: int = 30) -> None:
        self.folder = folder
        self.host = socket.gethostname().split(".")[0]
        self.kill_wait = kill_wait

    def start(self) -> None:
        """Start munge, slurmctld and slurmd, and wait until the node is idle."""
        self.folder.chmod(0o755)
        for name in ("state", "spool"):
            (self.folder / name).mkdir()
        text = CONF.format(
            host=self.host, ports=_free_ports(2), folder=self.folder, kill_wait=self.kill_wait, gpus=GPUS
        )
        (self.folder / "slurm.conf").write_text(text)
        for number in range(GPUS):
            os.mknod(self.folder / f"fakegpu{number}", 0o20666, os.makedev(1, 3))
        (self.folder / "gres.conf").write_text(f"Name=gpu File={self.folder}/fakegpu[0-{GPUS - 1}]\n")
        SYSTEM.mkdir(exist_ok=True)
        for name in ("slurm.conf", "gres.conf"):  # srun in a job finds it nowhere else
            (SYSTEM / name).symlink_to(self.folder / name)
        munge = self.folder / "munge"
        munge.mkdir(mode=0o755)
        shutil.chown(munge, "munge", "munge")
        files = {"socket": self.folder / "munge.socket", **{n: munge / n for n in ("pid", "log", "seed")}}
        shutil.chown(self.folder, "munge")
        self._run(
            "runuser", "-u", "munge", "--", _program("munged"), f"--socket={files['socket']}",
            f"--pid-file={files['pid']}", f"--log-file={files['log']}", f"--seed-file={files['seed']}",
        )  # fmt: skip
        self._run(_program("slurmctld"))
        self.start_node()

    def start_node(self) -> None:
        """Start slurmd and wait until the node can take jobs."""
        self._run(_program("slurmd"), "-N", self.host)
        self.wait(lambda: self.node_state() in ("idle", "mixed", "allocated"), "the node to come up")

    def kill_node(self) -> None:
        """Kill slurmd, and all that it runs, without a warning, as a power failure does."""
        daemons = [process for process in psutil.process_iter() if process.name() in ("slurmd", "slurmstepd")]
        for process in [*daemons, *(child for each in daemons for child in each.children(recursive=True))]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

    def stop(self) -> None:
        """Stop everything, and leave no trace on the machine."""
        subprocess.run(["scancel", "--user", "root"], check=False, capture_output=True)
        with contextlib.suppress(TimeoutError):
            self.wait(lambda: not self.queue(), "the jobs to end", seconds=40)
        daemons = []
        for pid_file in ("slurmd.pid", "slurmctld.pid", "munge/pid"):
            with contextlib.suppress(OSError, ValueError, psutil.NoSuchProcess):
                daemons.append(psutil.Process(int((self.folder / pid_file).read_text())))
                daemons[-1].terminate()
        psutil.wait_procs(daemons, timeout=10)  # they write their last files
        for name in ("slurm.conf", "gres.conf"):
            (SYSTEM / name).unlink(missing_ok=True)

    def node_state(self) -> str:
        """Return the state of the node, e.g. ``idle``."""
        return self.said("sinfo", "-h", "-p", "main", "-o", "%T").strip()

    def queue(self, *fields: str) -> list[list[str]]:
        """Return the jobs that wait or run: by default their ids, names, comments and states."""
        lines = self.said("squeue", "-h", "-o", "|".join(fields or ("%i", "%j", "%k", "%T"))).splitlines()
        return [line.strip().split("|") for line in lines]

    def jobs(self) -> list[dict[str, str]]:
        """Return all jobs that SLURM remembers, finished ones too, as scontrol shows them."""
        blocks = self.said("scontrol", "-o", "-d", "show", "jobs").splitlines()
        return [dict(item.split("=", 1) for item in block.split() if "=" in item) for block in blocks]

    @staticmethod
    def said(*command: str) -> str:
        """Return what a command of SLURM prints."""
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def wait(self, condition, what: str, seconds: float = 60) -> None:
        """Wait until ``condition()`` holds."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                logs = [self.folder / f"{name}.log" for name in ("slurmctld", "slurmd")]
                raise TimeoutError(f"waited {seconds} s for {what}\n" + "\n".join(map(_end, logs)))
            time.sleep(0.2)

    def _run(self, *command) -> None:
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode:
            raise RuntimeError(f"{command}: {done.stdout}{done.stderr}")


def _end(log: Path) -> str:
    return log.read_text()[-1500:] if log.exists() else f"no {log}"


@contextlib.contextmanager
def cluster(**options: int) -> Iterator[Cluster]:
    """Start a cluster, and stop it at the end."""
    with tempfile.TemporaryDirectory(prefix="slurm-", ignore_cleanup_errors=True) as folder:
        made = Cluster(Path(folder), **options)
        if missing():  # another one may have started: its files are left alone
            raise RuntimeError(missing())
        try:
            made.start()
            yield made
        finally:
            made.stop()


if __name__ == "__main__":
    if missing():
        sys.exit(missing())
    with cluster():
        print("A SLURM with one node and two GPUs; `exit` stops it.")
        subprocess.run([os.environ.get("SHELL", "bash")], check=False)
