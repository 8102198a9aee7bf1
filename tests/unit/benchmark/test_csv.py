"""Accuracies from a CSV: every number as it stands, and a line that does not fit refused by its number."""

import hashlib
import math
import re

import numpy as np
import pandas
import pytest

from fsnas.benchmark.sources import csv
from fsnas.errors import ConfigError, DataError, FsnasError
from tests.support.messages import pattern
from tests.support.space import SPACE

META = SPACE.strings()[4000:4006]
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
    return csv.read(path, **{"space": SPACE, "architecture_column": "Architecture"} | changes)


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


def changed(line, old, new):
    """The lines of the table, numbered as in the file, with one changed."""
    return [text.replace(old, new) if number == line else text for number, text in enumerate(LINES, start=2)]


REFUSED = {
    "no such column": (LINES, {"architecture_column": "Architectur"}, "line 1 names no column 'Architectur' (did you"),
    "semicolons": (["a;b"], {"header": "Architecture;CIFAR10"}, "line 1 has semicolons between the names, expected co"),
    "tabs": (["a\tb"], {"header": "Architecture\tCIFAR10"}, "line 1 has tabs between the names, expected commas"),
    "size space": (changed(2, META[0], "64:8:8:64:8"), {}, "line 2, .*seems to be one of NATS-Bench's size space"),
    "another space": (changed(2, META[0], "00120120"), {}, "line 2, .*seems to be one of NAS-Bench-Macro"),
    "NASLib": (changed(2, META[0], '"(4, 0, 3, 1, 4, 3)"'), {}, "line 2, .*seems to be a list of operation indices"),
    "unique string": (changed(2, META[0], "((0)@none)@none+#"), {}, "line 2, .*seems to be a unique string of nas"),
    "index": (
        changed(2, META[0], "4711"),
        {},
        "line 2, .*'4711', which seems to be an index, or .*architecture_column",
    ),
    "no numbers": (LINES, {"header": "a,Architecture,b,c,d"}, "line 2, column 'Architecture'"),
    "no numeric column": ([f"a,{META[0]}"], {"header": "x,Architecture"}, "none of the columns ['x'] holds numbers"),
    "half of it texts": (
        [f"a,{META[0]}", f"1,{META[2]}"],
        {"header": "x,Architecture"},
        "line 2, column 'x': found 'a', expected a",
    ),
    "only architectures": ([META[0]], {"header": "Architecture"}, "none of the columns [] holds numbers"),
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
    with pytest.raises(DataError, match=rf"truth\.csv: .*{pattern(message)}"):
        read(table(tmp_path, *lines, **{name: value for name, value in how.items() if name not in column}), **column)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", b"  \r\n"])
def test_an_empty_csv_is_refused(content, tmp_path):
    (tmp_path / "truth.csv").write_bytes(content)
    with pytest.raises(DataError, match=r"truth\.csv: is empty, expected a line of column names"):
        read(tmp_path / "truth.csv")


def test_a_missing_csv_and_a_folder_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"none\.csv: no such file; correct truth\.file"):
        read(tmp_path / "none.csv")
    with pytest.raises(DataError, match=r": is a folder, expected a CSV; give the file in it, .* correct truth\.file"):
        read(tmp_path)


def test_codes_with_underscores_are_texts(tmp_path):
    path = table(tmp_path, f"1_2_3,50,{META[0]}", header="code,accuracy,Architecture")
    assert list(read(path)[1]) == ["accuracy"]


# The truth


def truth(folder, numbers, name="test acc"):
    rows = [f'{architecture},"{number}"' for architecture, number in zip(META, numbers, strict=False)]
    return table(folder, *rows, header=f"Architecture,{name}")


TRUTHS = {
    "percent": [94.37, 10, 0],
    "some missing": [94.37, "", 10.0],
    "the worst benchmark": [1.01, 0.83],
    "whole percent": [1, 2, 3, 4],
}


@pytest.mark.parametrize("numbers", TRUTHS.values(), ids=TRUTHS)
def test_accuracies_in_percent_are_a_truth(numbers, tmp_path):
    found = read(truth(tmp_path, numbers), column="test acc")[1]["test acc"]
    np.testing.assert_array_equal(found, [math.nan if n == "" else n for n in numbers])


NO_TRUTH = {
    "fractions": ([0.9437, 0.1, 1.0], "holds values from 0.1 to 1, .*to be fractions .*: multiply them by 100"),
    "hundredths": ([9399, 1000, 9437], "they seem to be hundredths of a percent .*: divide them by 100"),
    "per mille": ([939.9, 100, 943.7], "they seem to be per mille .*: divide them by 10"),
    "a marker": ([93.0, -1, 10, -1], "-1 (2 times) .* what is missing: leave .* empty (the first .* line 3)"),
    "a marker among fractions": ([0.93, -1, 0.1], "-1 (1 times) .* empty, and the others: they seem to be fractions"),
    "log-likelihoods": ([-0.3, -2.3, -1.1], "those below 0 seem to be losses or differences"),
    "one digit too many": ([93.1, 931.0, 92, 90], "1 of 4 are above 100, .*correct them.*line 3)"),
    "parameters": ([1e6, 2e6, 3e6], "3 of 3 are above 100"),
    "all the same": ([93, 93, 93], "holds 93 for all 3 architectures, so nothing can be ranked by it"),
    "one": ([93, "", ""], "holds 1 value, expected those of at least 2 architectures"),
    "none": (["", "", ""], "holds 0 values, expected those of at least 2"),
    "percent signs": (["93 %", "92 %"], "line 2, column 'test acc': found '93 %', expected a number without %"),
    "decimal commas": (["93,1", "92,5"], "line 2, column 'test acc': found '93,1', .* a decimal point"),
    "texts": (["high", "low", 3], "line 2, column 'test acc': found 'high', expected a finite number"),
    "NaN": ([93, "nan", 92], "line 3, column 'test acc': found 'nan', expected a finite number"),
}


@pytest.mark.parametrize(("numbers", "message"), NO_TRUTH.values(), ids=NO_TRUTH)
def test_numbers_that_are_no_accuracies_are_no_truth(numbers, message, tmp_path):
    path = truth(tmp_path, numbers)
    with pytest.raises(DataError, match=rf"truth\.csv: .*{pattern(message)}"):
        read(path, column="test acc")


@pytest.mark.parametrize(
    ("numbers", "told", "mended"),
    [
        ([0.9437, 0.1], "multiply them by 100", lambda number: number * 100),
        ([9437, 1000], "divide them by 100", lambda number: number / 100),
        ([943.7, 100.1], "divide them by 10", lambda number: number / 10),
        ([93.1, -1, 10], "leave these fields empty", lambda number: "" if number < 0 else number),
        ([93.1, 931, 10, 90], "correct them", lambda number: min(number, 93.1)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_numbers_that_are_mended_as_told_are_a_truth(numbers, told, mended, tmp_path):
    with pytest.raises(DataError, match=told):
        read(truth(tmp_path, numbers), column="test acc")
    read(truth(tmp_path, map(mended, numbers)), column="test acc")


def test_ranks_are_no_truth(tmp_path):
    every = SPACE.strings()[:50]
    ranks = [f"{name},{1 + (7 * i) % 50}" for i, name in enumerate(every)]
    with pytest.raises(DataError, match="'test acc' holds values from 1 to 50, .*they seem to be ranks: take"):
        read(table(tmp_path, *ranks, header="Architecture,test acc"), column="test acc")


@pytest.mark.parametrize("name", ["test_loss", "TestError", "test_rank", "nll"])
def test_what_is_lower_for_the_best_is_no_truth(name, tmp_path):
    path = truth(tmp_path, [0.3, 2.3, 1.1], name)
    with pytest.raises(DataError, match=rf"column '{name}' seems to hold losses, errors or ranks.*rename it"):
        read(path, column=name)
    assert list(read(path)[1]) == [name], "beside a truth it may stand"


def test_other_columns_than_the_truth_may_hold_anything(tmp_path):
    rows = [f"{name},{number},{-number},{number / 1e4},93 %" for name, number in zip(META, (9, 5, 7), strict=False)]
    path = table(tmp_path, *rows, header="Architecture,acc,loss,fraction,text")
    assert list(read(path, column="acc")[1]) == ["acc", "loss", "fraction"]
    with pytest.raises(DataError, match=r"line 1 names no column 'ac' \(did you mean 'acc'\?\); .*truth\.column"):
        read(path, column="ac")


# Which column is the truth


def column(folder, header, name=None, **about):
    path = table(folder, header=header)
    return csv.column(about.pop("file", path), name, **{"architecture_column": "A", "data": "digits"} | about)


@pytest.mark.parametrize(("name", "found"), [(None, "My test acc"), ("Other", "Other")])
def test_the_truth_is_a_column_that_the_file_has(name, found, tmp_path):
    assert column(tmp_path, "My test acc,Other,A", name) == found


WRONG_COLUMNS = {
    "none of this name": (
        {"name": "Othre"},
        "found 'Othre' (did you mean 'Other'?); .*truth.csv has My test acc, Other",
    ),
    "no architectures": ({"architecture_column": "Arch"}, "truth.architecture_column: found 'Arch'"),
    "the architectures": ({"name": "A"}, "truth.column: found 'A', but there truth.architecture_column says"),
    "no file": ({"file": "nowhere.csv"}, "cannot read 'nowhere.csv' (there is no such file); correct the path"),
}


@pytest.mark.parametrize(("given", "message"), WRONG_COLUMNS.values(), ids=WRONG_COLUMNS)
def test_a_column_that_cannot_be_the_truth_is_refused(given, message, tmp_path):
    with pytest.raises(FsnasError, match=pattern(message)):
        column(tmp_path, "My test acc,Other,A", **given)


@pytest.mark.parametrize("name", ["CIFAR10TestAccuracy200Epochs", "test_acc", "x-test accuracy (%)", "acc.test"])
def test_the_only_test_accuracy_is_the_truth_whatever_stands_beside_it(name, tmp_path):
    others = "latest_run,fastest,contest,test_loss,test,valid_accuracy,latest_accuracy,test_acc_std,test_error,A"
    assert column(tmp_path, f"{others},{name}") == name


NOT_NAMED = ["test_loss", "latest_run", "fastest", "contest", "test", "accuracy", "latest_accuracy", "test_rank"]


@pytest.mark.parametrize("header", [*NOT_NAMED, "test_acc a,test_acc b"])
def test_what_is_no_test_accuracy_by_name_is_not_taken_as_the_truth(header, tmp_path):
    found = r"2 columns \(test_acc a, test_acc b\)" if "," in header else "no column"
    message = rf"found null, which takes the only column .*has {found} of this kind; set it to one of {header[:4]}"
    with pytest.raises(ConfigError, match=rf"truth\.column: {message}"):
        column(tmp_path, f"A,{header}")


# What a message says to do


def done_as_told(message, folder, monkeypatch):
    """Run the pandas expression in ``message`` in ``folder`` and return the file that it writes."""
    monkeypatch.chdir(folder)
    (expression,) = re.findall(r"pandas\.read_csv.*?to_csv\(.*?\)", message)
    eval(expression, {"pandas": pandas})
    return folder / "truth.csv"


@pytest.mark.parametrize("separator", [";", "\t"])
def test_another_separator_is_mended_as_told(separator, tmp_path, monkeypatch):
    rows = [f"{name}{separator}{number}" for name, number in zip(META, (90.5, 80.25), strict=False)]
    path = table(tmp_path, *rows, header=f"Architecture{separator}acc").rename(tmp_path / "given.csv")
    with pytest.raises(DataError) as raised:
        read(path, column="acc")
    names, columns = read(done_as_told(str(raised.value), tmp_path, monkeypatch), column="acc")
    assert names == META[:2] and list(columns["acc"]) == [90.5, 80.25]
    with pytest.raises(DataError, match="expected commas"):
        csv.column(path, "acc", architecture_column="Architecture", data="digits")


def test_a_line_for_each_training_is_mended_as_told(tmp_path, monkeypatch):
    rows = [f"{name},{seed},{number}" for name, number in zip(META, (90, 80), strict=False)
            for seed, number in ((777, number + 1), (888, number - 0.5))]  # fmt: skip
    path = table(tmp_path, *rows, header="Architecture,seed,acc").rename(tmp_path / "given.csv")
    with pytest.raises(DataError, match=r"line 3 repeats .*line of its own \(4 lines, 2 architectures\)") as raised:
        read(path, column="acc")
    names, columns = read(done_as_told(str(raised.value), tmp_path, monkeypatch), column="acc")
    assert dict(zip(names, columns["acc"], strict=True)) == {META[0]: 90.25, META[1]: 80.25}
