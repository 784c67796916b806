"""The embedded Postgres: the wheel's own binaries, over TCP on 127.0.0.1, data under VAR_DIR.

Belongs here: initdb, start, stop, the port.
Does not belong here: the account it runs as (account.py); databases and roles (bootstrap.py).

We do not call the wheel's `get_server`: it listens on a Unix socket only and, run as root, opens
every directory above the data to everyone. Nothing here changes a mode outside VAR_DIR.
"""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from warehouse.account import Account, binary, choose_account
from warehouse.errors import WarehouseError, writing

PREFERRED_PORTS = range(5544, 5644)
LOG_LIMIT_BYTES = 10 * 1024 * 1024
START_SECONDS = 300  # crash recovery after a power cut may take minutes

CONFIGURATION = """\
# Written by `python -m warehouse up` at every start: changes made here are lost.
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
max_connections = 100
password_encryption = 'scram-sha-256'
# Two cores shared with Dagster and dbt's threads; parallel workers would also need /dev/shm,
# which is tiny in containers.
shared_buffers = '256MB'
effective_cache_size = '1GB'
work_mem = '32MB'
maintenance_work_mem = '128MB'
max_parallel_workers_per_gather = 0
max_parallel_maintenance_workers = 0
random_page_cost = 1.1
max_wal_size = '2GB'
checkpoint_timeout = '15min'
timezone = 'UTC'
datestyle = 'iso, ymd'
lc_messages = 'C'
default_text_search_config = 'pg_catalog.simple'
# The text of an error and of the statement behind it can hold a phone or an e-mail: they go to
# the client that caused them, never to this server's log.
log_min_messages = 'log'
log_min_error_statement = 'panic'
log_error_verbosity = 'terse'
log_statement = 'none'
log_checkpoints = off
log_timezone = 'UTC'
# What people's logins ask is logged (service.py says for whom), to know which mart is read by whom.
# A file an hour, for a week at most: `collect-reads` deletes them sooner.
logging_collector = on
log_destination = 'jsonlog'
log_directory = 'log'
log_filename = 'hour-%u-%H.log'
log_rotation_age = 60
log_rotation_size = 0
log_truncate_on_rotation = on
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
"""


@dataclass(frozen=True)
class Postmaster:
    """A running server of ours."""

    pid: int
    port: int


@dataclass(frozen=True)
class EmbeddedPostgres:
    """One embedded server.

    var_dir     absolute; data go to `postgres/`, the log to `postgres.log` and
                `postgres/log/`, the port to `postgres.port`
    password    of the superuser `postgres`, used when the data directory is made
    fixed_port  the only acceptable port, or None to choose a free one
    """

    var_dir: Path
    password: str = field(repr=False)
    fixed_port: int | None = None

    @property
    def data(self) -> Path:
        return self.var_dir / "postgres"

    @property
    def log(self) -> Path:
        """What is said before the server's own log, a file an hour, begins."""
        return self.var_dir / "postgres.log"

    @property
    def hourly_logs(self) -> list[Path]:
        return sorted((self.data / "log").glob("hour-*.json"))

    def forget_logs(self, before: datetime) -> None:
        """Delete the files of the hours that ended by then."""
        for file in self.hourly_logs:
            if file.stat().st_mtime < before.timestamp():
                with writing(file):
                    file.unlink(missing_ok=True)

    def start(self) -> int:
        """Start the server unless it runs; return its port. The caller holds the lock of `up`."""
        if running := find_postmaster(self.data):
            if self.fixed_port not in (None, running.port):
                raise WarehouseError(
                    f"Postgres already runs on port {running.port}: to move it to "
                    f"{self.fixed_port} (WAREHOUSE_EMBEDDED_PORT) run "
                    "`python -m warehouse down` first."
                )
            return running.port
        account = choose_account(self.data)
        if not self.data.exists():
            self._initialise(account)
        with writing(self.data):
            # Left by kill -9 or a reboot; its pid may be another program's by now, which Postgres
            # would take for a running server. find_postmaster has just made sure that it is not.
            (self.data / "postmaster.pid").unlink(missing_ok=True)
        port = self._start_on_a_free_port(account)
        with writing(self._port_file):
            self._port_file.write_text(f"{port}\n", "utf-8")
        return port

    def stop(self) -> bool:
        """Stop the server, waiting for it; False when it was not running."""
        if not find_postmaster(self.data):
            return False
        account = choose_account(self.data)
        arguments = ("-D", str(self.data), "-m", "fast", "-w", "-s")
        result = self._run(account, "pg_ctl", "stop", *arguments)
        if result.returncode and find_postmaster(self.data):
            raise WarehouseError(f"Postgres did not stop: {_last_line(result.stderr)}.")
        return True

    @property
    def _port_file(self) -> Path:
        return self.var_dir / "postgres.port"

    def _initialise(self, account: Account) -> None:
        """Make the data directory beside its place and rename it: half a directory never counts."""
        unfinished = self.data.with_name("postgres.new")
        with writing(unfinished), tempfile.NamedTemporaryFile(dir=self.var_dir) as password:
            if unfinished.exists():
                shutil.rmtree(unfinished)
            unfinished.mkdir(mode=0o700)
            password.write(self.password.encode())
            password.flush()
            if account.uid is not None and account.gid is not None:
                os.chown(unfinished, account.uid, account.gid)
                os.chown(password.name, account.uid, account.gid)
            result = self._run(
                account,
                "initdb",
                f"--pgdata={unfinished}",
                "--username=postgres",
                f"--pwfile={password.name}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                # libc's locale is whatever the machine has; C is always there and is not used.
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
            )
            if result.returncode:
                raise WarehouseError(
                    f"Cannot make the data directory {self.data}: {_last_line(result.stderr)}; "
                    "make room there or set VAR_DIR to another folder."
                )
            unfinished.rename(self.data)

    def _start_on_a_free_port(self, account: Account) -> int:
        for port in self._free_ports():
            failure = self._try_to_start(account, port)
            for _ in range(20):
                # After kill -9 the children of the dead server take a moment to notice.
                if failure is None or "shared memory block" not in failure:
                    break
                time.sleep(0.5)
                failure = self._try_to_start(account, port)
            if failure is None:
                return port
            if "bind" not in failure:  # taken between our look and the server's: try the next
                raise WarehouseError(f"Postgres did not start: {failure}; the log is {self.log}.")
        if self.fixed_port:
            raise WarehouseError(
                f"Port {self.fixed_port} (WAREHOUSE_EMBEDDED_PORT) is taken by another program: "
                "free it, or unset the variable to let a free port be chosen."
            )
        raise WarehouseError(
            f"No free port between {PREFERRED_PORTS.start} and {PREFERRED_PORTS.stop - 1} on "
            "127.0.0.1: free one, or set WAREHOUSE_EMBEDDED_PORT."
        )

    def _free_ports(self) -> Iterator[int]:
        """The fixed port, or last time's and then the preferred ones: those free right now."""
        if self.fixed_port:
            candidates = [self.fixed_port]
        else:
            last = _read_number(self._port_file)
            candidates = [*([last] if last else []), *PREFERRED_PORTS]
        return (port for port in candidates if _is_free(port))

    def _try_to_start(self, account: Account, port: int) -> str | None:
        """None when the server accepts connections, else the reason it gave."""
        with writing(self.data):
            (self.data / "postgresql.conf").write_text(CONFIGURATION.format(port=port), "utf-8")
        with writing(self.log):
            if self.log.exists() and self.log.stat().st_size > LOG_LIMIT_BYTES:
                self.log.replace(self.log.with_suffix(".log.1"))
            descriptor = os.open(self.log, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        # The server inherits the open file, so its account needs no access to the folder.
        # pg_ctl gives it a session of its own: Ctrl-C in the terminal does not reach it.
        with os.fdopen(descriptor, "r+b") as log:
            start = log.seek(0, os.SEEK_END)
            said_before = {file: file.stat().st_size for file in self.hourly_logs}
            arguments = ("-D", str(self.data), "-w", "-t", str(START_SECONDS), "-s")
            result = self._run(account, "pg_ctl", "start", *arguments, output=log.fileno())
            if result.returncode == 0:
                return None
            log.seek(start)
            said = [log.read().decode(errors="replace")]
            said += [_said(file, said_before.get(file, 0)) for file in self.hourly_logs]
            return _reason("\n".join(said))

    def _run(
        self, account: Account, program: str, *arguments: str, output: int = subprocess.PIPE
    ) -> subprocess.CompletedProcess[str]:
        environment = {
            # PGPORT, PGOPTIONS and the like belong to somebody else's Postgres.
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PG", "LC_"))
        }
        try:
            return subprocess.run(
                [*account.prefix, str(binary(program)), *arguments],
                check=False,
                cwd="/",
                env={**environment, "LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                text=True,
                user=account.uid,
                group=account.gid,
                extra_groups=None if account.uid is None else [],
            )
        except OSError as error:
            raise WarehouseError(
                f"Cannot run {binary(program)}: {(error.strerror or str(error)).lower()}."
            ) from error


def find_postmaster(data: Path) -> Postmaster | None:
    """The server running on this very data directory, whatever a stale pid file may claim."""
    try:
        lines = (data / "postmaster.pid").read_text("utf-8", "replace").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError as error:
        raise WarehouseError(
            f"{data} belongs to another user: use the account that ran `up`, or another VAR_DIR."
        ) from error
    try:
        postmaster = Postmaster(pid=int(lines[0]), port=int(lines[3]))
    except (IndexError, ValueError):
        return None  # cut short by a crash
    return postmaster if _runs_in(postmaster.pid, data) else None


def _runs_in(pid: int, data: Path) -> bool:
    """Whether the process is a server working in `data`: a postmaster stays in its directory."""
    process = Path(f"/proc/{pid}")
    try:
        try:
            return (process / "cwd").samefile(data)
        except PermissionError:
            # Another user's process. It can be ours only if root started it for an unprivileged
            # account, in a container that does not let root look into others' processes.
            name = (process / "comm").read_text("utf-8").strip()
            return os.geteuid() == 0 and name == "postgres"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As Postgres binds: a port in TIME_WAIT is free, one somebody listens on is not.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _read_number(path: Path) -> int | None:
    try:
        return int(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None


def _last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if "error:" in line or "FATAL:" in line]
    last = (lines or text.strip().splitlines() or ["no reason given"])[-1]
    return last.split("FATAL:")[-1].strip().rstrip(".")


def _said(file: Path, since: int) -> str:
    """What the server wrote into its log in json from that place on, as it writes it in text."""
    size = file.stat().st_size
    with file.open("rb") as log:
        # A file of the same hour of last week is begun anew.
        log.seek(since if since <= size else 0)
        entries = [json.loads(line) for line in log if line.endswith(b"}\n")]
    return "\n".join(f"{entry['error_severity']}:  {entry['message']}" for entry in entries)


def _reason(log: str) -> str:
    """The server's own words from the part of its log that this start wrote."""
    for word in ("could not bind", "FATAL:", "PANIC:", "error:"):
        for line in log.splitlines():
            if word in line:
                return line.split(":  ")[-1].strip().rstrip(".")
    return "it said nothing"
