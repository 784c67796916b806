"""The one error of this package: a clear sentence for the person at the terminal.

Belongs here: the error and the translation of file-system refusals into it.
Does not belong here: anything that knows Postgres.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class WarehouseError(Exception):
    """What went wrong and what to do about it, in one sentence, without passwords."""


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn a refusal to write `path` (full disk, read-only, in the way) into a WarehouseError."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise WarehouseError(
            f"Cannot write {path}: {reason}; make room there, or set VAR_DIR to a folder "
            "that can be written."
        ) from error
