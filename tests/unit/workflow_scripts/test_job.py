"""What a job does with errors and logs."""

import logging
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from fsnas.artifacts.lineage import read_lineage
from fsnas.errors import ArtifactError, FsnasError
from fsnas.inspecting.describing import described
from fsnas.lineage.lineage import Lineage, key
from fsnas.metrics import load
from fsnas.networks.gates import mixing_gates
from fsnas.networks.supernet import GatedSupernet
from tests.support.damage import KINDS
from tests.support.damage import made as made_file
from tests.support.problems import random_batch, random_network
from tests.support.space import SPACE
from tests.support.users import folders_of_metrics, plain, write
from workflow_scripts import _job


@pytest.fixture(autouse=True)
def root_logger():
    """`run` takes the root logger over; afterwards nothing of it is left."""
    root = logging.getLogger()
    level = root.level
    yield
    for handler in list(root.handlers):
        if type(handler) in (logging.StreamHandler, logging.FileHandler):
            root.removeHandler(handler)
            handler.close()
    root.setLevel(level)
    logging.captureWarnings(False)


CONFIG = {"resources": {"jobs_per_card": 1}}


@pytest.fixture
def job(tmp_path):
    log = tmp_path / "logs" / "seed-0" / "scores.log"
    parts = {"input": [], "output": [], "resources": {}, "config": {"outdir": str(tmp_path)} | CONFIG}
    return SimpleNamespace(rule="scores", log=log, **parts)


def failing(error):
    def main(smk):
        _job.log.info("begun")
        raise error

    return main


def test_without_snakemake_nothing_runs():
    handlers = list(logging.getLogger().handlers)
    assert _job.run(failing(AssertionError("it ran")), None) is None
    assert logging.getLogger().handlers == handlers, "importing a script changes no logging"


def test_a_job_gets_its_snakemake_object_and_logs_to_file_and_terminal(job, capsys, monkeypatch):
    monkeypatch.setattr(_job, "SPARING", 0.0)
    seen = []

    def main(smk):
        seen.append(smk)
        _job.progress("snip, seed 0")("edge 1<-0 scored ±")
        logging.getLogger("fsnas").debug("not shown")

    _job.run(main, job)
    assert seen == [job]
    assert job.log.read_text(encoding="utf-8") == "snip, seed 0: edge 1<-0 scored ±\n"
    assert capsys.readouterr().err == "snip, seed 0: edge 1<-0 scored ±\n"


def test_a_job_writes_what_it_took_beside_its_log(job, tmp_path):
    spent = []

    def main(smk):
        before = time.process_time()
        while time.process_time() < before + 0.05:
            spent.append(b"0" * 1_000_000)

    before = time.process_time()
    _job.run(main, job)
    [path] = (tmp_path / "benchmarks").rglob("*.tsv")
    assert path == tmp_path / "benchmarks" / "seed-0" / "scores.tsv"
    names, numbers = (line.split("\t") for line in path.read_text().splitlines())
    took = dict(zip(names, map(float, numbers), strict=True))
    assert list(took) == ["s", "max_rss", "mean_load", "cpu_time"], "columns of Snakemake"
    assert took["cpu_time"] >= before + 0.04, "seconds"
    assert took["max_rss"] >= len(spent), "MB"
    assert took["mean_load"] == pytest.approx(100 * took["cpu_time"] / took["s"], rel=0.05), "percent"


def test_an_error_of_ours_ends_with_its_message_and_no_traceback(job, capsys):
    with pytest.raises(SystemExit) as ended:
        _job.run(failing(ArtifactError("supernet.pt: no such checkpoint; run snakemake to make it")), job)
    assert ended.value.code == 1
    expected = "begun\nscores: supernet.pt: no such checkpoint; run snakemake to make it\n"
    assert job.log.read_text() == expected
    assert capsys.readouterr().err == expected.removeprefix("begun\n")


def test_a_name_that_is_no_utf8_is_in_the_log_all_the_same(job):
    """Python makes a lone surrogate of such a byte, which UTF-8 cannot write."""
    with pytest.raises(SystemExit):
        _job.run(failing(FsnasError("train/caf\udce9/0.png: no image")), job)
    assert job.log.read_text(encoding="utf-8") == "begun\nscores: train/caf\\udce9/0.png: no image\n"


@pytest.mark.parametrize("error", [ValueError("shapes do not fit"), KeyError("edge"), MemoryError()], ids=repr)
def test_an_unexpected_error_has_its_traceback_in_the_log(error, job, capsys):
    with pytest.raises(SystemExit) as ended:
        _job.run(failing(error), job)
    assert ended.value.code == 1
    text = job.log.read_text()
    assert text.startswith("begun\nscores failed unexpectedly; please report this\nTraceback (most recent call last)")
    assert "test_job.py" in text and "in main" in text and type(error).__name__ in text and str(error) in text
    assert capsys.readouterr().err == text.removeprefix("begun\n")


IN_A_METRIC = {
    "an error": ("return 1 / 0", "", "line 6 (return 1 / 0), raised ZeroDivisionError: division by zero"),
    "in torch": ("return model(batch.images[0])", "", "line 6 (return model(batch.images[0])), raised"),
    "of a file": ("return open('/nowhere/w.npy')", "", "line 6 (return open('/nowhere/w.npy')), raised FileNotFound"),
    "in a helper": ("return f()", "from fsnas.metrics._mine import f", "line 7 (return f()), raised KeyError: 'x'"),
    "an import": ("return 1.0", "from math import nothing", "line 1 (from math import nothing), raised ImportError"),
    "sys.exit": ("raise SystemExit(0)", "", "raised RuntimeError: plain() called sys.exit(0)"),
}


@pytest.mark.parametrize(("body", "imports", "said"), IN_A_METRIC.values(), ids=IN_A_METRIC)
def test_an_error_in_a_metric_of_a_user_is_its_own(body, imports, said, job, tmp_path):
    helper = {"_mine.py": "def f():\n    return {}['x']\n"}
    folder = write(tmp_path / "mine", {"plain.py": plain(body, imports), **helper})

    def main(smk):
        load("plain")(GatedSupernet(random_network(1), mixing_gates(SPACE.full())), random_batch(1))

    with folders_of_metrics(folder), pytest.raises(SystemExit):
        _job.run(main, job)
    text = job.log.read_text()
    assert text.startswith(f"scores: the metric {folder}/plain.py, line ") and said in text.splitlines()[0]
    assert "Traceback (most recent call last)" in text and "report" not in text
    assert text.partition("  File ")[2].startswith(f'"{folder}/plain.py", line') or "sys.exit" in said
    if "_mine" in imports:
        assert "_mine.py" in text


def test_a_metric_that_is_no_python_is_named_when_it_is_loaded(job, tmp_path):
    with folders_of_metrics(write(tmp_path / "mine", {"plain.py": "def plain(:\n"})), pytest.raises(SystemExit):
        _job.run(lambda smk: load("plain"), job)
    assert f"the metric {tmp_path}/mine/plain.py, line 1, raised SyntaxError" in job.log.read_text()


def test_an_error_of_a_metric_that_is_ours_is_to_be_reported(job):
    with pytest.raises(SystemExit):
        _job.run(lambda smk: load("snip")(GatedSupernet(random_network(1), SPACE.full() * 1.0), None), job)
    assert "please report this" in job.log.read_text()


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_passes(error, job):
    with pytest.raises(error):
        _job.run(failing(error(3)), job)
    assert job.log.read_text() == "begun\n"


def test_a_second_run_replaces_the_log(job):
    for number in range(2):
        _job.run(lambda smk, number=number: _job.log.info("run %s", number), job)
    assert job.log.read_text() == "run 1\n"


def test_a_long_job_says_a_line_now_and_then_and_every_warning():
    now = [0.0]
    lets_through = _job.now_and_then(lambda: now[0])

    def said(seconds, level=logging.INFO):
        now[0] = seconds
        return lets_through(logging.makeLogRecord({"levelno": level}))

    assert [said(second) for second in (1, 29, 31, 60, 62)] == [False, False, True, False, True]
    assert said(63, logging.ERROR) and said(64, logging.WARNING) and not said(65)


def test_a_ctrl_c_prints_no_traceback_and_everything_else_does(capsys):
    for error in (KeyboardInterrupt(), ValueError("shapes")):
        sys.excepthook(type(error), error, None)
    assert capsys.readouterr().err == "ValueError: shapes\n"


def test_warnings_reach_the_log(job):
    _job.run(lambda smk: warnings.warn("a sum lost digits", RuntimeWarning, stacklevel=1), job)
    assert "RuntimeWarning: a sum lost digits" in job.log.read_text()


@pytest.mark.parametrize("log", ["", [], None], ids=repr)
def test_a_rule_without_a_log_still_says_what_is_wrong(log, job, capsys):
    job.log = log
    with pytest.raises(SystemExit):
        _job.run(failing(FsnasError("device is 'cuda', but torch sees no card")), job)
    assert capsys.readouterr().err == "scores: device is 'cuda', but torch sees no card\n"


@pytest.mark.parametrize(
    ("rule", "lower"), [("leaf", "supernet"), ("scores", "method"), ("search", "evaluation"), ("proxy", "proxies")]
)
def test_too_little_memory_of_a_card_says_what_to_lower(rule, lower, job):
    job.rule = rule
    with pytest.raises(SystemExit):
        _job.run(failing(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")), job)
    said = f"lower {lower}.batch_size or resources.jobs_per_card, or take a card with more"
    assert f"Tried to allocate 2 GiB\nThe card has too little memory: {said}\n" in job.log.read_text()


@pytest.mark.parametrize(
    ("device", "gpu", "cards", "refused"),
    [("auto", 1, 1, True), ("auto", 0, 1, False), ("auto", 1, 0, False), ("cpu", 1, 1, False)],
)
def test_a_card_that_torch_cannot_use_is_no_reason_to_take_the_cpu(device, gpu, cards, refused, job, monkeypatch):
    monkeypatch.setattr(_job, "devices", lambda: cards)
    monkeypatch.setattr(_job, "visible_cards", lambda: ["0"])
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    job.resources["gpu"] = gpu
    job.params = SimpleNamespace(device=device, settings={"threads": torch.get_num_threads()})
    if not refused:
        assert _job.device_of(job).type == "cpu"
        return
    with pytest.raises(
        FsnasError, match=r"has card 0, but torch \d.* cannot use it \(.+\); update the driver, .*: cpu or"
    ):
        _job.device_of(job)


def test_the_key_of_a_job_is_over_code_settings_and_inputs_in_order():
    def smk(code=("b 2", "a 1"), **settings):
        return SimpleNamespace(params=SimpleNamespace(code=list(code), settings={"seed": 1, **settings}))

    expected = key(["a 1", "b 2"], {"seed": 1}, ["0123", {"root": [[True]]}])
    assert _job.key(smk(), "0123", {"root": [[True]]}) == expected
    assert _job.key(smk(("a 1", "b 2")), "0123", {"root": [[True]]}) == expected
    others = [_job.key(smk(), "0124", {}), _job.key(smk(seed=2), "0123"), _job.key(smk(("a 1",)), "0123")]
    assert len({expected, *others}) == 4


def test_the_lineage_of_a_job_is_what_every_artifact_takes_and_says(tmp_path, monkeypatch):
    given = {"settings": {"seed": 1, "cut": {"balance": "none"}}, "code": ("b 2", "a 1"), "inputs": "fedc"}
    monkeypatch.setenv("FSNAS_COMMIT", "0123abcd")
    lineage = _job.lineage(SimpleNamespace(params=SimpleNamespace(**given, lineage="0123")))
    made = {**given, "code": ["b 2", "a 1"], "commit": "0123abcd"}
    assert lineage == made, "in the order of the rule, as a list that JSON can hold"
    for kind in KINDS:
        path = made_file(kind, tmp_path, **lineage)
        assert read_lineage(path) == Lineage(**given)
        assert described(path)["lineage"]["commit"] == "0123abcd"


STOPPED = """
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.SIG_DFL)  # a test in the background of a shell inherits that it is ignored
sys.path[:0] = [{root!r}, {root!r} + "/workflow_scripts"]
from _job import run, stoppable
from types import SimpleNamespace

def main(smk):
    with stoppable() as stop:
        print("training", flush=True)
        while not (by := stop()):
            time.sleep(0.01)
    print("kept by", by, flush=True)
    time.sleep(60)

run(main, SimpleNamespace(rule="supernet", log="", resources={{}}, config={{"resources": {{"jobs_per_card": 1}}}}))
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_job_that_is_asked_to_end_ends_at_once_but_in_a_training(number):
    command = [sys.executable, "-c", STOPPED.format(root=str(Path(__file__).resolve().parents[3]))]
    job = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert job.stdout.readline() == "training\n"
    job.send_signal(number)
    assert job.stdout.readline().startswith(f"kept by {number.name} (")
    job.send_signal(number)
    assert job.wait(10) == -number
