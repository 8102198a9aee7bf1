"""DrNAS (Chen et al. 2021): the mixture, weighted by a sample of a Dirichlet distribution."""

from typing import Annotated

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from fsnas.search.architecture import Algorithm


def algorithm(
    *,
    learning_rate: Annotated[float, {"gt": 0, "le": 10}, "of Adam on the architecture parameters"] = 3e-4,
    weight_decay: Annotated[float, {"ge": 0, "le": 10}, "of Adam"] = 1e-3,
) -> Algorithm:
    """Return DrNAS, without its progressive enlargement.

    The concentrations are ``elu(parameters) + 1``. The weight decay draws the parameters to 0, and so the
    concentrations to 1, the paper's anchor. All operations are executed at every pass.

    References
    ----------
    Chen, Wang, Cheng, Tang and Hsieh, "DrNAS: Dirichlet Neural Architecture Search" (2021).
    """
    return Algorithm(_sample, _mean, learning_rate=learning_rate, weight_decay=weight_decay)


def _concentrations(parameters: Tensor) -> tuple[Tensor, Tensor]:
    """Return the concentrations ``[edges, operations]``, 1 where an operation is disabled, and which are not."""
    enabled = parameters.isfinite()
    return F.elu(torch.where(enabled, parameters, 0.0)) + 1, enabled


def _sample(parameters: Tensor, rng: np.random.Generator, progress: float) -> Tensor:
    concentrations, enabled = _concentrations(parameters)
    drawing = torch.Generator().manual_seed(int(rng.integers(2**63)))
    gammas = torch._standard_gamma(concentrations, generator=drawing) * enabled
    return gammas / gammas.sum(1, keepdim=True)


def _mean(parameters: Tensor) -> Tensor:
    concentrations, enabled = _concentrations(parameters)
    of_enabled = concentrations * enabled
    return of_enabled / of_enabled.sum(1, keepdim=True)
