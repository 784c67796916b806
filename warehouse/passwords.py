"""The passwords of our roles: generated once, kept in one 0600 file under VAR_DIR.

Does not belong here: the password of the company's administrator; that one is in WAREHOUSE_URL.
"""

import json
import os
import secrets
from pathlib import Path

from warehouse.errors import WarehouseError, writing

SERVICE_ROLES = ("loader", "transformer", "dagster")
LOGIN_ROLES = (*SERVICE_ROLES, "reader")
"""Our services and the BI tools: the roles we make, on the company's Postgres too."""
OWNERS = ("admin", *LOGIN_ROLES)
"""Whose passwords are kept: `admin` is the embedded server's superuser."""


def password_file(var_dir: Path) -> Path:
    return var_dir / "passwords.json"


def read_passwords(var_dir: Path) -> dict[str, str]:
    """Role -> password. WarehouseError when the file is absent, not ours to read or damaged."""
    path = password_file(var_dir)
    try:
        passwords = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise WarehouseError(f"No {path}: run `python -m warehouse up` first.") from error
    except OSError as error:
        raise WarehouseError(
            f"Cannot read {path}: {(error.strerror or str(error)).lower()}; "
            "use the account that ran `up`, or another VAR_DIR."
        ) from error
    except ValueError:
        passwords = None
    if not isinstance(passwords, dict) or not all(
        isinstance(passwords.get(owner), str) and passwords[owner] for owner in OWNERS
    ):
        raise WarehouseError(
            f"{path} is damaged: it must be a JSON object with a password for each of "
            f"{', '.join(OWNERS)}; restore it from a copy."
        )
    return {owner: passwords[owner] for owner in OWNERS}


def ensure_passwords(var_dir: Path) -> dict[str, str]:
    """Read the passwords, generating them the first time; the file ends up 0600 either way."""
    path = password_file(var_dir)
    with writing(path):
        if not path.exists():
            # Hex needs no quoting in a URL, a shell line or a YAML profile.
            generated = {owner: secrets.token_hex(24) for owner in OWNERS}
            unfinished = path.with_suffix(".new")
            unfinished.unlink(missing_ok=True)
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(generated, file, indent=2)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        elif path.stat().st_mode & 0o077:
            path.chmod(0o600)
    return read_passwords(var_dir)
