from fsnas.artifacts.dataset import read_extent
from workflow_scripts._needs import check_images
from workflow_scripts._planned import nodes_of, plan
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
                valid=extent.valid,
                side=min(extent.height, extent.width),
                of=config["data"]["name"],
                more=f", or add images, remove {images} and run again",
            )
        except FsnasError as error:
            raise WorkflowError(str(error))


def planned_with():
    """What a plan needs to know of the config and the images, beside the options of every job."""
    from fsnas.commands.planning import networks_of

    different = networks_of(SPACE)
    facts = data_sources.facts(config["data"]["source"])
    found = read_extent(placed(workflow, DATA))
    return {
        "results": PLACE,
        "data": placed(workflow, DATA),
        "device": config["device"],
        "jobs_per_card": config["resources"]["jobs_per_card"],
        "train": found.train if found else facts.train,
        "side": found.height if found else config["data"]["image_size"] or facts.side,
        "network": network(),
        "operations": [*map(int, SPACE.allowed.sum(axis=1))],
        "parameters": SPACE.parameters(
            SPACE.full(), SPACE.Size(**network()), classes=10, in_channels=3
        ),
        "networks": different,
        "truths": len(ARCHITECTURES) if TRAINED else different,
        "searches": len(config["search"]["samplers"])
        + len(config["search"]["algorithms"]),
    }


if workflow.is_main_process:
    plan(
        workflow,
        LINEAGES,
        lambda w: nodes_of(METHODS[w.method], w.get("candidate"), int(w.level)),
        planned_with,
    )
