"""The benchmark of a card, on the CPU at a small size: every part answers, and the answers are right."""

import json

import torch

from benchmarks import card
from fsnas.metrics import known


def test_all_parts_of_the_benchmark_of_a_card(capsys):
    threads = torch.get_num_threads()
    try:
        card.main(["--device", "cpu", "--channels", "2", "--cells", "1", "--batch", "4", "--side", "8"])
    finally:
        torch.set_num_threads(threads)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert not [line for line in lines if {"error", "left_out"} & set(line)]
    by_part = {part.__name__: [line for line in lines if line.get("part") == part.__name__] for part in card.PARTS}
    assert all(by_part.values())
    assert {line["metric"] for line in by_part["metrics"][:-1]} == set(known())
    assert all(line["error_cpu"] < 1e-4 for line in by_part["metrics"][:-1])  # grasp, a second derivative
    assert all(line["largest_error"] < 1e-6 for part in ("batch_norm", "architectures") for line in by_part[part][:-1])
    answers = [
        value for line in by_part["trainings"][:-1] for name, value in line.items() if name not in ("part", "sampling")
    ]
    assert answers == [True] * 5


def test_what_no_time_is_left_for_is_named(capsys):
    card.main(["--device", "cpu", "--minutes", "-1", "--parts", "steps"])
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"part": "steps", "left_out": "no time is left"}
