"""What a source changed about itself, told once and kept in `_schema_changes`.

What belongs here: the book and its words. What does not: DDL (`landing`), what is no chance and
what a column is called (`drift`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from psycopg import sql

from ingestion import drift
from ingestion.catalog import ColumnType, TableSpec
from ingestion.raw import CHANGES_TABLE, LOADS_TABLE, Connection

_WHOLE_TABLE = "*"


@dataclass(frozen=True)
class ChangeBook:
    """The changes of one account that one run notices; `notices` are those worth telling."""

    connection: Connection
    source_name: str
    schema: str
    account_name: str
    noticed_at: datetime
    notices: list[str] = field(default_factory=list)

    def appeared(self, table: TableSpec, column: str, kind: ColumnType, *, is_news: bool) -> None:
        """A column was made; those of a first load are written down, and no news to anybody."""
        self._write(table, column, f"appeared as {kind}", is_news=is_news)

    def look_for_vanished(self, table: TableSpec, row_count: int, empty: Sequence[str]) -> None:
        """Tells of columns that came `empty` in so many rows that it cannot be chance."""
        if not empty or not row_count:
            return
        counts = self.connection.execute(
            sql.SQL("select count(*), {} from {} where account_name = %s").format(
                sql.SQL(", ").join(
                    sql.SQL("count({})").format(sql.Identifier(column)) for column in empty
                ),
                sql.Identifier(self.schema, table.name),
            ),
            (self.account_name,),
        ).fetchone()
        held, *filled = (int(str(count)) for count in counts or (0,))
        for column, count in zip(empty, filled, strict=False):
            if held and drift.is_vanished(row_count, count / held):
                self._write(table, column, "vanished")

    def came_empty(self, table: TableSpec) -> None:
        """Tells of a table that comes empty after it did not. Reading overlaps, so even where
        nothing is new the newest rows come again.
        """
        row = self.connection.execute(
            sql.SQL(
                "select row_count from {} where table_name = %s and account_name = %s "
                "order by applied_at desc limit 1"
            ).format(sql.Identifier(self.schema, LOADS_TABLE)),
            (table.name, self.account_name),
        ).fetchone()
        if before := int(str(row[0])) if row else 0:
            change = f"came empty, the run before read {before} rows"
            self._write(table, _WHOLE_TABLE, change)

    def _write(self, table: TableSpec, column: str, change: str, *, is_news: bool = True) -> None:
        """Nothing, where it is the last change known of the column."""
        changes = sql.Identifier(self.schema, CHANGES_TABLE)
        last = self.connection.execute(
            sql.SQL(
                "select change from {} where account_name = %s and table_name = %s "
                "and column_name = %s order by noticed_at desc limit 1"
            ).format(changes),
            (self.account_name, table.name, column),
        ).fetchone()
        if last == (change,):
            return
        if is_news:
            what = change if column == _WHOLE_TABLE else f"column {column} {change}"
            self.notices.append(f"{self.source_name}.{table.name}: {what}")
        self.connection.execute(
            sql.SQL("insert into {} values (%s, %s, %s, %s, %s) on conflict do nothing").format(
                changes
            ),
            (self.account_name, table.name, column, change, self.noticed_at),
        )
