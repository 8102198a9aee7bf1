"""The device of a job, and the flags that make it deterministic."""

import time

import torch

from fsnas.errors import FsnasError


def device_clock(device: torch.device) -> float:
    """Return a clock, in seconds, of what ``device`` has spent on this process; only differences mean something.

    Of the CPU it is the time of its processors, all threads together, whatever else they work for; of a card, which no
    other job sees, the time that passes.
    """
    return time.process_time() if device.type == "cpu" else time.monotonic()


def prepare(device: str, threads: int) -> torch.device:
    """Fix the number of torch threads, ask a card for deterministic kernels without TF32, and return the device.

    Parameters
    ----------
    device
        ``cpu``, ``cuda``, or ``auto``: the first visible card, else the CPU.
    threads
        Threads of one job on the CPU; it is part of the settings, since it may change the last bits of a sum.

    Raises
    ------
    FsnasError
        If ``cuda`` is asked for and no card is visible.
    """
    torch.set_num_threads(threads)
    if device == "cuda" and not torch.cuda.is_available():
        raise FsnasError(
            "device is 'cuda', but torch sees no card; set device to 'auto' or 'cpu', or run on a GPU node"
        )
    if device == "cpu" or not torch.cuda.is_available():
        return torch.device("cpu")  # its kernels are deterministic for a fixed number of threads
    torch.use_deterministic_algorithms(True)  # imports 3 s of compiler, so not on the CPU
    # Else each tensor is filled before it is written.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
    return torch.device("cuda")
