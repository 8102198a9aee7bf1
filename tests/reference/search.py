"""The slow, obvious twin of `fsnas.search`: every architecture of every leaf, one after the other."""

from fsnas.spaces import architectures
from tests.support.space import SPACE


def every_point(leaves):
    return [(leaf, architecture) for leaf, space in leaves.items() for architecture in architectures(space)]


def optimum(leaves, evaluate):
    """Leaf, architecture string, loss and accuracy of the best point: highest accuracy, then lowest loss."""
    best = None
    for leaf, architecture in every_point(leaves):
        loss, accuracy = evaluate(leaf, architecture)
        if best is None or accuracy > best[3] or (accuracy == best[3] and loss < best[2]):
            best = (leaf, SPACE.architecture_string(architecture), loss, accuracy)
    return best
