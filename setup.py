"""What is in the package: the library, inside of it the workflow as it lies in the checkout, and the commit of both."""

import sys
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from fsnas.lineage.commit import BUILT, commit  # noqa: E402
from fsnas.places import INSTALLED  # noqa: E402

WORKFLOW = ".".join(INSTALLED.relative_to(HERE).parts)
FILES = ["Snakefile", "config.yaml", "rules/**/*", "workflow_scripts/*.py", "configs/*", "envs/*.yaml", "slurm/*"]
FILES += ["profiles/**/*"]


class Build(build_py):
    """Writes the commit beside the Snakefile."""

    def run(self) -> None:
        """Build, and write it."""
        super().run()
        if not self.editable_mode:
            Path(self.build_lib, *WORKFLOW.split("."), BUILT).write_text(f"{commit()}\n", encoding="utf-8")


class Source(sdist):
    """Writes the commit into the archive, which has no history."""

    def make_release_tree(self, base_dir: str, files: list[str]) -> None:
        """Make the tree, and write it."""
        super().make_release_tree(base_dir, files)
        Path(base_dir, BUILT).write_text(f"{commit()}\n", encoding="utf-8")


setup(
    packages=[*find_packages(include=["fsnas*"]), WORKFLOW],
    package_dir={WORKFLOW: "."},
    package_data={"": ["*.json", "*.yaml", "*.csv", "py.typed"], WORKFLOW: FILES},
    include_package_data=False,
    cmdclass={"build_py": Build, "sdist": Source},
)
