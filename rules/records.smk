from snakemake.logging import logger

from workflow_scripts._records import named, restore_records

LOCKS = Path(".snakemake/locks")

if workflow.is_main_process and not any(LOCKS.glob("*")):
    stale = restore_records(ORIGINS, OUT, LOCKS.parent.absolute())
    if stale:
        logger.warning(named(stale))
