"""``import fsnas``: the names of a notebook, each loaded when it is first used."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import fsnas
from fsnas.networks.forward import ForwardContext
from fsnas.networks.gates import mixing_gates

ROOT = Path(__file__).resolve().parents[2]


def test_the_import_loads_nothing_and_every_name_something():
    code = "import sys; before = {*sys.modules}; import fsnas; print(*({*sys.modules} - before))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {name.partition(".")[0] for name in done.stdout.split()} <= {"fsnas", *sys.stdlib_module_names}
    assert {*fsnas.HOMES} <= {*dir(fsnas)}
    for name, home in fsnas.HOMES.items():
        found = getattr(fsnas, name)
        assert getattr(found, "__module__", found.__name__) == home


def test_a_supernet_alone_gives_the_logits_of_its_mixture_and_trains_where_it_is_told():
    data, space = fsnas.make_dataset("digits"), fsnas.spaces.load("nas-bench-201")
    supernet = space.network(channels=2, cells=1, **data.dimensions)
    images, labels = fsnas.comparison_batches(data, batch_size=32, batches=1)[0]
    mixture = ForwardContext(mixing_gates(space.full()))
    assert torch.equal(supernet(images), supernet(images, mixture)) and supernet(images).shape == (len(labels), 10)
    record = fsnas.train(supernet, data, fsnas.Recipe(epochs=1, batch_size=256, valid_batches=1), device="cpu")
    architecture = np.array([[3, 3, 3, 3, 3, 3]])
    loss, accuracy = fsnas.evaluate_architectures(supernet, architecture, [(images, labels)])
    assert record.epoch == [1] and np.isfinite(loss).all() and 0 <= accuracy[0] <= 1


def test_what_was_looked_at_in_inference_mode_can_be_trained_and_scored_afterwards():
    """Of all that is made once and kept nothing may be made for inference alone."""
    data, space = fsnas.make_dataset("digits"), fsnas.spaces.load("nas-bench-201")
    supernet = space.network(channels=3, cells=1, **data.dimensions)
    with torch.inference_mode():
        supernet(fsnas.comparison_batches(data, batch_size=32, batches=1)[0][0])
    fsnas.train(supernet, data, fsnas.Recipe(epochs=1, batch_size=256, valid_batches=1))
    assert np.isfinite(fsnas.score(supernet, data, "random").affinity).all()


def test_an_unknown_name_is_an_error_that_lists_the_known_ones():
    with pytest.raises(AttributeError, match="module 'fsnas' has no attribute 'trian'; it has metrics, policies, "):
        fsnas.trian  # noqa: B018
