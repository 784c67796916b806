"""The nightly look for erased rows, as one op a source.

Belongs here: what Dagster is told of a sweep. How a source is asked is `ingestion`'s business.
"""

import dagster as dg

from ingestion import IngestionError, PartlyDoneError, Settings, SourceSpec, Swept, sweep


def sweep_op(source: SourceSpec) -> dg.OpDefinition:
    """The op that sweeps one source; nothing to do for one that is off."""

    @dg.op(name=f"sweep_{source.name}")
    def sweep_source(context: dg.OpExecutionContext) -> None:
        settings = Settings.from_env()
        if not settings.is_on(source):
            context.log.info(f"off: {source.switch} is not set")
            return
        try:
            done = sweep(source.name, settings)
        except PartlyDoneError as error:
            _tell(context, error.done)
            raise dg.Failure(str(error), allow_retries=False) from None
        except IngestionError as error:
            raise dg.Failure(str(error), allow_retries=False) from None
        _tell(context, done)

    return sweep_source


def _tell(context: dg.OpExecutionContext, done: list[Swept]) -> None:
    for table in done:
        context.log.info(
            f"{table.account_name} {table.table}: {table.asked} asked for, {table.gone} gone, "
            f"{table.mended} mended"
        )
