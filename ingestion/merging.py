"""The SQL that merges waiting rows of one table into its raw table, derived from the declaration.

What belongs here: statements. What does not: when they run (`landing`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from psycopg import sql

from ingestion.catalog import EXTRA_COLUMN, GONE_COLUMN, ColumnType, TableSpec
from ingestion.raw import POSTGRES, identifiers

Fields = Mapping[str, tuple[str, ColumnType]]
"""Undeclared fields: name at the source -> column of the raw table and its type."""


@dataclass(frozen=True)
class Merge:
    """From `incoming` into `raw`, which also has the columns `undeclared` (with their Postgres
    types), some of which the waiting rows fill from `fields`.
    """

    table: TableSpec
    raw: sql.Identifier
    incoming: sql.Identifier
    undeclared: Mapping[str, str]
    fields: Fields

    def insert(self) -> sql.Composed:
        """Of the waiting rows with one key the newest is taken. Parameter: the account."""
        table = self.table
        names = {column: name for name, (column, _) in self.fields.items()}
        undeclared = [
            _undeclared_value(names[column], kind) if column in names else sql.SQL("null")
            for column, kind in self.undeclared.items()
        ]
        declared = [_landed_value(column, kind) for column, kind in table.columns.items()]
        newest: sql.Composable = sql.SQL("_dlt_load_id desc, ctid desc")
        if table.newest_by:
            by = sql.Identifier(table.newest_by)
            newest = sql.SQL("{} desc nulls last, {}").format(by, newest)
        return sql.SQL(
            """
            insert into {raw} as held ({columns}, _dlt_load_id)
            select distinct on ({key}) {selected}, _dlt_load_id
            from {incoming} as incoming
            where account_name = %s
            order by {key}, {newest}
            """
        ).format(
            raw=self.raw,
            incoming=self.incoming,
            columns=identifiers([*table.columns, *self.undeclared]),
            key=identifiers(table.full_key),
            selected=sql.SQL(", ").join([*declared, *undeclared]),
            newest=newest,
        )

    def on_conflict(self) -> sql.Composed:
        """Behind `insert`: a row equal to the one held is left untouched, and so is one newer than
        what comes (a late copy).
        """
        table = self.table
        key = identifiers(table.full_key)
        values = [
            column for column in (*table.columns, *self.undeclared) if column not in table.full_key
        ]
        if not values:
            return sql.SQL(" on conflict ({}) do nothing").format(key)
        is_newer: sql.Composable = sql.SQL("true")
        if table.newest_by:
            is_newer = sql.SQL("coalesce(excluded.{0} >= held.{0}, true)").format(
                sql.Identifier(table.newest_by)
            )
        is_back: sql.Composable = sql.SQL("false")
        resets: list[sql.Composable] = [sql.SQL("_dlt_load_id = excluded._dlt_load_id")]
        if table.mode == "upsert":
            gone = sql.Identifier(GONE_COLUMN)
            # Rows of a dead run may be older than the sweep that missed them.
            is_back = sql.SQL("to_timestamp(excluded._dlt_load_id::float8) > held.{}").format(gone)
            resets.append(
                sql.SQL("{0} = case when not ({1}) then held.{0} end").format(gone, is_back)
            )
        updates = [sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in values]
        return sql.SQL(
            " on conflict ({key}) do update set {updates} "
            "where {is_newer} and ({is_back} or ({held}) is distinct from ({excluded}))"
        ).format(
            key=key,
            updates=sql.SQL(", ").join([*updates, *resets]),
            is_newer=is_newer,
            is_back=is_back,
            held=identifiers(values, "held"),
            excluded=identifiers(values, "excluded"),
        )

    def delete_all(self) -> sql.Composed:
        """Every held row. Parameter: the account."""
        return sql.SQL("delete from {} as held where held.account_name = %s").format(self.raw)

    def delete_absent(self) -> sql.Composed:
        """Held rows that do not wait. Parameter: the account."""
        return self.delete_all() + sql.SQL(
            " and not exists (select from {} as incoming where {})"
        ).format(
            self.incoming,
            sql.SQL(" and ").join(
                sql.SQL("incoming.{0} = held.{0}").format(sql.Identifier(column))
                for column in self.table.full_key
            ),
        )

    def mark_gone(self) -> sql.Composed:
        """Parameters: the load, keys as a JSON array of arrays, the account."""
        return sql.SQL(
            "update {raw} as held set {gone} = now(), _dlt_load_id = %s "
            "from jsonb_array_elements(%s::jsonb) as erased (key) "
            "where held.account_name = %s and held.{gone} is null and {same_key}"
        ).format(
            raw=self.raw,
            gone=sql.Identifier(GONE_COLUMN),
            same_key=sql.SQL(" and ").join(
                sql.SQL("held.{} = (erased.key ->> {})::{}").format(
                    sql.Identifier(column),
                    sql.Literal(place),
                    sql.SQL(POSTGRES[self.table.columns[column]]),
                )
                for place, column in enumerate(self.table.key)
            ),
        )


def _landed_value(column: str, kind: ColumnType) -> sql.Composed:
    if kind == "numeric":
        return sql.SQL("trim_scale({})").format(sql.Identifier(column))
    return sql.SQL("{}").format(sql.Identifier(column))


def _undeclared_value(name: str, postgres_type: str) -> sql.Composed:
    extra, field_name = sql.Identifier(EXTRA_COLUMN), sql.Literal(name)
    if postgres_type == POSTGRES["json"]:
        return sql.SQL("nullif({} -> {}, 'null'::jsonb)").format(extra, field_name)
    return sql.SQL("({} ->> {})::{}").format(extra, field_name, sql.SQL(postgres_type))
