"""SNAS (Xie et al. 2019): the mixture, weighted by a Gumbel-softmax sample."""

from typing import Annotated

from fsnas.search.architecture import Algorithm, annealed, gumbel_softmax


def algorithm(
    *,
    temperature: Annotated[float, {"gt": 0, "le": 1000}, "of the softmax in the first epoch"] = 10.0,
    last_temperature: Annotated[float, {"gt": 0, "le": 1000}, "in the last one; linear between"] = 0.1,
    learning_rate: Annotated[float, {"gt": 0, "le": 10}, "of Adam on the architecture parameters"] = 3e-4,
    weight_decay: Annotated[float, {"ge": 0, "le": 10}, "of Adam"] = 1e-3,
) -> Algorithm:
    """Return SNAS without its resource constraint.

    All operations are executed at every pass, with the gates of a sample of the concrete distribution. The paper trains
    weights and architecture on the same batch; here they alternate between two parts of the images, as all algorithms
    do. Temperatures: those of GDAS.

    References
    ----------
    Xie, Zheng, Liu and Lin, "SNAS: Stochastic Neural Architecture Search" (2019).
    """
    return Algorithm(
        lambda parameters, rng, progress: gumbel_softmax(
            parameters, rng, annealed(temperature, last_temperature, progress)
        ),
        learning_rate=learning_rate,
        weight_decay=weight_decay,
    )
