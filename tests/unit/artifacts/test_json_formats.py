"""JSON files: what is written reads back and fits the schema that ships; what does not fit the schema is refused."""

import json
import math
import re
from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator

from fsnas.artifacts import json_schemas
from fsnas.artifacts.files import load_json, write_json
from fsnas.artifacts.training_cost import read_training_cost
from fsnas.errors import ArtifactError
from tests.support.damage import COST, KINDS, edit, fields, made, plain, put, refusal
from tests.support.space import SPACE

FORMATS = {form.name.removeprefix("fsnas."): form for form in json_schemas.FORMATS}
HELD = {  # what of a read object is the content that was given
    "splits": lambda level: level.splits,
    "search": lambda record: record.searches[0].evaluations,
    "selection": lambda selection: selection.ranking,
}
VALUES = (..., None, True, -1, 0.5, "a b", [], {}, math.nan, math.inf)


@pytest.mark.parametrize("kind", FORMATS)
def test_what_is_written_reads_back(kind, tmp_path):
    path, content = made(kind, tmp_path), KINDS[kind].content
    given = [split for split in content.splits if split.level == 1] if kind == "splits" else content
    (reader,) = KINDS[kind].readers
    assert plain(HELD.get(kind, lambda found: found)(reader(path))) == plain(given)


def test_the_schemas_that_ship_are_those_of_the_types():
    assert json_schemas.schemas() == {path: path.read_text() for path in json_schemas.FOLDER.iterdir()}


@pytest.mark.parametrize("kind", FORMATS)
def test_what_does_not_fit_the_schema_is_neither_read_nor_written_and_the_field_is_named(kind, tmp_path):
    schema = json.loads((json_schemas.FOLDER / f"{kind}.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    path, fits = made(kind, tmp_path), Draft202012Validator(schema).is_valid
    whole = json.loads(path.read_text())
    assert fits(whole) and fits(load_json(path))
    refused = 0
    for place in fields(whole):
        name = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)[1:]
        for value in VALUES:
            content = json.loads(json.dumps(whole))
            put(content, place, value)
            finite = not isinstance(value, float) or math.isfinite(value)
            if finite and fits(content) or value is ... and isinstance(place[-1], int):
                continue
            if place == ("checksum",) or place == ("version",) and value is True:  # the one is sealed, True equals 1
                continue
            refused += 1
            if place[0] not in ("format", "version", "search_space"):  # which no caller gives
                given = {field: content[field] for field in content if field != "checksum"}
                message = re.escape(f"field '{name}") + "|finite numbers and text" * (not finite)
                with pytest.raises(ArtifactError, match=rf"cannot be written.*({message})"):
                    FORMATS[kind].write(path, given, SPACE if "search_space" in whole else None)
                assert json.loads(path.read_text()) == whole
            if finite:
                edit(path, lambda _, content=content: content)
                with pytest.raises(ArtifactError, match=re.escape(f": field '{name}")), refusal(path):
                    FORMATS[kind].read(path)
                path.write_text(json.dumps(whole))
    assert refused > 90


MESSAGES = {
    "missing": (("nodes", 0, "ties"), ..., "field 'nodes[0].ties' is missing"),
    "unknown": (("nodes", 0, "note"), 1, "field 'nodes[0].note' is none of this format"),
    "type": (("nodes", 0, "ties"), 1.5, "field 'nodes[0].ties' is 1.5, expected to be a valid integer"),
    "bound": (("level",), -1, "field 'level' is -1, expected to be greater than or equal to 0"),
    "length": (
        ("nodes", 0, "children"),
        ["00"],
        "field 'nodes[0].children' is ['00'], expected to have at least 2 items",
    ),
    "choice": (("objective",), "max", "field 'objective' is 'max', expected to be 'mean' or 'sum'"),
    "text": (("nodes", 0, "path"), "a", "field 'nodes[0].path' is 'a', expected to match pattern '^(root|[0-9]+)$'"),
}


@pytest.mark.parametrize(("place", "value", "message"), MESSAGES.values(), ids=MESSAGES)
def test_a_message_says_where_what_was_found_what_is_expected_and_what_to_do(place, value, message, tmp_path):
    path = made("splits", tmp_path)
    edit(path, lambda content: put(content, place, value))
    with pytest.raises(ArtifactError) as error:
        FORMATS["splits"].read(path)
    assert str(error.value) == f"{path}: {message}; remove the file and run again"


def test_a_cost_that_says_what_shares_the_training_still_reads(tmp_path):
    """As one did before costs named no other tree, in the same version."""
    path = made("cost", tmp_path)
    write_json(path, load_json(path) | {"shared_with": None})
    assert read_training_cost(path) == COST
    write_json(path, load_json(path) | {"seconds": 2})
    assert plain(read_training_cost(path)) == plain(replace(COST, seconds=2.0))
