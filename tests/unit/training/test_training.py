"""Training: the gates it samples, the steps it takes, and that stopping and resuming changes no bit."""

import dataclasses
import functools
import random
import re
import zipfile

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

import fsnas.devices
import fsnas.training.loop
import fsnas.training.state
from fsnas.artifacts.checkpoint import write_checkpoint
from fsnas.artifacts.training_state import StateFile
from fsnas.data.dataset import Dataset
from fsnas.errors import FsnasError, Stopped
from fsnas.networks.cells import CellSupernet
from fsnas.networks.forward import ForwardContext
from fsnas.spaces.cell import CellSize
from fsnas.training.loop import evaluate, train
from fsnas.training.passes import Passes
from fsnas.training.paths import sample_gates
from fsnas.training.recipe import SAMPLINGS, Recipe
from fsnas.training.record import Record, TrainingCost
from tests.reference import training as twin
from tests.support.problems import random_network, random_space
from tests.support.space import EDGES, OPERATIONS, SPACE

CPU = torch.device("cpu")
ON_A_CARD = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a card")
DEVICES = [CPU, pytest.param(torch.device("cuda"), marks=ON_A_CARD)]
RECIPE = Recipe(epochs=3, batch_size=13, lr=0.05, crop_padding=1)
SPACES = {"full": SPACE.full(), "restricted": random_space(np.random.default_rng(2))}


class Double(CellSupernet):
    """The supernet in float64, whatever the images are."""

    def forward(self, x, context: ForwardContext):
        return super().forward(x.double(), context)


def data():
    """Four noisy patterns: 28 images train (2 batches of 13, 2 images left over), 13 validate."""
    rng = np.random.default_rng(0)
    labels = np.arange(41) % 4
    patterns = rng.integers(0, 200, (4, 1, 8, 8))
    images = (patterns[labels] + rng.integers(0, 56, (41, 1, 8, 8))).astype(np.uint8)
    splits = {"train": np.arange(28), "valid": np.arange(28, 41), "test": np.arange(0)}
    mean, std = images.mean(keepdims=True).ravel() / 255, images.std(keepdims=True).ravel() / 255
    return Dataset("patterns", images, labels, tuple("abcd"), splits, mean, std)


def bits(network):
    return {name: tensor.cpu().numpy().tobytes() for name, tensor in network.state_dict().items()}


def trained(recipe=RECIPE, *, seed=5, weights=1, **options):
    network = random_network(weights)
    options = {"device": CPU} | options
    record = train(network, data(), recipe, seed=seed, **options)
    return network, record


# The gates of one step


@pytest.mark.parametrize("mixing", ["mean", "sum"])
@pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)
def test_superposition_trains_the_mixture(space, mixing):
    (gates,) = sample_gates(space, Recipe(mixing=mixing), np.random.default_rng(0))
    expected = [[on / (sum(row) if mixing == "mean" else 1) for on in row] for row in space.tolist()]
    assert gates.tolist() == expected


@pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)
def test_uniform_takes_every_enabled_operation_equally_often(space):
    rng, recipe = np.random.default_rng(0), Recipe(sampling="uniform")
    steps = [sample_gates(space, recipe, rng) for _ in range(2000)]
    assert all(len(paths) == 1 for paths in steps)
    gates = np.array([paths[0] for paths in steps])
    assert set(np.unique(gates)) == {0.0, 1.0} and (gates.sum(axis=2) == 1).all()
    counts = gates.sum(axis=0)
    assert (counts[~space] == 0).all()
    choices = [row[held] for row, held in zip(counts, space, strict=True) if held.sum() > 1]
    assert min(chisquare(choice).pvalue for choice in choices) > 1e-3 and len(choices) > 2


@pytest.mark.parametrize("sampling", ["uniform", "fair"])
def test_operations_of_two_edges_meet_at_random(sampling):
    rng, recipe = np.random.default_rng(1), Recipe(sampling=sampling)
    paths = np.array([sample_gates(SPACE.full(), recipe, rng)[0].argmax(axis=1) for _ in range(4000)])
    pairs = np.array([np.bincount(5 * paths[:, a] + paths[:, b], minlength=25) for a in range(6) for b in range(a)])
    assert chisquare(pairs, axis=1).pvalue.min() > 1e-3


def test_fair_uses_every_operation_of_every_edge_once():
    rng, recipe = np.random.default_rng(0), Recipe(sampling="fair")
    for _ in range(50):
        paths = sample_gates(SPACE.full(), recipe, rng)
        assert len(paths) == len(OPERATIONS)
        assert all((gates.sum(axis=1) == 1).all() for gates in paths)
        assert (np.sum(paths, axis=0) == 1).all()


@pytest.mark.parametrize("seed", range(5))
def test_fair_on_a_restricted_space_leaves_no_operation_out(seed):
    rng, recipe = np.random.default_rng(seed), Recipe(sampling="fair")
    space = random_space(rng)
    for _ in range(20):
        paths = sample_gates(space, recipe, rng)
        used = np.sum(paths, axis=0)
        assert len(paths) == space.sum(axis=1).max()
        assert all((gates.sum(axis=1) == 1).all() for gates in paths)
        assert (used[~space] == 0).all()
        for row, held in zip(used, space, strict=True):
            assert row[held].min() >= 1 and row[held].max() - row[held].min() <= 1


def test_an_unknown_sampling_is_named():
    with pytest.raises(FsnasError, match=r"sampling is 'spos', expected one of \['superposition', 'uniform', 'fair'\]"):
        sample_gates(SPACE.full(), Recipe(sampling="spos"), np.random.default_rng(0))


# The steps

RECIPES = {
    "superposition": Recipe(),
    "superposition, clipped": Recipe(grad_clip=0.1),
    "superposition, sum": Recipe(mixing="sum", lr=0.02),
    "no momentum, no decay": Recipe(momentum=0.0, weight_decay=0.0),
    "uniform": Recipe(sampling="uniform"),
    "fair": Recipe(sampling="fair", grad_clip=1.0),
    "one validation batch": Recipe(valid_batches=1, flip=False, weight_decay=0.1),
}
OWN = {"epochs": 3, "batch_size": 13, "crop_padding": 1}


@pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)
@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_training_equals_the_formulas_in_float64(recipe, space):
    recipe = dataclasses.replace(recipe, **OWN)
    fast, slow = (
        Double(SPACE, SPACE.full(), CellSize(2, 1), classes=4, in_channels=1, seed=3).double() for _ in range(2)
    )
    before = {name: p.detach().clone() for name, p in slow.named_parameters()}
    record = train(fast, data(), recipe, sub_space=space, seed=7, device=CPU).as_dict()
    expected = twin.train(slow, data(), recipe, space=space, seed=7)
    assert list(record) == list(expected)
    for column, values in expected.items():
        np.testing.assert_allclose(record[column], values, rtol=1e-10, err_msg=column)
    for (name, found), weight in zip(fast.named_parameters(), slow.parameters(), strict=True):
        torch.testing.assert_close(found, weight, rtol=1e-10, atol=1e-10, msg=name)
    assert not torch.equal(fast.stem.weight, before["stem.weight"])


def test_one_step_in_float32_equals_the_formulas():
    recipe = dataclasses.replace(RECIPE, epochs=1, batch_size=28, lr=0.1)
    fast, slow = random_network(1), random_network(1)
    train(fast, data(), recipe, seed=7, device=CPU)
    twin.train(slow, data(), recipe, space=SPACE.full(), seed=7)
    for (name, found), weight in zip(fast.named_parameters(), slow.parameters(), strict=True):
        torch.testing.assert_close(found, weight, rtol=1e-5, atol=1e-6, msg=name)


def test_disabled_operations_do_not_move():
    space, before = SPACES["restricted"], bits(random_network(1))
    after = bits(trained(sub_space=space)[0])
    for name, value in after.items():
        edge, _, operation = name.rpartition(".")[2].partition(":")
        disabled = operation in OPERATIONS and not space[EDGES.index(edge), OPERATIONS.index(operation)]
        assert (value == before[name]) == disabled, name


def test_the_space_of_the_network_is_the_default():
    space = SPACES["restricted"]
    networks = [random_network(1, space) for _ in range(2)]
    ways = zip(networks, ({}, {"sub_space": space}), strict=True)
    records = [train(network, data(), RECIPE, seed=5, device=CPU, **options) for network, options in ways]
    assert bits(networks[0]) == bits(networks[1]) and records[0] == records[1]


# The same numbers, whatever happens


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_the_seed_decides_every_bit(sampling, device):
    recipe = dataclasses.replace(RECIPE, sampling=sampling)
    (a, first), (b, second), (c, third) = (trained(recipe, seed=seed, device=device) for seed in (5, 5, 6))
    assert bits(a) == bits(b) and first == second
    assert first.loss != third.loss
    assert all(bits(a)[name] != bits(c)[name] for name in ("stem.weight", "classifier.weight"))


class ReadsBack(CellSupernet):
    """A supernet that no CUDA graph can hold: it reads a number back from the card."""

    def forward(self, x, context: ForwardContext):
        return super().forward(x * (1 + 0 * x.sum().item()), context)


@ON_A_CARD
@pytest.mark.parametrize("kind", [CellSupernet, ReadsBack])
def test_recorded_passes_are_the_same_bits_as_passes_one_by_one(kind, monkeypatch):
    def run():
        lines: list[str] = []
        size = {"classes": 4, "in_channels": 1, "seed": 1}
        network = kind(SPACE, SPACE.full(), CellSize(channels=2, cells=1), **size)
        record = train(network, data(), RECIPE, seed=5, device=torch.device("cuda"), progress=lines.append)
        return bits(network), record, [line for line in lines if "cannot be recorded" in line]

    weights, record, said = run()
    assert len(said) == (kind is ReadsBack)
    monkeypatch.setattr(fsnas.training.loop, "RecordedPass", lambda network, progress: Passes(network))
    assert run() == (weights, record, [])


def test_the_generators_of_the_caller_are_left_alone():
    before = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()
    trained(dataclasses.replace(RECIPE, sampling="fair"))
    assert torch.equal(before[0], torch.get_rng_state())
    assert (before[1] == np.random.get_state()[1]).all() and before[2] == random.getstate()


class KilledError(Exception):
    pass


def kill_at(epochs, lines):
    def progress(line):
        lines.append(line)
        if line.startswith(tuple(f"epoch {epoch}/" for epoch in epochs)):
            raise KilledError

    return progress


def stopped_and_resumed(recipe, state, stops, device=CPU):
    """Kill a training as each epoch of ``stops`` is reported, before its state is kept; return all lines, too.

    Each attempt starts from weights of its own, so whatever it ends with comes from the state.
    """
    lines: list[str] = []
    options = {"state": StateFile(state, "k"), "device": device}
    for attempt, epoch in enumerate(stops):
        weights = 1 if attempt == 0 else 40 + attempt
        with pytest.raises(KilledError):
            trained(recipe, weights=weights, progress=kill_at([epoch], lines), **options)
        assert state.exists() == (epoch > 1)
    return *trained(recipe, weights=1 if stops[-1] == 1 else 99, progress=lines.append, **options), lines


@functools.cache
def never_stopped(recipe, device):
    return trained(recipe, device=device)


def stopped_after(recipe, state, steps, device=CPU):
    """Ask a training to stop after each number of ``steps``, and go on; return what it ends with, and the lines."""
    lines: list[str] = []
    options = {"state": StateFile(state, "k"), "device": device, "progress": lines.append}
    for attempt, count in enumerate(steps):
        asked = iter([""] * (count - 1) + ["a test"])
        with pytest.raises(Stopped, match=r"stopped by a test in epoch \d, after step \d; the state is kept in "):
            trained(
                recipe, weights=1 if attempt == 0 else 40 + attempt, stop=lambda asked=asked: next(asked), **options
            )
    return *trained(recipe, weights=99, **options), lines


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("steps", [(1,), (2,), (3,), (1, 1, 1, 1), (4, 1)], ids=str)
@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_a_training_that_was_asked_to_stop_goes_on_from_that_step(sampling, steps, device, tmp_path):
    recipe = dataclasses.replace(RECIPE, sampling=sampling, batch_size=8)  # three steps an epoch
    expected, record = never_stopped(recipe, device)
    found, resumed, lines = stopped_after(recipe, tmp_path / "state.pt", steps, device)
    assert bits(found) == bits(expected) and resumed == record
    assert sum(line.startswith("epoch") for line in lines) == recipe.epochs, "no epoch is done twice"
    epoch, step = divmod(sum(steps), 3) if sum(steps) % 3 else (sum(steps) // 3 - 1, 3)
    said = [line for line in lines if line.startswith("resuming")]
    assert said[-1] == f"resuming after epoch {epoch}, step {step} of the next one, from {tmp_path / 'state.pt'}"


def test_a_training_without_a_state_stops_too():
    with pytest.raises(Stopped, match="stopped by a test in epoch 1, after step 1$"):
        trained(stop=lambda: "a test")


STOPS = [(1,), (2,), (3,), (2, 2, 3)]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("stops", STOPS, ids=str)
@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_a_resumed_training_ends_like_one_that_was_never_stopped(sampling, stops, device, tmp_path):
    recipe, state = dataclasses.replace(RECIPE, sampling=sampling), tmp_path / "deep" / "state.pt"
    expected, record = never_stopped(recipe, device)
    found, resumed, lines = stopped_and_resumed(recipe, state, stops, device)
    assert bits(found) == bits(expected) and resumed == record
    if stops != (1,):
        assert f"resuming after epoch {stops[-1] - 1} from {state}" in lines
    assert list(state.parent.iterdir()) == [state]


def test_a_training_whose_result_was_lost_is_not_repeated(tmp_path):
    whole, record = trained(state=StateFile(tmp_path / "state.pt", "k"))
    lines: list[str] = []
    again, resumed = trained(weights=9, state=StateFile(tmp_path / "state.pt", "k"), progress=lines.append)
    assert bits(again) == bits(whole) and resumed == record and len(lines) == 1


def flipped(state):
    with zipfile.ZipFile(state) as archive:
        part = archive.read(max(archive.infolist(), key=lambda info: info.file_size))
    content = bytearray(state.read_bytes())
    content[content.index(part) + len(part) // 2] ^= 4  # not in the zip's own headers, which nobody reads
    state.write_bytes(content)


UNFIT = {
    "other key": (lambda state: torch.save(torch.load(state) | {"key": "other"}, state), "made by other settings"),
    "no key": (lambda state: torch.save({"record": {}}, state), "made by other settings"),
    "truncated": (
        lambda state: state.write_bytes(state.read_bytes()[: state.stat().st_size // 2]),
        "not a readable checkpoint",
    ),
    "a list": (lambda state: torch.save([1, 2], state), "holds a list, expected a dict"),
    "a flipped bit": (flipped, "the checksum of its part '.*' is wrong"),
}


@pytest.mark.parametrize(("spoil", "message"), UNFIT.values(), ids=UNFIT)
def test_an_unfit_state_is_ignored(spoil, message, tmp_path):
    state, lines = tmp_path / "state.pt", []
    with pytest.raises(KilledError):
        trained(state=StateFile(state, "k"), weights=8, progress=kill_at([3], []))
    spoil(state)
    network, record = trained(state=StateFile(state, "k"), progress=lines.append)
    expected, whole = trained()
    assert bits(network) == bits(expected) and record == whole
    assert re.search(rf"state\.pt.* {message}.*; training starts from the beginning$", lines[0]), lines[0]


# What is reported


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_every_epoch_is_recorded_and_reported(sampling):
    lines: list[str] = []
    recipe = dataclasses.replace(RECIPE, sampling=sampling)
    _, record = trained(recipe, progress=lines.append)
    kinds = {name: {type(value) for value in values} for name, values in record.as_dict().items()}
    assert kinds.pop("epoch") == kinds.pop("samples") == {int} and set.union(*kinds.values()) == {float}
    columns = (record.loss, record.accuracy, record.valid_loss, record.valid_accuracy)
    for i, (line, loss, accuracy, valid_loss, valid_accuracy) in enumerate(zip(lines, *columns, strict=True)):
        expected = f"epoch {i + 1}/3  loss {loss:.4f}  accuracy {accuracy:.3f}  valid loss {valid_loss:.4f}  "
        assert re.fullmatch(re.escape(f"{expected}valid accuracy {valid_accuracy:.3f}") + r"  \d+ s left", line), line
    assert len(lines) == 3 and lines[-1].endswith("  0 s left")


def test_the_time_left_is_that_of_the_epochs_since_the_start(monkeypatch, tmp_path):
    """Epochs of 10 s each; the resumed training must not count the epochs that it did not run."""
    clock = iter(range(0, 1000, 10))
    monkeypatch.setattr(fsnas.training.state.time, "monotonic", lambda: next(clock))
    recipe, state, lines = dataclasses.replace(RECIPE, epochs=4), tmp_path / "state.pt", []
    with pytest.raises(KilledError):
        trained(recipe, state=StateFile(state, ""), progress=kill_at([2], lines))
    _, record = trained(recipe, state=StateFile(state, ""), progress=lines.append)
    assert [line.rpartition("  ")[2] for line in lines if line.startswith("epoch")] == [
        *("30 s left", "20 s left"),
        *("20 s left", "10 s left", "0 s left"),
    ]
    assert record.seconds == 40.0  # of the kept epoch 1, and of the three after it; the lost one counts for nothing


def test_no_epoch_is_no_training(tmp_path):
    network, record = trained(dataclasses.replace(RECIPE, epochs=0), state=StateFile(tmp_path / "state.pt", ""))
    assert bits(network) == bits(random_network(1)) and record.epoch == []
    assert record.cost("cpu", "k") == TrainingCost(0, 0.0, 0, "cpu", "k", 0.0)


def test_evaluation_is_the_same_at_every_call_and_changes_nothing():
    network, recipe = random_network(1), dataclasses.replace(RECIPE, sampling="uniform")
    before = bits(network)
    first, second = (evaluate(network, data(), recipe, sub_space=SPACE.full(), seed=3, device=CPU) for _ in range(2))
    assert first == second and bits(network) == before
    assert all(parameter.grad is None for parameter in network.parameters())


@functools.cache
def with_test_part():
    """The data with 21 of its images as the test part, which no batch size here divides."""
    return dataclasses.replace(data(), splits=data().splits | {"test": np.arange(5, 26)})


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("valid_batches", [0, 2])
@pytest.mark.parametrize("part", ["valid", "test"])
def test_evaluation_of_a_part_equals_the_formulas_in_float64(part, valid_batches, sampling):
    network = Double(SPACE, SPACE.full(), CellSize(2, 1), classes=4, in_channels=1, seed=3).double()
    recipe = dataclasses.replace(RECIPE, sampling=sampling, batch_size=6, valid_batches=valid_batches)
    space = SPACE.full()
    found = evaluate(network, with_test_part(), recipe, sub_space=space, seed=3, device=CPU, part=part)
    expected = twin.evaluate(network, with_test_part(), recipe, space, 3, part)
    np.testing.assert_allclose(found, expected, rtol=1e-10)
    assert [type(value) for value in found] == [float, float]


def test_validation_is_the_default_and_the_test_part_decides_no_step():
    network, other = random_network(1), random_network(1)
    options = {"sub_space": SPACE.full(), "seed": 3, "device": CPU}
    parts = ({}, {"part": "valid"}, {"part": "test"})
    default, valid, test = (evaluate(network, with_test_part(), RECIPE, **options, **part) for part in parts)
    assert default == valid != test
    train(other, with_test_part(), RECIPE, seed=5, device=CPU)
    assert bits(other) == bits(trained()[0])


# What it took


@pytest.mark.parametrize("device", ["cpu", "cuda", "cuda:1"])
def test_the_cost_of_a_training_adds_up_its_record(device):
    record = Record(seconds=12.5, device_seconds=8.5)
    record.add(1, 2.0, 0.25, 1.5, 0.5, 260)
    record.add(2, 1.0, 0.5, 1.25, 0.5, 130)
    assert record.cost(torch.device(device).type, "k") == TrainingCost(2, 12.5, 390, device.partition(":")[0], "k", 8.5)


def ticking(monkeypatch, step):
    """Let every look at the clock be ``step`` seconds after the one before, and half as much at the processor's."""
    clock, spent = iter(range(0, 10_000 * step, step)), iter(range(0, 5_000 * step, step // 2))
    monkeypatch.setattr(fsnas.training.state.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(fsnas.devices.time, "process_time", lambda: next(spent))


def test_the_clock_changes_no_byte_of_a_checkpoint(monkeypatch, tmp_path):
    records = []
    for step in (10, 70):
        ticking(monkeypatch, step)
        network, record = trained()
        about = {"key": "k", "settings": {}, "seed": 5, "dataset": "patterns"}
        write_checkpoint(tmp_path / f"{step}.pt", network, record=record.as_dict(), **about)
        records.append(record)
    assert [record.seconds for record in records] == [30.0, 210.0] and records[0] == records[1]
    assert (tmp_path / "10.pt").read_bytes() == (tmp_path / "70.pt").read_bytes()


def test_seconds_and_samples_survive_an_interruption_in_the_state(monkeypatch, tmp_path):
    state = tmp_path / "state.pt"
    ticking(monkeypatch, 10)
    with pytest.raises(KilledError):
        trained(state=StateFile(state, "k"), progress=kill_at([3], []))
    kept = torch.load(state)
    assert (kept["seconds"], kept["device_seconds"]) == (20.0, 10.0) and kept["record"]["samples"] == [26, 26]
    assert not {"seconds", "device_seconds"} & set(kept["record"])
    ticking(monkeypatch, 70)
    _, record = trained(state=StateFile(state, "k"))
    assert record.cost("cpu", "k") == TrainingCost(3, 90.0, 78, "cpu", "k", 45.0)


@pytest.mark.parametrize(("device", "clock"), [("cpu", "process_time"), ("cuda", "monotonic")])
def test_the_seconds_of_a_device_are_of_processors_or_of_the_card(device, clock, monkeypatch):
    monkeypatch.setattr(fsnas.devices.time, clock, lambda: 42.0)
    assert fsnas.devices.device_clock(torch.device(device)) == 42.0


DIVERGING = {
    "a step": (dataclasses.replace(RECIPE, lr=1e30), r"the training loss is (nan|inf) in epoch 1, step 2 \(seed 5\)"),
    "the last step": (
        dataclasses.replace(RECIPE, lr=1e30, batch_size=28),
        r"the validation loss is (nan|inf) after epoch 1 \(seed 5\)",
    ),
}


@pytest.mark.parametrize("mixing", ["mean", "sum"])
@pytest.mark.parametrize(("recipe", "message"), DIVERGING.values(), ids=DIVERGING)
def test_a_loss_that_is_not_finite_says_when_and_what_to_do(recipe, message, mixing, tmp_path):
    state = tmp_path / "state.pt"
    advice = "lower supernet.lr" + (" or set supernet.mixing to mean" if mixing == "sum" else "")
    with pytest.raises(FsnasError, match=rf"^{message}; expected a finite number: {advice}$"):
        trained(dataclasses.replace(recipe, mixing=mixing), state=StateFile(state, ""))
    assert not state.exists(), "a diverged state must not be resumed"
