"""supernet.pt: loads safely, gives back the same network, and a field that does not fit is named."""

import pytest
import torch

from fsnas.artifacts.checkpoint import read_checkpoint, read_leaves, read_record, write_checkpoint
from fsnas.errors import ArtifactError
from fsnas.splitting.trees import Tree
from tests.support.damage import Trap
from tests.support.problems import random_network
from tests.support.space import SPACE

RECORD = {"epoch": [1, 2], "loss": [2.1, 0.1 + 0.2], "accuracy": [0.25, 0.5]}
SETTINGS = {"seed": 3, "network": {"channels": 2, "cells": 1}, "recipe": {"sampling": "fair", "flip": True}}
ABOUT = {"record": RECORD, "key": "0123456789abcdef", "settings": SETTINGS, "seed": 3, "dataset": "digits"}
MASK = SPACE.restrict(SPACE.restrict(SPACE.full(), 0, (1,)), 5, (0, 2, 4))


def network():
    return random_network(3, MASK)


@pytest.fixture
def file(tmp_path):
    write_checkpoint(tmp_path / "supernet.pt", network(), **ABOUT)
    return tmp_path / "supernet.pt"


def test_it_loads_without_running_code(file):
    content = torch.load(file, weights_only=True)
    assert content["record"] == RECORD and content["space"].tolist() == MASK.tolist()
    assert type(content["state_dict"]) is dict


def test_reading_leaves_the_generators_alone(file):
    before = torch.get_rng_state()
    read_checkpoint(file, SPACE)
    assert torch.equal(before, torch.get_rng_state())


DIRECTORY = b"PK\x01\x02"  # begins what an archive says of a part at its end
OTHERWISE = {"a folder": (38, 0x10), "deflated": (10, 8), "LZMA": (10, 14)}


@pytest.mark.parametrize(("place", "value"), OTHERWISE.values(), ids=OTHERWISE)
@pytest.mark.parametrize("part", ["data/0", "data.pkl"])
def test_a_part_that_is_not_as_torch_writes_it_is_refused(part, place, value, file):
    """Of what is said to be a folder, torch would read nothing and leave the memory as it was."""
    content = bytearray(file.read_bytes())
    content[content.rindex(DIRECTORY, 0, content.rindex(part.encode())) + place] ^= value
    file.write_bytes(content)
    with pytest.raises(ArtifactError, match=rf"supernet\.pt: the checksum of its part '.*/{part}' is wrong; remove it"):
        read_record(file)


def test_a_checkpoint_that_holds_no_dict_is_refused(file):
    torch.save([1, 2], file)
    with pytest.raises(ArtifactError, match=r"supernet\.pt: holds a list, expected a dict; remove it and run again"):
        read_checkpoint(file, SPACE)


def test_a_file_that_would_run_code_is_refused(file):
    torch.save({"format": "fsnas.supernet", "trap": Trap(file.with_name("sprung"))}, file)
    with pytest.raises(ArtifactError, match=r"supernet\.pt: not a readable checkpoint"):
        read_checkpoint(file, SPACE)
    assert not file.with_name("sprung").exists()


def test_a_message_is_no_list_of_all_weights(file):
    """Torch names every weight that is missing: hundreds."""
    torch.save(torch.load(file) | {"state_dict": {}}, file)
    with pytest.raises(ArtifactError, match="remove the file and run again") as caught:
        read_checkpoint(file, SPACE)
    assert len(str(caught.value)) < 500


# The leaves of a tree

LEAVES = {
    "0": SPACE.restrict(SPACE.full(), 1, (0, 3)),
    "10": SPACE.restrict(SPACE.restrict(SPACE.full(), 1, (1, 2, 4)), 2, (0,)),
    "11": SPACE.restrict(SPACE.restrict(SPACE.full(), 1, (1, 2, 4)), 2, (1, 2, 3, 4)),
}


def tree_of(leaves):
    return Tree("mine", "snip", 3, (), leaves, SPACE)


@pytest.fixture
def trained(tmp_path):
    """Write a checkpoint under ``name`` with the space of ``leaf`` and weights of its own; return its path."""

    def write(name, leaf, seed):
        path = tmp_path / "leaves" / f"{name}.pt"
        write_checkpoint(path, random_network(seed, LEAVES[leaf]), **ABOUT | {"key": f"key of {name}"})
        return path

    return write


def test_leaves_are_found_by_their_spaces_whatever_their_files_are_called(trained):
    files = [trained("a", "11", 1), trained("b", "0", 2), trained("c", "10", 3)]
    found = read_leaves(files, tree_of(LEAVES))
    assert list(found) == ["11", "0", "10"]
    for (leaf, (net, content)), seed, name in zip(found.items(), (1, 2, 3), "abc", strict=True):
        assert (net.sub_space == LEAVES[leaf]).all() and content["key"] == f"key of {name}"
        for weight, expected in random_network(seed, LEAVES[leaf]).state_dict().items():
            assert torch.equal(net.state_dict()[weight], expected), weight


def test_a_later_checkpoint_of_a_leaf_replaces_an_earlier_one(trained):
    first, other, second = trained("0", "0", 1), trained("10", "10", 2), trained("rung-1/0", "0", 3)
    for files, key, seed in (([first, other, second], "rung-1/0", 3), ([second, other, first], "0", 1)):
        found = read_leaves(files, tree_of(LEAVES))
        network, content = found["0"]
        assert set(found) == {"0", "10"} and content["key"] == f"key of {key}"
        assert torch.equal(network.stem.weight, random_network(seed, LEAVES["0"]).stem.weight)
        assert found["10"][1]["key"] == "key of 10"


def test_leaves_without_a_checkpoint_are_left_out(trained):
    assert list(read_leaves(iter([trained("10", "10", 1)]), tree_of(LEAVES))) == ["10"]
    assert read_leaves([], tree_of(LEAVES)) == {}


def test_a_leaf_of_another_tree_is_named_with_its_field(trained):
    files, known = [trained("0", "0", 1), trained("strange", "11", 2)], {leaf: LEAVES[leaf] for leaf in ("0", "10")}
    message = (
        r"leaves/strange\.pt: field 'space' is none of the spaces of the leaves \['0', '10'\]; it belongs to another "
        "tree; remove the file and run again$"
    )
    with pytest.raises(ArtifactError, match=message):
        read_leaves(files, tree_of(known))
