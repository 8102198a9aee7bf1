"""What any file says it was made from is what its writer was given; one that says nothing readable is named."""

import json
import shutil

import pytest
from matplotlib.figure import Figure
from PIL import Image

from fsnas.artifacts.figure import write_figure
from fsnas.artifacts.origin import Origin, read_origin
from fsnas.artifacts.usage import read_cost, write_cost
from fsnas.errors import ArtifactError
from tests.support.damage import KINDS, edit, made, origin_of


def expected(kind):
    given = origin_of(kind)
    return Origin(tuple(given["code"]), given["settings"], given["inputs"])


def drawn(folder, **origin):
    """A PDF and the PNG beside it."""
    write_figure([folder / "tree.pdf", folder / "tree.png"], Figure(figsize=(0.5, 0.5)), **origin)
    return folder / "tree.pdf"


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_says_what_its_writer_was_given(kind, tmp_path):
    path = made(kind, tmp_path)
    assert read_origin(path) == read_origin(str(path)) == expected(kind)


@pytest.mark.parametrize("suffix", [".png", ".pdf"])
def test_a_figure_says_it_in_its_png(suffix, tmp_path):
    path = drawn(tmp_path, **origin_of("figure")).with_suffix(suffix)
    assert read_origin(path) == expected("figure")
    with Image.open(path.with_suffix(".png")) as image:
        assert json.loads(image.info["fsnas"]) == origin_of("figure")


def test_what_it_was_made_from_is_in_the_bytes_of_a_png_and_not_of_a_pdf(tmp_path):
    one, other = (drawn(tmp_path / kind, **origin_of(kind)) for kind in ("one", "other"))
    assert one.read_bytes() == other.read_bytes()
    assert one.with_suffix(".png").read_bytes() != other.with_suffix(".png").read_bytes()


@pytest.mark.parametrize("name", ["summary.txt", "README", "a.csv.gz"])
def test_a_file_that_keeps_no_such_thing_has_none(name, tmp_path):
    (tmp_path / name).write_text("best: snip\n")
    assert read_origin(tmp_path / name) is None


def test_a_copied_checkpoint_says_what_the_copy_was_made_from(tmp_path):
    path = made("checkpoint", tmp_path)
    shutil.copyfile(path, tmp_path / "copy.pt")
    write_cost(tmp_path / "copy.json", read_cost(path.with_suffix(".json")), **origin_of("copy"))
    assert read_origin(tmp_path / "copy.pt") == expected("copy") and read_origin(path) == expected("checkpoint")


@pytest.mark.parametrize(
    ("kind", "beside"), [("checkpoint", "supernet.json"), ("table", "table.json"), ("figure", "tree.png")]
)
def test_a_file_without_the_one_beside_it_is_an_error(kind, beside, tmp_path):
    path = drawn(tmp_path, **origin_of(kind)) if kind == "figure" else made(kind, tmp_path)
    (tmp_path / beside).unlink()
    with pytest.raises(ArtifactError, match=rf"/{beside}: .*(no such file|No such file)"):
        read_origin(path)


def test_a_checkpoint_with_the_cost_of_another_one_is_an_error(tmp_path):
    path = made("checkpoint", tmp_path)
    edit(path.with_suffix(".json"), {"key": "another key"})
    with pytest.raises(ArtifactError, match=r"/supernet\.pt: its key is not the one in supernet\.json"):
        read_origin(path)


def test_a_checkpoint_beside_something_else_is_an_error(tmp_path):
    path = made("checkpoint", tmp_path)
    shutil.copyfile(made("tree", tmp_path), path.with_suffix(".json"))
    with pytest.raises(
        ArtifactError, match=r"/supernet\.json: field 'format' is 'fsnas\.tree', expected 'fsnas\.cost'"
    ):
        read_origin(path)


def test_a_table_that_was_edited_is_an_error(tmp_path):
    path = made("table", tmp_path)
    path.write_text(path.read_text().replace("snip", "gm"))
    with pytest.raises(
        ArtifactError, match=r"/table\.csv: does not have the checksum in field 'sha256' of table\.json"
    ):
        read_origin(path)


@pytest.mark.parametrize("field", ["code", "settings", "inputs"])
def test_a_file_that_lacks_a_field_is_an_error(field, tmp_path):
    path = made("cost", tmp_path)
    edit(path, {field: ...})
    message = rf"/cost\.json: does not say what it was made from \('{field}'\); expected the fields code, settings and"
    with pytest.raises(ArtifactError, match=message):
        read_origin(path)


def test_a_cost_without_an_origin_says_that_it_has_none(tmp_path):
    write_cost(tmp_path / "a.json", read_cost(made("cost", tmp_path)))
    assert read_origin(tmp_path / "a.json") == Origin((), {}, "")


def test_a_figure_that_was_saved_without_an_origin_is_an_error(tmp_path):
    with pytest.raises(ArtifactError, match=r"/tree\.pdf: does not say what it was made from"):
        read_origin(drawn(tmp_path))


def other_png(path):
    Image.new("RGB", (3, 3)).save(path)


def no_png(path):
    path.write_text("no PNG")


def other_format(path):
    Image.new("RGB", (3, 3)).save(path, format="GIF")


def other_text(path):
    Figure().savefig(path, metadata={"fsnas": "{half"})


def truncated(path):
    path.write_bytes(path.read_bytes()[:-30])


def without_its_end(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize("spoil", [other_png, no_png, other_format, other_text, truncated, without_its_end])
@pytest.mark.parametrize("suffix", [".png", ".pdf"])
def test_a_png_that_is_not_one_of_ours_is_an_error(suffix, spoil, tmp_path):
    path = drawn(tmp_path, **origin_of("figure")).with_suffix(".png")
    spoil(path)
    with pytest.raises(ArtifactError, match=r"/tree\.png: cannot be read as a figure of fsnas"):
        read_origin(path.with_suffix(suffix))
