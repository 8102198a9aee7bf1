"""Rule data: images, labels, split and statistics of a data set, as one HDF5 file."""

from _job import origin, run

from fsnas.artifacts.dataset import content_key, write_dataset
from fsnas.data import make_dataset


def main(smk) -> None:
    """Make the data set that the settings describe."""
    dataset = make_dataset(**(smk.params.settings | smk.params.reading))
    write_dataset(smk.output[0], dataset, key=content_key(dataset), **origin(smk))


run(main, globals().get("snakemake"))
