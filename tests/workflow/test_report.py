"""The report of a finished run, opened in a browser and clicked through as a reader would."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import expect

from tests.workflow.conftest import ROOT, snakemake

CATEGORIES = [
    "1 Summary",
    "2 Split distance",
    "3 Split trees",
    "4 Few-shot NAS",
    "5 Zero-cost proxies",
    "6 Supernets and scores",
]


@pytest.fixture(scope="module")
def report(tiny, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    snakemake(tiny[0], "--report", str(path), "--configfile", "configs/tiny.yaml")
    return path


@pytest.fixture
def page(report, browser):
    """The report, just opened; at the end, that it asked for nothing but itself and met no error."""
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.set_default_timeout(10_000)
    wrong = []
    page.on("request", lambda request: wrong.append(request.url[:80]) if request.url.startswith("http") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(report.as_uri())
    yield page
    page.close()
    assert not wrong


def open_category(page, name):
    page.locator("nav").get_by_role("link", name=name).click()


def view(page, result):
    """Click the eye of a result."""
    page.get_by_role("row", name=result).get_by_role("link").first.click()


def describe(page, result):
    """Click the i of a result."""
    page.get_by_role("row", name=result).get_by_role("link").last.click()


def test_the_first_page_says_what_was_found_with_which_config_and_versions(tiny, page):
    text = page.locator(".document")
    expect(text.get_by_role("heading", name="Few-shot NAS", exact=False)).to_be_in_viewport()
    summary, config = text.locator("pre").all_text_contents()
    assert (tiny[0] / "results-tiny/summary.txt").read_text().strip() == summary.strip()
    assert "torch 2." in summary and "Python 3." in summary and "snakemake 9." in summary
    shown = yaml.safe_load(config)
    preset = yaml.safe_load((ROOT / "configs/tiny.yaml").read_text())
    assert shown.keys() == yaml.safe_load((ROOT / "config.yaml").read_text()).keys()
    assert shown["supernet"].items() >= preset["supernet"].items() and shown["methods"] == preset["methods"]


def test_the_first_page_opens_on_figure_1b(page):
    image = page.locator(".document").get_by_role("img", name="Figure 1b")
    expect(image).to_be_in_viewport()
    assert image.evaluate("image => image.naturalWidth") > 500, "its bytes are in the page"
    expect(page.locator(".document")).to_contain_text("Does a zero-cost proxy split alike under another seed?")


def test_categories_stand_in_the_order_of_reading(page):
    links = page.locator("nav").get_by_role("link").all_inner_texts()
    assert [link for link in links if link[:1].isdigit()] == CATEGORIES
    page.locator(".document").get_by_role("link", name="2 Split distance").click()
    expect(page.get_by_role("row", name="Figure 1a")).to_be_visible()


def test_a_figure_is_displayed_and_its_caption_says_n_and_seeds(page):
    open_category(page, "2 Split distance")
    view(page, "Figure 1a")
    image = page.locator("img[src^='data:image/png']")
    expect(image).to_be_visible()
    assert image.evaluate("async image => { await image.decode(); return image.naturalWidth }") > 500
    describe(page, "Figure 1a")
    expect(page.locator("nav .prose").get_by_text("n = 2 seeds (0, 1). Data: digits.")).to_be_visible()


def test_every_tree_of_every_seed_can_be_reached(page):
    images = set()
    for method in ("snip", "random"):
        page.reload()
        open_category(page, "3 Split trees")
        page.locator("nav").get_by_role("link", name=method, exact=True).click()
        for seed in (0, 1):
            view(page, f"tree of seed {seed}")
            expect(page.get_by_role("row", name=f"tree of seed {seed}").locator(".bg-slate-700").first).to_be_visible()
            images.add(page.locator("img[src^='data:image/png']").get_attribute("src"))
    assert len(images) == 4


def test_a_table_is_described_and_opens_as_csv(tiny, page):
    open_category(page, "3 Split trees")
    open_category(page, "All trees")
    with page.expect_download() as download:
        view(page, "Table: group sizes")
    table = (tiny[0] / "results-tiny/tables/group_sizes.csv").read_text()
    assert Path(download.value.path()).read_text() == table
    describe(page, "Table: group sizes")
    shown = page.locator("nav .prose table").inner_text().replace("\t", ",").split()
    assert shown == [line.replace('"', "") for line in table.split()]


def test_every_result_has_a_caption_and_a_label(page):
    results = page.evaluate("results")
    assert len(results) > 20
    for name, result in results.items():
        assert len(result["caption"]) > 80 and "system-message" not in result["caption"], name
        assert list(result["labels"]) == ["result"], name
        assert not name.endswith(".pdf"), name
    labels = page.evaluate(
        "Object.entries(categories).flatMap(([category, parts]) => Object.entries(parts).flatMap(([part, paths]) =>"
        " paths.map(path => [category, part, results[path].labels.result].join('/'))))"
    )
    assert len(set(labels)) == len(labels) == len(results), "results of one label hide each other"


def test_the_run_time_of_every_job_is_drawn(tiny, page):
    open_category(page, "Statistics")
    drawing = page.locator("#runtimes canvas")
    expect(drawing).to_be_visible()
    assert drawing.evaluate("canvas => canvas.width * canvas.height") > 10_000
    times = page.evaluate("runtimes_spec.data.values")
    steps = int(re.search(r"(\d+) of \1 steps \(100%\) done", tiny[1])[1])
    assert len(times) == steps - 1 and all(time["runtime"] >= 0 for time in times)


CAPTIONS = """
from pathlib import Path
from snakemake.api import ConfigSettings, OutputSettings, ResourceSettings, SnakemakeApi

FRESH = {"metric": "snip", "weights": "initial"}
config = {"methods": ["snip", {"fresh": FRESH}], "plotting": {"methods": ["snip"]}, "leaves": {"methods": []}}
with SnakemakeApi(OutputSettings(quiet={"all"})) as api:
    given = {"resource_settings": ResourceSettings(cores=1), "config_settings": ConfigSettings(config=config)}
    of = api.workflow(snakefile=Path("Snakefile"), **given)._workflow.globals
    print(of["CAPTION"], of["ABOUT"])
"""


def test_a_caption_says_what_is_drawn():
    """Not what methods do that `plotting.methods` leaves out."""
    code = [sys.executable, "-c", CAPTIONS]
    said = subprocess.run(code, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "20 epochs." in said and "weights trained" in said and "untrained" not in said and "fresh" not in said
