from snakemake.logging import logger

from fsnas.artifacts.dataset import read_extent
from workflow_scripts._needs import TRAIN_IMAGES, check_images
from workflow_scripts._records import named, restore_records

LOCKS = Path(".snakemake/locks")

if workflow.is_main_process and not any(LOCKS.glob("*")):
    stale = restore_records(ORIGINS, OUT, LOCKS.parent.absolute())
    if stale:
        logger.warning(named(stale))

# What the data step checks once images are read, for a file that is there already.
if workflow.is_main_process and config["data"]["source"] not in TRAIN_IMAGES:
    extent = read_extent(DATA)
    if extent and extent.settings == data_settings():
        try:
            check_images(
                config,
                train=extent.train,
                side=min(extent.height, extent.width),
                of=config["data"]["name"],
                more=f", or add images, remove {DATA} and run again",
            )
        except FsnasError as error:
            raise WorkflowError(str(error))
