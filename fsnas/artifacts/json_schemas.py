"""The JSON Schemas that ship, as the types say: ``python -m fsnas.artifacts.json_schemas`` writes them."""

import json
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from fsnas.artifacts import search, selection, splits, training_cost, trajectory

FOLDER = Path(__file__).with_name("schemas")
FORMATS = (splits.SPLITS, splits.TREE, search.FORMAT, selection.FORMAT, training_cost.FORMAT, trajectory.FORMAT)


class Untitled(GenerateJsonSchema):
    """A schema in which a field has its name alone."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Return that it has no title."""
        return False


def schemas() -> dict[Path, str]:
    """Return the text of every schema by its file."""
    texts = {}
    for form in FORMATS:
        schema = form.adapter.json_schema(schema_generator=Untitled)
        schema |= {"$schema": Untitled.schema_dialect, "title": form.name}
        file = FOLDER / f"{form.name.removeprefix('fsnas.')}.schema.json"
        texts[file] = json.dumps(schema, indent=1, sort_keys=True) + "\n"
    return texts


if __name__ == "__main__":
    for file, text in schemas().items():
        file.write_text(text, encoding="utf-8")
