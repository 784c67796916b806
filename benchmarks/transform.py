"""How long dbt builds the demo company's warehouse: `python -m benchmarks.transform --help`.

For each size: from nothing, and once more after an hour's changes have been loaded. Beside the
seconds on the clock stand the processors' seconds of dbt and of Postgres, which other work on the
machine changes least. What belongs here: measuring. The company comes over HTTP into an embedded
warehouse, which is thrown away at the end; loading it is not measured (benchmarks/ingest.py does
that).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from demo.apart import served
from warehouse import service
from warehouse.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
SIZES = {1: ("25", "1"), 5: ("50", "2.5"), 10: ("50", "5")}
"""Months and enquiries a month (1 is about 400) by how many times the demo company it makes; the
numbers of a story leave no room for more than 2,000 stories a month."""
AN_HOUR = {"new_lead": 2, "stage_move": 6, "call": 4, "payment": 1}
"""What happens in an hour of the company of size 1."""
SOURCES = ("amocrm", "onec", "zadarma", "mango", "yandex_direct")
COUNTED = ("int_enquiries", "int_deals", "int_deal_stage_spans", "int_payments")


@dataclass(frozen=True)
class Build:
    """One `dbt build`: its seconds from start to end, the processors', and those of each node."""

    wall_seconds: float
    dbt_cpu_seconds: float
    postgres_cpu_seconds: float
    node_seconds: dict[str, float]

    def __str__(self) -> str:
        return (
            f"{self.wall_seconds:.0f} s (processor: dbt {self.dbt_cpu_seconds:.0f} s,"
            f" Postgres {self.postgres_cpu_seconds:.0f} s)"
        )

    def slowest(self, count: int) -> list[tuple[str, float]]:
        return sorted(self.node_seconds.items(), key=lambda item: -item[1])[:count]


class Warehouse:
    """An embedded warehouse with the environment that dbt and the sources run in."""

    def __init__(self, folder: Path, demo: dict[str, str]) -> None:
        self.settings = Settings(var_dir=folder)
        connections = service.up(self.settings)
        self.url = connections.url("transformer")
        self.reader_url = connections.url("reader")
        self.environment = {
            **os.environ,
            **connections.environment(),
            **demo,
            "VAR_DIR": str(folder),
            "DBT_PROFILES_DIR": str(ROOT / "dbt_project"),
            "DBT_TARGET_PATH": str(folder / "target"),
            "DBT_LOG_PATH": str(folder / "log"),
        }

    def load(self, sources: Iterable[str] = SOURCES) -> None:
        self._run([sys.executable, "-m", "ingestion", "init"], ROOT)
        self._run([sys.executable, "-m", "expectations", "prepare"], ROOT)
        for source in sources:
            self._run([sys.executable, "-m", "ingestion", "run", source], ROOT)

    def build(self, *left_out: str) -> Build:
        """Builds and publishes as a refresh does, but for the kinds `left_out`."""
        dbt = Path(sys.executable).with_name("dbt")
        started, dbt_before = time.monotonic(), _cpu_of_children()
        postgres_before = self._postgres_cpu()
        without = ("--exclude-resource-type", *left_out) if left_out else ()
        self._run(
            [str(dbt), "--quiet", "build", "--selector", "refresh", *without],
            ROOT / "dbt_project",
        )
        wall_seconds = time.monotonic() - started
        results = json.loads(
            (Path(self.environment["DBT_TARGET_PATH"]) / "run_results.json").read_text("utf-8")
        )
        return Build(
            wall_seconds,
            _cpu_of_children() - dbt_before,
            self._postgres_cpu() - postgres_before,
            {
                result["unique_id"].split(".", 2)[2]: result["execution_time"]
                for result in results["results"]
            },
        )

    def counts(self) -> dict[str, int]:
        with psycopg.connect(self.url) as connection:
            return {
                table: connection.execute(
                    f"select count(*) from intermediate.{table}".encode()
                ).fetchall()[0][0]
                for table in COUNTED
            }

    def _postgres_cpu(self) -> float:
        """Of the connections that have ended, which those of a build are by its end."""
        folder = self.settings.var_dir / "postgres"
        postmaster = (folder / "postmaster.pid").read_text("utf-8").split()[0]
        fields = Path(f"/proc/{postmaster}/stat").read_text("utf-8").rpartition(")")[2].split()
        return sum(map(int, fields[13:15])) / os.sysconf("SC_CLK_TCK")

    def _run(self, command: list[str], place: Path) -> None:
        done = subprocess.run(
            command, cwd=place, env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"{' '.join(command)}\n{(done.stdout + done.stderr)[-4000:]}")


def _cpu_of_children() -> float:
    used = os.times()
    return used.children_user + used.children_system


def measure(size: int, folder: Path) -> tuple[Build, Build]:
    """The build from nothing and the one after an hour's changes, of the company of that size."""
    say = sys.stdout.write
    months, scale = SIZES[size]
    rate = ("--requests-per-second", "2000")
    with served("--months", months, "--scale", scale, *rate) as demo:
        warehouse = Warehouse(folder, demo.variables(*rate))
        try:
            warehouse.load()
            scratch = warehouse.build()
            say(f"size {size}: {_listed(warehouse.counts())}\n")
            say(f"  from nothing {scratch}; slowest {_slowest(scratch)}\n")
            for name, times in AN_HOUR.items():
                for _ in range(times * size):
                    demo.happen(name)
            warehouse.load()
            hour = warehouse.build()
            say(f"  after an hour's changes {hour}; slowest {_slowest(hour)}\n")
        finally:
            service.down(warehouse.settings)
    return scratch, hour


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name.removeprefix('int_')}" for name, count in counts.items())


def _slowest(build: Build) -> str:
    return ", ".join(f"{name} {seconds:.1f} s" for name, seconds in build.slowest(8))


def main() -> None:
    parser = argparse.ArgumentParser(description="Seconds of dbt builds, as ratios of sizes.")
    parser.add_argument(
        "--sizes",
        type=int,
        nargs="+",
        choices=SIZES,
        default=[1, 10],
        help="how many times the demo company of 25 months (default: 1 10)",
    )
    sizes: list[int] = parser.parse_args().sizes
    say = sys.stdout.write
    say(f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores ({platform.machine()}), Python "
        f"{platform.python_version()}, load {os.getloadavg()[0]:.1f}\n")  # fmt: skip
    builds: dict[int, tuple[Build, Build]] = {}
    for size in sizes:
        folder = Path(tempfile.mkdtemp(prefix="benchmark-"))
        try:
            builds[size] = measure(size, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    (_, smallest), (scratch, largest) = builds[min(sizes)], builds[max(sizes)]
    ratio = largest.wall_seconds / smallest.wall_seconds
    say(f"= size {max(sizes)}: {scratch.wall_seconds:.0f} s from nothing (wanted: 120), "
        f"{largest.wall_seconds:.0f} s after an hour (wanted: 15), {ratio:.1f} times size "
        f"{min(sizes)} (wanted: 1.5)\n")  # fmt: skip


if __name__ == "__main__":
    main()
