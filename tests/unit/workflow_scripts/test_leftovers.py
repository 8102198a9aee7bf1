"""What lies among the results and is of another config."""

from workflow_scripts._leftovers import left_behind

SNIP = ("seed-0/snip/tree.json", "figures/trees/snip-seed-0.png")
EXPECTED = [f"out/{name}" for name in ("data/digits.h5", "seed-0/supernet.pt", "seed-0/supernet.json", *SNIP)]
EXPECTED += ["out/tables/splits.csv"]
FILES = ("figures/trees/old-seed-0.png", "figures/trees/old-seed-0.pdf", "tables/found.csv", "tables/found.json")
FOLDERS = {"seed-0/old/": ("tree.json", "level-0/scores.h5"), "seed-1/": ("supernet.pt", "snip/tree.json")}
OTHERS = [
    *("notes.txt", "report.html", "figures/paper.svg", "logs/old.log", "benchmarks/old.tsv", ".state/kept/0123.h5"),
    *("seed-0/snip/.tree.json.tmp.json", "mine/figures/x.png"),
    "tables/splits.json",  # the record of an expected table
]


def test_files_and_folders_of_other_methods_seeds_and_stages_are_counted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    old = [*FILES, *(folder + file for folder, files in FOLDERS.items() for file in files)]
    for name in [*EXPECTED[1:], *(f"out/{name}" for name in (*old, *OTHERS))]:  # what is expected need not be there
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    found = left_behind("out", EXPECTED)
    assert found == dict.fromkeys(FILES, 1) | dict.fromkeys(FOLDERS, 2)
    assert left_behind(str(tmp_path / "out"), [str(tmp_path / name) for name in EXPECTED]) == found
    assert left_behind("absent", EXPECTED) == {}
