"""What a training changes and keeps, so that it can go on after a stop."""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from fsnas.devices import device_clock
from fsnas.networks.supernet import Supernet
from fsnas.training.descent import Descent
from fsnas.training.paths import Gating
from fsnas.training.record import TIMES, Record

PARTS = ("network", "descent", "sums", "gating")  # of a state, each with a state of its own


class Clock:
    """Adds what the process takes from now on to the times of a record."""

    def __init__(self, record: Record, device: torch.device) -> None:
        self.record, self.device = record, device
        self.before = (record.seconds, record.device_seconds)
        self.start = self._now()

    def _now(self) -> tuple[float, float]:
        return time.monotonic(), device_clock(self.device)

    def read(self) -> float:
        """Bring the record up to date, and return the seconds since the start."""
        taken = [now - start for now, start in zip(self._now(), self.start, strict=True)]
        self.record.seconds, self.record.device_seconds = (b + t for b, t in zip(self.before, taken, strict=True))
        return taken[0]


class EpochSums:
    """What an epoch has added up so far: steps, images, images once for every path, summed loss and correct ones.

    The last of these are on the device until `read` asks for them: a card need not wait for the host at every step.
    """

    def __init__(self) -> None:
        self.steps = self.images = self.samples = 0
        self.totals = np.zeros(2)
        self._unread: list[list[Tensor]] = []  # of every step since, of every path

    def add(self, found: list[Tensor], images: int, beside: int = 0) -> None:
        """Add a step on so many ``images``: summed loss and correct answers ``[2]`` of each path.

        So many passes ``beside`` these went over as many images, and count among the samples only.
        """
        self._unread.append(found)
        self.steps, self.images = self.steps + 1, self.images + images
        self.samples += images * (len(found) + beside)

    def read(self) -> int:
        """Bring the totals up to date; return the first step whose loss was not finite, or 0."""
        steps, self._unread = self._unread, []
        every = iter(torch.stack(list(itertools.chain(*steps))).tolist() if steps else ())
        for step, paths in enumerate(map(len, steps), start=self.steps - len(steps) + 1):
            for found in itertools.islice(every, paths):
                self.totals += np.array(found) / paths
            if not np.isfinite(self.totals[0]):
                return step
        return 0

    def means(self) -> tuple[float, float, int]:
        """Return mean loss and accuracy, and the samples."""
        loss, accuracy = self.totals / self.images
        return float(loss), float(accuracy), self.samples

    def state_dict(self) -> dict[str, Any]:
        """Return the sums as plain numbers, exact."""
        sums = {name: getattr(self, name) for name in ("steps", "images", "samples")}
        return sums | {"totals": self.totals.tolist()}

    def load_state_dict(self, sums: dict[str, Any]) -> None:
        """Take over ``sums``."""
        vars(self).update(sums, totals=np.array(sums["totals"]))


class Keeper(Protocol):
    """What keeps a state: `fsnas.artifacts.training_state.StateFile`."""

    def write(self, content: dict[str, Any]) -> None:
        """Keep ``content``, whole or not at all."""

    def read(self, progress: Callable[[str], None]) -> dict[str, Any] | None:
        """Return what is kept of this training, or None."""


@dataclass
class TrainingState:
    """Everything that a training changes, and what keeps it, if anything does."""

    network: Supernet
    descent: Descent
    record: Record
    sums: EpochSums
    gating: Gating
    keeper: Keeper | None

    def keep(self) -> None:
        """Keep the state."""
        if self.keeper is not None:
            parts = {name: getattr(self, name).state_dict() for name in PARTS}
            times = {name: getattr(self.record, name) for name in TIMES}
            self.keeper.write({"record": self.record.as_dict(), **times, **parts})

    def resume(self, progress: Callable[[str], None]) -> None:
        """Take over what is kept."""
        kept = self.keeper.read(progress) if self.keeper is not None else None
        if kept is None:
            return
        for name in PARTS:
            getattr(self, name).load_state_dict(kept[name])
        for column, values in kept["record"].items():
            getattr(self.record, column).extend(values)
        self.record.seconds, self.record.device_seconds = (kept[name] for name in TIMES)
        step = f", step {self.sums.steps} of the next one," if self.sums.steps else ""
        progress(f"resuming after epoch {len(self.record.epoch)}{step} from {self.keeper}")
