"""The benchmark of a card, on the CPU at a small size: every part answers, and the answers are right."""

import json

import pytest
import torch

from benchmarks import card
from fsnas.metrics import known

SMALL = ["--device", "cpu", "--threads", "1", "--channels", "2", "--cells", "1", "--batch", "4", "--side", "8"]
OTHERS = [part.__name__ for part in card.PARTS if part not in (card.trainings, card.together)]


def answers(capsys, *parts):
    """The lines of some parts, by part, without their times."""
    card.main([*SMALL, "--minutes", "60", "--parts", *parts])
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert not [line for line in lines if {"error", "left_out"} & set(line)]
    found = {part: [line for line in lines if line.get("part") == part and "seconds" not in line] for part in parts}
    assert all(found.values())
    return found


def test_all_parts_of_the_benchmark_of_a_card(capsys):
    found = answers(capsys, *OTHERS)
    assert {line["metric"] for line in found["metrics"]} == set(known())
    assert all(line["error_cpu"] < 1e-4 for line in found["metrics"])  # grasp, a second derivative
    assert all(line["largest_error"] < 1e-6 for part in ("batch_norm", "architectures") for line in found[part])


def test_a_training_that_is_compared_runs(tmp_path):
    size, cpu = card.Size(2, 1, 4, 8), torch.device("cpu")
    assert card.trained(size, cpu, "superposition", state=tmp_path / "s.pt") == card.trained(size, cpu, "superposition")


def test_processes_are_counted_while_all_of_them_work():
    found = list(card.together(card.Size(2, 1, 4, 8), torch.device("cpu"), counts=(2,), length=0.2))
    assert [line["at_once"] for line in found] == [2]
    assert all(line[name] > 0 for line in found for name in ("steps", "scores", "paths"))


@pytest.mark.long
def test_trainings_are_the_same_bits(capsys):
    lines = answers(capsys, "trainings")["trainings"]
    told = [value for line in lines for name, value in line.items() if name not in ("part", "sampling")]
    assert told == [True] * 7


def test_what_no_time_is_left_for_is_named(capsys):
    card.main(["--device", "cpu", "--minutes", "-1", "--parts", "steps"])
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"part": "steps", "left_out": "no time is left"}
