"""What the first page of `snakemake --report` needs: a figure inside its text.

The page is one file, and Snakemake's own directive `embeddedimage` leaves the path of the image in it (9.27).
"""

import base64
import sys
from pathlib import Path


def embed_figures() -> None:
    """Let ``.. embedded:: PATH`` stand for a PNG with its bytes, where this run makes a report."""
    if not any(word.partition("=")[0] == "--report" for word in sys.argv):
        return
    from docutils.parsers.rst.directives import register_directive  # 0.2 s
    from docutils.parsers.rst.directives.images import Image

    class Embedded(Image):
        """An image whose URI is its bytes."""

        def run(self) -> list:
            data = base64.b64encode(Path(self.arguments[0]).read_bytes()).decode()
            self.arguments[0] = f"data:image/png;base64,{data}"
            return list(super().run())

    register_directive("embedded", Embedded)
