"""Until something is so, or too much time has passed."""

import time
from collections.abc import Callable
from typing import Any


def until(found: Callable[[], Any], seconds: float = 60) -> Any:
    """Return what ``found`` returns as soon as that is true."""
    end = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < end, f"waited {seconds} s"
        time.sleep(0.01)
    return value
