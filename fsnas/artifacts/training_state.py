""".state/*.pt: what a training needs to go on after a stop."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fsnas.artifacts.checkpoint import load_tensors, write_tensors
from fsnas.errors import ArtifactError


class StateFile:
    """A file that keeps the state of the training with this ``key``; one of another key, or damaged, is ignored."""

    def __init__(self, path: Path, key: str) -> None:
        self.path, self.key = path, key

    def __str__(self) -> str:
        """Return the path."""
        return str(self.path)

    def write(self, content: dict[str, Any]) -> None:
        """Keep ``content``, whole or not at all."""
        write_tensors(self.path, {"key": self.key, **content})

    def read(self, progress: Callable[[str], None]) -> dict[str, Any] | None:
        """Return what is kept; None where nothing of this training is, and ``progress`` is told why."""
        if not self.path.exists():
            return None
        try:
            kept = load_tensors(self.path)
        except ArtifactError as error:
            progress(f"{error}; training starts from the beginning")
            return None
        if kept.get("key") != self.key:
            progress(f"{self.path} was made by other settings; training starts from the beginning")
            return None
        return kept

    def remove(self) -> None:
        """Remove the file: only once the result is safe, since a full disk must not cost the whole training."""
        self.path.unlink(missing_ok=True)
