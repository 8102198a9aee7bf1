"""What a message is expected to say, in plain text."""

import re


def pattern(text: str) -> str:
    """Return a regular expression for ``text`` as it stands, and for anything where it says ``.*``."""
    return re.escape(text).replace(r"\.\*", ".*")
