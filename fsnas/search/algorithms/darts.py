"""DARTS (Liu et al. 2019): the mixture, weighted by the softmax of the architecture parameters."""

from typing import Annotated

from fsnas.search.architecture import Algorithm, softmax


def algorithm(
    *,
    order: Annotated[int, {"ge": 1, "le": 2}, "2 differentiates through one step of the weights"] = 1,
    learning_rate: Annotated[float, {"gt": 0, "le": 10}, "of Adam on the architecture parameters"] = 3e-4,
    weight_decay: Annotated[float, {"ge": 0, "le": 10}, "of Adam"] = 1e-3,
) -> Algorithm:
    """Return DARTS of the first or second ``order``.

    All operations are executed at every pass. Defaults: section 3 of the paper.

    References
    ----------
    Liu, Simonyan and Yang, "DARTS: Differentiable Architecture Search" (2019), equations 2, 5 and 6.
    """
    return Algorithm(
        lambda parameters, rng, progress: softmax(parameters),
        order=order,
        learning_rate=learning_rate,
        weight_decay=weight_decay,
    )
