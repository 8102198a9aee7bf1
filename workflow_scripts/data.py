"""Rule data: images, labels, split and statistics of a data set, as one HDF5 file."""

from _job import key, origin, run

from fsnas.artifacts.dataset import write_dataset
from fsnas.data import make_dataset


def main(smk) -> None:
    """Make the data set that the settings describe."""
    write_dataset(smk.output[0], make_dataset(**smk.params.settings), key=key(smk), **origin(smk))


run(main, globals().get("snakemake"))
