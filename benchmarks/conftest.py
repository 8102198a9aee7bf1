"""Sizes of the benchmarks, from the command line: --channels 16 --cells 5 --batch 64 --side 32 --threads 2."""

import pytest
import torch

from benchmarks.sizes import Size

OPTIONS = {"channels": 16, "cells": 5, "batch": 64, "side": 32, "threads": 2}


def pytest_addoption(parser):
    for name, default in OPTIONS.items():
        parser.addoption(f"--{name}", type=int, default=default)


@pytest.fixture
def size(request) -> Size:
    torch.set_num_threads(request.config.getoption("threads"))
    return Size(*map(request.config.getoption, ("channels", "cells", "batch", "side")))


def pytest_benchmark_update_machine_info(config, machine_info):
    machine_info["torch"] = torch.__version__
    machine_info["options"] = {name: config.getoption(name) for name in OPTIONS}
