"""``fsnas init``: a folder of the user's own that runs the workflow as a module."""

import shutil
from pathlib import Path

from fsnas.errors import FsnasError
from fsnas.places import WORKFLOW

COPIED = ("config.yaml", "configs", "profiles", "slurm")  # what Snakemake finds beside the Snakefile, and users edit
SNAKEFILE = """\
# The workflow of fsnas as a module. Rules of your own may stand below; to change one of its rules, write
# `use rule leaf from fsnas as fsnas_leaf with:` behind `use rule * from fsnas`.
from fsnas.places import SNAKEFILE


configfile: "config.yaml"


module fsnas:
    snakefile:
        SNAKEFILE
    config:
        config


use rule * from fsnas


onstart:
    fsnas.onstart()


onsuccess:
    fsnas.onsuccess()
"""


def init(folder: str | Path) -> list[str]:
    """Write a Snakefile, the default config, its presets and the profiles into ``folder``, which is made if needed.

    Returns
    -------
    list of str
        What was written, relative to the folder.

    Raises
    ------
    FsnasError
        If one of them is there already; nothing is written then.
    OSError
        If the folder cannot be written.
    """
    folder, names = Path(folder), ["Snakefile", *COPIED]
    if there := [name for name in names if (folder / name).exists()]:
        raise FsnasError(
            f"{folder} has {', '.join(there)} already, and fsnas init replaces nothing; name a folder that is new or "
            "empty, or remove these"
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name in COPIED:
        source = WORKFLOW / name
        (shutil.copytree if source.is_dir() else shutil.copyfile)(source, folder / name)
    (folder / "Snakefile").write_text(SNAKEFILE, encoding="utf-8")
    return names
