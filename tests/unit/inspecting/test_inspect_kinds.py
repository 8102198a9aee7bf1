"""fsnas inspect and diff on every format: what is in a file, and what two of a kind have apart."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from fsnas.artifacts import (
    architectures,
    checkpoint,
    dataset,
    scores,
    search,
    selection,
    splits,
    tables,
    training_cost,
    trajectory,
)
from fsnas.artifacts.files import load_json, write_json
from fsnas.errors import ArtifactError, FsnasError
from fsnas.inspecting import kinds
from fsnas.inspecting.comparing import compared
from fsnas.inspecting.describing import described
from fsnas.inspecting.opening import opened
from tests.support import damage
from tests.support.damage import KEY, KINDS, evaluations, made, small_tree
from tests.support.problems import random_network
from tests.support.space import EDGES, OPERATIONS, SPACE
from tests.support.splits import made_split, made_tree

SETTINGS = {"seed": 3, "recipe": {"epochs": 2, "flip": True}, "folder": None}
CODE = ["fsnas/splitting/cuts.py 0123456789ab", "mine.py ba9876543210", "torch 2.13.0"]
ORIGIN = {"settings": SETTINGS, "code": CODE, "inputs": "fedc", "commit": "0123abcd"}
SHOWN = [kind for kind in KINDS if kind != "record"]  # which stands for its table
MODULES = {"supernet": checkpoint, "tree": splits, "table": tables, "figure": None}
MODULES |= {"architectures": architectures, "cost": training_cost, "dataset": dataset, "scores": scores}
MODULES |= {"search": search, "selection": selection, "splits": splits, "trajectory": trajectory}


def written(folder, kind, content=None):
    return made(kind, folder, content, **ORIGIN)


def apart(folder, kind, before, after):
    """What two files of a kind have apart."""
    return compared(written(folder / "before", kind, before), written(folder / "after", kind, after))


def other(folder, kind):
    return written(folder, kind, KINDS[kind].other)


def test_every_kind_is_tried():
    assert set(kinds.KINDS) == set(SHOWN)


@pytest.mark.parametrize("kind", SHOWN)
def test_every_kind_says_its_format_settings_and_what_made_it(kind, tmp_path):
    path = written(tmp_path, kind)
    artifact, found = opened(path), described(path)
    assert found["format"] == artifact.fields["format"] == f"fsnas.{kind}"
    assert artifact.kind.version == getattr(MODULES[kind], "VERSION", None) == found["version"]
    assert found["file"] == str(path) and found["about"] and found["what"] == artifact.kind.title
    assert found["settings"] == {"seed": 3, "recipe.epochs": 2, "recipe.flip": True, "folder": None}
    assert found["lineage"] == {
        "key": None if kind in ("table", "figure") else KEY,
        "inputs": "fedc",
        "commit": "0123abcd",
        "packages": ["torch 2.13.0"],
        "code": {"fsnas/splitting/cuts.py": "0123456789ab", "mine.py": "ba9876543210"},
    }


@pytest.mark.parametrize("kind", SHOWN)
def test_a_file_is_the_same_as_itself_and_not_as_one_of_other_content(kind, tmp_path):
    first, again = written(tmp_path / "a", kind), written(tmp_path / "b", kind)
    found = compared(first, again)
    assert found["same"] and set(found) == {"before", "after", "what", "format", "same"}
    found = compared(first, other(tmp_path / "c", kind))
    assert not found["same"]
    assert not {"settings", "code", "lineage"} & set(found)


@pytest.mark.parametrize(("a", "b"), [("tree", "splits"), ("scores", "architectures"), ("supernet", "cost")])
def test_two_kinds_cannot_be_compared(a, b, tmp_path):
    one, two = written(tmp_path / "a", a), written(tmp_path / "b", b)
    titles = [opened(path).kind.title for path in (one, two)]
    with pytest.raises(FsnasError, match=f"is {titles[0]}, .* is {titles[1]}; expected two files of the same kind"):
        compared(one, two)
    with pytest.raises(FsnasError, match="is a folder; expected two files"):
        compared(one, tmp_path)


def test_records_and_pdfs_stand_for_the_file_beside_them(tmp_path):
    table, figure = written(tmp_path, "table"), written(tmp_path, "figure")
    assert opened(table.with_suffix(".json")).path == table
    assert opened(figure.with_suffix(".pdf")).path == figure
    assert set(described(tmp_path)["artifacts"]) == {"table.csv", "figure.png"}


def test_a_record_without_its_table_is_an_error(tmp_path):
    table = written(tmp_path, "table")
    table.unlink()
    with pytest.raises(ArtifactError, match=r"table\.csv: no such file; run snakemake to make it"):
        described(table.with_suffix(".json"))


FOREIGN = {
    "list.json": b"[1]",
    "object.json": b'{"format": "other"}',
    "lonely.csv": b"a,b\n1,2\n",
    "lonely.pdf": b"%PDF",
    "notes.txt": b"fsnas",
    "other.h5": b"\x89HDF\r\n\x1a\n",
    "none": b"",
}


@pytest.mark.parametrize("name", FOREIGN)
def test_other_files_are_no_artifacts(name, tmp_path):
    path = tmp_path / name
    path.write_bytes(FOREIGN[name])
    with pytest.raises(FsnasError, match=rf"{name}: no artifact of fsnas; expected a file that a run leaves behind"):
        described(path)
    assert described(tmp_path) == {"folder": str(tmp_path), "other_files": 1, "artifacts": {}}


@pytest.mark.parametrize("kind", SHOWN)
def test_damage_is_an_error_that_names_the_file(kind, tmp_path):
    path = written(tmp_path, kind)
    content = path.read_bytes()
    place = content.find(b"archive/data/0") + 100 if kind == "supernet" else -5  # of the weights, or near the end
    for spoilt in (content[:place] + bytes([content[place] ^ 1]) + content[place:][1:], content[: len(content) // 2]):
        path.write_bytes(spoilt)
        with pytest.raises(ArtifactError, match=rf"{path.name}: "):
            described(path)
    listed = described(tmp_path)
    assert set(listed["unreadable"]) >= {path.name} and path.name not in listed["artifacts"]


def test_a_newer_format_and_an_unknown_one_are_errors(tmp_path):
    path = written(tmp_path, "cost")
    content = load_json(path)
    write_json(path, content | {"version": 3})
    with pytest.raises(ArtifactError, match="field 'version' is 3, this fsnas reads 2"):
        described(path)
    write_json(path, content | {"format": "fsnas.news"})
    with pytest.raises(ArtifactError, match="field 'format' is 'fsnas.news'; this fsnas can show .*fsnas.tree"):
        described(path)


def test_settings_code_and_inputs_are_told_before_and_after(tmp_path):
    paths = [tmp_path / name for name in ("a.json", "b.json")]
    splits.write_tree(paths[0], small_tree(), key="k1", **ORIGIN)
    other = {"settings": SETTINGS | {"recipe": {"epochs": 5}, "more": [1]}, "code": [CODE[0], "torch 2.14.0"]}
    splits.write_tree(paths[1], small_tree(), key="k2", inputs="dcba", commit=ORIGIN["commit"], **other)
    found = compared(*paths)
    assert not found["same"]
    assert found["settings"] == {
        "recipe.epochs": {"before": 2, "after": 5},
        "recipe.flip": {"before": True, "after": None},
        "more": {"before": None, "after": [1]},
    }
    assert found["code"] == {"mine.py": {"before": "ba9876543210", "after": None}}
    assert found["lineage"] == {
        "key": {"before": "k1", "after": "k2"},
        "inputs": {"before": "fedc", "after": "dcba"},
        "packages": {"before": ["torch 2.13.0"], "after": ["torch 2.14.0"]},
    }
    assert not {"splits", "differences", "about"} & set(found)


def test_another_commit_of_the_same_code_is_shown_and_is_no_difference(tmp_path):
    paths = [tmp_path / name for name in ("a.json", "b.json")]
    for path, commit in zip(paths, ("0123abcd", "4567cdef"), strict=True):
        splits.write_tree(path, small_tree(), key="k1", **{**ORIGIN, "commit": commit})
    found = compared(*paths)
    assert found["same"] and found["lineage"] == {"commit": {"before": "0123abcd", "after": "4567cdef"}}


def test_measured_time_and_memory_are_shown_and_are_no_difference(tmp_path):
    costs = (training_cost.TrainingCost(2, seconds, 640, "cpu", KEY) for seconds in (1.0, 2.0))
    found = apart(tmp_path, "cost", *costs)
    assert found["same"] and found["about"] == {"seconds": {"before": 1.0, "after": 2.0}}
    frames = [pd.DataFrame({"method": ["snip"], "root_seconds": [x]}) for x in (1.0, 2.0)]
    found = apart(tmp_path, "table", *frames)
    assert found["same"] and found["differences"]["root_seconds"]["largest"] == 1.0


# Scores


def test_scores_are_means_over_repetitions_by_edge_and_operation(tmp_path):
    values = np.arange(60.0).reshape(2, 6, 5)
    values[:, 2] = np.nan
    values[1, 4, 0] = np.nan
    space = SPACE.restrict(SPACE.full(), 2, (1, 3))
    reasons = ("edge 3<-1, none, repetition 1: the value is inf",)
    content = scores.NodeScores(SPACE, space, values, np.full((6, 5, 5), np.nan), reasons)
    found = described(written(tmp_path, "scores", {"0": content, "1": damage.scored()}))
    assert list(found["about"]) == ["metric", "seed", "level", "device", "options", "peak_memory", "seconds"]
    one = found["nodes"]["0"]
    assert one["restricted"] == ["2<-1: skip_connect nor_conv_3x3"] and one["reasons"] == list(reasons)
    assert one["scores_shape"] == [2, 6, 5] and one["affinity_shape"] == [6, 5, 5]
    assert one["architectures"] == 5**5 * 2
    assert one["mean_scores"]["1<-0"] == dict(zip(OPERATIONS, values[:, 0].mean(0), strict=True))
    assert one["mean_scores"]["3<-1"]["none"] == values[0, 4, 0]
    assert set(one["mean_scores"]["2<-1"].values()) == {None}


def test_affinities_stand_where_there_are_no_scores(tmp_path):
    affinity = np.arange(150.0).reshape(6, 5, 5)
    quiet = scores.NodeScores(SPACE, SPACE.full(), None, affinity, ())
    found = described(written(tmp_path, "scores", {"root": quiet}))["nodes"]["root"]
    assert "mean_scores" not in found and len(found["affinity"]) == 10
    assert found["affinity"]["none skip_connect"] == dict(zip(EDGES, affinity[:, 0, 1], strict=True))


def test_scores_differ_most_at_a_named_place(tmp_path):
    found = apart(tmp_path, "scores", {"root": damage.SCORED["root"]}, KINDS["scores"].other)
    assert found["only"] == {"array": {"before": [], "after": ["0/affinity", "0/scores", "0/space"]}}
    at = {"at": "repetition 0, edge 2<-0, operation nor_conv_1x1", "before": 7.0, "after": 8.0}
    assert found["differences"] == {"root/scores": {"differ": 1, "of": 60, "largest": 1.0, "relative": 0.125, **at}}


# Splits and trees


def test_a_tree_is_nested_and_says_in_words_what_is_doubtful(tmp_path):
    doubtful = replace(made_split("root", [OPERATIONS[:1], OPERATIONS[1:]]), ties=3, edge_ties=2, degenerate=True)
    value = replace(made_tree("snip", 3, [doubtful.groups]), splits=(doubtful,))
    found = described(written(tmp_path, "tree", value))
    (root,) = found["tree"]
    assert root["note"] == (
        "the cut was drawn among 3 that cost the same; the edge was drawn among 2 that cost the same; "
        "degenerate: all affinities of the edge are equal, the cut says nothing"
    )
    assert root["children"] == [
        {"node": "0", "architectures": 5**5, "children": []},
        {"node": "1", "architectures": 4 * 5**5, "children": []},
    ]
    assert found["edge_costs"]["root"] == {"1<-0": -1.0} | dict.fromkeys(EDGES[1:])
    assert found["about"] == {"method": "snip", "metric": "snip", "seed": 3, "nodes": 1, "leaves": 2}


def test_what_a_cut_costs_in_each_of_several_metrics_is_shown_and_compared(tmp_path):
    tree = made_tree("pair", 3, [[OPERATIONS[:2], OPERATIONS[2:]]])
    one, other = (
        replace(tree, splits=(replace(tree.splits[0], shares=shares),))
        for shares in ({"snip": -0.75, "ntk": -0.25}, {"snip": -0.5, "ntk": -0.25})
    )
    (root,) = described(written(tmp_path, "tree", one))["tree"]
    assert (root["cost of snip"], root["cost of ntk"]) == (-0.75, -0.25)
    assert {*apart(tmp_path, "tree", one, other)["differences"]} == {"cost of snip"}


def test_how_clear_cuts_are_is_shown_of_every_edge_where_a_policy_asks_for_it(tmp_path):
    tree = made_tree("snip", 3, [[OPERATIONS[:2], OPERATIONS[2:]]])
    found = described(written(tmp_path, "tree", tree))
    assert "edge_clearness" not in found and "clearness" not in found["tree"][0]
    clear = replace(tree, splits=(replace(tree.splits[0], edge_clearness={EDGES[0]: 2.5}),))
    found = described(written(tmp_path, "tree", clear))
    assert found["tree"][0]["clearness"] == 2.5
    assert found["edge_clearness"] == {"root": {EDGES[0]: 2.5} | dict.fromkeys(EDGES[1:])}


def test_a_tree_without_splits_is_one_leaf(tmp_path):
    found = described(written(tmp_path, "tree", made_tree("none", 3, [])))
    assert found["tree"] == [{"node": "root", "architectures": 5**6, "children": []}]


def test_a_level_lists_its_splits(tmp_path):
    found = described(written(tmp_path, "splits"))
    assert [row["node"] for row in found["splits"]] == ["0", "1"] == list(found["edge_costs"])
    assert found["about"] == damage.LEVEL | {"level": 1, "nodes": 2}


def test_trees_part_at_the_first_node_that_differs(tmp_path):
    a, b, c = ([OPERATIONS[:2], OPERATIONS[2:]], [OPERATIONS[:1], OPERATIONS[1:]], [OPERATIONS[:3], OPERATIONS[3:]])
    before = made_tree("snip", 3, [a, a, a])
    found = apart(tmp_path, "tree", before, made_tree("snip", 3, [a, b, c]))
    assert found["part_at"] == "node 0" and list(found["splits"]) == ["0", "1"]
    row = found["splits"]["0"]
    assert (row["groups_before"], row["groups_after"]) == ([list(g) for g in a], [list(g) for g in b])
    assert row["distance"] == 1.0 and row["level"] == 1 and row["edge_before"] == row["edge_after"] == EDGES[1]
    found = apart(tmp_path, "tree", before, made_tree("snip", 3, [a]))
    assert found["only"] == {"node": {"before": ["0", "1"], "after": []}} and "part_at" not in found


def test_numbers_of_the_same_splits_are_compared(tmp_path):
    (before,) = made_tree("snip", 3, [[OPERATIONS[:2], OPERATIONS[2:]]]).splits
    after = replace(before, cost=-1.5, runner_up=None, edge_costs={EDGES[0]: -1.5, EDGES[1]: None})
    trees = [replace(made_tree("snip", 3, [before.groups]), splits=(split,)) for split in (before, after)]
    found = apart(tmp_path, "tree", *trees)
    assert {name: (row["before"], row["after"]) for name, row in found["differences"].items()} == {
        "cost": (-1.0, -1.5),
        "runner_up": (-0.5, None),
        "edge_costs": (-1.0, -1.5),
    }
    assert found["differences"]["runner_up"]["not_finite"] == 1


# Checkpoints, searches, tables


def test_a_checkpoint_is_shown_with_its_cost(tmp_path):
    space = SPACE.restrict(SPACE.full(), 0, (1,))
    path = written(tmp_path, "supernet", random_network(3, space))
    found = described(path)
    assert found["cost"] == {**{"epochs": 2, "seconds": 1.5, "device_seconds": 0.0, "samples": 640, "device": "cpu"}}
    assert found["space"]["restricted"] == ["1<-0: skip_connect"]
    assert found["training"]["loss"] == 1.9 and len(found["training"]["history"]) == 2
    tensors = {name: list(tensor.shape) for name, tensor in random_network(3, space).state_dict().items()}
    assert {name: row["shape"] for name, row in found["weights"]["tensors"].items()} == tensors
    path.with_suffix(".json").unlink()
    found = described(path)
    assert "supernet.json: no such file" in found["cost"]["unknown"] and found["lineage"]["inputs"] is None
    other = training_cost.TrainingCost(2, 1.5, 640, "cpu", "another")
    training_cost.write_training_cost(path.with_suffix(".json"), other)
    assert "belongs to another checkpoint" in described(path)["cost"]["unknown"]


def test_checkpoints_differ_in_named_tensors(tmp_path):
    found = apart(tmp_path, "supernet", random_network(3), damage.other_network())
    (row,) = found["differences"].items()
    assert row[0] == "classifier.bias" and row[1]["at"] == "[1]" and row[1]["differ"] == 1
    assert row[1]["largest"] == pytest.approx(1.0, abs=1e-6)
    found = apart(tmp_path, "supernet", random_network(3), random_network(3, SPACE.only((1,) * 6), channels=4))
    assert found["differences"]["classifier.weight"]["shape_before"] == [4, 8]
    assert found["differences"]["classifier.weight"]["shape_after"] == [4, 16]
    assert all(":" in name for name in found["only"]["part"]["before"])
    assert found["differences"]["space"]["differ"] == 24


def test_a_search_shows_its_best_and_accuracies(tmp_path):
    found = described(written(tmp_path, "search"))
    best = {"number": 2, "leaf": "0", "architecture": damage.ARCHITECTURES[0], "loss": 1.5, "accuracy": 0.5}
    assert found["best"] == {"random": best}
    expected = {"evaluations": 4, "architectures": 2, "loss_not_finite": 0, "min": 0.1, "median": 0.1, "max": 0.5}
    assert found["accuracies"] == {"random": pytest.approx(expected)}
    found = apart(tmp_path, "search", evaluations(), evaluations(0.75))
    assert found["best"] == {"random.accuracy": {"before": 0.5, "after": 0.75}}
    assert found["differences"]["random accuracy"]["at"] == "evaluation 2"


def test_architectures_show_every_column(tmp_path):
    found = described(written(tmp_path, "architectures"))
    assert found["about"]["kind"] == "truth" and found["size"] == {"architectures": 2, "columns": 2}
    assert found["rows"][damage.ARCHITECTURES[0]] == {"accuracy": 0.1, "a/b": None}


def test_a_data_set_shows_shapes_and_counts(tmp_path):
    found = described(written(tmp_path, "dataset"))
    assert found["arrays"]["images"] == {"shape": [6, 1, 4, 4], "type": "uint8"}
    assert found["images_per_class"] == {
        "a": {"train": 2, "valid": 0, "test": 1},
        "b": {"train": 1, "valid": 1, "test": 1},
    }


def test_rows_of_tables_are_matched_by_the_columns_that_name_them(tmp_path):
    before = pd.DataFrame({"method": ["snip"] * 3, "path": ["0", "00", "1"], "mean": [1.0, 2.0, np.nan], "old": 1})
    after = pd.DataFrame({"method": ["snip"] * 3, "path": ["00", "1", "2"], "mean": [2.5, np.nan, 7.0], "new": 1})
    found = apart(tmp_path, "table", before, after)
    rows = {"before": ["snip, 0"], "after": ["snip, 2"]}
    assert found["only"] == {"column": {"before": ["old"], "after": ["new"]}, "row": rows}
    at = {"at": "row snip, 00", "before": 2.0, "after": 2.5}
    assert found["differences"] == {"mean": {"differ": 1, "of": 2, "largest": 0.5, "relative": 0.2, **at}}
    assert found["cells"] == [{"row": "snip, 00", "column": "mean", "before": 2.0, "after": 2.5}]


def test_a_table_keeps_paths_as_text(tmp_path):
    found = described(written(tmp_path, "table"))
    assert found["rows"] == {
        "0": {"method": "snip", "path": "0", "mean": 1.5},
        "1": {"method": "snip", "path": "00", "mean": None},
    }
    long = pd.DataFrame({"path": ["0", "00"] * 10, "mean": [1.0, np.nan] * 9 + [5.0, 3.0]})
    found = described(written(tmp_path / "long", "table", long))
    assert found["columns"] == {
        "path": {"empty": 0, "different": 2, "values": ["0", "00"]},
        "mean": {"empty": 9, "different": 3, "min": 1.0, "mean": 17 / 11, "max": 5.0, "max_at": "18"},
    }
    assert list(found["first"]) == ["0", "1", "2", "3", "4"]
    same = pd.DataFrame({"x": ["a", "a"], "y": [1, 1]})
    assert apart(tmp_path, "table", same, same.assign(y=[1, 2]))["differences"]["y"]["at"] == "row 1"


def test_an_empty_table_is_shown(tmp_path):
    found = described(written(tmp_path, "table", pd.DataFrame({"method": [], "mean": []})))
    assert found["size"] == {"rows": 0, "columns": 2} and found["rows"] == {}
