"""Numbers per architecture: their axis is named, and no architecture is written that could not be read."""

import h5py
import pytest

from fsnas.artifacts.architectures import read_architectures
from fsnas.errors import ArtifactError, FsnasError
from tests.support.damage import ARCHITECTURES, COLUMNS, lineage_of, made
from tests.support.messages import pattern

ONE, TWO = ARCHITECTURES


def test_an_unknown_column_lists_the_known_ones(tmp_path):
    table = read_architectures(made("architectures", tmp_path))
    with pytest.raises(FsnasError, match=r"no column 'acuracy' \(did you mean 'accuracy'\?\); expected one of a"):
        table.column("acuracy")


def test_the_file_names_its_axis(tmp_path):
    with h5py.File(made("architectures", tmp_path)) as content:
        for array in content["columns"].values():
            ((label, scale),) = array.dims[0].items()
            assert label == "architecture" and [text.decode() for text in scale[()]] == ARCHITECTURES


NOT_WRITTEN = {
    "unknown operation": (["|conv~0|", TWO], "'architecture', entry 0: cannot read 'conv~0'"),
    "not ASCII": (["|nöne~0|", TWO], "'architecture', entry 0: cannot read 'nöne~0'"),
    "another spelling": ([ONE, f" {TWO}"], "'architecture', entry 1: found ' |.*', expected the spelling '|"),
    "twice": ([ONE, ONE], "'architecture': entries 0 and 1 are both .* each once"),
    "none": ([], "'architecture' is empty"),
}


@pytest.mark.parametrize(("names", "message"), NOT_WRITTEN.values(), ids=NOT_WRITTEN)
def test_what_could_not_be_read_is_not_written_and_the_old_file_stays(names, message, tmp_path):
    path = made("architectures", tmp_path)
    before = path.read_bytes()
    with pytest.raises(ArtifactError, match=rf"truth\.h5: cannot be written, field {pattern(message)}"):
        made("architectures", tmp_path, COLUMNS if names else {}, architectures=names, **lineage_of("x"))
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]
