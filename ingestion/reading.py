"""Reads the tables of one account side by side and hands their pieces on in one stream.

An API limits requests per account, not per table, and answers take longer than a turn of the
limiter: reading a few tables at once uses the permitted rate. What belongs here: the threads, and
that no thread outlives the reading. What does not: what a piece means (`packages`).
"""

from __future__ import annotations

import threading
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Union

from ingestion.catalog import Checkpoint
from ingestion.errors import SourceError, TableRefusedError

if TYPE_CHECKING:
    import pyarrow as pa

TABLES_AT_ONCE = 4
BYTES_WAITING = 24 * 1024 * 1024
"""Rows held in memory between reading and writing, so that reading goes on while a package is
written. A single piece may be larger.
"""


@dataclass(frozen=True)
class Finished:
    """A table was read to its end."""


@dataclass(frozen=True)
class Refused:
    """A table was stopped by its contract; the others go on."""

    error: TableRefusedError


@dataclass(frozen=True)
class _Failed:
    error: BaseException


Kept = Union["pa.Table", Checkpoint]
"""What goes into packages."""
Said = tuple[str, Kept | Finished | Refused]


class _Buffer:
    """A queue between the reading threads and the stream, bounded by the memory of its rows."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._said: deque[tuple[str, Kept | Finished | Refused | _Failed]] = deque()
        self._bytes = 0
        self.is_closed = False

    def put(self, table: str, piece: Kept | Finished | Refused | _Failed) -> None:
        """Waits for room; returns without putting once the buffer is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self.is_closed or self._bytes < BYTES_WAITING)
            self._said.append((table, piece))
            self._bytes += _bytes(piece)
            self._changed.notify_all()

    def get(self) -> tuple[str, Kept | Finished | Refused | _Failed]:
        with self._changed:
            self._changed.wait_for(lambda: bool(self._said))
            table, piece = self._said.popleft()
            self._bytes -= _bytes(piece)
            self._changed.notify_all()
            return table, piece

    def close(self) -> None:
        with self._changed:
            self.is_closed = True
            self._changed.notify_all()


def _bytes(piece: object) -> int:
    return int(getattr(piece, "nbytes", 0))


def read_side_by_side(
    source_name: str,
    readings: Mapping[str, Callable[[], Iterator[Kept]]],
) -> Generator[Said, None, None]:
    """Yields `(table, piece)`; the pieces of one table keep their order, and `Finished` or
    `Refused` is its last.

    Raises the first failure that is not one table's own. However this generator ends, its threads
    end with it: as soon as the request or the page under way is done.
    """
    waiting = iter(list(readings.items()))
    taking = threading.Lock()
    buffer = _Buffer()

    def read() -> None:
        while not buffer.is_closed:
            with taking:
                table, start = next(waiting, ("", None))
            if start is None:
                return
            try:
                for piece in start():
                    buffer.put(table, piece)
                    if buffer.is_closed:
                        return
                buffer.put(table, Finished())
            except TableRefusedError as error:
                buffer.put(table, Refused(error))
            except BaseException as error:  # noqa: BLE001  raised again where the stream is read
                buffer.put(table, _Failed(_told(source_name, table, error)))
                return

    for number in range(min(TABLES_AT_ONCE, len(readings))):
        threading.Thread(target=read, name=f"{source_name} reader {number}", daemon=True).start()
    left = len(readings)
    try:
        while left:
            table, piece = buffer.get()
            if isinstance(piece, _Failed):
                raise piece.error
            if isinstance(piece, Finished | Refused):
                left -= 1
            yield table, piece
    finally:
        buffer.close()


def _told(source_name: str, table: str, error: BaseException) -> BaseException:
    """`error`, or, for an answer of a shape nobody foresaw, a sentence.

    It names the line of ours that stumbled: the error's own text may hold values.
    """
    if not isinstance(error, AttributeError | IndexError | KeyError | TypeError | ValueError):
        return error
    place = traceback.extract_tb(error.__traceback__)[-1]
    return SourceError(
        source_name,
        table,
        f"an answer has a shape that is not understood ({type(error).__name__} in "
        f"{Path(place.filename).name}, line {place.lineno})",
        "Nothing of this run was loaded; compare the answer with ingestion/sources/"
        f"{source_name}/README.md",
    )
