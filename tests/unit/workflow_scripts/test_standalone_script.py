"""The job of stand-alone trainings: what an architecture is worth."""

from types import SimpleNamespace

import torch

from fsnas.artifacts.architectures import read_architectures
from fsnas.artifacts.training_state import StateFile
from tests.support.scripts import script
from tests.support.space import SPACE

standalone = script("standalone")
WORTH = {"valid": 0.25, "test": 0.75}


def test_the_accuracies_are_in_percent_and_each_of_its_own_part(monkeypatch, tmp_path):
    monkeypatch.setattr(standalone, "train", lambda *network, **told: None)
    monkeypatch.setattr(standalone, "evaluate", lambda *network, part="valid", **how: (1.0, WORTH[part]))
    settings = {"seed": 2, "epochs": 5, "network": {"channels": 1, "cells": 1}, "recipe": {}}
    told = SimpleNamespace(store=tmp_path, settings=settings, code=[], inputs="")
    smk = SimpleNamespace(params=told, output=["0.csv"])
    data = SimpleNamespace(name="digits", classes=("a", "b"), dimensions={"classes": 2, "in_channels": 1})
    state, name = StateFile(tmp_path / "0.pt", "key"), SPACE.strings()[-1]
    found = read_architectures(standalone.trained(smk, torch.device("cpu"), SPACE, data, name, state))
    assert found.architectures == (name,)
    values = {column: value.tolist() for column, value in found.columns.items()}
    assert values == {f"standalone_{part}_accuracy_5_epochs_seed_2": [100 * WORTH[part]] for part in WORTH}
