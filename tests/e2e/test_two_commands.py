"""`make demo`, `make up`, `make down` as a person types them, where the usual ports are taken.

Twice: as the user who runs the tests, in this checkout; and, when that is root, as an ordinary user
in a copy of it. The tests run in the order of the file: the last one takes everything down.
"""

import json
import os
import pwd
import re
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.e2e.conftest import ROOT

pytestmark = pytest.mark.e2e

USUAL_PORTS = (5432, 5544, 8101, 3000)
SMALL_COMPANY = "--months 2 --scale 0.2"
ORDINARY_USER = "nobody"


@dataclass(frozen=True)
class Checkout:
    """A folder with the project and its .venv, and who works there (None: who runs the tests)."""

    folder: Path
    var_dir: Path
    user: str | None = None

    def run(self, *command: str, var_dir: Path | None = None) -> str:
        """What the command printed; it must succeed."""
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.var_dir.parent),
            "VAR_DIR": str(var_dir or self.var_dir),
            "ENV_FILE": os.devnull,
            "DEMO_OPTIONS": SMALL_COMPANY,
        }
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            **become(self.user),
        )
        assert done.returncode == 0, (
            f"{' '.join(command)} ended with {done.returncode}\n{done.stdout}{self.logs()}"
        )
        return done.stdout

    def logs(self) -> str:
        """The ends of all logs, for the message of a test that failed."""
        logs = (self.var_dir / "log").glob("*.log")
        return "".join(f"\n--- {log.name}\n{log.read_text('utf-8')[-2000:]}" for log in logs)

    def make(self, goal: str) -> str:
        """`make GOAL` with the .venv as it is, though the lock may be newer."""
        return self.run("make", "--old-file=.venv/installed", goal)

    def processes(self) -> set[str]:
        """What runs with this VAR_DIR in its environment or on its command line."""
        ours = str(self.var_dir).encode()
        found = set()
        for process in Path("/proc").glob("[0-9]*"):
            try:
                environment = (process / "environ").read_bytes().split(b"\0")
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ")
            except OSError:
                continue
            if b"VAR_DIR=" + ours in environment or ours + b"/" in command:
                found.add(f"{process.name} {command.decode()[:200]}")
        return found


def become(user: str | None) -> dict[str, Any]:
    """What makes `subprocess` run a command as that user and nothing more."""
    if user is None:
        return {}
    account = pwd.getpwnam(user)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


@pytest.fixture(scope="module", autouse=True)
def taken_ports() -> Iterator[None]:
    """Somebody else listens where the product would like to; what is taken already, is."""
    with ExitStack() as stack:
        for port in USUAL_PORTS:
            listener = stack.enter_context(socket.socket())
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
                listener.listen()
            except OSError:
                continue
        yield


@pytest.fixture(scope="module", params=["same_user", "ordinary_user"])
def checkout(request: pytest.FixtureRequest) -> Iterator[Checkout]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if request.param == "same_user":
            made = Checkout(ROOT, folder / "var")
        else:
            made = copy_for_an_ordinary_user(folder)
        yield made
        made.make("down")


def copy_for_an_ordinary_user(folder: Path) -> Checkout:
    """A checkout such as `nobody` would have made, with our installed packages beside it."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user; the tests above ran as an ordinary one")
    copied = folder / "checkout"
    ignored = shutil.ignore_patterns(".git", ".venv", ".env", "var", "*cache*", "target", "logs")
    shutil.copytree(ROOT, copied, ignore=ignored)
    make_venv(copied / ".venv")
    account = pwd.getpwnam(ORDINARY_USER)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)
    return Checkout(copied, folder / "var", ORDINARY_USER)


def make_venv(venv: Path) -> None:
    """A .venv on a Python that the user may run, which finds our packages and commands."""
    packages = sysconfig.get_paths()["purelib"]
    base = python_for_an_ordinary_user(packages)
    subprocess.run([base, "-m", "venv", "--without-pip", venv], check=True)
    (own_packages,) = venv.glob("lib/python*/site-packages")
    (own_packages / "ours.pth").write_text(packages)
    for name in ("dbt", "dagster-daemon", "dagster-webserver", "dagster"):
        script = (Path(sys.executable).parent / name).read_text().partition("\n")[2]
        (venv / "bin" / name).write_text(f"#!{venv}/bin/python\n{script}")
        (venv / "bin" / name).chmod(0o755)


def python_for_an_ordinary_user(packages: str) -> str:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    candidates = (
        Path(sys.executable).resolve(),
        f"/usr/bin/{version}",
        f"/usr/local/bin/{version}",
    )
    for python in map(str, candidates):
        try:
            tried = subprocess.run(
                [python, "-B", "-c", "import dagster, psycopg"],
                cwd="/",
                env={"PYTHONPATH": packages, "HOME": "/"},
                capture_output=True,
                check=False,
                **become(ORDINARY_USER),
            )
        except OSError:
            continue
        if tried.returncode == 0:
            return python
    pytest.skip(f"{ORDINARY_USER} may run no Python with our packages: their folders are closed")


@pytest.fixture(scope="module")
def words(checkout: Checkout) -> str:
    """What the first `make demo` printed."""
    return checkout.make("demo")


def postgres_url(words: str) -> str:
    found = re.search(r"^Postgres for BI +(postgresql://reader:\S+)$", words, re.MULTILINE)
    assert found, words
    return found[1]


def assert_complete(words: str) -> None:
    in_this_order = (
        "raw_amocrm",
        "raw_onec",
        "dbt_build",
        "quality_checks",
        "Лиды",
        "ПОЧЕМУ ЦИФРЫ РАСХОДЯТСЯ",
        "КАЧЕСТВО ДАННЫХ",
        "Исправляет: Менеджер",
        "ОПОВЕЩЕНИЯ",
        "make up",
        "postgresql://reader:",
        "make down",
    )
    places = [words.find(expected) for expected in in_this_order]
    assert -1 not in places, words
    assert places == sorted(places), words
    assert "Traceback" not in words


def test_make_demo_shows_its_progress_and_ends_with_numbers_quality_alerts_and_addresses(
    words: str,
) -> None:
    assert_complete(words)


def test_the_printed_address_lets_a_bi_tool_read_the_marts_and_nothing_else(words: str) -> None:
    with psycopg.connect(postgres_url(words), autocommit=True) as connection:
        assert connection.execute("select current_user").fetchone() == ("reader",)
        (count,) = connection.execute("select count(*) from mart_sales_head.deals").fetchone() or (
            0,
        )
        assert count > 20
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select 1 from raw_amocrm.leads")


def test_the_directors_page_lies_beside_with_the_money_of_the_marts(
    checkout: Checkout, words: str
) -> None:
    with psycopg.connect(postgres_url(words), autocommit=True) as connection:
        (revenue,) = connection.execute(
            "select round(current_value) from mart_director.kpis_current where unit = 'money'"
            " order by position limit 1"
        ).fetchone() or (None,)
    page = (checkout.var_dir / "report" / "director.html").read_text("utf-8")
    assert revenue
    assert f"{revenue:,}".replace(",", "\u00a0") in page


@pytest.mark.parametrize("checkout", ["same_user"], indirect=True)
def test_make_demo_works_twice_in_a_row(checkout: Checkout, words: str) -> None:
    again = checkout.make("demo")
    assert_complete(again)
    assert postgres_url(again) == postgres_url(words)


def test_make_up_starts_dagster_on_loopback_with_its_schedule_and_sensors(
    checkout: Checkout, words: str
) -> None:
    *_, address = re.findall(r"http://127\.0\.0\.1:\d+", checkout.make("up"))
    assert listening_addresses(int(address.rpartition(":")[2])) == {"127.0.0.1"}
    answer = ask_dagster(address)
    (repository,) = answer["repositoriesOrError"]["nodes"]
    schedules = {one["name"]: one["scheduleState"]["status"] for one in repository["schedules"]}
    sensors = {one["name"]: one["sensorState"]["status"] for one in repository["sensors"]}
    assert schedules["warehouse_refresh_job_quarter_hourly"] == "RUNNING"
    assert sensors["warehouse_refresh_sensor"] == "RUNNING"
    assert set(schedules.values()) | set(sensors.values()) == {"RUNNING"}
    daemons = answer["instance"]["daemonHealth"]["allDaemonStatuses"]
    assert {one["daemonType"] for one in daemons if one["healthy"]} >= {"SCHEDULER", "SENSOR"}
    assert "dagster-ui runs" in checkout.make("status")


QUESTION = """
    {
        repositoriesOrError {
            ... on RepositoryConnection {
                nodes {
                    schedules { name scheduleState { status } }
                    sensors { name sensorState { status } }
                }
            }
        }
        instance { daemonHealth { allDaemonStatuses { daemonType healthy } } }
    }
"""


def ask_dagster(address: str) -> dict[str, Any]:
    """Asks until the daemon's parts have all reported, which takes them some seconds."""
    request = urllib.request.Request(
        f"{address}/graphql",
        data=json.dumps({"query": QUESTION}).encode(),
        headers={"Content-Type": "application/json"},
    )
    for _ in range(60):
        with urllib.request.urlopen(request) as response:
            answer: dict[str, Any] = json.load(response)["data"]
        daemons = answer["instance"]["daemonHealth"]["allDaemonStatuses"]
        healthy = {one["daemonType"] for one in daemons if one["healthy"]}
        if healthy >= {"SCHEDULER", "SENSOR"}:
            break
        time.sleep(1)
    return answer


def listening_addresses(port: int) -> set[str]:
    """Local IPv4 and IPv6 addresses on which somebody listens at that port."""
    found = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        lines = table.read_text().splitlines()[1:] if table.exists() else []
        for line in lines:
            address, _, hexadecimal = line.split()[1].rpartition(":")
            if line.split()[3] == "0A" and int(hexadecimal, 16) == port:
                packed = bytes.fromhex(address)
                found.add(socket.inet_ntoa(packed[::-1]) if len(packed) == 4 else address)
    return found


def test_make_down_ends_everything_of_this_folder_and_nothing_else(
    checkout: Checkout, words: str
) -> None:
    neighbour = checkout.var_dir.with_name("neighbour")
    service = str(checkout.folder / "scripts" / "service")
    checkout.run(service, "start", "demo", "--", "sleep", "600", var_dir=neighbour)
    try:
        running = "\n".join(checkout.processes())
        for part in ("postgres", "demo serve", "dagster-daemon", "dagster-webserver"):
            assert part in running
        checkout.make("down")
        assert checkout.processes() == set()
        assert "runs" in checkout.run(service, "status", "demo", var_dir=neighbour)
    finally:
        checkout.run(service, "stop", "demo", var_dir=neighbour)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(postgres_url(words))
    assert "nothing to stop" in checkout.make("down")
