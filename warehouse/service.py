"""What can be done with the warehouse as a whole: bring it up, take it down, find it.

Belongs here: the choice between the embedded server and the company's own, and the lock that lets
one `up` or `down` at a time through.
Does not belong here: text for the terminal (__main__.py).
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from warehouse import mart_reads
from warehouse.bootstrap import bootstrap
from warehouse.connections import Connections
from warehouse.embedded import EmbeddedPostgres, find_postmaster
from warehouse.errors import WarehouseError, writing
from warehouse.mart_reads import Collected
from warehouse.passwords import ensure_passwords, password_file, read_passwords
from warehouse.settings import Settings

LOCK_SECONDS = 120


def up(settings: Settings, *, reset_passwords: bool = False) -> Connections:
    """Start the embedded server unless WAREHOUSE_URL names another, and bootstrap it.

    Running it again changes nothing. `reset_passwords` gives roles that already exist on the
    company's server the passwords of our file; on the embedded server that always happens.
    """
    with writing(settings.var_dir):
        settings.var_dir.mkdir(parents=True, exist_ok=True)
    with _lock(settings.var_dir):
        _require_passwords_of_old_data(settings)
        passwords = ensure_passwords(settings.var_dir)
        if settings.admin_url:
            connections = Connections.company(settings.admin_url, passwords)
        else:
            server = EmbeddedPostgres(settings.var_dir, passwords["admin"], settings.port)
            connections = Connections.embedded(server.start(), passwords)
            reset_passwords = True
        bootstrap(
            connections,
            settings.prefix,
            reset_passwords=reset_passwords,
            log_what_people_ask=not settings.admin_url,
        )
    return connections


def down(settings: Settings) -> bool:
    """Stop the embedded server under VAR_DIR, and nothing else; False when none runs."""
    if not settings.var_dir.is_dir():
        return False
    with _lock(settings.var_dir):
        return EmbeddedPostgres(settings.var_dir, password="").stop()


def find(settings: Settings) -> Connections:
    """The connections of a warehouse that is up; WarehouseError when the embedded one is not."""
    if settings.admin_url:
        return Connections.company(settings.admin_url, read_passwords(settings.var_dir))
    postmaster = find_postmaster(EmbeddedPostgres(settings.var_dir, password="").data)
    if not postmaster:
        raise WarehouseError(
            f"Postgres under {settings.var_dir} is not running: start it with `make up`."
        )
    return Connections.embedded(postmaster.port, read_passwords(settings.var_dir))


def collect_reads(settings: Settings) -> Collected:
    """Read from the server's log who read which mart, and delete what of it is ours and read."""
    collected = mart_reads.collect(find(settings), settings.prefix)
    if not settings.admin_url and not collected.not_available:
        server = EmbeddedPostgres(settings.var_dir, password="")
        server.forget_logs(collected.asked_at.replace(minute=0, second=0, microsecond=0))
    return collected


def _require_passwords_of_old_data(settings: Settings) -> None:
    """Do not generate new passwords for an embedded server that has its old ones."""
    data, passwords = settings.var_dir / "postgres", password_file(settings.var_dir)
    if not settings.admin_url and data.exists() and not passwords.exists():
        raise WarehouseError(
            f"{passwords} is gone while {data} remains: restore it from a copy, or delete the data "
            "and begin anew (sources load again; the alert log and quality history are lost)."
        )


@contextmanager
def _lock(var_dir: Path) -> Iterator[None]:
    """Hold the file lock of this VAR_DIR; the kernel drops it if we die."""
    path = var_dir / "warehouse.lock"
    with writing(path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() > deadline:
                    raise WarehouseError(
                        f"Another `python -m warehouse` has held {path} for {LOCK_SECONDS} "
                        "seconds: wait for it or stop it."
                    ) from error
                time.sleep(0.1)
        yield
    finally:
        os.close(descriptor)
