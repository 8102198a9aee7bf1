"""How long a run still takes."""

import pytest

from workflow_scripts._pace import SAID_FROM, Pace, hours


class Clock:
    """A clock that goes when it is told to."""

    now = 0.0

    def __call__(self):
        return self.now


def run(pace, clock, rule, seconds, *, jobs=1, at_a_time=1):
    """Let ``jobs`` of a rule run, some at a time."""
    for first in range(0, jobs, at_a_time):
        batch = [(rule, first + i) for i in range(at_a_time)]
        for job in batch:
            pace.start(job, rule)
        clock.now += seconds
        for job in batch:
            pace.finish(job)


@pytest.mark.parametrize("at_a_time", [1, 2, 4])
def test_as_many_jobs_are_expected_to_run_at_a_time_as_have_so_far(at_a_time):
    clock = Clock()
    pace = Pace({"score": 100}, clock)
    run(pace, clock, "score", 3.0, jobs=20, at_a_time=at_a_time)
    assert pace.left() == pytest.approx(80 * 3.0 / at_a_time)


def test_every_rule_has_its_own_time_and_an_unknown_one_that_of_the_middle_one():
    clock = Clock()
    pace = Pace({"score": 12, "leaf": 11, "data": 1, "figure": 5}, clock)
    run(pace, clock, "data", 2.0)
    run(pace, clock, "score", 1.0, jobs=10)
    run(pace, clock, "leaf", 10.0, jobs=10)
    assert pace.left() == pytest.approx(2 * 1.0 + 1 * 10.0 + 5 * 2.0)


def test_what_a_running_job_has_taken_is_not_expected_again():
    clock = Clock()
    pace = Pace({"score": 11}, clock)
    run(pace, clock, "score", 4.0, jobs=10)
    pace.start("last", "score")
    clock.now += 3.0
    assert pace.left() == pytest.approx(1.0)
    clock.now += 9.0  # longer than those before it
    assert pace.left() == 0.0


def test_at_the_beginning_nobody_can_tell():
    clock = Clock()
    pace = Pace({"score": 100}, clock)
    assert pace.left() is None
    run(pace, clock, "score", 1.0, jobs=SAID_FROM - 1)
    assert pace.left() is None
    run(pace, clock, "score", 1.0)
    assert pace.left() is not None


def test_jobs_that_finish_at_once_or_were_not_foreseen_do_no_harm():
    clock = Clock()
    pace = Pace({"score": 2}, clock)
    run(pace, clock, "score", 0.0, jobs=12)
    assert pace.left() is None
    run(pace, clock, "late", 1.0)
    assert pace.left() == 0.0
    pace.finish("never started")


@pytest.mark.parametrize(("seconds", "said"), [(0, "0:00:00"), (61.4, "0:01:01"), (3600 * 30 + 59, "30:00:59")])
def test_a_duration_is_hours_minutes_and_seconds(seconds, said):
    assert hours(seconds) == said
