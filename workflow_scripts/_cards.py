"""A card for each job: as many as its rule asks for, and none that another job has."""

import fcntl
import logging
import os
import re
import tempfile
import time
from pathlib import Path

VISIBLE = "CUDA_VISIBLE_DEVICES"
DEVICES = Path("/dev")
log = logging.getLogger("fsnas")
_held: list[int] = []  # open until the process ends, however it ends


def visible_cards() -> list[str]:
    """Return the cards that this process may use, as CUDA_VISIBLE_DEVICES names them, without asking CUDA."""
    given = os.environ.get(VISIBLE)
    if given is not None:
        return [card.strip() for card in given.split(",") if card.strip() not in ("", "-1")]
    found = [device for device in DEVICES.glob("nvidia*") if re.fullmatch(r"nvidia\d+", device.name)]
    return [str(number) for number in range(len(found))]


def take_cards(count: int) -> list[str]:
    """Leave only ``count`` cards visible to this process, and wait until so many are free; return them.

    Where no more are visible than asked for, nothing is chosen: SLURM has chosen already, or there is one card, or
    none. A card is taken by a lock on a file that the system lets go when the process ends, so jobs of two runs on one
    machine do not share one either.
    """
    cards = visible_cards()
    if len(cards) > count:
        cards = _lock(cards, count)
        os.environ[VISIBLE] = ",".join(cards)
    return cards


def _lock(cards: list[str], count: int) -> list[str]:
    if not count:
        return []
    folder = Path(tempfile.gettempdir(), f"fsnas-cards-{os.getuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    said = False
    while True:
        taken: dict[str, int] = {}
        for card in cards:
            file = os.open(folder / re.sub(r"\W", "-", card), os.O_RDWR | os.O_CREAT, 0o600)
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
