"""Is a card right, deterministic and busy? One JSON line an answer, from torch, numpy, h5py and annotated-types.

Neither Snakemake nor Optuna is needed.

python -m benchmarks.card [--device cuda] [--channels 16 --cells 5 --batch 64 --side 32] [--minutes 8]

The parts run in this order; one that fails prints its error, and those that no time is left for are named.
"""

import argparse
import hashlib
import itertools
import json
import os
import subprocess
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812

import fsnas.training.loop
from benchmarks.sizes import PATH, Size
from fsnas.artifacts.training_state import StateFile
from fsnas.data.batches import evaluation_batches
from fsnas.data.dataset import Dataset
from fsnas.devices import prepare
from fsnas.errors import Stopped
from fsnas.lineage.commit import commit
from fsnas.metrics import known, load, metric_spec
from fsnas.networks.forward import ForwardContext
from fsnas.networks.gates import mixing_gates, path_gates, perturb
from fsnas.networks.shared_weights import evaluate_architectures
from fsnas.networks.supernet import GatedSupernet
from fsnas.training.loop import train
from fsnas.training.passes import Passes, RecordedPass
from fsnas.training.recipe import SAMPLINGS, Recipe
from tests.reference.plain import plain_network
from tests.support.problems import supernet
from tests.support.space import EDGES, OPERATIONS, SPACE
from workflow_scripts._environment import defaults

ROOT = Path(__file__).resolve().parent.parent
Facts = dict[str, Any]


def wait(device: torch.device) -> float:
    """Return the time once the device has done what it was asked for."""
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


def seconds(work: Callable[[], Any], device: torch.device, rounds: int) -> float:
    """Return the median time of ``work``, after two rounds to warm up."""
    taken = []
    for _ in range(rounds + 2):
        before = wait(device)
        work()
        taken.append(wait(device) - before)
    return float(np.median(taken[2:]))


def metrics(size: Size, device: torch.device) -> Iterator[Facts]:
    """Every metric on the device and on the CPU, both against the CPU in float64 on the same weights."""
    batch = size.repetition()
    short = {"ntk": {"samples": min(8, size.batch)}}
    for name in known():
        function, options = load(name), short.get(name, {})

        def value(where: torch.device, dtype: torch.dtype, name=name, function=function, options=options) -> np.ndarray:
            network = size.model().network.to(where, dtype)
            moved = replace(
                batch,
                images=batch.images.to(where, dtype),
                labels=batch.labels.to(where),
                draw_crops=lambda samples, seed: batch.draw_crops(samples, seed).to(where),
                _drawn={},
            )
            models = [GatedSupernet(network, perturb(mixing_gates(SPACE.full()), 0, o)) for o in (1, 3)]
            if metric_spec(name).kind == "affinity":
                return np.asarray(function(models, 0, moved, **options))
            return np.array([function(model, moved, **options) for model in models])

        exact = value(torch.device("cpu"), torch.float64)
        found = {where: value(torch.device(where), torch.float32) for where in dict.fromkeys(("cpu", device.type))}
        scale = np.abs(exact).max() or 1.0
        yield {"metric": name} | {
            f"error_{where}": float(np.abs(value - exact).max() / scale) for where, value in found.items()
        }


def batch_norm(size: Size, device: torch.device) -> Iterator[Facts]:
    """The largest error of BatchNorm against float64, on normal and on half-constant inputs."""
    from fsnas.networks.kernels import batch_norm as ours

    drawn = torch.Generator().manual_seed(0)
    normal = torch.randn(size.batch, size.channels, size.side, size.side, generator=drawn)
    for name, x in {"normal": normal, "half constant": normal.relu() * 2 + 0.3}.items():
        one, none = torch.ones(size.channels), torch.zeros(size.channels)
        exact = ours(x.double(), one.double(), none.double())
        found = ours(x.to(device), one.to(device), none.to(device)).cpu().double()
        yield {"input": name, "largest_error": float((found - exact).abs().max())}


def architectures(size: Size, device: torch.device) -> Iterator[Facts]:
    """`evaluate_architectures` against a loop over the supernet: largest difference, and time of a network."""
    network = size.model().network.to(device)
    batch = size.repetition()
    images, labels = batch.images.to(device), batch.labels.to(device)
    chosen = np.random.default_rng(0).integers(0, SPACE.full().shape[1], (32, len(EDGES)))

    @torch.no_grad()
    def loop() -> np.ndarray:
        return np.array(
            [
                F.cross_entropy(GatedSupernet(network, path_gates(a, len(OPERATIONS)))(images), labels).item()
                for a in chosen
            ]
        )

    for together in (None, 4, 16):
        found = evaluate_architectures(network, chosen, [(images, labels)], together=together)[0]
        ours = seconds(
            lambda together=together: evaluate_architectures(network, chosen, [(images, labels)], together=together),
            device,
            3,
        )
        yield {"together": together, "largest_error": float(np.abs(found / loop() - 1).max())} | {
            "ms_a_network": 1e3 * ours / len(chosen),
            "ms_in_a_loop": 1e3 * seconds(loop, device, 3) / len(chosen),
        }


def noise(images: int, side: int) -> Dataset:
    """Return a data set of noise whose brightness tells its four classes."""
    rng, labels = np.random.default_rng(0), np.arange(images) % 4
    drawn = (rng.integers(0, 100, (images, 3, side, side)) + 40 * labels[:, None, None, None]).astype(np.uint8)
    parts = np.split(np.arange(images), [images // 2])
    splits = {"train": parts[0], "valid": parts[1], "test": parts[1][:0]}
    return Dataset("noise", drawn, labels, tuple("abcd"), splits, *(np.full(3, v) for v in (0.4, 0.25)))


def trained(
    size: Size,
    device: torch.device,
    sampling: str,
    *,
    state: Path | None = None,
    stop: Callable[[], str] = lambda: "",
    steps: int = 4,
) -> str:
    """Return a digest of the weights and the history of a training of two epochs of so many steps."""
    network = supernet(channels=size.channels, cells=1, classes=4, seed=0)
    record = train(
        network,
        noise(2 * steps * size.batch, size.side),
        Recipe(sampling=sampling, epochs=2, batch_size=size.batch),
        seed=1,
        device=device,
        state=StateFile(state, "card") if state else None,
        stop=stop,
    )
    bits = b"".join(tensor.cpu().numpy().tobytes() for tensor in network.state_dict().values())
    return hashlib.sha256(bits + json.dumps(record.as_dict()).encode()).hexdigest()[:16]


def at_step(number: int, act: Callable[[], str]) -> Callable[[], str]:
    """Return what a training asks after each step: after step ``number`` it is ``act``."""
    asked = itertools.count(1)
    return lambda: act() if next(asked) == number else ""


def unrecorded() -> Any:
    """Return a context in which no pass of a training is recorded."""
    return patch.object(fsnas.training.loop, "RecordedPass", lambda network, progress: Passes(network))


def trainings(size: Size, device: torch.device) -> Iterator[Facts]:
    """Are trainings the same bits: again, without recorded passes, stopped and resumed, and four at once?"""
    for sampling in ("superposition", "fair"):
        first = trained(size, device, sampling)
        again = trained(size, device, sampling)
        with unrecorded():
            one_by_one = trained(size, device, sampling)
        with TemporaryDirectory() as folder:
            state = Path(folder, "state.pt")
            try:
                trained(size, device, sampling, state=state, stop=at_step(6, lambda: "the benchmark"))
            except Stopped:
                resumed = trained(size, device, sampling, state=state)
        same = {"again": again, "one_by_one": one_by_one, "resumed": resumed}
        yield {"sampling": sampling} | {how: digest == first for how, digest in same.items()}
    found = set(processes(size, device, 4, "print(trained(size, device, 'superposition'))"))
    yield {"four_at_once": found == {trained(size, device, "superposition")}}


def processes(size: Size, device: torch.device, count: int, program: str) -> list[str]:
    """Return what ``count`` processes print that run ``program`` at the same time on the device."""
    sizes = (size.channels, size.cells, size.batch, size.side)
    told = f"size, device = Size(*{sizes}), prepare({device.type!r}, {torch.get_num_threads()})"
    command = [sys.executable, "-c", f"from benchmarks.card import *; {told}; {program}"]
    running = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(count)]
    return [process.communicate()[0].strip() for process in running]


def waits(size: Size, device: torch.device) -> Iterator[Facts]:
    """Does a steady step of a training make the host wait? CUDA raises an error where it knows that one does."""

    def mode(name: str) -> str:
        if device.type == "cuda":
            torch.cuda.set_sync_debug_mode(name)
        return ""

    for sampling in SAMPLINGS:
        first, last = at_step(3, lambda: mode("error")), at_step(8, lambda: mode("default"))
        try:
            trained(size, device, sampling, stop=lambda first=first, last=last: first() or last(), steps=10)
        finally:
            mode("default")
        yield {"sampling": sampling, "waits_in_five_steps": 0}


def step_of(model: GatedSupernet, network: Any, images: torch.Tensor, labels: torch.Tensor) -> Callable[[], None]:
    """Return a step, forward and backward, of ``network``: ``model`` or its plain twin."""
    weights = list((model.network if network is model else network).parameters())

    def step() -> None:
        for weight in weights:
            weight.grad = None
        F.cross_entropy(network(images), labels).backward()

    return step


def pass_of(
    model: GatedSupernet, images: torch.Tensor, labels: torch.Tensor, say: Callable[[str], Any]
) -> Callable[[], Any]:
    """Return forward and backward as a training does them: on a card recorded."""
    passes = RecordedPass(model.network, say) if images.is_cuda else Passes(model.network)
    return partial(passes, images, labels, ForwardContext(model.gates))


def steps(size: Size, device: torch.device) -> Iterator[Facts]:
    """Seconds of a step beside the plain cell and the kernels' own time; launches, waits and memory."""
    batch = size.repetition()
    images, labels = batch.images.to(device), batch.labels.to(device)
    for name, gates in {"superposition": None, "path": path_gates(PATH, len(OPERATIONS))}.items():
        model = size.model(gates)
        model.network.to(device)
        twin = plain_network(model).to(device)
        facts: Facts = {"gates": name}
        for who, network in {"ours": model, "plain": twin}.items():
            step = step_of(model, network, images, labels)
            facts[f"ms_{who}"] = 1e3 * seconds(step, device, 10)
            if device.type == "cuda":
                facts |= {f"{fact}_{who}": value for fact, value in on_card(step).items()}
        training_step = pass_of(model, images, labels, facts.setdefault("problems", []).append)
        facts["ms_recorded"] = 1e3 * seconds(training_step, device, 10)
        yield facts


def on_card(step: Callable[[], None]) -> Facts:
    """Return what a card did in a step: kernels, their time, waits of the host, and peak memory."""
    from torch.profiler import ProfilerActivity, profile

    torch.cuda.reset_peak_memory_stats()
    with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as seen:
        step()
        torch.cuda.synchronize()
    kernels = [e for e in seen.events() if e.device_type == torch.autograd.DeviceType.CUDA]
    copies = [e for e in kernels if "Memcpy" in e.name]
    torch.cuda.set_sync_debug_mode("warn")
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        step()
    torch.cuda.set_sync_debug_mode("default")
    return {
        "launches": len(kernels) - len(copies),
        "copies": len(copies),
        "ms_of_kernels": sum(e.device_time for e in kernels) / 1e3,
        "waits": sum("synchroniz" in str(w.message) for w in warned),
        "MB": torch.cuda.max_memory_allocated() / 1e6,
    }


def scores(size: Size, device: torch.device) -> Iterator[Facts]:
    """Seconds of each metric on one perturbed supernet (of gm: of the two operations of an edge)."""
    batch = size.repetition()
    moved = replace(batch, images=batch.images.to(device), labels=batch.labels.to(device), _drawn={})
    moved = replace(moved, draw_crops=lambda samples, seed: batch.draw_crops(samples, seed).to(device))
    models = size.perturbed()[:2]
    models[0].network.to(device)
    for name in known():
        function = load(name)
        affinity = metric_spec(name).kind == "affinity"

        def score(function=function, affinity=affinity) -> Any:
            return function(models, 0, moved) if affinity else function(models[0], moved)

        yield {"metric": name, "ms": 1e3 * seconds(score, device, 1 if name == "ntk" else 3)}


def step_times(size: Size, device: torch.device, sampling: str, epochs: int) -> list[float]:
    """Return the milliseconds of a whole training step at twice the batch, with data and optimiser, of every epoch."""
    recipe = Recipe(sampling=sampling, epochs=epochs + 1, batch_size=2 * size.batch, valid_batches=1)
    network, lines = supernet(channels=size.channels, cells=size.cells, classes=4, seed=0), []
    dataset = noise(40 * size.batch, size.side)
    train(network, dataset, recipe, seed=1, device=device, progress=lambda line: lines.append(wait(device)))
    return [1e3 * (after - before) / 10 for before, after in itertools.pairwise(lines)]


def training(size: Size, device: torch.device) -> Iterator[Facts]:
    """Milliseconds of a whole training step of C 16, N 5, batch 128, of the data of one, and of several at once."""
    with unrecorded():
        yield {
            "sampling": "superposition",
            "recorded": False,
            "ms_a_step": step_times(size, device, "superposition", 1),
        }
    for sampling in SAMPLINGS:
        yield {"sampling": sampling, "ms_a_step": step_times(size, device, sampling, 1)}
    before = wait(device)
    batches = list(
        evaluation_batches(noise(40 * size.batch, size.side), "valid", batch_size=2 * size.batch, seed=0, device=device)
    )
    yield {"ms_a_batch_of_data": 1e3 * (wait(device) - before) / len(batches)}


def pieces(size: Size, device: torch.device) -> Iterator[tuple[str, Callable[[], Any]]]:
    """What jobs are made of: a step on the mixture at twice the batch, a score of gradnorm, a step on a path."""
    batch, double = size.repetition(), replace(size, batch=2 * size.batch).repetition()
    model, path = size.model(), size.model(path_gates(PATH, len(OPERATIONS)))
    for each in (model, path):
        each.network.to(device)
    yield "steps", pass_of(model, double.images.to(device), double.labels.to(device), print)
    perturbed = GatedSupernet(model.network, perturb(model.gates, 0, 1))
    moved = replace(batch, images=batch.images.to(device), labels=batch.labels.to(device), _drawn={})
    yield "scores", partial(load("gradnorm"), perturbed, moved)
    yield "paths", step_of(path, path, moved.images, moved.labels)


def counted(size: Size, device: torch.device, folder: str, count: int, length: float = 3.0) -> str:
    """Return how many of each piece were done in a second, as JSON, counted while ``count`` processes do the same."""

    def meet(name: str) -> None:
        Path(folder, f"{name}-{os.getpid()}").touch()
        while len([*Path(folder).glob(f"{name}-*")]) < count:
            time.sleep(0.01)

    found = {}
    for name, work in pieces(size, device):
        for _ in range(3):
            work()
        wait(device)
        meet(f"{name} begin")
        start, done = time.perf_counter(), 0
        while time.perf_counter() - start < length:
            work()
            wait(device)
            done += 1
        found[name] = done / (time.perf_counter() - start)
        meet(f"{name} end")
    return json.dumps(found)


def together(
    size: Size, device: torch.device, counts: tuple[int, ...] = (1, 2, 4, 10), length: float = 3.0
) -> Iterator[Facts]:
    """How much processes on the device do together in a second; NVIDIA's MPS runs them side by side where it runs."""
    for count in counts:
        with TemporaryDirectory() as folder:
            lines = processes(size, device, count, f"print(counted(size, device, {folder!r}, {count}, {length}))")
        each = [json.loads(line) for line in lines]
        yield {"at_once": count} | {name: sum(one[name] for one in each) for name in each[0]}


PARTS = (metrics, batch_norm, architectures, trainings, waits, steps, scores, training, together)


def main(arguments: list[str] | None = None, write: Callable[[str], Any] = print) -> None:
    """Print the facts of every part, each under its name."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.card", description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cuda", choices=("cuda", "cpu"))
    parser.add_argument("--minutes", type=float, default=8.0)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="of the CPU, for what is compared")
    for name, default in {"channels": 16, "cells": 5, "batch": 64, "side": 32}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--parts", nargs="+", default=[part.__name__ for part in PARTS])
    asked = parser.parse_args(arguments)
    end = time.monotonic() + 60 * asked.minutes
    defaults(os.environ)
    device = prepare(asked.device, asked.threads)
    size = Size(asked.channels, asked.cells, asked.batch, asked.side)
    card = torch.cuda.get_device_name() if device.type == "cuda" else "cpu"
    write(json.dumps({"device": card, "torch": torch.__version__, "commit": commit(), **vars(size)}))
    for part in PARTS:
        if part.__name__ not in asked.parts:
            continue
        start = time.monotonic()
        if start > end:
            write(json.dumps({"part": part.__name__, "left_out": "no time is left"}))
            continue
        try:
            for facts in part(size, device):
                write(json.dumps({"part": part.__name__} | facts))
        except Exception:
            write(json.dumps({"part": part.__name__, "error": traceback.format_exc()}))
        write(json.dumps({"part": part.__name__, "seconds": round(time.monotonic() - start, 1)}))


if __name__ == "__main__":
    main()
