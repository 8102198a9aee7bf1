"""What a training took: what is written is read back; each damage is an error that names file and field."""

from dataclasses import replace

import pytest

from fsnas.artifacts.cost import read_cost, write_cost
from fsnas.errors import ArtifactError
from fsnas.training.record import TrainingCost
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


WHOLE, NUMBER = "a whole number from 0", "a finite number from 0"
WRONG = {  # by field: what stands there instead (... for nothing), and what is expected
    "epochs": ([..., 0.5, True], WHOLE),
    "samples": ([..., "17940", -1], WHOLE),
    "seconds": ([..., None, True, -0.5], NUMBER),
    "device_seconds": ([...], NUMBER),
    "device": ([..., 0], "text"),
    "key": ([...], "text"),
}


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [(field, v, expected) for field, (values, expected) in WRONG.items() for v in values],
)
def test_a_field_that_does_not_fit_is_named(field, value, expected, path):
    edit(path, {field: value})
    found = "missing" if value is ... else repr(value)
    message = rf"0\.json: field '{field}' is {found}, expected {expected}; remove the file and run again"
    with pytest.raises(ArtifactError, match=message):
        read_cost(path)
    assert list(path.parent.iterdir()) == [path]
