"""Which leaves of a rung go on."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LeafScore:
    """A leaf, and what its sampled architectures are worth.

    Attributes
    ----------
    leaf
        Its path in the tree.
    number
        Its place among the checkpoints that were judged.
    accuracy, loss
        Mean over the sampled architectures, on validation batches; accuracy in [0, 1].
    """

    leaf: str
    number: int
    accuracy: float
    loss: float


@dataclass(frozen=True)
class Selection:
    """All judged leaves, the best first; the first ``keep`` go on."""

    ranking: tuple[LeafScore, ...]
    keep: int
    key: str

    @property
    def kept(self) -> tuple[LeafScore, ...]:
        """Return the leaves that go on, the best first."""
        return self.ranking[: self.keep]
