"""The raw tables of the workbook, one per kind of sheet, as `layout` declares them.

Days and months are text (2026-06-01): local dates, which have no instant.
"""

from __future__ import annotations

from ingestion.catalog import ColumnType, table
from ingestion.sources.workbook.layout import SHEETS, Kind

_TYPES: dict[Kind, ColumnType] = {
    "text": "text",
    "date": "text",
    "month": "text",
    "amount": "numeric",
    "number": "numeric",
    "count": "bigint",
    "score": "bigint",
    "yes_no": "bool",
    "points": "json",
}

TABLES = tuple(
    table(
        sheet.table,
        key="sheet_name, row_number",
        mode="snapshot",
        about=sheet.about,
        columns=", ".join(
            [
                "sheet_name text",
                "row_number bigint",
                *(
                    f"{one.name} {_TYPES[one.kind]}{' not null' if one.is_required else ''}"
                    for one in sheet.columns
                ),
            ]
        ),
    )
    for sheet in SHEETS
)
BY_NAME = {one.name: one for one in TABLES}
