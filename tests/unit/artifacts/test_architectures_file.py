"""Numbers per architecture: what is written is read back; what does not fit is named."""

import h5py
import numpy as np
import pytest

from fsnas.artifacts.architectures import KINDS, copy_architectures, read_architectures, write_architectures
from fsnas.benchmark.table import ArchitectureTable
from fsnas.errors import ArtifactError, FsnasError
from tests.support.messages import pattern
from tests.support.space import SPACE

INDICES = np.array([(0, 0, 0, 0, 0, 0), (3, 3, 4, 1, 0, 2), (4, 4, 4, 4, 4, 4), (1, 0, 2, 3, 3, 3)])
NAMES = [SPACE.architecture_string(architecture) for architecture in INDICES]
COLUMNS = {
    "cifar10_ori-test_accuracy_200_epochs_mean": np.array([10.0, 94.37333333333333, np.nan, 61.25]),
    "loss": np.array([2.3, 1e-300, np.inf, -0.0]),
}
SETTINGS = {"source": "csv", "sha256": None, "nested": {"epochs": [12, 200]}}


def write(path, architectures=NAMES, columns=COLUMNS, **changes):
    about = {"kind": "truth", "key": "0123456789abcdef", "settings": SETTINGS, "seed": 3, "metric": "snip"}
    write_architectures(path, architectures, columns, space=SPACE, **about | changes)


@pytest.fixture
def file(tmp_path):
    write(tmp_path / "truth.h5")
    return tmp_path / "truth.h5"


def assert_whole(table):
    assert isinstance(table, ArchitectureTable) and table.architectures == tuple(NAMES)
    assert set(table.columns) == set(COLUMNS)
    for name, values in COLUMNS.items():
        assert table.columns[name].dtype == np.float64
        np.testing.assert_array_equal(table.column(name), values)


def test_numbers_come_back_as_they_were(file):
    table = read_architectures(file, "truth")
    assert_whole(table)
    expected = {"format": "fsnas.architectures", "version": 2, "kind": "truth", "key": "0123456789abcdef"}
    expected["search_space"] = SPACE.described()
    assert table.attributes == {**expected, "settings": SETTINGS, "seed": 3, "metric": "snip"}
    assert type(table.attributes["seed"]) is int
    np.testing.assert_array_equal(SPACE.indices(table.architectures), INDICES)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_read_with_and_without_its_name(kind, tmp_path):
    write(tmp_path / "a.h5", kind=kind)
    assert read_architectures(tmp_path / "a.h5").attributes["kind"] == kind
    assert_whole(read_architectures(tmp_path / "a.h5", kind))


def test_a_copy_has_the_bytes_of_a_file_that_was_written_so(file, tmp_path):
    copy_architectures(file, tmp_path / "same.h5")
    assert (tmp_path / "same.h5").read_bytes() == file.read_bytes()
    copy_architectures(file, tmp_path / "copy.h5", settings={"other": 1}, inputs="fedc")
    write(tmp_path / "written.h5", settings={"other": 1}, inputs="fedc")
    assert (tmp_path / "copy.h5").read_bytes() == (tmp_path / "written.h5").read_bytes()


def test_another_kind_is_refused(file):
    with pytest.raises(ArtifactError, match=r"truth\.h5: field 'kind' is 'truth', expected 'proxy'; remove the file"):
        read_architectures(file, "proxy")


def test_an_unknown_column_lists_the_known_ones(file):
    table = read_architectures(file)
    with pytest.raises(
        FsnasError, match=r"no column 'los' \(did you mean 'loss'\?\); expected one of cifar10_ori-te.*"
    ):
        table.column("los")


@pytest.mark.parametrize("name", ["a/b", "100%", "%2F", ".", "a b", "Genauigkeit ü", "/"])
def test_any_name_of_a_column_comes_back(name, tmp_path):
    write(tmp_path / "a.h5", columns={name: np.arange(4), "a": np.ones(4)})
    table = read_architectures(tmp_path / "a.h5")
    assert set(table.columns) == {name, "a"} and table.column(name).tolist() == [0, 1, 2, 3]


def test_a_table_of_one_architecture_and_one_without_columns(tmp_path):
    write(tmp_path / "one.h5", NAMES[:1], {"value": np.array([1])})
    assert read_architectures(tmp_path / "one.h5").column("value").tolist() == [1.0]
    write(tmp_path / "none.h5", columns={})
    table = read_architectures(tmp_path / "none.h5")
    assert table.columns == {} and SPACE.indices(table.architectures).shape == (4, 6)


def test_the_file_names_its_axis(file):
    with h5py.File(file) as content:
        for name in COLUMNS:
            ((label, scale),) = content[f"columns/{name}"].dims[0].items()
            assert label == "architecture" and [text.decode() for text in scale[()]] == NAMES


NOT_WRITTEN = {
    "unknown operation": ({"architectures": ["|conv~0|", *NAMES[1:]]}, "'architecture', entry 0: cannot read 'conv~0'"),
    "not ASCII": ({"architectures": ["|nöne~0|", *NAMES[1:]]}, "'architecture', entry 0: cannot read 'nöne~0'"),
    "another spelling": (
        {"architectures": [*NAMES[:3], f" {NAMES[3]}"]},
        "'architecture', entry 3: found ' |.*', expected the spelling '|",
    ),
    "twice": ({"architectures": [*NAMES[:3], NAMES[1]]}, "'architecture': entries 1 and 3 are both .* each once"),
    "none": ({"architectures": [], "columns": {}}, "'architecture' is empty"),
    "kind": ({"kind": "truths"}, "'kind' is 'truths', expected 'truth' or 'standalone' or"),
}


@pytest.mark.parametrize(("change", "message"), NOT_WRITTEN.values(), ids=NOT_WRITTEN)
def test_what_could_not_be_read_is_not_written_and_the_old_file_stays(change, message, file):
    before = file.read_bytes()
    with pytest.raises(ArtifactError, match=rf"truth\.h5: cannot be written, field {pattern(message)}"):
        write(file, **change)
    assert file.read_bytes() == before and list(file.parent.iterdir()) == [file]
