"""docs/inspect.md runs as it stands, and prints what it shows; fsnas inspect and diff read every file of a real run."""

import contextlib
import io

from fsnas.inspecting.describing import described
from tests.support.pages import assert_shown, blocks, commands, in_bash
from tests.workflow.conftest import ROOT

PAGE = ROOT / "docs/inspect.md"


def test_the_page_prints_what_it_shows(tiny, monkeypatch):
    monkeypatch.chdir(tiny[0])
    monkeypatch.setenv("MPLBACKEND", "Agg")
    names: dict = {}
    printed = None
    for language, like, text, line in blocks(PAGE):
        text = text.replace("results/", "results-tiny/")
        if language == "console":
            for command, shown in commands(text):
                assert_shown(shown, in_bash(command), like)
        elif language == "python":
            assert printed in (None, ""), "a block that prints is followed by what it prints"
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile("\n" * line + text, str(PAGE), "exec"), names)
            printed = out.getvalue()
        else:
            assert language == "text"
            assert_shown(text, printed, like)
            printed = None


def test_every_result_of_a_run_is_known(tiny):
    folder = tiny[0] / "results-tiny"
    listed = described(folder)
    assert "unreadable" not in listed
    files = {str(path.relative_to(folder)) for path in folder.rglob("*.*") if path.suffix in (".h5", ".pt", ".json")}
    files = {name for name in files if not name.startswith(".state/")}
    records = {str(path.relative_to(folder)) for path in folder.glob("tables/*.json")}
    assert files - records <= set(listed["artifacts"])
    assert {row["what"] for row in listed["artifacts"].values()} >= {"a split tree", "a table", "a figure"}
    for name in listed["artifacts"]:
        found = described(folder / name)
        assert found["settings"] is not None and len(found["lineage"]["inputs"]) == 32 and found["lineage"]["code"]
