"""Accuracies from a CSV: every number as it stands, and a line that does not fit refused by its number."""

import hashlib
import itertools
import math

import numpy as np
import pytest

from fsnas.artifacts.architectures import read_architectures, write_architectures
from fsnas.benchmark import read_csv
from fsnas.errors import DataError
from fsnas.spaces import architecture_string, architectures, full_space

META = [architecture_string(a) for a in itertools.islice(architectures(full_space()), 4000, 4006)]
HEADER = "Name,CIFAR10 test,Architecture,valid/12,Seed"
LINES = [
    f"first,94.37333333333333,{META[0]},61,777",
    f'"second, quoted",1e1,{META[2]},,888',
    f"12,10.0,{META[1]},0.1,999",
]
READ = {"CIFAR10 test": [94.37333333333333, 10, 10], "valid/12": [61, math.nan, 0.1], "Seed": [777, 888, 999]}


def table(folder, *lines, header=HEADER, end="\n", encoding="utf-8"):
    (folder / "truth.csv").write_bytes(("\n".join([header, *lines]) + end).encode(encoding))
    return folder / "truth.csv"


def read(path, **changes):
    return read_csv(path, **{"architecture_column": "Architecture"} | changes)


def assert_read(names, columns):
    assert names == [META[0], META[2], META[1]] and list(columns) == list(READ)
    for name, values in READ.items():
        assert columns[name].dtype == np.float64
        np.testing.assert_array_equal(columns[name], values)


@pytest.mark.parametrize(
    "how",
    [{}, {"encoding": "utf-8-sig"}, {"end": "\n\n\n"}, {"end": "\r"}],
    ids=["plain", "byte order mark", "blank lines", "carriage return"],
)
def test_numbers_and_their_names_come_as_they_are_and_texts_are_left_out(how, tmp_path):
    assert_read(*read(table(tmp_path, *LINES, **how)))


def test_windows_line_ends_and_a_line_break_in_quotes(tmp_path):
    path = table(tmp_path, *(line.replace("first", '"of two\nlines"') for line in LINES))
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert_read(*read(path))


def test_a_column_without_a_name_is_left_out(tmp_path):
    lines = [f"{i},{line}" for i, line in enumerate(LINES)]
    assert_read(*read(table(tmp_path, *lines, header=f",{HEADER}")))


def test_another_spelling_of_an_architecture_becomes_ours(tmp_path):
    path = table(tmp_path, *(line.replace(META[2], f" {META[2].strip('|')}") for line in LINES))
    assert_read(*read(path))


def test_the_hash_of_a_csv_is_checked_and_shows_that_nothing_is_missing(tmp_path):
    path = table(tmp_path, *LINES, end="")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    assert_read(*read(path, sha256=found))
    with pytest.raises(DataError, match=rf"truth\.csv: its sha256 is {found}, expected {'1' * 64}"):
        read(path, sha256="1" * 64)


def test_a_csv_goes_through_the_file_of_the_table(tmp_path):
    names, columns = read(table(tmp_path, *LINES))
    write_architectures(tmp_path / "truth.h5", names, columns, kind="truth", key="k", settings={})
    table_ = read_architectures(tmp_path / "truth.h5", "truth")
    assert_read(list(table_.architectures), {name: table_.column(name) for name in READ})


def changed(line, old, new):
    """The lines of the table, numbered as in the file, with one changed."""
    return [text.replace(old, new) if number == line else text for number, text in enumerate(LINES, start=2)]


REFUSED = {
    "no such column": (
        LINES,
        {"architecture_column": "Architectur"},
        r"line 1 names no column 'Architectur' \(did you",
    ),
    "other separator": (["a;b"], {"header": "Architecture;CIFAR10"}, "no column 'Architecture'.*found 'Architecture;C"),
    "no numbers": (LINES, {"header": "a,Architecture,b,c,d"}, "line 2, column 'Architecture'"),
    "no numeric column": ([f"a,{META[0]}"], {"header": "x,Architecture"}, r"none of the columns \['x'\] holds numbers"),
    "only architectures": ([META[0]], {"header": "Architecture"}, r"none of the columns \[\] holds numbers"),
    "twice": ([*LINES, LINES[1]], {}, "line 5 repeats the architecture '.*' of line 3; remove one"),
    "unknown": (changed(3, META[2], "|conv~0|"), {}, "line 3, column 'Architecture': cannot read 'conv~0'"),
    "no architecture": (changed(3, META[2], ""), {}, "line 3, column 'Architecture': cannot read ''"),
    "a field less": (changed(4, ",999", ""), {}, "line 4 has 4 fields, but line 1 names 5 columns; .*truncated"),
    "a field more": (changed(3, '"', ""), {}, "line 3 has 6 fields, but line 1 names 5 columns; .*no quotes"),
    "truncated in a number": (changed(4, "999", "99"), {"end": ""}, "line 4, the last one, has no end.*add a line"),
    "truncated in quotes": ([*LINES, '"half'], {}, "line 5 is no CSV"),
    "quotes inside": (changed(2, "first", '"fi"rst'), {}, "line 2 is no CSV"),
    "header only": ([], {}, "ends after line 1, expected a line for each architecture"),
    "name twice": (LINES, {"header": HEADER.replace("Seed", "Name")}, "line 1 names 'Name' more than once; rename"),
    "nan": (changed(3, "1e1", "nan"), {}, "line 3, column 'CIFAR10 test': found 'nan', expected a finite number"),
    "infinite": (changed(3, "1e1", "-Inf"), {}, "line 3, column 'CIFAR10 test': found '-Inf', expected a finite"),
    "too large": (changed(4, "10.0", "1e999"), {}, "line 4, column 'CIFAR10 test': found '1e999'"),
    "a dash": (changed(4, "10.0", "-"), {}, "line 4, column 'CIFAR10 test': found '-', expected a finite number"),
    "all nan": ([f"nan,{META[0]}"], {"header": "a,Architecture"}, "line 2, column 'a': found 'nan'"),
    "16 bits": (LINES, {"encoding": "utf-16"}, "line 1 is not UTF-8"),
    "16 bits without a mark": (LINES, {"encoding": "utf-16-le"}, "line 1 holds a zero byte"),
    "Latin-1": (changed(3, "second", "zwölf"), {"encoding": "latin-1"}, "line 3 is not UTF-8"),
}


@pytest.mark.parametrize(("lines", "how", "message"), REFUSED.values(), ids=REFUSED)
def test_a_csv_that_does_not_fit_is_refused_by_line(lines, how, message, tmp_path):
    column = {name: how[name] for name in how.keys() & {"architecture_column"}}
    with pytest.raises(DataError, match=rf"truth\.csv: .*{message}"):
        read(table(tmp_path, *lines, **{name: value for name, value in how.items() if name not in column}), **column)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", b"  \r\n"])
def test_an_empty_csv_is_refused(content, tmp_path):
    (tmp_path / "truth.csv").write_bytes(content)
    with pytest.raises(DataError, match=r"truth\.csv: is empty, expected a line of column names"):
        read(tmp_path / "truth.csv")


def test_a_missing_csv_and_a_folder_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"none\.csv: no such file; correct truth\.file"):
        read(tmp_path / "none.csv")
    with pytest.raises(DataError, match=r": cannot be read .*; correct truth\.file"):
        read(tmp_path)


def test_codes_with_underscores_are_texts(tmp_path):
    path = table(tmp_path, f"1_2_3,50,{META[0]}", header="code,accuracy,Architecture")
    assert list(read(path)[1]) == ["accuracy"]
