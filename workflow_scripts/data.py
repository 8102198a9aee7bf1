"""Rule data: images, labels, split and statistics of a data set, as one HDF5 file."""

from _job import lineage, progress, run

from fsnas.artifacts.dataset import content_key, write_dataset
from fsnas.data.making import make_dataset
from workflow_scripts._needs import check_images


def main(smk) -> None:
    """Make the data set that the settings describe, if it is enough for all that the config wants to do with it."""
    settings = smk.params.settings | smk.params.reading
    dataset = make_dataset(**settings, progress=progress("data"))
    found = {part: len(dataset.splits[part]) for part in ("train", "valid")} | {"side": min(dataset.images.shape[2:])}
    check_images(smk.config, **found, of=dataset.name, more=f", or add images to {settings['folder']}")
    write_dataset(smk.output[0], dataset, key=content_key(dataset), **lineage(smk))


run(main, globals().get("snakemake"))
