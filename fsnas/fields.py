"""What a field of a file may hold, where neither its type nor `annotated_types` can say it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Matches:
    """A regular expression that fits a text: ``Annotated[str, Matches("^[a-z]+$")]``."""

    pattern: str

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> Any:
        """Return what pydantic checks."""
        return handler(source) | {"pattern": self.pattern}
