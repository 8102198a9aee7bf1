"""What a metric says of itself is checked before anything runs, with file and line."""

import re

import pytest

from fsnas import metrics
from fsnas.errors import ConfigError
from tests.support.config import DEFAULT, laid_over
from tests.support.messages import pattern
from tests.support.users import folders_of_metrics, plain, write
from workflow_scripts._config import check

IMPORT = "from fsnas.metrics import metric\n\n\n"
ABOVE = '@metric(direction="higher", paper="ours", equation="S")\n'
SCORE = f"{IMPORT}{ABOVE}def plain(model, batch):\n    return 1.0\n"
AFFINITY = SCORE.replace('equation="S"', 'equation="S", kind="affinity"').replace("(model,", "(models, edge,")


def options(text):
    return SCORE.replace("batch)", f"batch, {text})")


def bounded(text):
    return options(f"*, a: Annotated[int, {{{text}}}] = 1")


def declared(**changes):
    said = {"direction": '"higher"', "paper": '"ours"', "equation": '"S"'} | changes
    return SCORE.replace(ABOVE, f"@metric({', '.join(f'{k}={v}' for k, v in said.items() if v)})\n")


BAD = {
    "a direction": (declared(direction='"up"'), "line 4: direction is 'up', expected one of higher, lower, none"),
    "a direction in capitals": (declared(direction='"Higher"'), "line 4: direction is 'Higher' (did you mean 'hig"),
    "a kind": (declared(kind='"Affinity"'), "line 4: kind is 'Affinity' (did you mean 'affinity'?), .* score, aff"),
    "no paper": (declared(paper=""), "line 4: @metric(...) lacks paper; add paper='...'"),
    "an empty paper": (declared(paper='" "'), "line 4: paper is ' ', expected a text that is not empty"),
    "an equation that is no text": (declared(equation="2"), "line 4: equation is 2, expected a text"),
    "a keyword": (declared(papers='"x"'), "line 4: @metric(...) has no 'papers' (did you mean 'paper'?)"),
    "a positional argument": (SCORE.replace("direction=", ""), "line 4: @metric(...) takes keyword arguments only"),
    "keywords from a dict": (SCORE.replace("direction=", "**said, direction="), "line 4: .* keyword arguments only"),
    "a name": (declared(direction="UP"), "line 4: found UP, expected a literal: it is read without running"),
    "an f-string": (declared(equation='f"{S}"'), "line 4: found f.*, expected a literal"),
    "one argument": (SCORE.replace(", batch", ""), "line 5: found def plain(model), expected def plain(model, batch, "),
    "three arguments": (options("samples"), "line 5: found def plain(model, batch, samples), expected def plain("),
    "changed places": (SCORE.replace("model, batch", "batch, model"), "line 5: found def plain(batch, model)"),
    "an affinity like a score": (
        declared(kind='"affinity"'),
        "line 5: found .*, expected def plain(models, edge, batch, ",
    ),
    "a score like an affinity": (AFFINITY.replace("affinity", "score"), "line 5: .* of the kind 'score'"),
    "a positional option": (
        options("samples=3"),
        "line 5: the option 'samples' is not keyword-only.*put `*` before it",
    ),
    "any arguments": (options("*rest"), "line 5: plain() takes any arguments, expected def"),
    "any keywords": (options("**rest"), "line 5: plain() takes any arguments, expected def"),
    "no default": (options("*, samples"), "line 5: the option 'samples' has no default; expected a number, a text"),
    "default None": (options("*, samples=None"), "line 5: the default of the option 'samples' is None; expected a num"),
    "a list as default": (options("*, samples=[1]"), "line 5: the default of the option 'samples' is [1]; expected"),
    "a tuple as default": (options("*, samples=(1, 2)"), "line 5: the default of the option 'samples' is (1, 2)"),
    "an infinite default": (options("*, samples=1e999"), "line 5: the default of the option 'samples' is inf"),
    "a computed default": (options("*, samples=float('nan')"), "line 5: found float('nan'), expected a literal"),
    "a bound's name": (bounded('"min": 0'), "line 5: the option 'a' has the bound 'min': 0; expected ge, gt, le, lt"),
    "a bound of words": (bounded('"ge": "edges"'), "line 5: the option 'a' has the bound 'ge': 'edges'; expected ge"),
    "a bound of nothing": (bounded('"le": "images"'), "line 5: .* 'le': 'images'; expected .* or le with edges"),
    "async": (SCORE.replace("def ", "async def "), "line 5: plain is an async def, expected `def plain(...)`"),
    "a class": (f"{IMPORT}class plain:\n    pass\n", "line 4: plain is a class, expected `def plain"),
    "a lambda": (f"{IMPORT}plain = lambda model, batch: 1.0\n", "line 4: plain is no function, expected `def plain"),
    "two of one name": (SCORE + SCORE, "line 11: plain was defined in line 5 already, expected one"),
    "bound again": (f"{SCORE}plain = print\n", "line 7: plain was defined in line 5 already"),
    "inside a condition": (
        SCORE.replace("@", "if True:\n    @").replace("def ", "    def ").replace("return", "    return"),
        "line 6: plain() stands inside another statement",
    ),
    "another name": (SCORE.replace("plain", "plane"), "plain.py: expected a function plain.*found plane() in line 5; "),
    "no decorator": (SCORE.replace(ABOVE, ""), "plain.py: expected a function plain() under @metric(...), found no"),
    "no call": (SCORE.replace(ABOVE, "@metric\n"), "line 4: @metric has no arguments, expected @metric(direction="),
    "another metric": (SCORE.replace("fsnas.metrics", "mine"), "line 4: @mine.metric is not the one of fsnas; write"),
    "no Python": (SCORE.replace("return 1.0", "return (1.0"), "line 6: expected Python, found an error in it ('('"),
    "no text": (b"\xff\xfe\x00", "line 1: expected Python, found an error in it"),
}


def refusal(folder):
    with pytest.raises(ConfigError) as caught, folders_of_metrics(folder):
        check(laid_over(DEFAULT, {"metric_paths": [str(folder)]}))
    return str(caught.value)


@pytest.mark.parametrize(("text", "expected"), BAD.values(), ids=BAD)
def test_what_a_metric_cannot_say_is_refused_with_file_and_line(text, expected, tmp_path):
    said = refusal(write(tmp_path, {"plain.py": text}))
    place = pattern(expected if expected.startswith("plain") else f"plain.py, {expected}")
    assert re.search(rf"^metric_paths: .*{place}", said), said
    assert "\n" not in said


GOOD = {
    "as in docs/methods.md": SCORE,
    "an affinity": AFFINITY,
    "a byte-order mark": b"\xef\xbb\xbf" + SCORE.encode(),
    "another encoding": ("# coding: latin-1\n# \xe9\n" + SCORE).encode("latin-1"),
    "the module": SCORE.replace("from fsnas.metrics import metric", "from fsnas import metrics").replace(
        "@", "@metrics."
    ),
    "the whole name": SCORE.replace("from fsnas.metrics import metric", "import fsnas.metrics").replace(
        "@", "@fsnas.metrics."
    ),
    "another name": SCORE.replace("import metric", "import metric as declare").replace("@metric", "@declare"),
    "a relative import": SCORE.replace("from fsnas.metrics", "from ."),
    "other names of its arguments": SCORE.replace("model, batch", "net, data"),
    "another decorator": SCORE.replace("def ", "@print_nothing\ndef ").replace(
        "\n\n\n", "\n\n\ndef print_nothing(f):\n    return f\n\n\n", 1
    ),
    "options": options("*, a=True, b=-1, c=2.5, d='x'"),
}


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_every_way_to_write_a_metric_is_read_and_can_be_imported(text, tmp_path):
    with folders_of_metrics(write(tmp_path, {"plain.py": text})):
        check(laid_over(DEFAULT, {"metric_paths": [str(tmp_path)]}))
        said = metrics.metric_spec("plain")
        assert said.direction == "higher" and callable(metrics.load("plain"))
        assert said.options == ({"a": True, "b": -1, "c": 2.5, "d": "x"} if "d='x'" in str(text) else {})


def test_names_that_fsnas_or_another_folder_has_are_refused(tmp_path):
    one = write(tmp_path / "one", {"first.py": plain(name="first"), "_mine.py": "x = 1", "_lib/a.py": ""})
    cases = {"_mine.py": "x = 2", "_mine/__init__.py": "x = 2", "_lib/b.py": ""}
    cases |= {f"{name}.py": plain(name=name) for name in ("first", "snip", "load", "registry")}
    for i, (name, text) in enumerate(cases.items()):
        other = write(tmp_path / f"other{i}", {name: text})
        said = rf"metric_paths: .*other{i}/{name.partition('/')[0]} has .* name"
        with pytest.raises(ConfigError, match=said), folders_of_metrics(one, other):
            pass
    write(tmp_path / "one", {"first/__init__.py": ""})
    said = r"one/first has the name of .*one/first\.py: of two fsnas\.metrics\.first only"
    with pytest.raises(ConfigError, match=said), folders_of_metrics(one):
        pass
