"""Whether anybody can meet half a publication: `python -m benchmarks.publication --help`.

Clients read every mart in a loop, each round in one snapshot, while the demo company's warehouse is
built and published again and again with new numbers. A round must succeed, must hold the rows of
one publication and all of them, and the director, the sales head, the marketer and finance must
read the same revenue, leads and sales of every month in it.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import threading
import time
from dataclasses import dataclass, field

import psycopg

from benchmarks.company import company_with_warehouse
from benchmarks.transform import Warehouse
from demo.apart import Apart

MARTS = """
    select format('%I.%I', schemaname, tablename) from pg_tables
    where schemaname like 'mart\\_%' order by 1
"""
# Every row carries the number of the transaction that wrote it: its publication.
ROWS = "select count(*), min(xmin::text::bigint), max(xmin::text::bigint) from {}"
DISAGREEMENTS = """
    with

    told as (
        select
            'director' as teller, date_trunc('month', metric_date)::date as month_start,
            revenue_amount, leads_count, sales_count
        from mart_director.kpis_daily
        union all
        select 'sales_head', month_start, revenue_amount, leads_count, sales_count
        from mart_sales_head.managers_monthly
        union all
        select 'marketing', month_start, revenue_amount, leads_count, sales_count
        from mart_marketing.channels_monthly
        union all
        select
            'finance', period_start,
            case when step = 'payments' then amount end,
            case when step = 'leads' then row_count end,
            case when step = 'sales' then row_count end
        from mart_finance.reconciliation_bridge
        where grain = 'month' and row_kind = 'subtotal'
    ),

    sums as (
        select
            months.month_start,
            tellers.teller,
            coalesce(sum(revenue_amount), 0) as revenue_amount,
            coalesce(sum(leads_count), 0) as leads_count,
            coalesce(sum(sales_count), 0) as sales_count
        from (select distinct month_start from told) as months
        cross join (values ('director'), ('sales_head'), ('marketing'), ('finance'))
            as tellers (teller)
        left join told
            on months.month_start = told.month_start
            and tellers.teller = told.teller
        group by months.month_start, tellers.teller
    )

    select count(*) from (
        select month_start from sums
        group by month_start
        having count(distinct (revenue_amount, leads_count, sales_count)) > 1
    ) as disagreeing_months
"""
HAPPENS_BETWEEN = ("payment", "new_lead", "new_lead", "stage_move")
SOURCES = ("amocrm", "onec")


@dataclass
class Seen:
    """What the clients met, all of them together."""

    rounds: list[dict[str, tuple[int, int | None, int | None]]] = field(default_factory=list)
    disagreements: int = 0
    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def read_in_rounds(self, url: str, marts: list[str], enough: threading.Event) -> None:
        while not enough.is_set():
            try:
                with psycopg.connect(url) as connection:
                    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                    self._read_once(connection, random.sample(marts, len(marts)))
            except psycopg.Error as error:
                self.errors.append(str(error).splitlines()[0])
            # Without a pause they would slow down the builds on a small machine.
            time.sleep(0.1)

    def _read_once(self, connection: psycopg.Connection, marts: list[str]) -> None:
        rows = {}
        for mart in marts:
            ((count, first, last),) = self._timed(connection, ROWS.format(mart))
            rows[mart] = (count, first, last)
        ((months,),) = self._timed(connection, DISAGREEMENTS)
        self.disagreements += months
        self.rounds.append(rows)

    def _timed(self, connection: psycopg.Connection, statement: str) -> list[tuple[int, ...]]:
        started = time.monotonic()
        rows = connection.execute(statement.encode()).fetchall()
        self.seconds.append(time.monotonic() - started)
        return rows


@dataclass
class Published:
    """Each publication by its number: how many rows it put into every mart."""

    rows: dict[int, dict[str, int]] = field(default_factory=dict)

    def note(self, url: str, marts: list[str]) -> None:
        with psycopg.connect(url) as connection:
            found = {mart: connection.execute(ROWS.format(mart).encode()).fetchall()[0]
                     for mart in marts}  # fmt: skip
        counts = {mart: count for mart, (count, _, _) in found.items()}
        self.rows[max(last for _, _, last in found.values() if last)] = counts

    def is_whole(self, rows: dict[str, tuple[int, int | None, int | None]]) -> bool:
        numbers = {number for _, *both in rows.values() for number in both if number}
        counts = {mart: count for mart, (count, _, _) in rows.items()}
        return len(numbers) == 1 and self.rows.get(numbers.pop()) == counts


def prove(warehouse: Warehouse, demo: Apart, publications: int, readers: int) -> bool:
    """Publishes so often under the eyes of so many clients; whether none saw anything wrong."""
    warehouse.load()
    warehouse.build("test")
    with psycopg.connect(warehouse.reader_url) as connection:
        marts = [name for (name,) in connection.execute(MARTS.encode())]
    published, seen, enough = Published(), Seen(), threading.Event()
    published.note(warehouse.reader_url, marts)
    arguments = (warehouse.reader_url, marts, enough)
    clients = [threading.Thread(target=seen.read_in_rounds, args=arguments) for _ in range(readers)]
    for client in clients:
        client.start()
    try:
        for _ in range(publications):
            for name in HAPPENS_BETWEEN:
                demo.happen(name)
            warehouse.load(SOURCES)
            warehouse.build("test")
            published.note(warehouse.reader_url, marts)
    finally:
        enough.set()
        for client in clients:
            client.join()
    return _told(published, seen, publications, readers, len(marts))


def _told(published: Published, seen: Seen, publications: int, readers: int, marts: int) -> bool:
    halves = [rows for rows in seen.rounds if not published.is_whole(rows)]
    met = {last for rows in seen.rounds for _, _, last in rows.values() if last}
    sys.stdout.write(
        f"{publications} publications of {marts} marts; {readers} clients made "
        f"{len(seen.seconds):,} reads in {len(seen.rounds):,} snapshots and met "
        f"{len(met)} publications\n"
        f"= {len(seen.errors)} errors, {len(halves)} snapshots with half a publication, "
        f"{seen.disagreements} months in which two departments disagreed\n"
        f"= longest wait {max(seen.seconds):.2f} s, "
        f"median {statistics.median(seen.seconds):.4f} s\n"
    )
    for error in sorted(set(seen.errors)):
        sys.stdout.write(f"  {error}\n")
    if len(met) < 2 or len({tuple(counts.values()) for counts in published.rows.values()}) < 2:
        sys.stdout.write("Nothing was proved: the clients met no two different publications.\n")
        return False
    return not (seen.errors or halves or seen.disagreements)


def main() -> int:
    parser = argparse.ArgumentParser(description="Whether anybody can meet half a publication.")
    parser.add_argument("--publications", type=int, default=20)
    parser.add_argument("--readers", type=int, default=3)
    parser.add_argument("--months", default="25", help="of the demo company")
    options = parser.parse_args()
    with company_with_warehouse("--months", options.months) as (demo, warehouse):
        return int(not prove(warehouse, demo, options.publications, options.readers))


if __name__ == "__main__":
    sys.exit(main())
