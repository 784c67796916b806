"""The ways ingestion says no: a source misbehaved, one of its tables did, or a setting is missing.

What belongs here: exceptions whose text is shown to people as it is. What does not: catching them
(only `__main__` and whoever orchestrates us do) and the wording of a particular fault (it stays
where the fault is noticed).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class IngestionError(Exception):
    """One sentence for a person; never holds a secret, a phone, an e-mail or a record's content."""


class SettingsError(IngestionError):
    """A variable is missing or cannot be read; the text names the variable."""


class SourceError(IngestionError):
    """A source, or one of its tables, could not be read or landed; nothing of the run is visible.

    `source` and `table` name the place, `what` the fault, `what_to_do` the next step of the reader.
    """

    def __init__(self, source: str, table: str | None, what: str, what_to_do: str) -> None:
        self.source = source
        self.table = table
        self.what = what
        self.what_to_do = what_to_do
        place = f"{source}.{table}" if table else source
        super().__init__(f"{place}: {what}. {what_to_do}")

    def __reduce__(self) -> tuple[type[SourceError], tuple[str, str | None, str, str]]:
        return type(self), (self.source, self.table, self.what, self.what_to_do)


class TableRefusedError(SourceError):
    """One table broke its contract (a flipped type, a missing key): it keeps its earlier rows and
    its cursor, while the other tables of the run are landed. The run ends with this error.
    """


class PartlyDoneError(IngestionError):
    """Some accounts or tables failed while others were landed; `errors` are theirs, `done` is what
    a caller would have been given otherwise.
    """

    def __init__(self, errors: Sequence[IngestionError], done: Any) -> None:
        self.errors = tuple(errors)
        self.done = done
        super().__init__("\n".join(str(error) for error in errors))

    def __reduce__(self) -> tuple[type[PartlyDoneError], tuple[Sequence[IngestionError], Any]]:
        return type(self), (self.errors, self.done)
