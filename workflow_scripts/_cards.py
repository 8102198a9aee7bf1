"""A card for each job, or a place on one: as many as its rule asks for, and none that another job has."""

import fcntl
import logging
import os
import re
import tempfile
import time
from pathlib import Path

VISIBLE = "CUDA_VISIBLE_DEVICES"
DEVICES, DRIVER = Path("/dev"), Path("/proc/driver/nvidia")
log = logging.getLogger("fsnas")
_held: list[int] = []  # open until the process ends, however it ends


def devices() -> int:
    """Return how many cards this machine has, as far as it shows them."""
    return sum(1 for device in DEVICES.glob("nvidia*") if re.fullmatch(r"nvidia\d+", device.name))


def visible_cards() -> list[str]:
    """Return the cards that this process may use, as CUDA_VISIBLE_DEVICES names them, without asking CUDA.

    CUDA takes the names up to the first one that is no card, and none at all if one stands there twice.
    """
    count = devices()
    given = os.environ.get(VISIBLE)
    if given is None:
        return [str(number) for number in range(count)]
    uuids = _uuids()
    cards: list[str] = []
    for name in map(str.strip, given.split(",")):
        if re.fullmatch(r"\+?\d+", name):
            known = not count or int(name) < count  # without devices nobody can tell: those of other makers, WSL
        elif name.startswith("GPU-"):
            known = not uuids or sum(uuid.startswith(name) for uuid in uuids) == 1
        else:
            known = name.startswith("MIG-")
        if not known:
            break
        cards.append(name)
    return cards if len(set(cards)) == len(cards) else []


def ignored_cards() -> str:
    """Return a line on cards that CUDA_VISIBLE_DEVICES names and this machine does not have, or nothing."""
    given, cards = os.environ.get(VISIBLE, ""), visible_cards()
    wanted = re.match(r"\s*(\d|GPU-|MIG-)", given) and [name.strip() for name in given.partition(",-1")[0].split(",")]
    if not wanted or wanted == cards:
        return ""
    return (
        f"{VISIBLE} is {given!r}: CUDA takes its names up to the first one that is no card of this machine, and none "
        f"if one stands there twice, so jobs run on {'card ' + ', '.join(cards) if cards else 'the CPU'}"
    )


def _uuids() -> list[str]:
    """Return the names of the cards, where the driver tells them all."""
    texts = [file.read_text() for file in DRIVER.glob("gpus/*/information")]
    found = [uuid[0] for text in texts if (uuid := re.search(r"GPU-[0-9a-f-]+", text))]
    return found if len(found) == len(texts) else []


def take_cards(count: int, jobs_per_card: int = 1) -> list[str]:
    """Leave only ``count`` cards visible to this process, and wait until so many have a place free; return them.

    Inside a SLURM job that sees no more than it asks for, SLURM has chosen: its jobs on one node may all call theirs 0.
    Else a place is taken by a lock on a file that the system lets go when the process ends, so jobs of two runs on one
    machine do not share it either.
    """
    cards = visible_cards()
    if len(cards) > count or cards and "SLURM_JOB_ID" not in os.environ:
        cards = _lock(cards, count, jobs_per_card)
        os.environ[VISIBLE] = ",".join(cards)
    return cards


def _lock(cards: list[str], count: int, jobs_per_card: int) -> list[str]:
    if not count:
        return []
    folder = Path(tempfile.gettempdir(), f"fsnas-cards-{os.getuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    said = False
    while True:
        taken: dict[str, int] = {}
        for card, place in ((card, place) for place in range(jobs_per_card) for card in cards):
            if card in taken:
                continue
            file = os.open(folder / f"{re.sub(r'[^a-zA-Z0-9]', '-', card)}-{place}", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(file)
                continue
            taken[card] = file
            if len(taken) == count:
                _held.extend(taken.values())
                return list(taken)
        for file in taken.values():
            os.close(file)
        if not said:
            log.info("waits for a free card: other jobs have %s", ", ".join(cards))
            said = True
        time.sleep(0.2)
