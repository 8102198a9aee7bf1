"""Accuracies from JSON: every number as it stands in each of three forms; an entry that does not fit refused."""

import hashlib
import json
import re

import numpy as np
import pandas
import pytest

from fsnas import spaces
from fsnas.benchmark.sources import json as source
from fsnas.errors import ConfigError, DataError
from tests.support.messages import pattern
from tests.support.space import SPACE

META = SPACE.strings()[4000:4003]
NUMBERS = [94.37333333333333, 10.0, 0.1]
ROWS = [{"Name": "first", "A": name, "test acc": value, "Seed": 777} for name, value in zip(META, NUMBERS, strict=True)]
FORMS = {
    "numbers": dict(zip(META, NUMBERS, strict=True)),
    "objects": {row["A"]: {key: value for key, value in row.items() if key != "A"} for row in ROWS},
    "a list": ROWS,
}


def write(folder, content):
    text = content if isinstance(content, str) else json.dumps(content)
    (folder / "truth.json").write_text(text, encoding="utf-8")
    return folder / "truth.json"


def read(path, **changes):
    return source.read(path, **{"space": SPACE, "architecture_column": "A"} | changes)


@pytest.mark.parametrize("form", FORMS)
def test_numbers_come_as_they_are(form, tmp_path):
    path = write(tmp_path, FORMS[form])
    column = source.column(path, None, architecture_column="A", data="digits")
    assert column == ("test_accuracy" if form == "numbers" else "test acc")
    names, columns = read(path, column=column)
    assert names == META and list(columns) == [column] + ["Seed"] * (form != "numbers")
    np.testing.assert_array_equal(columns[column], NUMBERS)
    assert columns[column].dtype == np.float64


def test_what_pandas_writes_is_read(tmp_path):
    table = pandas.DataFrame(ROWS)
    table.to_json(tmp_path / "truth.json", orient="records", double_precision=15)
    np.testing.assert_array_equal(read(tmp_path / "truth.json")[1]["test acc"], NUMBERS)
    table.set_index("A").to_json(tmp_path / "truth.json", orient="index", double_precision=15)
    np.testing.assert_array_equal(read(tmp_path / "truth.json")[1]["test acc"], NUMBERS)


def test_null_and_nothing_are_no_value(tmp_path):
    rows = [ROWS[0], ROWS[1] | {"test acc": None}, {"A": META[2]}]
    np.testing.assert_array_equal(read(write(tmp_path, rows))[1]["test acc"], [NUMBERS[0], np.nan, np.nan])


def test_a_truth_of_another_space_is_read_there_and_refused_here(tmp_path):
    path, macro = write(tmp_path, {"00120120": 91.5, "22222222": 93.0}), spaces.load("nas-bench-macro")
    assert read(path, space=macro, column="test_accuracy")[0] == ["00120120", "22222222"]
    with pytest.raises(DataError, match=r"entry 1, column 'A': .*seems to be one of NAS-Bench-Macro"):
        read(path)


def test_the_hash_is_checked_first(tmp_path):
    path = write(tmp_path, ROWS)
    assert read(path, sha256=hashlib.sha256(path.read_bytes()).hexdigest())[0] == META
    with pytest.raises(DataError, match="its sha256 is .* was not opened"):
        read(path, sha256="0" * 64)


REFUSED = {
    "truncated": (json.dumps(ROWS)[:-20], "is no JSON (.*get the whole file again, or correct it"),
    "empty list": ([], "holds no architecture, expected {"),
    "a number": ("[93.1]", 'entry 1 is "93.1", expected an object as in'),
    "a name twice": ('[{"A": 1, "A": 2}]', "entry 1 names 'A' more than once"),
    "an architecture twice": (
        f'{{"{META[0]}": 90, "{META[0]}": 91}}',
        "entry 2 repeats the architecture .* of entry 1",
    ),
    "no architectures": ([{"B": META[0], "test acc": 1}], "names no column 'A'; found 'B', 'test acc': set truth.arch"),
    "indices": (
        [{"A": [4, 0, 3, 1, 4, 3], "test acc": 93}, ROWS[0]],
        "entry 1, column 'A': .*a list of operation indices",
    ),
    "NaN": ([*ROWS[:2], ROWS[2] | {"test acc": float("nan")}], "entry 3, column 'test acc': found 'NaN', expected"),
    "a truth value": (
        [*ROWS[:2], ROWS[2] | {"test acc": True}],
        "entry 3, column 'test acc': found 'true', expected a",
    ),
    "fractions": (
        [row | {"test acc": row["test acc"] / 100} for row in ROWS],
        "to be fractions .*: multiply them by 1",
    ),
}


@pytest.mark.parametrize(("content", "message"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_does_not_fit_is_refused_by_entry(content, message, tmp_path):
    with pytest.raises(DataError, match=rf"truth\.json: .*{pattern(message)}"):
        read(write(tmp_path, content), column="test acc" if "test acc" in str(content) else None)


def test_a_file_that_is_no_json_is_refused(tmp_path):
    (tmp_path / "truth.csv").write_text("ArchitectureString,test_acc\n")
    with pytest.raises(DataError, match=r"is text, expected a JSON file; if it is a CSV, set truth\.source to csv"):
        read(tmp_path / "truth.csv")
    with pytest.raises(DataError, match=r"none\.json: no such file"):
        read(tmp_path / "none.json")
    (tmp_path / "truth.json").write_bytes('[{"A": "ü"}]'.encode("latin-1"))
    with pytest.raises(DataError, match=r"is not UTF-8 .*; save the file as UTF-8"):
        read(tmp_path / "truth.json")


def test_a_column_that_may_not_be_meant_is_refused(tmp_path):
    with pytest.raises(
        ConfigError, match=r"truth\.column: found 'test ac' \(did you mean 'test acc'\?\); .*truth\.json"
    ):
        source.column(write(tmp_path, ROWS), "test ac", architecture_column="A", data="digits")


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (lambda table, path: table.to_json(path), "has an object for each column, expected one for each architecture"),
        (
            lambda table, path: pandas.concat([table, table]).to_json(path, orient="records"),
            "entry 4 repeats the architecture .* write the means",
        ),
    ],
    ids=["by column", "a row for each training"],
)
def test_what_a_message_says_to_do_helps(written, message, tmp_path, monkeypatch):
    written(pandas.DataFrame(ROWS), tmp_path / "given.json")
    with pytest.raises(DataError, match=pattern(message)) as raised:
        read(tmp_path / "given.json", column="test acc")
    monkeypatch.chdir(tmp_path)
    (expression,) = re.findall(r"pandas\.read_json.*to_json\(.*?\)", str(raised.value))
    eval(expression, {"pandas": pandas})
    names, columns = read(tmp_path / "truth.json", column="test acc")
    assert dict(zip(names, columns["test acc"], strict=True)) == pytest.approx(FORMS["numbers"])
