"""The device of a job, and the flags that make it deterministic."""

import torch

from fsnas.errors import FsnasError


def prepare(device: str, threads: int) -> torch.device:
    """Fix the number of torch threads, ask for deterministic kernels without TF32, and return the device.

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
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
    if device == "cuda" and not torch.cuda.is_available():
        raise FsnasError(
            "device is 'cuda', but torch sees no card; set device to 'auto' or 'cpu', or run on a GPU node"
        )
    return torch.device("cuda" if device == "cuda" or (device == "auto" and torch.cuda.is_available()) else "cpu")
