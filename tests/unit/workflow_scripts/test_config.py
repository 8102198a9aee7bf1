"""The config: complete, checked, and every problem named with its key, what was found and what is allowed."""

import itertools
import json
import os
import re
from typing import Annotated

import pytest
import yaml
from jsonschema import Draft202012Validator

from fsnas import metrics
from fsnas.data import sources
from fsnas.data.making import make_dataset
from fsnas.errors import ConfigError, FsnasError
from fsnas.metrics import known
from fsnas.registry import options_of
from fsnas.spaces import architectures
from tests.support.config import DEFAULT, ROOT, laid_over
from tests.support.messages import pattern
from tests.support.space import SPACE
from workflow_scripts import _captions, _config
from workflow_scripts._captions import about_proxies, about_search, about_trees, about_truth, few
from workflow_scripts._config import (
    check,
    check_files,
    check_truth,
    joint_proxies,
    leaf_methods,
    proxy_metrics,
    rungs_of,
)
from workflow_scripts._config_model import options
from workflow_scripts._config_schema import CONFIG, SCHEMA, as_json, as_yaml, schema_of, validated
from workflow_scripts._config_values import check_texts

PRESETS = sorted((ROOT / "configs").glob("*.yaml"))


def checked(*methods):
    """Return the methods of a config that has these entries, and no leaves."""
    return check(laid_over(DEFAULT, {"methods": list(methods), "leaves": {"methods": []}}))


def test_config_yaml_and_its_schema_are_what_the_model_writes():
    for file, text in {CONFIG: as_yaml(), SCHEMA: as_json()}.items():
        assert file.read_text(encoding="utf-8") == text, "type: make config"
    schema = json.loads(as_json())
    Draft202012Validator.check_schema(schema)
    for file in (CONFIG, *PRESETS):
        Draft202012Validator(schema).validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    assert not Draft202012Validator(schema).is_valid({"supernet": {"epoch": 3}})


def test_an_option_of_a_part_is_a_key_with_its_type_default_bounds_and_meaning():
    def beam(space, *, width: Annotated[int, {"ge": 1, "le": "operations"}, "groups that are kept"] = 3): ...

    def other(space, *, width: int = 1, json=0.5, _x=True, wide: Annotated[bool, "all of them"] = False): ...

    kind = options("Parts", {"beam": options_of(beam), "other": options_of(other)})
    assert validated(kind, {"json": 2}) == {"width": 3, "json": 2.0, "_x": True, "wide": False}
    assert schema_of(kind)["properties"]["wide"]["description"] == "other: all of them"
    assert schema_of(kind)["properties"]["width"]["description"] == "beam, other: groups that are kept"
    with pytest.raises(ConfigError, match=r"x\.width: found 6, expected at most 5 \(the .* has 5 operations\)"):
        validated(kind, {"width": 6}, "x")


def test_the_default_run_has_the_control_a_tree_of_several_levels_and_every_metric_by_name():
    methods, text = check(DEFAULT), (ROOT / "config.yaml").read_text(encoding="utf-8")
    assert {"gm-nas", "synflow", "random", "one-shot"} <= set(methods) and methods["gm-nas"].policy.rounds > 1
    assert len(DEFAULT["seeds"]) >= 3
    further = re.search(r"# Further metrics: (.*)\.", text)[1].split(", ")
    assert set(known()) == {*further, *methods} - {"gm-nas", "one-shot"}


def test_the_methods_of_other_papers_that_a_comment_offers_are_the_presets():
    text = (ROOT / "config.yaml").read_text(encoding="utf-8")
    offered = yaml.safe_load("\n".join(re.findall("^  # ([- ] .*)", text, re.M)))
    methods = check(laid_over(DEFAULT, {"methods": [*DEFAULT["methods"], *offered], "leaves": {"methods": "all"}}))
    assert set(NAMED) <= set(methods)
    for name, choices in NAMED.items():
        assert {key: methods[name].choices[key] for key in choices} == choices


@pytest.mark.parametrize("preset", PRESETS, ids=lambda path: path.stem)
def test_presets_are_valid_and_have_their_own_outdir(preset):
    changes = yaml.safe_load(preset.read_text(encoding="utf-8"))
    check(laid_over(DEFAULT, changes))
    others = [yaml.safe_load(other.read_text(encoding="utf-8"))["outdir"] for other in PRESETS if other != preset]
    assert changes["outdir"] not in [*others, DEFAULT["outdir"]]


def test_the_paper_preset_is_the_papers_experiment():
    config = laid_over(DEFAULT, yaml.safe_load((ROOT / "configs/paper.yaml").read_text(encoding="utf-8")))
    methods = check(config)
    eight = {"gm", "gradnorm", "snip", "grasp", "synflow", "jacobcov", "ntk", "lr"}
    baselines = {"gm-nas", "one-shot", "few-shot-nas", "few-shot-best"}
    assert set(methods) == eight | {"random"} | baselines and len(config["seeds"]) == 10
    assert (config["supernet"]["channels"], config["supernet"]["cells"], config["supernet"]["epochs"]) == (16, 5, 200)
    assert all(methods[m].policy.factors == (2, 2, 2) for m in eight)
    assert config["data"]["source"] == "cifar10" and config["data"]["split"] == "nasbench201"


def test_a_caption_says_settings_and_what_each_method_has_of_its_own():
    entries = ["gm", "ntk", {"wide": {"metric": "gm", "policy": "schedule", "schedule": [2, 3], "edge": "first"}}]
    config = laid_over(DEFAULT, {"methods": entries, "seeds": [7], "leaves": {"methods": []}})
    methods = check(config)
    together, alone = (about_trees(config, chosen, config["seeds"]) for chosen in (methods.values(), [methods["wide"]]))
    assert together.startswith("n = 1 seed (7). Data: digits. Supernet: C = 4, N = 1, superposition, mixing mean")
    assert "policy constant, branching 2, max leaves 4, edge best" in together
    assert together.endswith(
        " Split distance corrected. ntk: samples 16. wide: policy schedule, schedule [2, 3], edge first."
    )
    assert "gm:" not in together
    assert (
        "policy schedule, schedule [2, 3], edge first, objective mean, balance none, average affinities. Split" in alone
    )


NAMED = {  # what their authors run, as far as a method says it
    "gm-nas": {"perturbation": "isolate", "balance": "equal", "edge": "best", "policy": "constant", "branching": 2}
    | {"init": "scratch", "weights": "trained", "initialisation": "default", "batch_norm": "batch"},
    "few-shot-nas": {"policy": "exhaustive", "depth": 1, "edge": "first", "init": "root"},
}


@pytest.mark.parametrize("preset", [None, *PRESETS], ids=lambda path: path.stem if path else "default")
def test_a_name_that_stands_for_a_paper_is_what_its_authors_run_whatever_the_defaults_are(preset):
    config = laid_over(DEFAULT, yaml.safe_load(preset.read_text(encoding="utf-8")) if preset else {})
    named = [entry for entry in config["methods"] if isinstance(entry, dict) and NAMED.keys() & entry.keys()]
    config |= {"methods": ["random", *named], "leaves": config["leaves"] | {"methods": []}}
    config["search"]["algorithms"] = {}
    other = {"perturbation": "disable", "balance": "none", "edge": "random", "policy": "none"}
    other |= {"branching": 3, "depth": 2, "weights": "initial", "initialisation": "fan_out", "batch_norm": "identity"}
    for init in ("scratch", "root"):
        methods = check(laid_over(config, {"method": {**other, "init": init}}))
        for name, choices in NAMED.items():
            if name in methods:
                assert {key: methods[name].choices[key] for key in choices} == choices
                assert name == "few-shot-nas" or methods[name].metric == "gm"
        if preset and preset.stem == "paper":
            assert set(NAMED) <= set(methods)


def test_comments_promise_no_paper_beside_other_names():
    for file in (ROOT / "config.yaml", *PRESETS):
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.startswith("  - ") and re.search("#.*(GM-NAS|Few-Shot NAS)", line) and "ours" not in line:
                assert line.split(":")[0].removeprefix("  - ") in NAMED, line


@pytest.mark.parametrize("seeds", [[0], [0, 1], [0, 1, 2], [*range(10)]])
def test_a_caption_of_distances_says_how_little_an_interval_over_few_seeds_covers(seeds):
    methods = check(DEFAULT).values()
    said, others = (about_trees(DEFAULT, methods, seeds), about_trees(DEFAULT, methods, seeds, about=["scores"]))
    assert ("Interval: 95 %, bootstrap over seeds" in said) == (len(seeds) > 1)
    range_ = "; of 2 or 3 seeds it is their range, and covers the mean in about 50 or 70 % of cases."
    held = {bool(few(seeds)), *(text.endswith(range_) for text in (said, about_search(DEFAULT, seeds)))}
    assert held == {len(seeds) in (2, 3)}
    assert "Interval" not in others  # these figures draw none


@pytest.mark.parametrize(
    ("seeds", "said"),
    [([7], "1 seed (7)"), ([0, 1, 2], "3 seeds (0, 1, 2)"), ([*range(3, 13)], "10 seeds (3 to 12)"),
     ([0, 2, 4, 6, 9], "5 seeds (0, 2, ..., 9)")],
)  # fmt: skip
def test_a_caption_says_n_seeds_data_and_sizes(seeds, said):
    methods = check(DEFAULT).values()
    assert _captions.tree_caption(DEFAULT, seeds, methods) == f"n = {said}. Data: digits. C = 4, N = 1, 20 epochs."
    assert _captions.search_caption(DEFAULT, seeds).endswith("C = 4, N = 1; root 20 epochs, leaves 24 a tree.")
    assert _captions.truth_caption(DEFAULT, "x") == "Truth: 24 architectures trained here, 3 epochs."


def test_a_caption_names_a_search_space_that_is_not_the_usual_one():
    config = DEFAULT | {"space": DEFAULT["space"] | {"name": "nas-bench-macro"}}
    assert _captions.tree_caption(config, [7], []).endswith("Data: digits. nas-bench-macro, C = 4, 20 epochs.")


@pytest.mark.parametrize(
    ("methods", "said"),
    [
        (["snip"], "20 epochs."),
        ([{"a": {"metric": "snip", "weights": "initial"}}], "untrained."),
        (["snip", "gm", {"a": {"metric": "snip", "weights": "initial"}}], "20 epochs (untrained: a)."),
        (
            ["snip", {"b": {"metric": "gm", "batch_norm": "identity"}}],
            "20 epochs. BatchNorm as the identity: b.",
        ),
        (
            [
                {"a": {"metric": "snip", "weights": "initial", "batch_norm": "identity"}},
                {"one-shot": {"policy": "none"}},
            ],
            "untrained. BatchNorm as the identity: all methods.",
        ),
        (
            ["snip", *({name: {"metric": "gm", "weights": "initial"}} for name in "abcde")],
            "20 epochs (untrained: 5 of 6 methods).",
        ),
    ],
)
def test_a_caption_says_which_methods_score_fresh_networks(methods, said):
    config = laid_over(DEFAULT, {"methods": methods, "leaves": {"methods": []}})
    assert _captions.tree_caption(config, [0], check(config).values()).endswith(f"C = 4, N = 1, {said}")


@pytest.mark.parametrize(
    ("given", "reads", "needs"),
    [
        ({}, True, True),
        ({"weights": "initial"}, False, False),
        ({"weights": "initial", "init": "root"}, True, True),
        ({"policy": "exhaustive", "edge": "first"}, True, False),
        ({"policy": "exhaustive", "edge": ["2<-0"]}, True, False),
        ({"policy": "none"}, False, False),
    ],
)
def test_a_method_says_whether_it_reads_and_needs_the_trained_root(given, reads, needs):
    config = laid_over(DEFAULT, {"methods": [{"a": {"metric": "gm", **given}}], "leaves": {"methods": []}})
    method = check(config)["a"]
    assert (method.reads_root, method.needs_root) == (reads, needs)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"weights": "initial", "warmup_epochs": 2}, "methods.a.warmup_epochs: found 2, but methods.a.weights is"),
        ({"weights": "initial", "warmup_epochs": [0, 3]}, r"warmup_epochs: found \[0, 3\], but methods.a.weights is"),
        ({"initialisation": "fan_out"}, "methods.a.initialisation: found 'fan_out', but method.weights is 'trained'"),
        ({"edge": ["3<-0"]}, "methods.a.edge: found 1 edges, expected 2, one per level"),
        ({"edge": ["3<-0", "3<-3"]}, r"methods.a.edge: found '3<-3' \(did you mean '3<-2'\?\), allowed are 1"),
        ({"edge": ["3<-0", "3<-0"]}, "methods.a.edge: .* expected each entry once"),
        ({"edge": "worst"}, "methods.a.edge: found 'worst'"),
    ],
)
def test_weights_and_edges_that_do_not_fit_are_refused(given, said):
    config = laid_over(DEFAULT, {"methods": [{"a": {"metric": "gm", **given}}], "leaves": {"methods": []}})
    with pytest.raises(ConfigError, match=said):
        check(config)


@pytest.mark.parametrize(
    "given",
    [
        {"weights": "initial"},
        {"weights": "initial", "warmup_epochs": [0, 0]},
        {"weights": "initial", "initialisation": "fan_out"},
        {"edge": ["3<-0", "3<-2"]},
    ],
)
def test_what_these_refusals_advise_is_taken(given):
    choices = checked({"a": {"metric": "gm", **given}})["a"].choices
    assert choices == choices | given


def test_a_method_of_several_metrics_has_weights_and_options_of_each():
    entries = [{"a": {"metrics": ["ntk", "lr"], "combine": "by_level"}}, "snip"]
    entries += [{"b": {"metrics": {"gradnorm": 2, "ntk": {"weight": 0.5, "samples": 8}, "lr": {}, "gm": None}}}]
    config = laid_over(DEFAULT, {"methods": entries, "leaves": {"methods": []}, "method": {"combine": "rank"}})
    methods = check(config)
    assert [part.metric for part in methods["a"].parts_at(1)] == ["lr"] and methods["a"].metric == "ntk+lr"
    assert methods["b"].joining == {"combine": "rank", "metrics": {"gradnorm": 2, "ntk": 0.5, "lr": 1, "gm": 1}}
    assert (methods["b"].part("ntk").options["samples"], methods["a"].part("ntk").options["samples"]) == (8, 16)
    assert methods["snip"].joining == {} and methods["snip"].part(None).metric == "snip"
    assert joint_proxies(methods.values(), ["gradnorm", "ntk", "lr", "snip"]) == {}  # a takes turns, gm is no proxy
    said = about_trees(config, [*methods.values()], [0])
    assert (
        "a: metrics ntk + lr, combine by_level, ntk: samples 16. b: metrics gradnorm x 2 + ntk x 0.5 + lr + gm" in said
    )


def test_few_shot_nas_needs_no_metric():
    method = checked({"few-shot": {"policy": "exhaustive"}})["few-shot"]
    assert method.metric == "random" and method.policy.factors == (5,)


def test_training_images_are_those_of_the_data_set():
    data = {k: v for k, v in DEFAULT["data"].items() if k not in ("crop_padding", "flip")}
    splits, facts = make_dataset(**data).splits, sources.facts("digits")
    assert (len(splits["train"]), len(splits["valid"])) == (facts.train, facts.valid)


def test_all_leaves_and_no_leaves():
    config = laid_over(DEFAULT, {"leaves": {"methods": "all"}, "proxies": {"metrics": "all"}})
    methods = check(config)
    assert list(leaf_methods(config, methods)) == list(methods)
    assert set(proxy_metrics(config)) == set(known()) - {"gm", "lid"}
    nothing = laid_over(DEFAULT, {"leaves": {"methods": []}, "proxies": {"metrics": []}})
    assert not leaf_methods(nothing, check(nothing)) and not proxy_metrics(nothing)


def test_the_default_trees_cost_the_same():
    chosen = leaf_methods(DEFAULT, check(DEFAULT))
    assert {"one-shot", "random", "gm-nas"} == set(chosen)
    costs = {name: sum(rung.leaves * rung.epochs for rung in rungs_of(DEFAULT, m)) for name, m in chosen.items()}
    assert set(costs.values()) == {DEFAULT["leaves"]["total_epochs"]}


def test_captions_say_how_leaves_were_trained_and_what_the_truth_is():
    entries = ["gm", {"gm-nas": {"metric": "gm", **NAMED["gm-nas"]}}, {"one-shot": {"policy": "none"}}]
    entries.append({"few-shot-nas": NAMED["few-shot-nas"]})
    config = laid_over(DEFAULT, {"methods": entries, "leaves": {"methods": "all"}})
    said = about_search(config, [3], leaf_methods(config, check(config)).values())
    own = " gm-nas: perturbation isolate, balance equal. one-shot: policy none. few-shot-nas: policy exhaustive"
    assert own in said
    assert "edge first, init root. Shared weights on" in said
    assert said.startswith("n = 1 seed (3). Data: digits. C = 4, N = 1. Root: superposition, 20 epochs. Trees: ")
    assert "Leaves: init scratch, sampling uniform, total epochs 24 a tree" in said
    assert said.endswith("Interval: 95 %, bootstrap over seeds.") and "their range" in about_search(DEFAULT, [1, 2])
    halved = laid_over(DEFAULT, {"leaves": {"selection": "successive_halving", "keep": 2}})
    assert "searched: selection successive_halving, keep 2, sampled 16" in about_search(halved, [3])
    standalone = about_truth(DEFAULT, _config.truth_column(DEFAULT))
    assert standalone.startswith("Truth: standalone_test_accuracy_3_epochs_seed_0, of 24 architectures")
    assert standalone.endswith("not those of the benchmark.")
    table = laid_over(DEFAULT, {"truth": {"source": "csv", "file": "some/where.csv"}})
    assert _captions.truth_caption(table, "C10") == about_truth(table, "C10") == "Truth: C10 of where.csv."
    table = laid_over(DEFAULT, {"truth": {"source": "natsbench", "file": "some/where.tar"}})
    assert about_truth(table, "C10") == "Truth: C10 of NATS-Bench's topology archive."
    everything = laid_over(DEFAULT, {"proxies": {"metrics": "all"}})
    assert " ntk: samples 16, raw False." in about_proxies(everything)
    assert "ntk" not in about_proxies(laid_over(DEFAULT, {"proxies": {"metrics": ["snip"]}}))


# The files that it names

FILES = r"""
outdir: . -> outdir: found '.', .*holds
outdir: ./ -> outdir: found './', .*holds
outdir: .. -> outdir: found '..', .*holds
outdir: / -> outdir: found '/', .*holds
outdir: file -> outdir: found 'file', .*file is no folder
outdir: file/b -> outdir: found 'file/b', .*file is no folder
outdir: link -> outdir: found 'link', but link is a link to gone, which is not there; make that folder
outdir: link/below -> outdir: found 'link/below', but link is a link to gone, which is not there; make that folder
outdir: loop -> outdir: found 'loop', but loop is a link to loop, which is not there; make that folder
truth: {source: csv, file: gone} -> truth.file: there is no file 'gone'; correct .*'csv'
truth: {source: csv, file: images} -> truth.file: .*images: is a folder, expected .*; give the file in it
truth: {source: nasbench201, file: images} -> truth.file: .*images: is a folder, expected .*; give the file in it
truth: {source: csv, file: nats} -> truth.file: .*nats: is a folder of NATS-Bench, expected .*; set truth.source to n
truth: {source: natsbench, file: images} -> truth.file: .*images: is a folder, expected the topology archive
truth: {source: natsbench, file: gone} -> truth.file: there is no file 'gone'; correct .*'natsbench'
truth: {source: csv, file: pipe} -> truth.file: cannot read 'pipe' (there is no such file)
truth: {source: csv, file: link} -> truth.file: .*, only a link to gone, which is not there
truth: {source: csv, file: closed, column: x} -> truth.file: found 'closed', which you may not read; change its perm
data: {source: imagefolder, folder: gone} ->
    data.folder: found 'gone', but there is no folder 'gone.*'; correct
data: {source: cifar10, folder: gone} -> data.folder: found 'gone', but there is no folder 'gone.*'; correct
data: {source: cifar10, folder: link} ->
    data.folder: .*no folder 'link', only a link to gone, which is not there
data: {source: cifar10, folder: img.closed} -> data.folder: you may not read 'img.closed'; change its permissions
data: {source: cifar10, folder: images, split: nasbench201, split_file: gone} ->
    data.split_file: there is no file 'gone'; put cifar-split
data: {source: cifar10, folder: images, split: nasbench201, split_file: images} ->
    data.split_file: found 'images', which is a folder
"""
FINE = """
outdir: ./b//c/
outdir: link to images
data: {source: imagefolder, folder: images, crop_padding: 1}
data: {source: cifar10, folder: images}
data: {source: cifar10, folder: link to images}
data: {source: cifar10, folder: gone, download: true}
data: {name: read, source: cifar10, folder: gone}
truth: {source: csv, file: truth.csv, column: test_acc, architecture_column: A}
"""


def cases(table):
    return [case.partition(" -> ")[::2] for case in table.replace("->\n   ", "->").strip().split("\n")]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working folder of files that are there, are closed, or are not what they seem."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SNAKEMAKE_OUTPUT_CACHE", raising=False)
    monkeypatch.setattr(os, "access", lambda path, mode: not str(path).endswith("closed"))  # root may read everything
    for folder in ("images/train", "images/test", "img.closed", "nats", "results/data"):
        (tmp_path / folder).mkdir(parents=True)
    for file in ("file", "nats/meta.pickle.pbz2", "results/data/read.h5"):
        (tmp_path / file).touch()
    os.mkfifo(tmp_path / "pipe")  # nothing would ever come out of it
    for link, to in {"link": "gone", "loop": "loop", "link to images": "images"}.items():
        (tmp_path / link).symlink_to(to)
    (tmp_path / "closed").write_text("ArchitectureString,x\n")
    (tmp_path / "truth.csv").write_text(truth_of(94.37, 0, 10))
    return tmp_path


def truth_of(*numbers):
    names = [SPACE.architecture_string(a) for a in itertools.islice(architectures(SPACE.full()), len(numbers))]
    return "A,test_acc\n" + "".join(f"{name},{number}\n" for name, number in zip(names, numbers, strict=True))


@pytest.mark.parametrize(("changes", "message"), cases(FILES))
def test_a_file_that_is_not_what_it_should_be_is_refused_with_its_key(changes, message, here):
    config, said = laid_over(DEFAULT, yaml.safe_load(changes)), []
    for look in (check, check_files):
        try:
            look(config)
        except ConfigError as error:
            said.append(str(error))
    assert any(re.search(pattern(message), each) for each in said), said


@pytest.mark.parametrize("changes", FINE.strip().split("\n"))
def test_a_file_that_is_there_or_not_needed_is_fine(changes, here):
    config = laid_over(DEFAULT, yaml.safe_load(changes))
    check(config), check_files(config)


def test_a_csv_is_read_before_any_job_runs(here):
    about = {"source": "csv", "architecture_column": "A", "column": "test_acc"}
    (here / "wrong.csv").write_text(truth_of(0.9437, 0.1, 0.5))
    right, wrong, other = (
        laid_over(DEFAULT, {"truth": {**about, **changes}})
        for changes in ({"file": "truth.csv"}, {"file": "wrong.csv"}, {"file": "truth.csv", "sha256": "0" * 64})
    )
    check(wrong)
    for config in (right, DEFAULT):
        check_truth(config, "test_acc")
    with pytest.raises(ConfigError, match=r"truth\.file: .*wrong\.csv: column 'test_acc' .*multiply them by 100"):
        check_truth(wrong, "test_acc")
    with pytest.raises(ConfigError, match=r"truth\.file: .*its sha256 is"):
        check_truth(other, "test_acc")
    with pytest.raises(FsnasError, match="its sha256 is"):
        check_files(other)


def test_a_key_that_stands_twice_is_found_wherever_it_is(tmp_path):
    text = "seeds: [0]\nmethods:\n- x: {metric: snip, metric: gm}\ndata: &d {name: a}\ntruth: *d\nseeds: [1]\n"
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(ConfigError, match="only the last one would count") as caught:
        check_texts([tmp_path / "nowhere.yaml", tmp_path / "a.yaml"])
    said = re.findall(r"line (\d): (\S+) stands in line (\d), too", str(caught.value))
    assert said == [("3", "methods.0.x.metric", "3"), ("6", "seeds", "1")]
    check_texts([ROOT / "config.yaml", *PRESETS])
    (tmp_path / "a.yaml").write_text("a: [1")  # Snakemake says so itself
    check_texts([tmp_path / "a.yaml"])


def test_a_file_of_metrics_that_is_none_is_said_before_anything_runs(tmp_path):
    (tmp_path / "mine.py").write_text("x = 1\n")
    before = list(metrics.__path__)
    try:
        with pytest.raises(ConfigError, match=r"metric_paths: .*mine\.py: expected a function mine\(\) under @metric"):
            check(laid_over(DEFAULT, {"metric_paths": [str(tmp_path)]}))
    finally:
        metrics.__path__[:] = before


def test_who_needs_a_root():
    entries = ["snip", {"one": {"policy": "none"}}, {"few": {"policy": "exhaustive", "edge": "first"}}]
    entries += [{"best": {"metric": "gm", "policy": "exhaustive"}}, {"warm": {"policy": "none", "init": "root"}}]
    needs = {name: method.needs_root for name, method in checked(*entries).items()}
    assert needs == {"snip": True, "one": False, "few": False, "best": True, "warm": True}


# What is laid over the config, and what is said of it, where .* stands for anything.
BAD = r"""
suprnet: {} -> suprnet: unknown key (did you mean 'supernet'?). Allowed: outdir, seeds
supernet: {epoch: 3} -> supernet.epoch: unknown key (did you mean 'epochs'?). Allowed in supernet: channels
supernet: {epochs: ten} -> supernet.epochs: found 'ten' (str), expected integer
method: {balance: equall} -> method.balance: found 'equall', allowed are none, equal (did you mean 'equal'?)
seeds: [1, 1] -> seeds: found [1, 1], expected each entry once
methods: [snp] -> methods.snp: there is no metric of this name (did you mean 'snip'?)
methods: [{mine: {metric: synflo}}] -> methods.mine: there is no metric 'synflo' (did you mean 'synflow'?)
methods: [{mine: {metric: snip, objektive: sum}}] -> methods.mine.objektive: unknown key (did you mean 'objective'?)
methods: [snip, snip] -> methods: 'snip' stands there twice
methods: [{../snip: {metric: snip}}] -> methods.../snip: found '../snip', expected a name
method: {branching: 3, max_leaves: 2} ->
    method.policy and method.branching and method.max_leaves: max_leaves is 2 and branching 3
method: {branching: 1} -> method.branching.*: branching is 1; expected 2 to 5
method: {branching: 6, max_leaves: 6} -> method.branching.*: branching is 6; expected 2 to 5
method: {max_leaves: 128} -> method.max_leaves: the policy has 7 levels, but there are 6 edges
supernet: {batch_size: 1000} -> supernet.batch_size: found 1000 images, but the training part of digits has 753
method: {batch_size: 400, repetitions: 2} ->
    method.batch_size and method.repetitions: found 800 images, but the training part of digits has 753
methods: [{big: {metric: snip, repetitions: 30}}] -> method.batch_size and methods.big.repetitions: found 1920 images
supernet: {lr: .nan} -> supernet.lr: found nan (float), expected a finite number
data: {flip: true} -> data.flip: found true.*use false with source digits
methods: [{random: {metric: snip}}] -> methods.random.metric: found 'snip', but random is a metric itself
metrics: {ntk: {sample: 3}} -> metrics.ntk.sample: unknown key (did you mean 'samples'?)
metrics: {ntk: {samples: all}} -> metrics.ntk.samples: found 'all' (str), expected int
metrics: {snipp: {}} -> metrics.snipp: there is no metric 'snipp' (did you mean 'snip'?)
data: {source: imagefolder} -> data.folder: found null, but data.source 'imagefolder' needs
leaves: {methods: [snpi]} -> leaves.methods: found 'snpi' (did you mean 'snip'?), allowed are gm-nas, snip, synflow
leaves: {methods: snip} -> leaves.methods: found 'snip', expected 'all' or a list
leaves: {epochs: 3} -> leaves, method gm-nas: epochs is 3 and total_epochs 24; expected one
leaves: {total_epochs: null} -> leaves, method gm-nas: epochs is None and total_epochs None
leaves: {total_epochs: 3} ->
    method gm-nas: total_epochs is 3: 4 leaves in 1 rung get less than one epoch each; expected at least 4
search: {population: 4} -> search.tournament: found 5, expected at most search.population (4)
search: {evaluations: 20} ->
    search.evaluations: found 20, but the first search.population (20) evaluations of evolution are random
truth: {source: nasbench201, file: a.pth} ->
    truth.column: found null, but for data.source 'digits' no column is the usual one
search: {samplers: [tpee]} ->
    search.samplers.0: found 'tpee', allowed are evolution, local, random, reinforce, tpe (did you mean 'tpe'?)
search: {algorithms: {dart: {}}} ->
    search.algorithms.dart: there is no algorithm 'dart' (did you mean 'darts'?)
search: {algorithms: {mine: {algorithm: gdass}}} ->
    search.algorithms.mine: there is no algorithm 'gdass' (did you mean 'gdas'?)
search: {algorithms: {gdas: {temprature: 1}}} ->
    search.algorithms.gdas.temprature: unknown key (did you mean 'temperature'?). Allowed in search.algorithms.gdas: t
search: {algorithms: {darts: {order: 3}}} -> search.algorithms.darts.order: found 3, expected at most 2
search: {algorithms: {darts: {methods: [randm]}}} ->
    search.algorithms.darts.methods: found 'randm' (did you mean 'random'?), allowed are gm-nas, random, one-shot
{leaves: {methods: []}, search: {algorithms: {darts: {methods: [snip]}}}} ->
    search.algorithms.darts.methods: found 'snip', allowed are none; correct or remove it
search: {algorithms: {darts: 2}} -> search.algorithms.darts: found 2, expected its options, e.g. {algorithm: darts
search: {algorithms: {tpe: {algorithm: darts}}} -> search.algorithms.tpe: expected a name of .*; give the search another
search: {algorithms: {Darts: {algorithm: darts}}} -> search.algorithms.Darts: expected a name of letters a to z
search: {algorithms: {rung-1: {algorithm: darts}}} -> search.algorithms.rung-1: expected a name of .*, nor rung-
search: {algorithms: [darts]} -> search.algorithms: found ['darts'] (list), expected keys with values
truth: {source: csv} -> truth.file: found null, but truth.source 'csv' needs
truth: {file: a.csv} -> truth.file: found 'a.csv', but truth.source 'standalone' trains architectures here
truth: {sha256: abc} -> truth.sha256: found 'abc'
truth: {architectures: 15626} -> truth.architectures: found 15626, expected at most 15625 (there are 15625; 0 for all)
proxies: {metrics: [gm]} -> proxies.metrics: found 'gm'.*, allowed are fisher
proxies: {batch_size: 800} -> proxies.batch_size: found 800 images, but the training part of digits has 753
data: {crop_padding: 8} -> data.crop_padding: found 8, but the images have 8 pixels a side, .*; expected at most 7
data: {source: imagefolder, folder: x, resize: centre_crop} ->
    data.resize: found 'centre_crop', but images are resized only where data.image_size gives a size; set it
seeds: [4294967296] -> seeds.0: found 4294967296, expected at most 4294967295 (generators
data: {name: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx} ->
    data.name: found 'x.*', expected at most 64 characters
metrics: {1: {}} -> metrics: found {.*names as keys; put the key 1 in quotes
methods: [{1e5: {metric: snip}}] ->
    methods.1e5: found '1e5', which reads as a number or a truth value in a table; add a letter
methods: [{xabababababababababababababababababababab: {metric: snip}}] ->
    methods.xabab.*: found 'xab.*', which Snakemake takes for an endless loop; give it a varied name
methods: [{snip: 0}] -> methods.snip: found 0 (int), expected keys with values
seeds: 0 -> seeds: found 0 (int), expected a list of integers.*; write [0]
seeds: 0,1 -> seeds: found '0,1' (str), expected a list of integers.*; write [0, 1]
{seeds: zero} -> seeds: found 'zero' (str), expected a list of integers (one supernet, and one tree
space_paths: 'a.py,my b.py' -> space_paths: found 'a.py,my b.py' (str), expected a list.*; write [a.py, my b.py]
methods: [{x: {metric: ''}}] -> methods.x.metric: found '', expected a text that
{method: {batch_size: 8}, methods: [ntk]} ->
    metrics.ntk.samples: found 16, expected at most method.batch_size, 8; or 0 for all of them
proxies: {batch_size: 8, metrics: all} ->
    metrics.ntk.samples: found 16, expected at most proxies.batch_size, 8; or 0 for all of them
methods: [{x: {metric: grasp, options: {temperature: 0}}}] ->
    methods.x.options.temperature: found 0, expected more than 0
truth: {source: csv, file: results/truth/csv.h5} ->
    truth.file: found 'results/truth/csv.h5', which is in outdir, 'results'; .*; move the file
leaves: {methods: [], total_epochs: null} -> leaves: epochs is None and total_epochs None; expected one of them
method: {warmup_epochs: [1]} -> warmup_epochs: found 1 numbers, expected 2
methods: [{x: {metric: snip, policy: adaptive, max_leaves: 730}}] ->
    methods.x.max_leaves.*: max_leaves is 730, but with 6 edges and at most 3 groups a split no tree has more than 729
methods: [{x: {metric: snip, policy: adaptive, max_branching: 5}}] -> methods.x.max_branching: max_branching is 5; exp
methods: [{x: {metric: snip, policy: tuned, max_leaves: 7}}] -> methods.x.max_leaves: max_leaves is 7, which no sched
methods: [{x: {metric: snip, policy: adaptive, edge: ["3<-0", "1<-0"]}}] ->
    methods.x.edge: found ['3<-0', '1<-0'], but the policy that methods.x.policy names takes the edge with the clearest
{method: {policy: adaptive}, methods: [{x: {metric: snip, edge: first}}]} ->
    methods.x.edge: found 'first', but the policy that method.policy names takes the edge .*; set edge to best
methods: [{x: {metric: snip, policy: tuned, edge: ["3<-0", "1<-0"]}}] ->
    methods.x.edge: found 2 edges, one per level, but the levels of a tree are not known before under the policy
methods: [{x: {metric: snip, policy: adaptive, warmup_epochs: [1, 0]}}] ->
    methods.x.warmup_epochs: found 2 numbers, one per level, but the levels of a tree are not known .*; give one for all
{space: {operations: [none, nor_conv_1x1, nor_conv_3x3]}, methods: [{x: {metric: snip, policy: adaptive}}]} ->
    methods.x.policy.*: a policy that looks for clear cuts needs at least 4 operations, found 3
methods: [{j: {metrics: snip}}] -> methods.j.metrics: found 'snip', expected a list of metrics, each once, or weights
methods: [{j: {metrics: {}}}] -> methods.j.metrics: found {}, expected a list of metrics
methods: [{j: {metrics: [snip, snip]}}] -> methods.j.metrics: found ['snip', 'snip'], expected a list of metrics, each
methods: [{j: {metrics: {snip: two}}}] -> methods.j.metrics.snip: found 'two', expected a number, its weight, or its
methods: [{j: {metrics: {snip: {weight: true}}}}] -> methods.j.metrics.snip: found True, expected a number
methods: [{j: {metrics: [snap]}}] -> methods.j.metrics.snap: there is no metric 'snap' (did you mean 'snip'?)
methods: [{j: {metrics: {ntk: {sample: 3}}}}] ->
    methods.j.metrics.ntk.sample: unknown key (did you mean 'samples'?). Allowed in methods.j.metrics.ntk: samples, raw
methods: [{j: {metrics: {ntk: {samples: 100}}}}] -> methods.j.metrics.ntk.samples: found 100, expected at most method
methods: [{j: {metrics: [gm, snip], combine: scores}}] ->
    methods.j.metrics: combine is 'scores', but gm gives affinities and no scores; take zscore, rank or by_level
methods: [{j: {metrics: [ntk, snip, gm], combine: by_level}}] -> methods.j.metrics: 3 metrics for 2 levels: by level gm
methods: [{j: {metrics: [ntk, snip], combine: by_level, policy: adaptive}}] ->
    methods.j.combine: found 'by_level', but under the policy that methods.j.policy names a round does not split a level
methods: [{j: {metrics: [ntk, snip, gm], combine: by_level, policy: tuned, max_leaves: 4}}] ->
    methods.j.metrics: 3 metrics for 2 levels: by level gm would never be used
methods: [{j: {metrics: {snip: -1}}}] -> methods.j.metrics: the weight of snip is -1.0, expected a number above 0
methods: [{j: {metrics: [snip], combine: ranks}}] ->
    methods.j.combine: found 'ranks', allowed are zscore, rank, scores, by_level (did you mean 'rank'?)
methods: [{j: {metric: snip, metrics: [gm]}}] -> methods.j.metric: found 'snip', but metrics are listed, too; list all
methods: [{j: {metrics: [ntk], options: {samples: 3}}}] ->
    methods.j.options: found {.*}, but metrics are listed, too; give options to the metric that they are of
methods: [{j: {metric: snip, combine: rank}}] -> methods.j.combine: found 'rank', but there is one metric; list several
methods: [{snip: {metrics: [gm]}}] -> methods.snip.metrics: snip is a metric itself; give the method another name
"""
LARGE = {
    r"data\.name: found 'a\\n' \(str\), expected text without line breaks": {"data": {"name": "a\n"}},
    r"supernet\.lr: found a number of 1329 bits \(int\), expected": {"supernet": {"lr": 10**400}},
    r"metric_paths\.0: found 'x.*', expected at most 255": {"metric_paths": ["x" * 256]},
    r"seeds: found \[0, .* expected at most 1000 entries, not 1001": {"seeds": list(range(1001))},
    "methods: found .*at most 100 in the list": {"methods": [{f"m{i}": {"metric": "snip"}} for i in range(101)]},
}


@pytest.mark.parametrize(("changes", "message"), cases(BAD))
def test_a_bad_config_is_refused_with_its_key(changes, message):
    with pytest.raises(ConfigError, match=pattern(message)):
        check(laid_over(DEFAULT, yaml.safe_load(changes)))


@pytest.mark.parametrize(("message", "changes"), LARGE.items())
def test_a_bad_config_that_fits_no_line_is_refused_too(message, changes):
    with pytest.raises(ConfigError, match=message):
        check(laid_over(DEFAULT, changes))
