"""CSV tables: the same content gives the same bytes, a float reads back as it was, and a record tells a changed one."""

import hashlib

import numpy as np
import pandas as pd
import pytest

from fsnas.analysis.distance_tables import per_tree, split_distance_summary, split_distance_table
from fsnas.analysis.splits import splits_table
from fsnas.artifacts.tables import check_table, read_table, record_of, write_table
from fsnas.errors import ArtifactError
from tests.support.damage import edit
from tests.support.splits import grown_tree


@pytest.fixture
def path(tmp_path):
    write_table(tmp_path / "a.csv", pd.DataFrame({"method": ["snip"], "cost": [0.5]}), settings={"seed": 3}, inputs="f")
    return tmp_path / "a.csv"


def tables():
    rng = np.random.default_rng(5)
    trees = [grown_tree(method, seed, (2, 2), rng) for method in ("snip", "none") for seed in (0, 1, 2)]
    pairs = split_distance_table(trees)
    summary = split_distance_summary(pairs, seed=0, resamples=50)
    return {"pairs": pairs, "per_tree": per_tree(pairs), "summary": summary, "splits": splits_table(trees)}


@pytest.mark.parametrize("name", ["pairs", "per_tree", "summary", "splits"])
def test_a_table_made_again_has_the_same_bytes_and_reads_back(name, tmp_path):
    for file in ("one.csv", "again/one.csv"):
        write_table(tmp_path / file, tables()[name])
    for file in ("one.csv", "one.json"):
        assert (tmp_path / file).read_bytes() == (tmp_path / "again" / file).read_bytes()
    expected = tables()[name]
    text = [column for column in expected if not pd.api.types.is_numeric_dtype(expected[column])]
    found = read_table(tmp_path / "one.csv", **dict.fromkeys(text, str))
    pd.testing.assert_frame_equal(found, expected, check_exact=True, check_dtype=False, check_categorical=False)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "No columns"),
        (b"a,b\n1,2\n1,2,3\n", "Expected 2 fields in line 3, saw 3"),
        (b"a\n\xff\n", "invalid start byte"),
    ],
    ids=["empty", "ragged", "no text"],
)
def test_what_is_no_table_is_an_error(content, message, path):
    path.write_bytes(content)
    edit(path.with_suffix(".json"), {"sha256": hashlib.sha256(content).hexdigest()})
    with pytest.raises(
        ArtifactError, match=rf"a\.csv: cannot be read as a table \(.*{message}.*\); remove the file and run again"
    ):
        read_table(path)


# The record beside a table


def test_a_record_names_its_table_and_what_that_was_made_from(path):
    record = check_table(path)
    assert record_of(path) == path.with_suffix(".json")
    assert record == {
        **{"format": "fsnas.table", "version": 1, "table": "a.csv", "settings": {"seed": 3}, "code": [], "inputs": "f"},
        "commit": "",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }


@pytest.mark.parametrize(("before", "after"), [("0.5", "0.6"), ("\n", "\r\n"), ("snip,0.5\n", ""), (",", ";")])
def test_a_table_that_was_changed_is_refused(before, after, path):
    path.write_bytes(path.read_bytes().replace(before.encode(), after.encode()))
    for reader in (read_table, check_table):
        with pytest.raises(
            ArtifactError, match=r"a\.csv: does not have the checksum .*; remove both files and run again"
        ):
            reader(path)
