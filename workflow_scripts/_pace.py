"""How long a run still takes, from the jobs that it has done."""

import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping

SAID_FROM = 10  # finished jobs; of fewer nobody can tell


class Pace:
    """Counts the jobs of a run, and guesses the seconds that are left.

    A job that is to come is expected to take as long as those of its rule have taken. Where its rule has not run yet,
    it is that of the middle one of the rules that have: trainings begin early, and most rules are short. As many jobs
    are expected to run at a time as have so far.

    Parameters
    ----------
    jobs
        How many jobs of each rule the run has.
    clock
        Seconds.
    """

    def __init__(self, jobs: Mapping[str, int], clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.began = clock()
        self.done, self.total = 0, sum(jobs.values())
        self._left = Counter(jobs)
        self._running: dict[int, tuple[str, float]] = {}
        self._taken: dict[str, list[float]] = defaultdict(list)

    def start(self, job: int, rule: str) -> None:
        """Count a job as running."""
        self._running[job] = rule, self.clock()

    def finish(self, job: int) -> None:
        """Count a job as done."""
        if job in self._running:
            rule, began = self._running.pop(job)
            self._taken[rule].append(self.clock() - began)
            self._left[rule] -= 1

    def passed(self) -> float:
        """Return the seconds since the start."""
        return self.clock() - self.began

    def left(self) -> float | None:
        """Return the seconds that the run is expected to take still; None where that cannot be told yet."""
        busy = sum(map(sum, self._taken.values()))
        if sum(map(len, self._taken.values())) < SAID_FROM or not busy:
            return None
        means = {rule: statistics.fmean(seconds) for rule, seconds in self._taken.items()}
        usual = statistics.median(means.values())
        ahead = sum(jobs * means.get(rule, usual) for rule, jobs in self._left.items() if jobs > 0)
        now = self.clock()
        begun = sum(now - began for _, began in self._running.values())
        return max(ahead - begun, 0.0) * self.passed() / (busy + begun)


def hours(seconds: float) -> str:
    """Return a duration as H:MM:SS."""
    whole, rest = divmod(round(seconds), 3600)
    return f"{whole}:{rest // 60:02}:{rest % 60:02}"
