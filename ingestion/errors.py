"""The two ways ingestion says no: a source misbehaved, or a setting is missing.

What belongs here: exceptions whose text is shown to people as it is. What does not: catching them
(only `__main__` does) and the wording of a particular fault (it stays where the fault is noticed).
"""

from __future__ import annotations


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
        return SourceError, (self.source, self.table, self.what, self.what_to_do)
