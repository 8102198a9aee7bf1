"""NAS-Bench-Macro: strings, published parameters and FLOPs, a truth, and what a config may not ask of it."""

import numpy as np
import pytest

from fsnas.benchmark.sources import csv
from fsnas.errors import ConfigError, DataError, FsnasError, OutsideSpaceError
from fsnas.spaces import load
from tests.support.messages import pattern
from tests.support.space import SPACE
from workflow_scripts._config import check, proxy_metrics
from workflow_scripts._defaults import completed

MACRO = load("nas-bench-macro")
OF = {"classes": 10, "in_channels": 3}
PUBLISHED = {  # parameters and FLOPs
    "00000000": (387_882, 7_713_280),
    "11111111": (1_588_874, 53_246_464),
    "22222222": (2_932_586, 105_660_928),
    "00210201": (1_256_234, 39_375_360),
    "10020001": (1_019_146, 32_342_528),
    "02120222": (2_645_994, 76_485_120),
}


def test_strings_are_those_of_the_benchmark():
    every = MACRO.strings()
    assert len({*every}) == 6561 and every[:4] == ["00000000", "00000001", "00000002", "00000010"]
    assert MACRO.parse("00210201") == (0, 0, 2, 1, 0, 2, 0, 1) and MACRO.spelt(" 22222222\n") == "22222222"
    assert [MACRO.parse(string) for string in every[::97]] == [*map(tuple, MACRO.indices(every)[::97].tolist())]


def test_with_fewer_operations_the_digits_stay():
    fewer = MACRO.with_operations(["MB6_K5", "Identity"])
    assert fewer.operations == ("Identity", "MB6_K5") and fewer.strings()[:2] == ["00000000", "00000002"]
    assert fewer.parse("02000000") == (0, 1, 0, 0, 0, 0, 0, 0)
    with pytest.raises(OutsideSpaceError, match="'00210201' has MB3_K3 on edge layer4"):
        fewer.parse("00210201")


@pytest.mark.parametrize("string", ["", "210201", "00210203", "002102011", "0021020a", SPACE.strings()[0]])
def test_another_string_is_refused(string):
    with pytest.raises(FsnasError, match=pattern(f"cannot read the architecture {string!r}; expected 8 digits, one")):
        MACRO.parse(string)


@pytest.mark.parametrize("string", PUBLISHED)
def test_parameters_and_flops_are_the_published_ones(string):
    mask, size = MACRO.only(MACRO.parse(string)), MACRO.Size(32)
    assert (MACRO.parameters(mask, size, **OF), MACRO.flops(mask, size, **OF)) == PUBLISHED[string]
    network = MACRO.network(mask, size, **OF)
    assert (sum(p.numel() for p in network.parameters()), network.multiply_adds((32, 32))) == PUBLISHED[string]


@pytest.mark.parametrize("sides", [(8, 8), (9, 14), (3, 1)])
def test_counts_of_spaces_and_sizes_are_those_of_the_network(sides):
    mask, size, of = MACRO.restrict(MACRO.full(), 2, [0, 2]), MACRO.Size(3), {"classes": 7, "in_channels": 1}
    network = MACRO.network(mask, size, **of)
    assert MACRO.parameters(mask, size, **of) == sum(p.numel() for p in network.parameters())
    assert MACRO.flops(mask, size, **of, image=sides) == network.multiply_adds(sides)


LINES = ["ArchitectureString,CIFAR10TestAccuracy,FLOPs", "00000000,45.3633,7713280", "00210201,92.5,1", "22222222,93,2"]


def truth(folder, *lines):
    (folder / "truth.csv").write_text("\n".join([*lines, ""]), encoding="utf-8")
    return folder / "truth.csv"


def test_a_truth_is_read_from_a_csv(tmp_path):
    names, columns = csv.read(truth(tmp_path, *LINES), space=MACRO, architecture_column="ArchitectureString")
    assert names == ["00000000", "00210201", "22222222"]
    np.testing.assert_array_equal(columns["CIFAR10TestAccuracy"], [45.3633, 92.5, 93])


@pytest.mark.parametrize(
    ("lines", "space", "message"),
    [
        ([*LINES[:2], "210201,92.5,1"], MACRO, "'210201', .*an index, or digits whose zeros in front a program has"),
        (
            [*LINES[:2], f"{SPACE.strings()[7]},92,1"],
            MACRO,
            r"cannot read the architecture '\|none~0.*expected 8 digits",
        ),
        (LINES, SPACE, "seems to be one of NAS-Bench-Macro .space.name: nas-bench-macro"),
    ],
    ids=["lost zeros", "strings of NAS-Bench-201", "NAS-Bench-201"],
)
def test_a_truth_of_another_space_is_refused(lines, space, message, tmp_path):
    with pytest.raises(DataError, match=f"truth.csv: line ., column 'ArchitectureString': .*{message}"):
        csv.read(truth(tmp_path, *lines), space=space, architecture_column="ArchitectureString")


# The config


def config(**changes):
    return completed({"space": {"name": "nas-bench-macro"}, "methods": ["snip", "random"], **changes})


def test_a_config_takes_the_space_and_its_size():
    assert check(config(supernet={"channels": 2}, methods=["random", {"snip": {"edge": ["layer3"], "max_leaves": 2}}]))
    assert "lr" not in proxy_metrics(config(proxies={"metrics": "all"}))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"methods": ["lr", "random"]},
            r"methods\.lr: the metric lr needs a thin network, .*space nas-bench-macro has n",
        ),
        ({"methods": [{"snip": {"edge": ["layer9"], "max_leaves": 2}}]}, "found 'layer9' .did.*allowed are layer1, "),
        (
            {"space": {"name": "nas-bench-macro", "operations": ["Identity", "MB3_K5"]}},
            "no operation 'MB3_K5' .did you",
        ),
        ({"truth": {"source": "nasbench201", "file": "x"}}, "'nasbench201', .* but space.name is 'nas-bench-macro'"),
        (
            {"truth": {"source": "natsbench", "file": "x"}},
            "'natsbench', .*'nas-bench-macro'; take standalone, csv or j",
        ),
        ({"truth": {"architectures": 6562}}, "found 6562, expected at most 6561"),
    ],
    ids=["lr", "edge", "operations", "truth", "archive", "architectures"],
)
def test_what_the_space_lacks_is_refused_before_any_job(changes, message):
    with pytest.raises(ConfigError, match=message):
        check(config(**changes))
