"""What a training took: what is written is read back; each damage is an error that names file and field."""

import json
from dataclasses import replace

import pytest

from fsnas.artifacts.usage import read_cost, write_cost
from fsnas.errors import ArtifactError
from fsnas.training.usage import TrainingCost
from tests.support.damage import edit

COST = TrainingCost(epochs=20, seconds=12.5, samples=17940, device="cpu", key="0123456789abcdef", device_seconds=9.5)


@pytest.fixture
def path(tmp_path):
    write_cost(tmp_path / "leaves" / "0.json", COST)
    return tmp_path / "leaves" / "0.json"


@pytest.mark.parametrize("changes", [{}, {"epochs": 0, "samples": 0, "seconds": 0}])
def test_a_cost_reads_back(changes, path):
    cost = replace(COST, **changes)
    write_cost(path, cost)
    assert read_cost(path) == cost


def test_the_same_content_gives_the_same_bytes(path, tmp_path):
    write_cost(tmp_path / "again.json", read_cost(path))
    assert (tmp_path / "again.json").read_bytes() == path.read_bytes()
    assert json.loads(path.read_text())["format"] == "fsnas.cost"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"seconds": float("nan")}, "seconds' is nan, expected a finite number from 0"),
        ({"seconds": float("inf")}, "seconds' is inf"),
        ({"epochs": -1}, "epochs' is -1, expected a whole number from 0"),
        ({"device": None}, "device' is None, expected text"),
    ],
)
def test_what_could_not_be_read_is_not_written_and_the_old_file_stays(changes, field, path):
    before = path.read_bytes()
    with pytest.raises(ArtifactError, match=rf"0\.json: cannot be written, field '{field}"):
        write_cost(path, replace(COST, **changes))
    assert path.read_bytes() == before and list(path.parent.iterdir()) == [path]


DAMAGES = {
    "other format": ({"format": "fsnas.tree"}, "'format' is 'fsnas.tree', expected 'fsnas.cost'; remove"),
    "newer version": ({"version": 3}, "'version' is 3, this fsnas reads 2"),
    "no version": ({"version": ...}, "'version' is None"),
    "no epochs": (
        {"epochs": ...},
        "'epochs' is missing, expected a whole number from 0; remove the file and run again",
    ),
    "no key": ({"key": ...}, "'key' is missing"),
    "half an epoch": ({"epochs": 0.5}, r"'epochs' is 0\.5"),
    "true": ({"epochs": True}, "'epochs' is True"),
    "true seconds": ({"seconds": True}, "'seconds' is True"),
    "no seconds": ({"seconds": None}, "'seconds' is None, expected a finite number from 0"),
    "negative seconds": ({"seconds": -0.5}, r"'seconds' is -0\.5"),
    "no device seconds": ({"device_seconds": ...}, "'device_seconds' is missing, expected a finite number from 0"),
    "text": ({"samples": "17940"}, "'samples' is '17940', expected a whole number from 0"),
}


@pytest.mark.parametrize(("number", "name"), [(float("nan"), "NaN"), (float("inf"), "Infinity")])
def test_a_number_that_is_not_finite_is_no_json(number, name, path):
    edit(path, {"seconds": number})
    with pytest.raises(
        ArtifactError, match=rf"0\.json: cannot be read as JSON \({name} is no JSON number\); remove the"
    ):
        read_cost(path)


@pytest.mark.parametrize(("changes", "message"), DAMAGES.values(), ids=DAMAGES)
def test_a_field_that_does_not_fit_is_named(changes, message, path):
    edit(path, changes)
    with pytest.raises(ArtifactError, match=rf"0\.json: field {message}"):
        read_cost(path)
    assert list(path.parent.iterdir()) == [path]


def test_a_missing_truncated_or_other_file_is_an_error(tmp_path, path):
    with pytest.raises(ArtifactError, match=r"absent\.json: no such file; run snakemake"):
        read_cost(tmp_path / "absent.json")
    with pytest.raises(ArtifactError, match="leaves: cannot be read as JSON"):
        read_cost(path.parent)
    whole = path.read_bytes()
    for content in (b"", whole[:1], whole[: len(whole) // 2], whole[:-2], b"\xff" + whole):
        path.write_bytes(content)
        with pytest.raises(ArtifactError, match=r"0\.json: cannot be read as JSON .*; remove the file and run again"):
            read_cost(path)
    path.write_text("[1]")
    with pytest.raises(ArtifactError, match=r"0\.json: expected a JSON object, found a list"):
        read_cost(path)
