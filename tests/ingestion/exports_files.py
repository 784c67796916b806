"""A folder of SQL and a folder of files for tests of `exports`, and readings of them.

What belongs here: writing files and opening the source over them. What does not: assertions about
one behaviour.
"""

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml

from ingestion.catalog import Checkpoint, OpenSource, Piece, State
from ingestion.errors import SourceError, TableRefusedError
from ingestion.sources.exports.resources import open_exports

PHONE = "79990001122"
"""Stands in spoilt files, and in no sentence about them."""
GOOD = {
    "payment_id": "'p' || id",
    "paid_at": "paid",
    "amount": "amount",
    "currency_code": "'BRL'",
    "is_posted": "true",
}
PLAIN = "read_csv(getvariable('data') || '/pay.csv', header = true)"

EVERY_TABLE = {
    "leads": "'1' as lead_id, date '2026-01-31' as created_at",
    "deals": "'1' as deal_id, 'won' as status, date '2026-01-31' as created_at",
    "stage_changes": "'1' as deal_id, timestamp '2026-01-31' as entered_at, 'КП' as stage_name",
    "payments": "'1' as payment_id, date '2026-01-31' as paid_at, 1 as amount, "
    "'RUB' as currency_code, true as is_posted",
    "spend": "'1' as spend_id, date '2026-01-31' as spent_at, 1 as amount, "
    "'RUB' as currency_code, 7 as clicks_count",
    "calls": "'1' as call_id, timestamp '2026-01-31 10:00' as started_at, 'in' as direction, "
    "false as is_answered",
    "tasks": "'1' as task_id, false as is_completed",
}
"""The least a company has to give, as the columns of a select, by table."""


def payments_sql(source: str = PLAIN, **changed: str | None) -> str:
    columns = ",\n    ".join(f"{sql} as {name}" for name, sql in (GOOD | changed).items() if sql)
    return f"select\n    {columns}\nfrom {source}"


class ExportsFiles:
    def __init__(self, folder: Path) -> None:
        self.sql, self.data = folder / "sql", folder / "data"
        self.sql.mkdir()
        self.data.mkdir()

    @property
    def variables(self) -> dict[str, str]:
        return {"EXPORTS_FOLDER": str(self.sql), "EXPORTS_DATA": str(self.data)}

    def query(self, sql: str, table: str = "payments") -> None:
        (self.sql / f"{table}.sql").write_text(sql, encoding="utf-8")

    def pay(self, *lines: str) -> None:
        """pay.csv in UTF-8 with commas, from which GOOD reads."""
        self.write("pay.csv", "id,paid,amount,phone", *lines)

    def write(
        self, name: str, *lines: str, encoding: str = "utf-8", end: str = "\n", seconds_ago: int = 0
    ) -> None:
        path = self.data / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(("\n".join(lines) + end).encode(encoding))
        then = time.time() - seconds_ago
        os.utime(path, (then, then))

    def declare(self, **entries: Mapping[str, Any]) -> None:
        text = yaml.safe_dump(entries, allow_unicode=True)
        (self.sql / "files.yml").write_text(text, encoding="utf-8")

    def open(self, zone: str = "Europe/Moscow", now: datetime | None = None) -> Any:
        return open_exports(str(self.sql), str(self.data), "main", zone, now or datetime.now(UTC))

    def pieces(
        self, state: State | None = None, table: str = "payments", **how: Any
    ) -> list[Piece]:
        with self.open(**how) as opened:
            return list(opened.readers[table](state or {}))

    def rows(self, table: str = "payments", **how: Any) -> list[dict[str, Any]]:
        return [
            row
            for piece in self.pieces(table=table, **how)
            if isinstance(piece, pa.Table)
            for row in piece.to_pylist()
        ]

    def state(self, **how: Any) -> State:
        """What the last reading leaves for the next."""
        last = self.pieces(**how)[-1]
        assert isinstance(last, Checkpoint)
        return last.state

    def refused(self, table: str = "payments", **how: Any) -> str:
        """The sentence that stops `table`; no value of a file is in it."""
        with pytest.raises(TableRefusedError) as error:
            self.pieces(table=table, **how)
        sentence = str(error.value)
        assert sentence.startswith(f"exports.{table}: ")
        assert PHONE not in sentence
        return sentence

    def checked(self) -> dict[str, str]:
        """What each probe says; a fault begins with "no: "."""
        with self.open() as opened:
            return _said(opened)


def _said(opened: OpenSource) -> dict[str, str]:
    said = {}
    for probe in opened.probes:
        try:
            said[probe.name] = probe.try_it()
        except SourceError as error:
            said[probe.name] = f"no: {error}"
    return said
