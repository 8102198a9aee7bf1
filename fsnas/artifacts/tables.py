"""tables/*.csv: written whole or not at all, with the same bytes for the same content, and a record beside each."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fsnas.artifacts.files import lineage_of, load_json, readable, write_json, write_text
from fsnas.errors import ArtifactError

if TYPE_CHECKING:
    import pandas as pd  # takes longer to import than all the rest, and only reading cells needs it

FORMAT, VERSION = "fsnas.table", 1


def write_table(path: str | Path, table: "pd.DataFrame", **lineage: Any) -> None:
    """Write ``table`` without its index, and beside it, as JSON, its checksum and what it was made from.

    Floats keep every digit that tells them apart.
    """
    text = table.to_csv(index=False, lineterminator="\n")
    write_text(path, text)
    digest = hashlib.sha256(text.encode()).hexdigest()
    content = {"format": FORMAT, "version": VERSION, "table": Path(path).name, "sha256": digest}
    write_json(record_of(path), content | lineage_of(**lineage))


def record_of(path: str | Path) -> Path:
    """Return the JSON file that says what the table in ``path`` was made from."""
    return Path(path).with_suffix(".json")


def read_table(path: str | Path, /, **dtypes: type) -> "pd.DataFrame":
    """Return a table; ``dtypes`` names columns that must not be guessed (``level=str``). Errors as `check_table`."""
    import pandas as pd

    check_table(path)
    with readable(path, "a table", ValueError):
        return pd.read_csv(path, dtype=dtypes, keep_default_na=False, na_values=[""])


def check_table(path: str | Path) -> dict[str, Any]:
    """Return the record of the table in ``path``, whose checksum it has.

    `ArtifactError` if the table or the record beside it is missing or damaged, or they do not fit each other.
    """
    with readable(path, "a table"):
        content = Path(path).read_bytes()
    if not record_of(path).exists():
        raise ArtifactError(f"{record_of(path)}: no such file beside {Path(path).name}; remove the table and run again")
    record = load_json(record_of(path), FORMAT, VERSION)
    if record.get("sha256") != hashlib.sha256(content).hexdigest():
        raise ArtifactError(
            f"{path}: does not have the checksum in field 'sha256' of {record_of(path).name}: the table was changed or "
            "damaged; remove both files and run again"
        )
    return record
