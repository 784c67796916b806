"""How long BI tools wait for the marts: `python -m benchmarks.bi_queries --help`.

Asks every query of bi_queries.sql as the role `reader`, of the warehouse that is up or, with
`--size`, of a demo company made for it. What belongs here: measuring; a new query goes into the sql
file.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from datetime import date
from pathlib import Path
from statistics import median, quantiles

import psycopg

from benchmarks.company import company_with_warehouse
from benchmarks.transform import SIZES

QUERIES = Path(__file__).with_suffix(".sql")
WANTED_SECONDS = 0.1
"""95 of 100 answers of every query are there by then."""
PARAMETERS = """
    select
        (
            select manager_id from mart_sales_head.deals
            group by manager_id order by count(*) desc limit 1
        ) as manager_id,
        (
            select channel from mart_sales_head.deals
            group by channel order by count(*) desc limit 1
        ) as channel,
        (
            select deal_id from mart_sales_head.deals where paid_amount > 0 limit 1
        ) as deal_id,
        (
            select (max(period_start) - interval '1 month')::date
            from mart_finance.reconciliation_bridge where grain = 'month'
        ) as month
"""


def queries(text: str) -> dict[str, str]:
    """The queries of the file by their titles."""
    found = re.findall(r"^-- ([^\n]+)\n((?:select|with)\b[^;]+);", text, flags=re.MULTILINE)
    return dict(found)


def measure(url: str, repeat: int) -> bool:
    """Asks each query so often; whether all were as quick as wanted."""
    # BI tools write values into the text of a query.
    with psycopg.connect(url, autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
        asked = connection.execute(PARAMETERS.encode())
        names = [column.name for column in asked.description or ()]
        parameters: dict[str, str | date] = dict(zip(names, asked.fetchall()[0], strict=True))
        slow = []
        say = sys.stdout.write
        say(f"{'p50':>8} {'p95':>8} {'max':>8} {'rows':>7}  milliseconds of {repeat} answers\n")
        everything: list[float] = []
        for title, query in queries(QUERIES.read_text("utf-8")).items():
            seconds, rows = _asked(connection, query, parameters, repeat)
            everything += seconds
            p95 = quantiles(seconds, n=20)[-1]
            marked = " *" if p95 > WANTED_SECONDS else ""
            slow += [title] if marked else []
            times = f"{_ms(median(seconds))} {_ms(p95)} {_ms(max(seconds))}"
            say(f"{times} {rows:>7,}  {title}{marked}\n")
    say(
        f"= p95 of all {_ms(quantiles(everything, n=20)[-1]).strip()} ms; "
        f"{len(slow)} queries above {WANTED_SECONDS * 1000:.0f} ms (wanted: 0)\n"
    )
    return not slow


def _asked(
    connection: psycopg.Connection, query: str, parameters: dict[str, str | date], repeat: int
) -> tuple[list[float], int]:
    """Seconds of each answer after a first one, which fills caches, and the rows of an answer."""
    rows = len(connection.execute(query.encode(), parameters).fetchall())
    seconds = []
    for _ in range(repeat):
        started = time.perf_counter()
        connection.execute(query.encode(), parameters).fetchall()
        seconds.append(time.perf_counter() - started)
    return seconds, rows


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:8.1f}"


def _of_a_company(size: int, repeat: int) -> bool:
    months, scale = SIZES[size]
    with company_with_warehouse("--months", months, "--scale", scale) as (_, warehouse):
        warehouse.load()
        warehouse.build("test")
        return measure(warehouse.reader_url, repeat)


def main() -> int:
    parser = argparse.ArgumentParser(description="How long BI tools wait for the marts.")
    parser.add_argument("--repeat", type=int, default=50, help="answers of each query")
    parser.add_argument(
        "--size", type=int, choices=SIZES, help="of a demo company made for it, as in transform"
    )
    options = parser.parse_args()
    if options.size:
        return int(not _of_a_company(options.size, options.repeat))
    return int(not measure(os.environ["WAREHOUSE_READER_URL"], options.repeat))


if __name__ == "__main__":
    sys.exit(main())
