"""Which card a job sees. The cards are fake: nothing here asks CUDA."""

import os
import signal
import subprocess
import sys
import time

import pytest

from tests.support.config import ROOT
from workflow_scripts import _cards
from workflow_scripts._cards import VISIBLE, ignored_cards, visible_cards

JOB = """
import sys, time
sys.path.insert(0, sys.argv[1])
from workflow_scripts._cards import take_cards
cards = take_cards(int(sys.argv[2]), int(sys.argv[4]))
print(",".join(cards), time.monotonic(), flush=True)
time.sleep(float(sys.argv[3]))
print(time.monotonic())
"""


def job(tmp_path, visible, count=1, seconds=0.3, shared=1):
    environment = {**os.environ, VISIBLE: visible, "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", JOB, str(ROOT), str(count), str(seconds), str(shared)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def held(jobs):
    """From when to when jobs had which card."""
    spans: dict[str, list[tuple[float, float]]] = {}
    for each in jobs:
        card, start, end = each.communicate(timeout=60)[0].split()
        spans.setdefault(card, []).append((float(start), float(end)))
    return {card: sorted(each) for card, each in spans.items()}


def at_once(spans):
    return max(sum(start <= other < end for start, end in spans) for other, _ in spans)


@pytest.mark.parametrize(("visible", "cards"), [("2,GPU-5f", {"2", "GPU-5f"}), ("0", {"0"})], ids=["two", "one"])
def test_jobs_have_a_card_each_and_wait_for_a_free_one(visible, cards, tmp_path):
    """Of two runs as well."""
    spans = held([job(tmp_path, visible) for _ in range(3 * len(cards))])
    assert set(spans) == cards, "as CUDA_VISIBLE_DEVICES names them"
    assert {at_once(each) for each in spans.values()} == {1}


def test_as_many_jobs_share_a_card_as_may_the_emptiest_first(tmp_path):
    spans = held([job(tmp_path, "0,1", seconds=3, shared=2) for _ in range(4)])
    assert {card: at_once(each) for card, each in spans.items()} == {"0": 2, "1": 2}
    assert at_once([span for each in spans.values() for span in each]) == 4


def test_a_killed_job_lets_its_card_go(tmp_path):
    first, second = (job(tmp_path, "0,1", seconds=60) for _ in range(2))
    assert {each.stdout.readline().split()[0] for each in (first, second)} == {"0", "1"}
    third = job(tmp_path, "0,1", seconds=0)
    time.sleep(0.5)
    assert third.poll() is None
    first.send_signal(signal.SIGKILL)
    assert third.communicate(timeout=30)[0] and third.returncode == 0
    second.kill()
    second.wait()
    first.wait()


def test_two_cards_at_once_are_two(tmp_path):
    both = job(tmp_path, "0,1,2", count=2).communicate(timeout=30)[0]
    assert both.startswith("0,1 ")


@pytest.mark.parametrize(
    ("visible", "count", "left"),
    [("3", 1, "3"), ("0,1", 2, "0,1"), ("", 1, ""), ("0,1", 0, ""), ("0", 0, ""), ("", 0, "")],
)
def test_nothing_is_chosen_where_there_is_no_choice(visible, count, left, monkeypatch, tmp_path):
    """Of the one that SLURM gave there is no lock, since jobs on one node may all call theirs 0."""
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    monkeypatch.setenv(VISIBLE, visible)
    monkeypatch.setattr(_cards.tempfile, "gettempdir", lambda: str(tmp_path))
    assert _cards.take_cards(count) == [card for card in left.split(",") if card]
    assert os.environ[VISIBLE] == left and not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("devices", "cards"),
    [
        (["nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm", "null"], ["0", "1"]),
        (["nvidia3", "nvidiactl"], ["0"]),  # one of many given to a container: the first that CUDA sees
        (["null"], []),
    ],
)
def test_without_a_choice_of_the_user_the_machine_says_which_cards_there_are(devices, cards, monkeypatch, tmp_path):
    for name in devices:
        (tmp_path / name).touch()
    monkeypatch.setattr(_cards, "DEVICES", tmp_path)
    monkeypatch.delenv(VISIBLE, raising=False)
    assert visible_cards() == cards
    monkeypatch.setenv(VISIBLE, "-1")
    assert visible_cards() == []


UUIDS = ["GPU-5f0a1b2c-0000-1111-2222-333344445555", "GPU-5fff1b2c-0000-1111-2222-333344445555"]


@pytest.fixture
def two_cards(monkeypatch, tmp_path):
    for number, uuid in enumerate(UUIDS):
        (tmp_path / f"nvidia{number}").touch()
        (tmp_path / f"gpus/{number}").mkdir(parents=True)
        (tmp_path / f"gpus/{number}/information").write_text(f"Model: \t Fake\nGPU UUID: \t {uuid}\n")
    monkeypatch.setattr(_cards, "DEVICES", tmp_path)
    monkeypatch.setattr(_cards, "DRIVER", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("visible", "cards"),
    [
        ("0,1", ["0", "1"]),
        (" 1 , 0", ["1", "0"]),
        *((none, []) for none in ("none", "NoDevFiles", "no", "-1", "", " ", "-1,0", "all", "void", "cuda:0")),
        ("7", []),
        ("0,7,1", ["0"]),
        ("0,-1,1", ["0"]),
        ("0,,1", ["0"]),
        ("0,0", []),
        ("1,x", ["1"]),
        (UUIDS[1], [UUIDS[1]]),
        ("GPU-5f0", ["GPU-5f0"]),
        ("GPU-5f", []),  # which of the two?
        ("GPU-77", []),
        ("MIG-5f0a1b2c-0000-1111-2222-333344445555", ["MIG-5f0a1b2c-0000-1111-2222-333344445555"]),
    ],
)
def test_only_what_names_a_card_of_this_machine_is_one(visible, cards, two_cards, monkeypatch):
    """As CUDA reads it: up to the first name that is none, and nothing of a list with one of them twice."""
    monkeypatch.setenv(VISIBLE, visible)
    assert visible_cards() == cards
    wanted = any(name in visible for name in ("7", "0,0", "0,,1", "1,x")) or visible == "GPU-5f"
    assert bool(ignored_cards()) == wanted
    if wanted:
        assert f"is {visible!r}" in ignored_cards() and ("the CPU" in ignored_cards()) == (not cards)


def test_a_driver_that_hides_the_names_of_cards_is_no_reason_to_refuse_one(two_cards, monkeypatch):
    (two_cards / "gpus/0/information").write_text("GPU UUID: \t GPU-????????-????-????-????-????????????\n")
    monkeypatch.setenv(VISIBLE, "GPU-77")
    assert visible_cards() == ["GPU-77"]


def test_without_devices_nothing_is_known_of_numbers_but_a_word_is_no_card(monkeypatch, tmp_path):
    """Cards of another maker, and those of a virtual machine, have no such devices."""
    monkeypatch.setattr(_cards, "DEVICES", tmp_path)
    monkeypatch.setattr(_cards, "DRIVER", tmp_path)
    for visible, cards in {"3": ["3"], "none": [], "NoDevFiles": [], "0,none": ["0"], "0,0": []}.items():
        monkeypatch.setenv(VISIBLE, visible)
        assert visible_cards() == cards
