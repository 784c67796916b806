"""One multi-asset per source of the ingestion catalogue: its raw tables, with how many rows came.

Belongs here: naming and metadata of raw assets. How a source is read is `ingestion`'s business.
"""

from collections.abc import Callable, Iterator

import dagster as dg

from ingestion import (
    PartlyDoneError,
    Progress,
    RunResult,
    Settings,
    SourceSpec,
    TableSpec,
    init,
    run_source,
)
from orchestration.keys import raw_schema, raw_table_key

OWNER = "team:data"
LOADS_TABLE = "_applied_loads"
"""In every raw schema beside the source's tables: what `ingestion` writes of its own loads."""
SECONDS_BETWEEN_WORDS = 5


class SourceRun(dg.Config):
    """What a person may ask of one load in Dagster's launchpad."""

    full_refresh: bool = False


def raw_assets(source: SourceSpec) -> dg.AssetsDefinition:
    """The step that loads one source.

    A source that is off (its first variable is not set) has its tables created and left as they
    are, which is a success: dbt reads tables, not settings. A source that fails raises, also when
    only some of its tables or accounts did; `defs.schedules` says what happens then.
    """

    @dg.multi_asset(
        name=raw_schema(source.name),
        specs=[*(_asset_spec(source, table) for table in source.tables), _loads_spec(source)],
        group_name=raw_schema(source.name),
    )
    def load(
        context: dg.AssetExecutionContext, config: SourceRun
    ) -> Iterator[dg.MaterializeResult[None]]:
        settings = Settings.from_env()
        if not settings.is_on(source):
            context.log.info(f"off, its tables stay as they are: {source.switch} is not set")
            init(settings)
            for key in context.selected_asset_keys:
                yield dg.MaterializeResult(asset_key=key, metadata={"source_is_on": False})
            return
        try:
            result = run_source(
                source.name,
                settings,
                full_refresh=config.full_refresh,
                on_progress=rows_read(context.log.info, table_count=len(source.tables)),
            )
        except PartlyDoneError as error:
            yield from _landed(context, source, error.done)
            raise
        yield from _landed(context, source, result)

    return load


def _landed(
    context: dg.AssetExecutionContext, source: SourceSpec, result: RunResult
) -> Iterator[dg.MaterializeResult[None]]:
    """One materialization for each table that was landed, and for the record of loads."""
    for notice in result.notices:
        context.log.warning(notice)
    for table, rows in result.tables.items():
        prefix = f"{source.name}.{table}: "
        notices = [told for told in result.notices if told.startswith(prefix)]
        yield dg.MaterializeResult(
            asset_key=raw_table_key(source.name, table),
            metadata={
                "rows_loaded": rows,
                "source_is_on": True,
                **({"notices": dg.MetadataValue.md("\n".join(notices))} if notices else {}),
            },
        )
    yield dg.MaterializeResult(asset_key=raw_table_key(source.name, LOADS_TABLE))


def rows_read(say: Callable[[str], None], table_count: int) -> Callable[[Progress], None]:
    """A listener that says how many rows have been read, every few seconds and at the end."""
    rows: dict[str, int] = {}
    read_to_the_end: set[str] = set()
    said_at: float | None = None

    def follow(progress: Progress) -> None:
        nonlocal said_at
        rows[progress.table] = progress.rows
        # Connecting takes seconds too: the clock of words starts with the first rows.
        said_at = progress.seconds if said_at is None else said_at
        if progress.is_done:
            read_to_the_end.add(progress.table)
        if len(read_to_the_end) == table_count:
            say(f"{sum(rows.values()):,} rows read, writing them to Postgres")
        elif progress.seconds - said_at >= SECONDS_BETWEEN_WORDS:
            said_at = progress.seconds
            say(f"{sum(rows.values()):,} rows so far, reading {progress.table}")

    return follow


def _loads_spec(source: SourceSpec) -> dg.AssetSpec:
    return dg.AssetSpec(
        raw_table_key(source.name, LOADS_TABLE),
        description=f"{source.title}. One row per load and table: when it became visible.",
        owners=[OWNER],
        kinds={"postgres"},
    )


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
