"""How the site is built (``make docs``): Sphinx with MyST over the pages as they stand, from the root of the checkout.

So every link between docs/, README.md and CONTRIBUTING.md is the same on the site and beside the code. Nothing is
fetched: not when the site is built, and not when it is read.
"""

import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "docs" / "_site")]


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
project, release, author = "fsnas", PROJECT["version"], PROJECT["authors"][0]["name"]

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton", "from_code", "mathml"]
root_doc = "docs/index"
include_patterns = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/**.md"]
exclude_patterns = [".*", "results*", "data", "site"]  # folders that are not even walked through

myst_enable_extensions = ["deflist", "dollarmath"]
myst_fence_as_directive = ["math"]
myst_heading_anchors = 4
myst_links_external_new_tab = False

autodoc_typehints = "description"
autodoc_preserve_defaults = True
autodoc_member_order = "bysource"
python_use_unqualified_type_names = True
add_module_names = False
default_role = "code"

html_theme = "furo"
html_title = f"fsnas {release}"
html_additional_pages = {"index": "to_docs.html"}
templates_path = ["_site"]
html_math_renderer = "mathml"
html_copy_source = False
html_show_copyright = False
html_show_search_summary = False  # a page that is opened from the disk may not fetch others
copybutton_prompt_text = "$ "

linkcheck_anchors = False
linkcheck_timeout = 20
