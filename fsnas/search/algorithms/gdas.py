"""GDAS (Dong and Yang 2019): one operation an edge and pass, drawn with Gumbel noise."""

from typing import Annotated

import numpy as np
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from fsnas.search.architecture import Algorithm, annealed, gumbel_softmax


def algorithm(
    *,
    temperature: Annotated[float, {"gt": 0, "le": 1000}, "of the softmax in the first epoch"] = 10.0,
    last_temperature: Annotated[float, {"gt": 0, "le": 1000}, "in the last one; linear between"] = 0.1,
    learning_rate: Annotated[float, {"gt": 0, "le": 10}, "of Adam on the architecture parameters"] = 3e-4,
    weight_decay: Annotated[float, {"ge": 0, "le": 10}, "of Adam"] = 1e-3,
) -> Algorithm:
    """Return GDAS.

    Every pass executes the one operation of each edge that a Gumbel-softmax sample favours, with a gate of 1; gradients
    are those of the sample, through the operation that was executed. Defaults: the authors' search of NAS-Bench-201
    (AutoDL-Projects). Their code also lets the parameters of operations that were not executed have a gradient, by
    adding their gates to the features; ours, like the paper, does not.

    References
    ----------
    Dong and Yang, "Searching for a Robust Neural Architecture in Four GPU Hours" (2019), section 3.2.
    """

    def draw(parameters: Tensor, rng: np.random.Generator, progress: float) -> Tensor:
        sample = gumbel_softmax(parameters, rng, annealed(temperature, last_temperature, progress))
        hard = F.one_hot(sample.argmax(1), sample.shape[1]).to(sample.dtype)
        return hard + hard * (sample - sample.detach())

    return Algorithm(draw, learning_rate=learning_rate, weight_decay=weight_decay)
