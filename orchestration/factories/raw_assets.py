"""One multi-asset per source of the ingestion catalogue: its raw tables, with how many rows came.

Belongs here: naming and metadata of raw assets. How a source is read is `ingestion`'s business.
"""

from collections.abc import Callable, Iterator, Mapping

import dagster as dg

from ingestion import Progress, Settings, SourceSpec, TableSpec, init, run_source
from orchestration.keys import raw_schema, raw_table_key

OWNER = "team:data"
SECONDS_BETWEEN_WORDS = 5


class SourceRun(dg.Config):
    """What a person may ask of one load in Dagster's launchpad."""

    full_refresh: bool = False


def raw_assets(source: SourceSpec) -> dg.AssetsDefinition:
    """The step that loads one source.

    A source that is off (its first variable is not set) has its tables created and left as they
    are, which is a success: dbt reads tables, not settings. A source that fails raises;
    `defs.schedules` says what happens then.
    """

    @dg.multi_asset(
        name=raw_schema(source.name),
        specs=[_asset_spec(source, table) for table in source.tables],
        group_name=raw_schema(source.name),
    )
    def load(
        context: dg.AssetExecutionContext, config: SourceRun
    ) -> Iterator[dg.MaterializeResult[None]]:
        settings = Settings.from_env()
        rows: Mapping[str, int] = {}
        if settings.is_on(source):
            result = run_source(
                source.name,
                settings,
                full_refresh=config.full_refresh,
                on_progress=_progress_in(context.log),
            )
            rows = result.tables
        else:
            context.log.info(f"{source.name} is off: {source.switch} is not set")
            init(settings)
        for table in source.tables:
            yield dg.MaterializeResult(
                asset_key=raw_table_key(source.name, table.name),
                metadata={
                    "rows_loaded": rows.get(table.name, 0),
                    "source_is_on": settings.is_on(source),
                },
            )

    return load


def _progress_in(log: dg.DagsterLogManager) -> Callable[[Progress], None]:
    """A listener that logs, every few seconds, how many rows have been read so far."""
    rows: dict[str, int] = {}
    said_at = 0.0

    def follow(progress: Progress) -> None:
        nonlocal said_at
        rows[progress.table] = progress.rows
        if progress.seconds - said_at >= SECONDS_BETWEEN_WORDS:
            said_at = progress.seconds
            log.info(f"{sum(rows.values())} rows so far, reading {progress.table}")

    return follow


def _asset_spec(source: SourceSpec, table: TableSpec) -> dg.AssetSpec:
    columns = [
        dg.TableColumn(
            name,
            column_type,
            constraints=dg.TableColumnConstraints(nullable=name not in table.required),
        )
        for name, column_type in table.columns.items()
    ]
    return dg.AssetSpec(
        raw_table_key(source.name, table.name),
        description=f"{source.title}. {table.description}",
        owners=[OWNER],
        kinds={"dlt", "postgres"},
        metadata={"dagster/column_schema": dg.TableSchema(columns=columns)},
    )
