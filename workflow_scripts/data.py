"""Rule data: images, labels, split and statistics of a data set, as one HDF5 file."""

from _job import key, run
from fsnas.artifacts.dataset import write_dataset
from fsnas.data import make_dataset


def main(smk) -> None:
    """Make the data set that the settings describe."""
    settings = smk.params.settings
    write_dataset(smk.output[0], make_dataset(**settings), key=key(smk), settings=settings)


run(main, globals().get("snakemake"))
