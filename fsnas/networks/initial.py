"""Networks at initialisation, whose weights nothing has trained."""

import numpy as np
import torch
from torch import nn

from fsnas.errors import FsnasError
from fsnas.networks.choices import INITIALISATIONS
from fsnas.networks.supernet import Supernet


def initial_network(like: Supernet, sub_space: np.ndarray, seed: int, initialisation: str = "default") -> Supernet:
    """Return a fresh supernet of ``sub_space``, of the size and on the device of ``like``; ``seed`` draws its weights.

    ``default`` is PyTorch's initialisation; ``fan_out`` draws the convolutions anew: normal, with variance
    2 / (outputs x kernel area) (He et al. 2015, "fan out"). The classifier stays as PyTorch draws it.
    """
    if initialisation not in INITIALISATIONS:
        raise FsnasError(f"initialisation is {initialisation!r}, expected one of {list(INITIALISATIONS)}")
    network = like.space.network(sub_space, seed=seed, **like.dimensions)
    if initialisation == "fan_out":
        generator = torch.Generator().manual_seed(seed)
        for weight in (network.named[name] for name in network.layers):
            if weight.dim() == 4:
                nn.init.kaiming_normal_(weight, mode="fan_out", nonlinearity="relu", generator=generator)
    return network.to(like.device)
