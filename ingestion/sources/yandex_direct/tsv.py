"""A report as Direct writes it: tab-separated text with a title, names of columns and a total.

What belongs here: lines and cells. What does not: what a column means (`mapping`).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass

NOTHING = "--"
_TOTAL = "Total rows:"

Cells = dict[str, str | None]


@dataclass(frozen=True)
class Report:
    """`rows` by the names of columns, None for "--"; `total` is how many rows Direct says there
    are, None when it says nothing.
    """

    rows: list[Cells]
    total: int | None


def read_report(text: str) -> Report:
    """Reads a report of two or more columns, with or without title lines. Raises ValueError when
    the text is none, or a row has more or fewer cells than there are columns.
    """
    lines = csv.reader(text.lstrip("\ufeff").splitlines(), delimiter="\t")
    columns = next((cells for cells in lines if len(cells) > 1), None)
    if columns is None:
        raise ValueError("no line with names of columns")
    rows: list[Cells] = []
    for cells in lines:
        if cells and cells[0].startswith(_TOTAL):
            return Report(rows, int(cells[0].removeprefix(_TOTAL)))
        values = (None if cell == NOTHING else cell for cell in cells)
        rows.append(dict(zip(columns, values, strict=True)))
    return Report(rows, None)
