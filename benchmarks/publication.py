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
from collections.abc import Iterable
from dataclasses import dataclass, field

import psycopg

from benchmarks.company import company_with_warehouse
from benchmarks.transform import Warehouse
from demo.apart import Apart

MARTS = """
    select format('%I.%I', schemaname, tablename) from pg_tables
    where schemaname like 'mart\\_%' order by 1
"""
# Every row carries the number of the transaction that wrote it, the publication it is new in: how
# many rows there are and the sum of those numbers tell one state of a mart from all others.
STATE = "select count(*), coalesce(sum(xmin::text::bigint), 0)::bigint from {}"
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
States = frozenset[tuple[str, int, int]]
"""Of all marts together: each by its name, its count of rows and the sum of their transactions."""


def states(read: Iterable[tuple[str, list[tuple[int, ...]]]]) -> States:
    return frozenset((mart, count, total) for mart, ((count, total),) in read)


@dataclass
class Seen:
    """What the clients met, all of them together."""

    rounds: list[States] = field(default_factory=list)
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
        met = states((mart, self._timed(connection, STATE.format(mart))) for mart in marts)
        ((months,),) = self._timed(connection, DISAGREEMENTS)
        self.disagreements += months
        self.rounds.append(met)

    def _timed(self, connection: psycopg.Connection, statement: str) -> list[tuple[int, ...]]:
        started = time.monotonic()
        rows = connection.execute(statement.encode()).fetchall()
        self.seconds.append(time.monotonic() - started)
        return rows


def published(url: str, marts: list[str]) -> States:
    """What stands there while nobody publishes."""
    with psycopg.connect(url) as connection:
        return states(
            (mart, connection.execute(STATE.format(mart).encode()).fetchall()) for mart in marts
        )


def prove(warehouse: Warehouse, demo: Apart, publications: int, readers: int) -> bool:
    """Publishes so often under the eyes of so many clients; whether none saw anything wrong."""
    warehouse.load()
    warehouse.build("test")
    with psycopg.connect(warehouse.reader_url) as connection:
        marts = [name for (name,) in connection.execute(MARTS.encode())]
    seen, enough = Seen(), threading.Event()
    whole = [published(warehouse.reader_url, marts)]
    arguments = (warehouse.reader_url, marts, enough)
    clients = [threading.Thread(target=seen.read_in_rounds, args=arguments) for _ in range(readers)]
    for client in clients:
        client.start()
    try:
        for number in range(1, publications + 1):
            for name in HAPPENS_BETWEEN:
                demo.happen(name)
            warehouse.load(SOURCES)
            warehouse.build("test")
            whole.append(published(warehouse.reader_url, marts))
            sys.stderr.write(f"published {number} of {publications}\n")
    finally:
        enough.set()
        for client in clients:
            client.join()
    return _told(whole, seen, readers, len(marts))


def _told(whole: list[States], seen: Seen, readers: int, marts: int) -> bool:
    halves = [met for met in seen.rounds if met not in whole]
    different = set(seen.rounds) & set(whole)
    sys.stdout.write(
        f"{len(whole) - 1} publications of {marts} marts; {readers} clients made "
        f"{len(seen.seconds):,} reads in {len(seen.rounds):,} snapshots and met "
        f"{len(different)} different states of the marts\n"
        f"= {len(seen.errors)} errors, {len(halves)} snapshots with half a publication, "
        f"{seen.disagreements} months in which two departments disagreed\n"
        f"= longest wait {max(seen.seconds):.2f} s, "
        f"median {statistics.median(seen.seconds):.4f} s\n"
    )
    for error in sorted(set(seen.errors)):
        sys.stdout.write(f"  {error}\n")
    if len(different) < 2:
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
