"""Parameters and multiply-adds of a space in NAS-Bench-201's own network, exact and without building it."""

import numpy as np

from fsnas.spaces import OPERATIONS


def _convolutions(space: np.ndarray) -> tuple[int, int]:
    """Return how many 3x3 and 1x1 convolutions one cell of ``space`` holds."""
    enabled = np.asarray(space, dtype=bool).sum(axis=0)
    return int(enabled[OPERATIONS.index("nor_conv_3x3")]), int(enabled[OPERATIONS.index("nor_conv_1x1")])


def parameters(space: np.ndarray, *, channels: int, cells: int, classes: int, in_channels: int = 3) -> int:
    """Return the number of parameters of the enabled operations of ``space`` and of the network around them.

    BatchNorm has scale and shift everywhere, also in the cells, and the classifier has a bias: as the benchmark counts.

    Parameters
    ----------
    space
        bool ``[edges, operations]``; an architecture is a space with one operation per edge.
    channels, cells, classes, in_channels
        As in `fsnas.supernet.Supernet`.

    References
    ----------
    Dong and Yang 2020, NAS-Bench-201, section 2.
    """
    n3, n1 = _convolutions(space)
    widths = [channels, 2 * channels, 4 * channels]
    stem = 9 * in_channels * channels + 2 * channels
    cell = sum(n3 * (9 * c * c + 2 * c) + n1 * (c * c + 2 * c) for c in widths)
    reductions = sum(9 * (c // 2) * c + 9 * c * c + (c // 2) * c + 4 * c for c in widths[1:])
    head = 2 * widths[-1] + (widths[-1] + 1) * classes
    return stem + cells * cell + reductions + head


def flops(
    space: np.ndarray,
    *,
    channels: int,
    cells: int,
    classes: int,
    in_channels: int = 3,
    size: tuple[int, int] = (32, 32),
) -> int:
    """Return the multiply-adds of one image of ``size`` (height, width): convolutions, classifier and its bias.

    Pooling, BatchNorm, ReLU and additions are not counted. Parameters and source are those of `parameters`.
    """
    n3, n1 = _convolutions(space)
    height, width = size
    total = 9 * in_channels * channels * height * width
    for stage in range(3):
        c = channels * 2**stage
        if stage:
            height, width = (height + 1) // 2, (width + 1) // 2
            total += (9 * (c // 2) * c + 9 * c * c + (c // 2) * c) * height * width
        total += cells * (9 * n3 + n1) * c * c * height * width
    return total + (4 * channels + 1) * classes
