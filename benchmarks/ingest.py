"""How fast and how lean ingestion is: `make bench`, or `python -m benchmarks.ingest --help`.

Every figure stands beside another of the same run (a permitted rate, a bare COPY, dlt's own
normaliser), because a shared machine makes seconds alone worthless. Each part runs in a process of
its own, so that its peak of memory is its own; the warehouse is an embedded one, thrown away at the
end. What belongs here: measuring. What must hold in every run is a test.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import httpx
import psycopg

from demo.apart import served
from ingestion import Settings, run_source
from ingestion.sources.bitrix24.limits import BUCKET_SECONDS
from ingestion.sources.workbook import resources
from warehouse import service
from warehouse.settings import Settings as WarehouseSettings

ROOT = Path(__file__).resolve().parents[1]

FIRST_EVENT = datetime(2024, 11, 1, tzinfo=UTC)
MIB = 1024 * 1024

Figures = dict[str, Any]


# -- The wire ------------------------------------------------------------------------------------


@contextmanager
def answered_by(answer: Callable[[httpx.Request], httpx.Response]) -> Iterator[None]:
    """Puts `answer` where httpx's sockets are; the client in front of them stays the real one."""
    with patch.object(
        httpx.HTTPTransport, "handle_request", lambda transport, request: answer(request)
    ):
        yield


class Watched:
    """Lets requests through to the network and remembers what came, and when each was sent that
    has `path` in its address.
    """

    def __init__(self, path: str = "/") -> None:
        self._path = path
        self.sent_at: list[float] = []
        self.statuses: Counter[int] = Counter()
        self._real = httpx.HTTPTransport.handle_request
        self._transport = httpx.HTTPTransport()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self._path in request.url.path:
            self.sent_at.append(time.monotonic())
        response = self._real(self._transport, request)
        self.statuses[response.status_code] += 1
        return response


class Events:
    """An amoCRM that holds `count` stage moves, one a minute, and nothing else, as ready bytes."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.first = int(FIRST_EVENT.timestamp())
        self.requests = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        address = urlsplit(str(request.url))
        query = {name: values[-1] for name, values in parse_qs(address.query).items()}
        path = address.path.rpartition("/api/v4/")[2]
        if path == "account":
            body = b'{"id": 1, "name": "bench", "subdomain": "bench", "created_at": %d}'
            return _answer(body % self.first)
        if path != "events":
            return httpx.Response(204)
        # Newest first, both bounds included.
        low = max(0, -(-(int(query.get("filter[created_at][from]", 0)) - self.first) // 60))
        until = int(query.get("filter[created_at][to]", 2**40))
        high = min(self.count - 1, (until - self.first) // 60)
        limit, page = int(query["limit"]), int(query["page"])
        newest = high - (page - 1) * limit
        numbers = range(newest, max(newest - limit, low - 1), -1)
        if not numbers:
            return httpx.Response(204)
        has_next = numbers[-1] > low
        return _answer(
            b'{"_page": %d, "_links": {%s}, "_embedded": {"events": [%s]}}'
            % (
                page,
                b'"next": {"href": "-"}' if has_next else b"",
                b",".join(self.event(number) for number in numbers),
            )
        )

    def event(self, number: int) -> bytes:
        return (
            b'{"id": "01demo%020d", "type": "lead_status_changed", "entity_id": %d, '
            b'"entity_type": "lead", "created_by": %d, "created_at": %d, "account_id": 42, '
            b'"value_before": [{"lead_status": {"id": 7002, "pipeline_id": 700}}], '
            b'"value_after": [{"lead_status": {"id": 7003, "pipeline_id": 700}}], '
            b'"_links": {"self": {"href": "https://bench.example/api/v4/events/01demo%020d"}}, '
            b'"_embedded": {"entity": {"id": %d, "_links": {"self": {"href": '
            b'"https://bench.example/api/v4/leads/%d"}}}}}'
            % (number, number // 7, number % 24, self.first + number * 60, number, number // 7,
               number // 7)
        )  # fmt: skip


def _answer(body: bytes) -> httpx.Response:
    return httpx.Response(200, content=body, headers={"content-type": "application/hal+json"})


# -- Parts: each prints its figures as one JSON object ---------------------------------------------


def events(url: str, rows: int) -> Figures:
    """Pages from memory through the client into merged raw; then a run with nothing new."""
    source = Events(rows)
    variables = {
        "AMOCRM_BASE_URL": "https://bench.example",
        "AMOCRM_TOKEN": "bench",
        "AMOCRM_REQUESTS_PER_SECOND": "1000000",
    }
    settings = _settings(url, f"events_{rows}_", variables)
    now = FIRST_EVENT + timedelta(minutes=rows)
    with answered_by(source):
        seconds = _timed(lambda: run_source("amocrm", settings, clock=lambda: now))
        requests, source.requests = source.requests, 0
        again = _timed(lambda: run_source("amocrm", settings, clock=lambda: now))
    held = _count(url, f"events_{rows}_raw_amocrm.events")
    assert held == rows, f"{held} events landed of {rows}"
    return {
        "rows": rows,
        "seconds": seconds,
        "rows_per_second": rows / seconds,
        "requests": requests,
        "nothing_new_seconds": again,
        "nothing_new_requests": source.requests,
        "peak_mib": _peak_mib(),
    }


def default_normaliser(url: str, rows: int) -> Figures:
    """The same pages as dicts through dlt as it comes: its normaliser, its merge."""
    from ingestion.settings import silence_dlt

    silence_dlt()
    import dlt

    source = Events(rows)

    @dlt.resource(name="events", primary_key="id", write_disposition="merge")
    def pages() -> Iterator[Any]:
        with httpx.Client() as client:
            page = 1
            while True:
                answer = client.get(
                    "https://bench.example/api/v4/events", params={"limit": 100, "page": page}
                ).json()
                yield answer["_embedded"]["events"]
                if "next" not in answer["_links"]:
                    return
                page += 1

    with tempfile.TemporaryDirectory() as folder, answered_by(source):
        pipeline = dlt.pipeline(
            "default_normaliser",
            pipelines_dir=folder,
            destination=dlt.destinations.postgres(url),
            dataset_name="default_normaliser",
        )
        seconds = _timed(lambda: pipeline.run(pages()))
    assert _count(url, "default_normaliser.events") == rows
    return {"rows": rows, "seconds": seconds, "rows_per_second": rows / seconds}


def csv(url: str, rows: int) -> Figures:
    """A company's CSV of payments through `exports`, beside a bare COPY of the same file."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "sql").mkdir()
        (folder / "data").mkdir()
        file = folder / "data" / "payments.csv"
        _write_payments(file, rows)
        (folder / "sql" / "payments.sql").write_text(PAYMENTS_SQL, encoding="utf-8")
        copy_seconds = _timed(lambda: _bare_copy(url, file))
        merge_seconds = _timed(lambda: _bare_merge(url))
        settings = _settings(
            url,
            f"csv_{rows}_",
            {"EXPORTS_FOLDER": f"{folder}/sql", "EXPORTS_DATA": f"{folder}/data"},
        )
        seconds = _timed(lambda: run_source("exports", settings))
        again = _timed(lambda: run_source("exports", settings))
    assert _count(url, f"csv_{rows}_raw_exports.payments") == rows
    return {
        "rows": rows,
        "seconds": seconds,
        "rows_per_second": rows / seconds,
        "copy_seconds": copy_seconds,
        "share_of_copy": copy_seconds / seconds,
        "share_of_copy_and_merge": (copy_seconds + merge_seconds) / seconds,
        "nothing_new_seconds": again,
        "peak_mib": _peak_mib(),
    }


PAYMENTS_SQL = """
select
    payment_id, paid_at, amount, 'RUB' as currency_code, true as is_posted, false as is_deleted,
    deal_id, invoice_number, purpose, null as operation_kind, customer_key, payer_name,
    payer_tax_number
from read_csv(
    getvariable('data') || '/payments.csv', header = true,
    columns = {
        'payment_id': 'varchar', 'paid_at': 'timestamp', 'amount': 'decimal(18, 2)',
        'deal_id': 'varchar', 'invoice_number': 'varchar', 'purpose': 'varchar',
        'customer_key': 'varchar', 'payer_name': 'varchar', 'payer_tax_number': 'varchar'
    }
)
"""


def _write_payments(file: Path, rows: int) -> None:
    with file.open("w", encoding="utf-8") as out:
        out.write(
            "payment_id,paid_at,amount,deal_id,invoice_number,purpose,customer_key,payer_name,"
            "payer_tax_number\n"
        )
        for number in range(rows):
            out.write(
                f"p{number},2026-01-{number % 28 + 1:02d} 12:{number % 60:02d}:00,"
                f"{number % 9_973}.{number % 100:02d},d{number // 2},{number % 50_000},"
                f'"Оплата по счёту № {number % 50_000}, в т.ч. НДС",c{number % 4_001},'
                f'"ООО ""Ромашка {number % 4_001}""",{7_700_000_000 + number % 4_001}\n'
            )


def _bare_copy(url: str, file: Path) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("create schema if not exists bare")
        connection.execute("drop table if exists bare.payments")
        connection.execute(
            "create table bare.payments (payment_id text, paid_at timestamptz, amount numeric, "
            "deal_id text, invoice_number text, purpose text, customer_key text, payer_name text, "
            "payer_tax_number text)"
        )
        with (
            file.open("rb") as data,
            connection.cursor().copy(
                "copy bare.payments from stdin (format csv, header true)"
            ) as copy,
        ):
            while block := data.read(MIB):
                copy.write(block)


def _bare_merge(url: str) -> None:
    """What stands between a COPY and rows that are seen all at once and once each: the floor."""
    with psycopg.connect(url) as connection:
        connection.execute("drop table if exists bare.merged")
        connection.execute(
            "create table bare.merged (like bare.payments, primary key (payment_id))"
        )
        connection.execute("set local work_mem = '256MB'")
        connection.execute(
            "insert into bare.merged select distinct on (payment_id) * from bare.payments "
            "order by payment_id"
        )


def onec(url: str, months: int) -> Figures:
    """A full load of the demo company's 1C over loopback, and a run with nothing new."""
    with _demo_company(months) as variables:
        settings = _settings(url, "onec_", variables)
        watched = Watched()
        with answered_by(watched):
            result = run_source("onec", settings)
            first = len(watched.sent_at)
            again = _timed(lambda: run_source("onec", settings))
    return {
        "rows": sum(result.tables.values()),
        "requests": first,
        "seconds": result.seconds,
        "nothing_new_requests": len(watched.sent_at) - first,
        "nothing_new_seconds": again,
    }


def workbook(url: str, months: int) -> Figures:
    """The demo company's workbook of a hundred months and more, and a run that finds it unchanged:
    its bytes are hashed once and not parsed.
    """
    file = Path(os.environ["BENCHMARK_DIR"]) / "workbook.xlsx"
    with served("--months", str(max(months, 100)), "--scale", "0.01", "--workbook", str(file)):
        pass
    settings = _settings(url, "workbook_", {"WORKBOOK_FILE": str(file)})
    result = run_source("workbook", settings)
    size = file.stat().st_size
    hash_bytes, parse = hashlib.sha256, resources.read_book
    with (
        patch.object(resources.hashlib, "sha256", side_effect=hash_bytes) as hashed,
        patch.object(resources, "read_book", side_effect=parse) as parsed,
    ):
        again = run_source("workbook", settings)
    content = file.read_bytes()
    started = time.monotonic()
    hash_bytes(content)
    return {
        "rows": sum(result.tables.values()),
        "seconds": result.seconds,
        "unchanged_rows": sum(again.tables.values()),
        "unchanged_hashes": sum(len(call.args[0]) > size for call in hashed.call_args_list),
        "unchanged_parses": parsed.call_count,
        "unchanged_seconds": again.seconds,
        "hash_seconds": time.monotonic() - started,
    }


PERMITTED: dict[str, tuple[float, dict[str, str]]] = {
    # The limit that binds a first load, requests a second; and how much of the history is read, so
    # that the slowest is through in minutes.
    "amocrm": (7, {}),
    "zadarma": (3 / 60, {"ZADARMA_HISTORY_DAYS": "220"}),
    "mango": (1 / 2, {"MANGO_HISTORY_DAYS": "760"}),
    "bitrix24": (2, {}),
    "yandex_direct": (2, {"YANDEX_DIRECT_HISTORY_DAYS": "760"}),
}
AT_ONCE = {"bitrix24": int(PERMITTED["bitrix24"][0] * BUCKET_SECONDS)}
"""Requests that go at once before turns begin, where a vendor counts with a bucket."""
COUNTED_PATHS = {"zadarma": "/statistics/"}
"""Zadarma counts its statistics apart."""


def limits(url: str, months: int, name: str) -> Figures:
    """A full load of one source of the demo company at its vendor's own limit, and a second run.

    `share_of_permitted_rate` is of the whole load, without the requests that may go at once;
    `share_at_turns` is by the median pause of the second half, for an answer of the stand-in may
    take longer than a turn.
    """
    per_second, history = PERMITTED[name]
    crm = "bitrix24" if name == "bitrix24" else "amocrm"
    with _demo_company(months, crm, haste=1) as variables:
        settings = _settings(url, f"limits_{name}_", variables | history)
        watched = Watched(COUNTED_PATHS.get(name, "/"))
        with answered_by(watched):
            result = run_source(name, settings)
            sent_at = sorted(watched.sent_at)
            watched.sent_at.clear()
            again = _timed(lambda: run_source(name, settings))
    pauses = [later - before for before, later in pairwise(sent_at)]
    seconds = sent_at[-1] - sent_at[0]
    return {
        "rows": sum(result.tables.values()),
        "requests": len(sent_at),
        "seconds": seconds,
        "share_of_permitted_rate": (len(sent_at) - AT_ONCE.get(name, 1)) / seconds / per_second,
        "share_at_turns": 1 / per_second / median(pauses[len(pauses) // 2 :]),
        "most_in_one_second": _most_in_one_second(sent_at),
        "refused": watched.statuses[429] + watched.statuses[503],
        "nothing_new_requests": len(watched.sent_at),
        "nothing_new_seconds_beyond_requests": again - len(watched.sent_at) / per_second,
        "peak_mib": _peak_mib(),
    }


def _most_in_one_second(sent_at: list[float]) -> int:
    return max(sum(start <= other < start + 1 for other in sent_at) for start in sent_at)


@contextmanager
def _demo_company(months: int, crm: str = "amocrm", haste: int = 1000) -> Iterator[dict[str, str]]:
    """The variables that point at a demo company of its own, amoCRM at its vendor's limit."""
    rates = ("--requests-per-second", str(PERMITTED["amocrm"][0]), "--haste", str(haste))
    with served("--months", str(months), *rates) as company:
        yield company.variables("--crm", crm, *rates)


# -- What the parts share --------------------------------------------------------------------------


def _settings(url: str, prefix: str, variables: dict[str, str]) -> Settings:
    return Settings.from_env(
        {
            "WAREHOUSE_LOADER_URL": url,
            "WAREHOUSE_PREFIX": prefix,
            "VAR_DIR": tempfile.mkdtemp(dir=os.environ["BENCHMARK_DIR"]),
            **variables,
        }
    )


def _timed(work: Callable[[], object]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


def _count(url: str, table: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(f"select count(*) from {table}".encode()).fetchone()
    return int(row[0]) if row else 0


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


PARTS: dict[str, Callable[[str, int], Figures]] = {
    "events": events,
    "default_normaliser": default_normaliser,
    "csv": csv,
    "onec": onec,
    "workbook": workbook,
    **{f"limits_{name}": partial(limits, name=name) for name in PERMITTED},
}


def _part(name: str, size: int, url: str, folder: str) -> Figures:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "benchmarks.ingest",
            "--part",
            name,
            "--size",
            str(size),
            "--url",
            url,
        ],
        cwd=ROOT,
        env={**os.environ, "BENCHMARK_DIR": folder},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    shown = ", ".join(
        f"{key} {value:,.2f}" if isinstance(value, float) else f"{key} {value:,}"
        for key, value in figures.items()
    )
    sys.stdout.write(f"{name}: {shown}\n")
    sys.stdout.flush()
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description="Speed and memory of ingestion, as ratios.")
    parser.add_argument("--rows", type=int, default=500_000, help="rows of the speed parts")
    parser.add_argument(
        "--many-rows", type=int, default=2_000_000, help="rows of the memory parts; 0: leave out"
    )
    parser.add_argument("--months", type=int, default=3, help="history of the demo company")
    parser.add_argument("--part", choices=PARTS, help="only this part, as JSON (needs --url)")
    parser.add_argument("--size", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.url:
        sys.stdout.write(json.dumps(PARTS[given.part](given.url, given.size)) + "\n")
        return
    folder = tempfile.mkdtemp(prefix="benchmark-")
    settings = WarehouseSettings(var_dir=Path(folder))
    try:
        url = service.up(settings).url("loader")
        _measure(given, url, folder)
    finally:
        service.down(settings)
        shutil.rmtree(folder, ignore_errors=True)


def _measure(given: argparse.Namespace, url: str, folder: str) -> None:
    say = sys.stdout.write
    say(f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores ({platform.machine()}), Python "
        f"{platform.python_version()}, load {os.getloadavg()[0]:.1f}\n")  # fmt: skip
    ours = _part("events", given.rows, url, folder)
    theirs = _part("default_normaliser", given.rows, url, folder)
    ratio = ours["rows_per_second"] / theirs["rows_per_second"]
    say(f"  = {ratio:.1f} times dlt's default normaliser (wanted: 8)\n")
    small = _part("csv", given.rows, url, folder)
    floor = small["share_of_copy_and_merge"]
    say(f"  = {small['share_of_copy']:.0%} of a bare COPY (wanted: 40 %), "
        f"{floor:.0%} of a COPY and a merge by hand\n")  # fmt: skip
    _part("onec", given.months, url, folder)
    _part("workbook", given.months, url, folder)
    for name in PERMITTED:
        _part(f"limits_{name}", given.months, url, folder)
    if given.many_rows:
        for name, few in (("events", ours), ("csv", small)):
            many = _part(name, given.many_rows, url, folder)
            growth = many["peak_mib"] / few["peak_mib"]
            say(f"  = {growth:.2f} times the memory of {given.rows:,} rows (wanted: 1, below "
                "500 MiB)\n")  # fmt: skip


if __name__ == "__main__":
    main()
