"""The config as it counts: what is given over the defaults, which give way to it; paths with ~ written out."""

import os
from types import SimpleNamespace

import pytest
import yaml

from fsnas.errors import ConfigError
from tests.support.config import DEFAULT, laid_over
from tests.support.messages import pattern
from workflow_scripts._config import check, leaf_methods, searches_of
from workflow_scripts._config_schema import CONFIG, typed
from workflow_scripts._defaults import completed
from workflow_scripts._snakemake import given_configs


def test_nothing_given_is_the_default_config():
    assert completed() == completed({}) == DEFAULT


@pytest.mark.parametrize(
    ("given", "changed"),
    [
        ({"methods": ["snip", {"one-shot": {"policy": "none"}}, "random"]}, {"leaves.methods": ["random", "one-shot"]}),
        ({"methods": ["synflow"]}, {"leaves.methods": []}),
        ({"methods": [{"random": {"balance": "equal"}}, "ntk"]}, {"leaves.methods": ["random"]}),
        ({"leaves": {"epochs": 3}}, {"leaves.epochs": 3, "leaves.total_epochs": None}),
        ({"search": {"evaluations": 12}}, {"search.population": 6, "search.tournament": 5}),
        ({"search": {"evaluations": 6}}, {"search.population": 3, "search.tournament": 3}),
        ({"search": {"population": 4}}, {"search.tournament": 4}),
        ({"method": {"batch_size": 8}}, {"metrics.ntk.samples": 8}),
        ({"proxies": {"batch_size": 8}}, {"metrics.ntk.samples": 8}),
        ({"proxies": {"batch_size": 64}}, {}),
    ],
)
def test_a_default_that_does_not_fit_what_is_given_gives_way(given, changed):
    config = completed(given)
    check(config)
    for place, value in changed.items():
        section, *keys = place.split(".")
        found = config[section]
        for key in keys:
            found = found[key]
        assert found == value, place
    sections = {section: keys for section, keys in given.items() if section != "methods"}
    said = {*changed, *(f"{section}.{key}" for section, keys in sections.items() for key in keys)}
    for section, keys in DEFAULT.items():
        for key in keys if isinstance(keys, dict) and section != "metrics" else ():
            assert f"{section}.{key}" in said or config[section][key] == DEFAULT[section][key]


# What is given, and why it is refused, where .* stands for anything.
REFUSED_IF_GIVEN = """
{methods: [snip], leaves: {methods: [gm]}} -> leaves.methods: found 'gm'.*, allowed are snip
leaves: {methods: [snpi]} -> leaves.methods: found 'snpi' (did you mean 'snip'?)
leaves: {epochs: 3, total_epochs: 3} -> leaves, method gm-nas: epochs is 3 and total_epochs 3
search: {evaluations: 12, population: 20} -> search.evaluations: found 12
search: {population: 4, tournament: 5} -> search.tournament: found 5
{method: {batch_size: 8}, metrics: {ntk: {samples: 16}}, methods: [ntk]} -> metrics.ntk.samples: found 16
plotting: {style: ggplto} -> plotting.style: found 'ggplto' (did you mean 'ggplot'?), expected the path
plotting: {style: {font.sise: 8}} -> plotting.style.font.sise: matplotlib .* (did you mean 'font.size'?)
plotting: {style: {font.size: big}} -> plotting.style.font.size: found 'big'
plotting: {style: {font.size: 0}} -> plotting.style.font.size: found 0, expected 2 to 40 points
plotting: {style: {text.usetex: true}} -> plotting.style.text.usetex: fsnas sets this one itself
plotting: {style: {figure.figsize: [3, 3]}} -> plotting.style.figure.figsize: .*use plotting.width
plotting: {style: gone.mplstyle} -> plotting.style: there is no file 'gone.mplstyle'
plotting: {style: 7} -> plotting.style: found 7 (int), expected string or keys with values or null
plotting: {width: 1} -> plotting.width: found 1, expected at least 2.5
plotting: {methods: [snpi]} -> plotting.methods: found 'snpi' (did you mean 'snip'?)
plotting: {methods: some} -> plotting.methods: found 'some', expected 'all' or a list
plotting: {methods: []} -> plotting.methods
plotting: {metods: all} -> plotting.metods: unknown key (did you mean 'methods'?)
"""


@pytest.mark.parametrize("case", REFUSED_IF_GIVEN.strip().split("\n"))
def test_what_is_given_does_not_give_way_and_is_refused_with_its_key(case):
    given, _, message = case.partition(" -> ")
    with pytest.raises(ConfigError, match=pattern(message)):
        check(completed(yaml.safe_load(given)))


def test_a_preset_gives_way_to_the_command_line():
    preset = {"methods": ["snip", "gm"], "leaves": {"methods": ["snip", "gm"], "total_epochs": 16}}
    config = completed(preset, {"methods": ["snip"], "leaves": {"epochs": 1}})
    assert list(leaf_methods(config, check(config))) == ["snip"]
    assert (config["leaves"]["epochs"], config["leaves"]["total_epochs"]) == (1, None)
    preset["search"] = {"algorithms": {"gdas": {"methods": ["gm", "snip"]}, "darts": None}}
    searched = completed(preset, {"methods": ["gm"]})
    found = searches_of(searched, leaf_methods(searched, check(searched)))
    assert found["gdas"].methods == found["darts"].methods == ("gm",)
    for said in ({}, {"gdas": {"temperature": 2.0}}, {"drnas": {}}):
        preset["search"] = {"algorithms": {"gdas": {"methods": ["snip"]}}}
        searched = completed(preset, {"leaves": {"methods": []}, "search": {"algorithms": said}})
        assert searches_of(searched, leaf_methods(searched, check(searched)))["gdas"].methods == ()
    every = completed({"leaves": {"methods": "all"}}, {"methods": ["synflow", "lr"]})
    assert list(leaf_methods(every, check(every))) == ["synflow", "lr"]
    assert completed({"leaves": {"epochs": 2}}, {"leaves": {"total_epochs": 16}})["leaves"]["epochs"] is None


PATHS = ["outdir", "data.folder", "data.split_file", "truth.file", "metric_paths"]


def with_path(key: str, path: str) -> dict:
    section, _, last = key.partition(".")
    value = [path] if key == "metric_paths" else path
    return {section: {last: value} if last else value}


@pytest.mark.parametrize("key", PATHS)
def test_a_home_folder_is_written_out_in_every_path(key, monkeypatch):
    monkeypatch.setenv("HOME", "/home of/me")
    for path, written in {"~/x": "/home of/me/x", "a~/~": "a~/~"}.items():
        assert completed(with_path(key, path)) == laid_over(DEFAULT, with_path(key, written))


@pytest.mark.parametrize("key", PATHS)
@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("~nobody-here/x", "no such user, or no HOME; write the whole path"),
        ("s3://bucket/x", r"follows no address \(s3://\); copy or mount what is there, and give the path"),
        ("https://a.b/c.csv", r"follows no address \(https://\)"),
        ("$SCRATCH/x", "only a ~ in front is; write the whole path|expected the path of a folder"),
        ("x" * 256, "expected at most 255 bytes"),
    ],
)
def test_a_path_that_would_be_taken_for_another_is_refused_in_every_key(key, path, said):
    with pytest.raises(ConfigError, match=rf"{key}(\.0)?: found .*({said})"):
        check(completed(with_path(key, path)))


def workflow_of(configfiles=(), config=None, main=True, globally=None):
    """What is asked of Snakemake's workflow."""
    modifier = SimpleNamespace(is_main_snakefile=lambda: main)
    top = SimpleNamespace(globals={"config": globally})
    settings = SimpleNamespace(configfiles=list(configfiles), config=config or {})
    return SimpleNamespace(modifier=modifier, modifier_stack=[top], config_settings=settings, configfiles=[])


def test_files_and_command_line_are_said_in_their_order(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, seed in {"config.yaml": 1, "a.yaml": 2, "b.yaml": 3}.items():
        (tmp_path / name).write_text(f"seeds: [{seed}]\n")
    files = [tmp_path / "a.yaml", tmp_path / "b.yaml"]
    said = given_configs(workflow_of(files, {"seeds": ["4"]}), {"seeds": ["4"]})
    assert said == [{"seeds": [1]}, {"seeds": [2]}, {"seeds": [3]}, {"seeds": [4]}]
    monkeypatch.chdir(CONFIG.parent)
    assert given_configs(workflow_of(), {}) == [{}], "its own config.yaml is the default"


def test_a_workflow_that_imports_this_one_says_all_by_itself(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text("other: 010\n")
    whole = {"seeds": [1], "other": {"seeds": [2]}}
    given = {"config": {"seeds": ["1"]}, "main": False, "globally": whole}
    assert given_configs(workflow_of(**given), whole["other"]) == [{"seeds": [2]}]
    assert given_configs(workflow_of(**given), whole) == [whole, {"seeds": [1]}]


def test_files_of_a_workflow_that_hands_all_of_its_config_on_are_said_one_by_one(tmp_path):
    """So that what its config.yaml says, with every key, gives way to a preset; what the Snakefile changes counts."""
    for name, seed in {"config.yaml": 1, "a.yaml": 2}.items():
        (tmp_path / name).write_text(f"seeds: [{seed}]\n")
    own, preset = tmp_path / "config.yaml", tmp_path / "a.yaml"
    whole = {"seeds": [2]}
    workflow = workflow_of([preset], main=False, globally=whole)
    workflow.configfiles = [preset, own]  # Snakemake's order: those of the command line first
    assert given_configs(workflow, whole) == [{"seeds": [1]}, {"seeds": [2]}, {}]
    whole["seeds"] = [3]
    assert given_configs(workflow, whole) == [{"seeds": [3]}, {}]


REFUSED = {
    "seeds: [1, 010]": r"line 1: seeds\.1: 010 is 8 in YAML; write 8 if you mean that",
    "supernet:\n  epochs: 1:30": r"line 2: supernet\.epochs: 1:30 is 90 in YAML",
    "supernet: {lr: 1:30.5}": r"supernet\.lr: 1:30\.5 is 90\.5 in YAML",
    "supernet: {lr: -017}": r"-017 is -15 in YAML",
    "outdir: 12:30": r'outdir: 12:30 is 750 in YAML; .*"12:30" if it is a text',
    "methods: [{010: {metric: gm}}]": r"methods\.0\.010: 010 is 8 in YAML",
    "metrics: {ntk: {samples: !!int '010'}}": r"metrics\.ntk\.samples: 010 is 8 in YAML",
}


@pytest.mark.parametrize(("text", "said"), REFUSED.items())
def test_a_number_that_yaml_takes_for_another_one_is_refused(text, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text(text + "\n")
    with pytest.raises(ConfigError, match=said):
        given_configs(workflow_of([tmp_path / "a.yaml"]), {})


def test_what_the_message_says_to_write_instead_is_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = 'seeds: [8, 10, 0x10, 1_000, 0]\nsupernet: {lr: 0.5, epochs: 90}\noutdir: "12:30"\n'
    (tmp_path / "a.yaml").write_text(text)
    config = completed(*given_configs(workflow_of([tmp_path / "a.yaml"]), {}))
    check(config)
    assert config["seeds"] == [8, 10, 16, 1000, 0] and config["outdir"] == "12:30"


def test_the_command_line_keeps_texts_and_refuses_the_same_numbers():
    given = {
        "data": {"name": "no", "folder": "2024", "split_file": "~"},
        "truth": {"sha256": "0" * 64, "column": "1e5", "file": "null"},
        "method": {"policy": "none", "max_leaves": "010", "branching": "1:30"},
        "methods": ["on", {"x": {"metric": "gm", "repetitions": "3"}}],
        "seeds": ["0x10", "010", "7"],
        "supernet": {"lr": "1e-3", "epochs": "20"},
    }
    read = typed(given)
    assert read["data"] == {"name": "no", "folder": "2024", "split_file": None}
    assert read["truth"] == {"sha256": "0" * 64, "column": "1e5", "file": None}
    assert read["method"] == {"policy": "none", "max_leaves": "010", "branching": "1:30"}
    assert read["methods"] == ["on", {"x": {"metric": "gm", "repetitions": 3}}]
    assert read["seeds"] == [16, "010", 7] and read["supernet"]["epochs"] == 20


@pytest.mark.parametrize(
    ("text", "said", "better"),
    [
        ('supernet: {epochs: "20"}', r"found '20' \(str\), .*: write 20 without quotes", "supernet: {epochs: 20}"),
        ("supernet: {epochs: 20.0}", r"found 20\.0 \(float\), .*; write 20$", "supernet: {epochs: 20}"),
        ("supernet: {lr: 1e-3}", r"found '1e-3' \(str\), .*: write 0\.001 without quotes", "supernet: {lr: 0.001}"),
        ('seeds: ["3"]', r"seeds\.0: found '3' .*: write 3 without quotes", "seeds: [3]"),
        ('data: {download: "True"}', r"found 'True' .*: write true without quotes", "data: {download: true}"),
        ("data: {name: no}", r"found False .*; YAML reads no, off and false as this: put", 'data: {name: "no"}'),
        ("data: {name: 2024}", r"found 2024 .*; put what is text in quotes", 'data: {name: "2024"}'),
        ("outdir: ~", r"found None .*; YAML reads null, ~ and nothing as this: put", 'outdir: "null"'),
        ("outdir: 2024", r"found 2024 .*\./1 for one .*; put what is text in quotes", "outdir: ./2024"),
        ("outdir: 2026-01-01", r"outdir: found .*put what is text in quotes", 'outdir: "2026-01-01"'),
        ("methods: [on]", r"found True .*yes, on and true as this: put", 'methods: [{"on": {metric: gm}}]'),
        (
            "methods: [{off: {metric: gm}}]",
            r"key False \(YAML reads no, .* in quotes",
            'methods: [{"off": {metric: gm}}]',
        ),
        ('metrics: {ntk: {samples: "8"}}', r"found '8' .*: write 8 without quotes", "metrics: {ntk: {samples: 8}}"),
        ("search: {samplers: [no]}", r"found False, allowed are", "search: {samplers: [random]}"),
    ],
)
def test_the_advice_on_a_value_of_another_type_works(text, said, better):
    with pytest.raises(ConfigError, match=said):
        check(completed(yaml.safe_load(text)))
    check(completed(yaml.safe_load(better)))


def test_without_a_home_a_path_is_not_guessed(monkeypatch):
    """An empty HOME would make /x of ~/x."""
    monkeypatch.setenv("HOME", "")
    with pytest.raises(ConfigError, match="outdir: found '~/x', but there is no such user, or no HOME"):
        check(completed({"outdir": "~/x"}))
    monkeypatch.delenv("HOME")
    assert os.path.isabs(completed({"outdir": "~/x"})["outdir"]), "the system knows"
