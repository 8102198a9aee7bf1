"""CIFAR-100, through torchvision."""

from pathlib import Path

from fsnas.data.sources import Facts
from fsnas.data.sources._cifar import read_cifar
from fsnas.data.splits import Images

FACTS = Facts(train=25_000, valid=5_000, side=32)  # 5,000 in NAS-Bench-201


def read(*, folder: str | Path, download: bool = False) -> Images:
    """Return CIFAR-100 with its own test part (`read_cifar`)."""
    return read_cifar("CIFAR100", folder, download)
