"""tables/*.csv: written whole or not at all, with the same bytes for the same content."""

from pathlib import Path

import pandas as pd

from fsnas.artifacts.files import write_text
from fsnas.errors import ArtifactError


def write_table(path: str | Path, table: pd.DataFrame) -> None:
    """Write ``table`` without its index; floats keep every digit that tells them apart."""
    write_text(path, table.to_csv(index=False, lineterminator="\n"))


def read_table(path: str | Path, /, **dtypes: type) -> pd.DataFrame:
    """Return a table; ``dtypes`` names columns that must not be guessed (``level=str``).

    Raises
    ------
    ArtifactError
        If the file is missing or is no table.
    """
    try:
        return pd.read_csv(path, dtype=dtypes, keep_default_na=False, na_values=[""])
    except FileNotFoundError as error:
        raise ArtifactError(f"{path}: no such table; run snakemake to make it") from error
    except (ValueError, OSError) as error:
        raise ArtifactError(f"{path}: cannot be read as a table ({error}); remove it and run again") from error
