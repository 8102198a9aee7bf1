"""The site is built as ``make docs`` does, without a warning, and read in a browser as a newcomer would."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.pages import blocks
from tests.workflow.conftest import ROOT

TUTORIAL = ROOT / "docs/tutorial.md"


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "html"
    line = re.search(r"(sphinx-build .*-b html .*)$", (ROOT / "Makefile").read_text(), re.M)[1]
    program, *arguments = shlex.split(line.replace("$(SITE)", str(folder)))
    command = [sys.executable, "-m", "sphinx", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert program == "sphinx-build" and "-W" in arguments and done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def page(site, browser):
    """The first page of the site; at the end, that nothing was asked of a network and nothing failed."""
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.set_default_timeout(10_000)
    wrong = []
    page.on("request", lambda request: wrong.append(request.url) if request.url.startswith("http") else None)
    page.on("requestfailed", lambda request: wrong.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto((site / "index.html").as_uri())
    page.wait_for_url("**/docs/index.html")
    yield page
    page.close()
    assert not wrong


def test_a_newcomer_finds_the_tutorial_and_it_shows_every_line_that_the_tests_run(page):
    page.locator("article").get_by_role("link", name="the tutorial").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Tutorial: half an hour")
    shown = [text.rstrip("\n") for text in page.locator("article pre").all_text_contents()]
    assert shown == [text.rstrip("\n") for _, _, text, _ in blocks(TUTORIAL)]


def test_the_tutorial_leads_to_pages_that_exist(page):
    page.locator("article").get_by_role("link", name="the tutorial").click()
    article = page.locator("article")
    article.get_by_role("link", name="the glossary").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Glossary")
    page.go_back()
    article.get_by_role("link", name="spaces.md").click()
    expect(page.get_by_role("heading", name="A search space of your own")).to_be_in_viewport()


def test_a_command_is_copied_without_its_prompt(page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("article").get_by_role("link", name="the tutorial").click()
    block = page.locator("div.highlight-console").first
    block.hover()
    block.get_by_role("button").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.strip() == "snakemake -n --quiet host rules --configfile configs/tiny.yaml"


def test_equations_are_drawn(page, site):
    page.goto((site / "docs/explanation.html").as_uri())
    equations = page.locator("article math[display=block]")
    assert equations.count() == 5
    for box in (equations.nth(i).bounding_box() for i in range(5)):
        assert box["width"] > 80 and box["height"] > 15


def test_every_key_of_the_config_and_every_command_is_in_the_reference(page, site):
    page.goto((site / "docs/config-keys.html").as_uri())
    text = page.locator("article").inner_text()
    for key in re.findall(r"^ *(\w+):", (ROOT / "config.yaml").read_text(), re.M):
        assert re.search(rf"\b{key}\b", text), key
    page.goto((site / "docs/command-line.html").as_uri())
    expect(page.get_by_role("heading", name="fsnas inspect")).to_be_visible()


def test_every_name_of_the_library_is_in_the_reference(page, site):
    import fsnas

    page.goto((site / "docs/api.html").as_uri())
    text = page.locator("article").inner_text()
    assert [name for name in fsnas.HOMES if name not in text] == []


def test_a_word_is_found(page, site):
    page.goto((site / "search.html").as_uri() + "?q=clearness")
    expect(page.locator("#search-results").get_by_role("link", name="Glossary").first).to_be_visible()
