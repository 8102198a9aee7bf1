"""Seeds for independent streams: every draw has a name, so that no draw depends on what ran before it."""

import hashlib

import numpy as np


def derive(seed: int, *names: str | int) -> int:
    """Return a 63-bit seed for the stream called ``names`` under ``seed``.

    The same arguments give the same number on every platform and Python version.
    """
    text = "/".join([str(int(seed)), *map(str, names)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """Return a numpy generator for the stream called ``names`` under ``seed``."""
    return np.random.default_rng(derive(seed, *names))
