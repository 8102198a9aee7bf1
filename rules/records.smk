from fsnas.artifacts.dataset import read_extent
from workflow_scripts._needs import check_images
from workflow_scripts._records import restore_records

LOCKS = Path(".snakemake/locks")

if workflow.is_main_process and not any(LOCKS.glob("*")):
    if changed := restore_records(LINEAGES, PLACE, LOCKS.parent.absolute()):
        logger.warning(changed)
    keep(CODE_READ)

# What the data step checks once images are read, for a file that is there already.
if workflow.is_main_process and not FIXED:
    images = placed(workflow, DATA)
    extent = read_extent(images)
    if extent and extent.settings == data_settings():
        try:
            check_images(
                config,
                train=extent.train,
                side=min(extent.height, extent.width),
                of=config["data"]["name"],
                more=f", or add images, remove {images} and run again",
            )
        except FsnasError as error:
            raise WorkflowError(str(error))
