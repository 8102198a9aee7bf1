"""The history of a training, and what it took."""

from dataclasses import asdict, dataclass, field
from typing import Annotated

from annotated_types import Ge


@dataclass(frozen=True)
class TrainingCost:
    """What a training took.

    Attributes
    ----------
    epochs
        Epochs of this training.
    seconds
        Wall clock time of the epochs, over all interruptions: also what other work on the machine took.
    samples
        Images that went forward and backward, once for every path.
    device
        ``cpu`` or ``cuda``.
    key
        Of the checkpoint; two of the same key are of one training, which trees of a seed share.
    device_seconds
        What the device spent on the epochs, over all interruptions: processor time of all threads, or the wall clock
        of a card, which no other job sees.
    """

    epochs: Annotated[int, Ge(0)]
    seconds: Annotated[float, Ge(0)]
    samples: Annotated[int, Ge(0)]
    device: str
    key: str = ""
    device_seconds: Annotated[float, Ge(0)] = 0.0


TIMES = ("seconds", "device_seconds")


@dataclass
class Record:
    """The history of a training, one entry an epoch (from 1): mean losses, accuracies in [0, 1], and samples.

    The times, as in `TrainingCost`, are no part of the history, which is the same at every run.
    """

    epoch: list[int] = field(default_factory=list)
    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    valid_loss: list[float] = field(default_factory=list)
    valid_accuracy: list[float] = field(default_factory=list)
    samples: list[int] = field(default_factory=list)
    seconds: float = field(default=0.0, compare=False)
    device_seconds: float = field(default=0.0, compare=False)

    def add(self, *values: float) -> None:
        """Append one epoch: a value for every column, in their order."""
        for column, value in zip(self.as_dict(), values, strict=True):
            getattr(self, column).append(value)

    def as_dict(self) -> dict[str, list]:
        """Return the history as plain lists by column."""
        return {name: value for name, value in asdict(self).items() if name not in TIMES}

    def cost(self, device: str, key: str) -> TrainingCost:
        """Return what the training of the checkpoint with this ``key`` took on ``device``."""
        times = {name: getattr(self, name) for name in TIMES}
        return TrainingCost(len(self.epoch), samples=sum(self.samples), device=device, key=key, **times)
