"""The section `plotting` of the config: what it comes to, and what is refused before anything runs."""

import json

import pytest

from fsnas.errors import ConfigError
from tests.support.drawn_figures import TWO, distance_figure
from workflow_scripts._config import check, drawn_methods
from workflow_scripts._defaults import completed
from workflow_scripts._plotting import plot_settings


def settings(**plotting):
    config = completed({"methods": ["snip", "random"], "plotting": plotting})
    check(config)
    return plot_settings(config["plotting"])


def test_the_default_tells_figures_nothing():
    assert settings() == {}


def test_width_and_style_are_told_as_plain_values():
    assert settings(width=3) == {"width": 3.0}
    style = {"font.size": 8, "font.family": ["serif", "sans-serif"], "axes.grid": True}
    told = settings(style=style)
    assert told == {"style": sorted(map(list, style.items()))}
    distance_figure(TWO, 3, "internal", **told)


@pytest.mark.parametrize("name", ["ggplot", "classic", "seaborn-v0_8-paper"])
def test_a_style_of_matplotlib_is_told_by_its_content(name):
    told = settings(style=name)
    assert len(told["style"]) > 5 and json.loads(json.dumps(told)) == told
    assert not {"text.usetex", "figure.figsize", "savefig.bbox", "backend"} & {key for key, _ in told["style"]}
    distance_figure(TWO, 3, "internal", **told)


def test_the_content_of_a_file_counts(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    file = tmp_path / "paper.mplstyle"
    file.write_text('# of a paper\nfont.size: 8  # points\ntext.usetex: True\naxes.edgecolor: "#112233"\n')
    assert settings(style="~/paper.mplstyle") == {"style": [["axes.edgecolor", "#112233"], ["font.size", 8.0]]}
    file.write_text("font.size: 7\n")
    assert settings(style=str(file)) == {"style": [["font.size", 7.0]]}


def test_methods_of_a_preset_give_way_to_other_methods():
    preset = {"plotting": {"methods": ["gm", "snip"]}}
    config = completed(preset, {"methods": ["snip", "random"]})
    assert drawn_methods(config, check(config)) == ["snip"]
    config = completed(preset, {"methods": ["ntk", "random"]})
    assert drawn_methods(config, check(config)) == ["ntk", "random"]


def test_a_file_with_a_bad_line_is_refused(tmp_path):
    (tmp_path / "a.mplstyle").write_text("font.sise: 8\n")
    message = r"plotting\.style\.font\.sise: .*did you mean 'font\.size'.*in .*a\.mplstyle"
    with pytest.raises(ConfigError, match=message):
        settings(style=str(tmp_path / "a.mplstyle"))
