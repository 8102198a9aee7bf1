"""What lies among the results and is of another config."""

from workflow_scripts._leftovers import left_behind

EXPECTED = [
    "out/data/digits.h5",
    "out/seed-0/supernet.pt",
    "out/seed-0/supernet.json",
    "out/seed-0/snip/tree.json",
    "out/tables/splits.csv",
    "out/figures/trees/snip-seed-0.png",
]
OLD = [
    "out/seed-0/old/tree.json",
    "out/seed-0/old/level-0/scores.h5",
    "out/seed-1/supernet.pt",
    "out/seed-1/snip/tree.json",
    "out/figures/trees/old-seed-0.png",
    "out/figures/trees/old-seed-0.pdf",
    "out/tables/found.csv",
    "out/tables/found.json",
]
OTHERS = [
    "out/tables/splits.json",  # the record of an expected table
    "out/notes.txt",
    "out/report.html",
    "out/figures/paper.svg",
    "out/logs/old.log",
    "out/benchmarks/old.tsv",
    "out/.state/kept/0123.h5",
    "out/seed-0/snip/.tree.json.tmp.json",
    "out/mine/figures/x.png",
]


def test_files_and_folders_of_other_methods_seeds_and_stages_are_counted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in [*EXPECTED[1:], *OLD, *OTHERS]:  # what is expected need not be there
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    found = left_behind("out", EXPECTED)
    assert found == {
        "figures/trees/old-seed-0.pdf": 1,
        "figures/trees/old-seed-0.png": 1,
        "seed-0/old/": 2,
        "seed-1/": 2,
        "tables/found.csv": 1,
        "tables/found.json": 1,
    }
    assert left_behind(str(tmp_path / "out"), [str(tmp_path / name) for name in EXPECTED]) == found
    assert left_behind("absent", EXPECTED) == {}
