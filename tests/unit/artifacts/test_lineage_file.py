"""What any file says it was made from is what its writer was given; one that says nothing readable is named."""

import json
import shutil

import pytest
from matplotlib.figure import Figure
from PIL import Image

from fsnas.artifacts.figure import write_figure
from fsnas.artifacts.lineage import read_lineage
from fsnas.artifacts.training_cost import read_training_cost, write_training_cost
from fsnas.errors import ArtifactError
from fsnas.lineage.lineage import Lineage
from tests.support.damage import KINDS, edit, lineage_of, made


def expected(kind):
    given = lineage_of(kind)
    return Lineage(tuple(given["code"]), given["settings"], given["inputs"])


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_says_what_its_writer_was_given(kind, tmp_path):
    path = made(kind, tmp_path)
    assert read_lineage(path) == read_lineage(str(path)) == expected(kind)


def test_a_figure_says_it_in_its_png_and_not_in_the_bytes_of_its_pdf(tmp_path):
    one, other = (made("figure", tmp_path / kind, **lineage_of(kind)).with_suffix(".pdf") for kind in ("one", "other"))
    assert (read_lineage(one), read_lineage(other)) == (expected("one"), expected("other"))
    assert one.read_bytes() == other.read_bytes()
    with Image.open(one.with_suffix(".png")) as image:
        assert json.loads(image.info["fsnas"]) == lineage_of("one")


@pytest.mark.parametrize("name", ["summary.txt", "README", "a.csv.gz"])
def test_a_file_that_keeps_no_such_thing_has_none(name, tmp_path):
    (tmp_path / name).write_text("best: snip\n")
    assert read_lineage(tmp_path / name) is None


def test_a_copied_checkpoint_says_what_the_copy_was_made_from(tmp_path):
    path = made("supernet", tmp_path)
    shutil.copyfile(path, tmp_path / "copy.pt")
    write_training_cost(tmp_path / "copy.json", read_training_cost(path.with_suffix(".json")), **lineage_of("copy"))
    assert read_lineage(tmp_path / "copy.pt") == expected("copy") and read_lineage(path) == expected("supernet")


@pytest.mark.parametrize(
    ("kind", "beside"), [("supernet", "supernet.json"), ("table", "table.json"), ("figure", "figure.png")]
)
def test_a_file_without_the_one_beside_it_is_an_error(kind, beside, tmp_path):
    path = made(kind, tmp_path)
    path = path.with_suffix(".pdf") if kind == "figure" else path
    (tmp_path / beside).unlink()
    with pytest.raises(ArtifactError, match=rf"/{beside}: .*(no such file|No such file)"):
        read_lineage(path)


def test_a_checkpoint_with_the_cost_of_another_one_is_an_error(tmp_path):
    path = made("supernet", tmp_path)
    edit(path.with_suffix(".json"), {"key": "another key"})
    with pytest.raises(ArtifactError, match=r"/supernet\.pt: its key is not the one in supernet\.json"):
        read_lineage(path)


def test_a_checkpoint_beside_something_else_is_an_error(tmp_path):
    path = made("supernet", tmp_path)
    shutil.copyfile(made("tree", tmp_path), path.with_suffix(".json"))
    with pytest.raises(
        ArtifactError, match=r"/supernet\.json: field 'format' is 'fsnas\.tree', expected 'fsnas\.cost'"
    ):
        read_lineage(path)


@pytest.mark.parametrize("field", ["code", "settings", "inputs"])
def test_a_file_that_lacks_a_field_is_an_error(field, tmp_path):
    path = made("cost", tmp_path)
    edit(path, {field: ...})
    message = rf"/cost\.json: does not say what it was made from \('{field}'\); expected the fields code, settings and"
    with pytest.raises(ArtifactError, match=message):
        read_lineage(path)


def test_a_cost_without_an_origin_says_that_it_has_none(tmp_path):
    write_training_cost(tmp_path / "a.json", read_training_cost(made("cost", tmp_path)))
    assert read_lineage(tmp_path / "a.json") == Lineage((), {}, "")


NOT_OURS = {
    "another PNG": (lambda path: Image.new("RGB", (3, 3)).save(path), "cannot be read as a figure of fsnas"),
    "a GIF": (lambda path: Image.new("RGB", (3, 3)).save(path, format="GIF"), "cannot be read as a figure of fsnas"),
    "no JSON": (
        lambda path: Figure().savefig(path, metadata={"fsnas": "{half"}),
        "cannot be read as a figure of fsnas",
    ),
    "nothing said": (lambda path: write_figure([path], Figure()), "does not say what it was made from"),
}


@pytest.mark.parametrize(("spoil", "message"), NOT_OURS.values(), ids=NOT_OURS)
@pytest.mark.parametrize("suffix", [".png", ".pdf"])
def test_a_png_that_is_not_one_of_ours_is_an_error(suffix, spoil, message, tmp_path):
    path = made("figure", tmp_path)
    spoil(path)
    with pytest.raises(ArtifactError, match=rf"/figure\.\w+: {message}"):
        read_lineage(path.with_suffix(suffix))
