"""What was written is read back, bit by bit, whatever the format; a copy is the file that was written so."""

import json
import math
from dataclasses import replace
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
from jsonschema import Draft202012Validator

from fsnas.artifacts.architectures import KINDS as COLUMNS_OF
from fsnas.artifacts.architectures import copy_architectures, read_architectures, write_architectures
from fsnas.artifacts.checkpoint import read_checkpoint
from fsnas.artifacts.dataset import read_key
from fsnas.artifacts.scores import copy_scores, read_attributes, read_scores
from fsnas.artifacts.search import read_search
from fsnas.artifacts.selection import read_selection
from fsnas.artifacts.splits import read_splits, read_tree
from fsnas.errors import ArtifactError
from fsnas.search.selection import LeafScore
from fsnas.splitting.affinities import NodeScores
from fsnas.training.record import TrainingCost
from tests.support import damage
from tests.support.damage import KEY, KINDS, LEVEL, lineage_of, made, plain
from tests.support.problems import random_network
from tests.support.space import SPACE
from tests.support.splits import grown_tree

RNG = np.random.default_rng(0)
SMALLER = SPACE.restrict(SPACE.restrict(SPACE.full(), 0, (1,)), 5, (0, 2, 4))
ONE_NAN = np.where(np.arange(120).reshape(4, 6, 5) == 7, np.nan, RNG.normal(size=(4, 6, 5)))
SPLITS = damage.small_tree().splits
EVERY_BIT = np.append(RNG.normal(size=500) * 10.0 ** RNG.integers(-300, 300, 500), [8 / 9, 0.1 + 0.2, np.nan])
NAMES = ("a/b", "100%", "%2F", ".", "a b", "Genauigkeit ü", "/", "a")
CONTENTS = [  # beside the two of every kind
    ("scores", {"1": NodeScores(SPACE, SMALLER, None, np.full((6, 5, 5), np.nan), ()), "10": damage.scored(ONE_NAN)}),
    ("architectures", {}),
    ("architectures", {name: np.array([i, 1e-300]) for i, name in enumerate(NAMES)}),
    ("architectures", {"loss": np.array([-0.0, np.inf]), "test": np.array([94.37333333333333, np.nan])}),
    ("splits", replace(damage.small_tree(), splits=tuple(replace(one, runner_up=None) for one in SPLITS))),
    (
        "splits",
        replace(damage.small_tree(), splits=tuple(replace(one, shares={"lr": 0.5, "gm": -1.0}) for one in SPLITS)),
    ),
    ("tree", grown_tree("one-shot", 3, (), RNG)),
    ("cost", TrainingCost(0, 0.0, 0, "cuda", KEY, 9.5)),
    ("search", (replace(damage.evaluations()[0], loss=math.nan), *damage.evaluations()[1:])),
    ("selection", [LeafScore("10", 2, 0.75, 0.1 + 0.2), *damage.JUDGED]),
    ("table", pd.DataFrame({"value": EVERY_BIT, "name": "none"})),
    ("table", pd.DataFrame({"method": ["none", "None", "NA", "nan", "null", "inf"]})),
    ("supernet", random_network(3, SMALLER, channels=1, cells=2)),
]
CONTENTS += [
    (kind, value)
    for kind in KINDS
    if kind not in ("figure", "table", "record")  # a text of digits is read as numbers
    for value in (KINDS[kind].content, KINDS[kind].other)
]
GIVEN = {  # what a reader returns of what the writer was given
    "scores": lambda found: {path: replace(node, path="root", metric="", seed=0) for path, node in found[0].items()},
    "architectures": lambda found: found.columns,
    "splits": lambda found: found.splits,
    "search": lambda found: found.searches[0].evaluations,
    "selection": lambda found: found.ranking,
    "supernet": lambda found: found[0],
}


@pytest.mark.parametrize(("kind", "content"), CONTENTS, ids=lambda value: value if isinstance(value, str) else "")
def test_what_was_written_is_read_back(kind, content, tmp_path):
    found = KINDS[kind].readers[0](made(kind, tmp_path, content))
    written = [split for split in content.splits if split.level == 1] if kind == "splits" else content
    assert plain(GIVEN.get(kind, lambda found: found)(found)) == plain(written)


def test_what_is_told_beside_the_content_is_read_back(tmp_path):
    lineages = {kind: lineage_of(kind) for kind in KINDS}
    paths = {kind: made(kind, tmp_path, **lineages[kind]) for kind in KINDS}
    assert read_key(paths["dataset"]) == KEY
    told = {"format": "fsnas.scores", "version": 2, "search_space": SPACE.described(), "key": KEY}
    expected = plain({**damage.ABOUT, **told, **lineages["scores"]})
    assert plain(read_attributes(paths["scores"])) == plain(read_scores(paths["scores"])[1]) == expected
    table = read_architectures(paths["architectures"], "truth")
    told |= {"format": "fsnas.architectures", "kind": "truth", "dataset": "digits", **lineages["architectures"]}
    assert table.architectures == tuple(damage.ARCHITECTURES) and plain(table.attributes) == plain(told)
    level, tree = read_splits(paths["splits"]), read_tree(paths["tree"])
    assert (level.level, level.key, level.settings) == (1, KEY, lineages["splits"]["settings"])
    assert {name: getattr(level, name) for name in LEVEL} == LEVEL
    assert (tree.method, tree.metric, tree.seed) == ("snip", "snip", 3)
    assert list(tree.leaves) == list(damage.small_tree().leaves)
    record, selection = read_search(paths["search"]), read_selection(paths["selection"])
    assert (record.method, record.metric, record.seed, record.key) == ("mine", "snip", 3, KEY)
    assert record.settings == lineages["search"]["settings"] and record.searches[0].sampler == "random"
    assert (selection.kept, selection.key) == (tuple(damage.JUDGED[:1]), KEY)
    network, content = read_checkpoint(paths["supernet"], SPACE)
    assert (network.sub_space == SPACE.full()).all() and network.sub_space.dtype == np.bool_
    assert network.dimensions == random_network(3).dimensions and content["format"] == "fsnas.supernet"
    assert (content["key"], content["seed"], content["dataset"], content["version"]) == (KEY, 3, "digits", 2)
    assert content["record"]["epoch"] == [1, 2] and content["settings"] == lineages["supernet"]["settings"]


@pytest.mark.parametrize("kind", COLUMNS_OF)
def test_every_kind_of_columns_is_read_with_and_without_its_name(kind, tmp_path):
    path = tmp_path / "truth.h5"
    write_architectures(path, damage.ARCHITECTURES, {}, space=SPACE, kind=kind, key=KEY, settings={})
    for given in (None, kind):
        assert read_architectures(path, given).attributes["kind"] == kind
    other = COLUMNS_OF[COLUMNS_OF.index(kind) - 1]
    with pytest.raises(
        ArtifactError, match=rf"truth\.h5: field 'kind' is '{kind}', expected '{other}'; remove the file"
    ):
        read_architectures(path, other)


@pytest.mark.parametrize("cost", [np.nan, np.inf])
def test_an_edge_without_finite_scores_is_null(cost, tmp_path):
    other, costs = SPLITS[1].edge, SPLITS[1].edge_costs
    unlike = next(edge for edge in costs if edge != other)
    splits = tuple(replace(one, edge_costs={**costs, unlike: cost}) if one is SPLITS[1] else one for one in SPLITS)
    path = made("splits", tmp_path, replace(damage.small_tree(), splits=splits))
    assert json.loads(path.read_text())["nodes"][0]["edge_costs"][unlike] is None
    assert read_splits(path).splits[0] == replace(SPLITS[1], edge_costs={**costs, unlike: None})


@pytest.mark.parametrize("kind", ["splits", "tree", "search"])
def test_the_schemas_ship_are_valid_and_accept_what_is_written(kind, tmp_path):
    schema = json.loads((files("fsnas.artifacts") / "schemas" / f"{kind}.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads(made(kind, tmp_path).read_text()))


@pytest.mark.parametrize(("kind", "copy"), [("scores", copy_scores), ("architectures", copy_architectures)])
def test_a_copy_has_the_bytes_of_a_file_that_was_written_so(kind, copy, tmp_path):
    path = made(kind, tmp_path)
    before, other, name = path.read_bytes(), lineage_of("other"), path.name
    for folder, lineage in (("same", {}), ("deep", other)):
        copy(path, tmp_path / folder / name, **lineage)
        written = made(kind, tmp_path / "written", **lineage or lineage_of(kind))
        assert (tmp_path / folder / name).read_bytes() == written.read_bytes()
    assert path.read_bytes() == before
    path.write_bytes(before[:-1])
    with pytest.raises(ArtifactError, match=r"\.h5: field 'checksum' .* does not fit the rest"):
        copy(path, tmp_path / "damaged" / name, **other)
    assert not (tmp_path / "damaged").exists()
