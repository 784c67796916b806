"""Which files a table was made of, and whether somebody was writing them meanwhile.

What belongs here: names, sizes, times and hashes of files. What does not: their contents.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ingestion.sources.exports.faults import FileFaultError

_LINED = (".csv", ".tsv", ".txt")
_QUIET_SECONDS = 60
"""A file that ends in the middle of a line is taken for whole once nobody touched it so long: some
programs never end the last line.
"""


@dataclass(frozen=True)
class Version:
    """One file as it was found; `digest` is the sha256 of its bytes."""

    path: Path
    size: int
    changed_ns: int
    digest: str

    def check(self) -> None:
        """Raises FileFaultError when the file is not what it was."""
        if _size_and_time(self.path) != (self.size, self.changed_ns):
            raise _being_written(self.path)


def version_of(path: Path, now: datetime) -> Version:
    """Reads the file once. Raises FileFaultError when it is being written."""
    size, changed_ns = _size_and_time(path)
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(max(0, size - 2))
            last = file.read().strip(b"\0")[-1:]  # in UTF-16 a zero follows
    except OSError as error:
        raise _unreadable(path, error) from None
    version = Version(path, size, changed_ns, digest)
    version.check()
    is_quiet = now.timestamp() - changed_ns / 1e9 > _QUIET_SECONDS
    if path.suffix.lower() in _LINED and last not in (b"\n", b"\r", b"") and not is_quiet:
        raise _being_written(path)
    return version


def _size_and_time(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError as error:
        raise _unreadable(path, error) from None
    return found.st_size, found.st_mtime_ns


def _being_written(path: Path) -> FileFaultError:
    return FileFaultError(f"{path.name} is still being written", "Run again once it is whole")


def _unreadable(path: Path, error: OSError) -> FileFaultError:
    return FileFaultError(
        f"{path.name} cannot be read ({error.strerror})",
        "Give this account the right to read it, or put it back",
    )
