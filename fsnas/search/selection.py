"""Which leaves of a rung go on."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Le, MinLen

from fsnas.splitting.trees import NodePath


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

    leaf: NodePath
    number: Annotated[int, Ge(0)]
    accuracy: Annotated[float, Ge(0), Le(1)]
    loss: float


@dataclass(frozen=True)
class Selection:
    """All judged leaves, the best first; the first ``keep`` go on."""

    ranking: Annotated[tuple[LeafScore, ...], MinLen(1)]
    keep: Annotated[int, Ge(1)]
    key: str

    @property
    def kept(self) -> tuple[LeafScore, ...]:
        """Return the leaves that go on, the best first."""
        return self.ranking[: self.keep]
