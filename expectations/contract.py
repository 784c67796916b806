"""What one quality check is made of: which rows, which promise, who repairs, how much may fail.

Belongs here: the shapes a suite is written in and the SQL they render to. Not here: the checks
themselves (`suites/`), and anything that imports Great Expectations: reading the catalogue must
cost nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

Severity = Literal["warning", "error"]

# The columns of every checked query. A check sees these and nothing else of the record, so a
# phone can reach neither a sample nor a log through a forgotten column.
CHECKED_VALUE = "checked_value"
MANAGER_COLUMN = "record_manager_id"
RECORD_COLUMNS = ("record_id", "record_title", "record_url", MANAGER_COLUMN)


@dataclass(frozen=True, slots=True)
class Owner:
    """Who repairs the records: a stable `code` for data, a Russian `label` for people."""

    code: str
    label: str


MANAGER = Owner("manager", "Менеджер")
SALES_HEAD = Owner("sales_head", "РОП")
MARKETER = Owner("marketer", "Маркетолог")
ACCOUNTANT = Owner("accountant", "Бухгалтер")
DATA_OWNER = Owner("data_owner", "Ответственный за данные")


@dataclass(frozen=True, slots=True)
class Records:
    """The rows a check looks at, and how a person finds each of them again.

    All fields are SQL. `{staging}`, `{intermediate}` and `{raw_amocrm}` stand for the schemas
    with their prefix, `{now}` for the moment of the run. `url` may be SQL `null`.
    """

    relation: str
    record_id: str
    title: str
    url: str
    manager_id: str
    conditions: tuple[str, ...] = ()

    def where(self, condition: str) -> Records:
        """The same rows, fewer of them: a check's denominator."""
        return replace(self, conditions=(*self.conditions, condition))

    def joined(self, join: str) -> Records:
        """The same rows beside another table. The join must not multiply them."""
        return replace(self, relation=f"{self.relation}\n{join}")


@dataclass(frozen=True, slots=True)
class Expectation:
    """One of Great Expectations' own expectations, by class name, and its arguments.

    Its column is always the contract's `value`, and how many rows may fail (`mostly`) always
    comes from `limit_share`, so neither is written here.
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_per_record(self) -> bool:
        """True when it judges rows one by one; false when it judges the table as a whole."""
        return self.name.startswith("ExpectColumnValues")


@dataclass(frozen=True, slots=True)
class QualityContract:
    """A promise about what people enter, by whom it is kept, and how far it may slip.

    `asset` is `schema/table` without the prefix, the key of the asset the check hangs on.
    `title` is the kept promise as a Russian sentence. `limit_share` is the share of checked rows,
    0..1, that may fail before the check does. `error` says that our numbers themselves are in
    doubt (a feed came empty, a key repeats, a stage means nothing to us): an ERROR in Dagster, to
    be looked at first, by the data owner. `warning` is for its owner to repair. Neither stops
    anything: what must stop is stopped earlier, an emptied source where it is loaded, a broken key
    by dbt's tests before publication. `value` is SQL; it may be null only
    where the expectation is about null, because Great Expectations skips nulls everywhere else.
    """

    check_id: str
    asset: str
    title: str
    owner: Owner
    severity: Severity
    limit_share: float
    records: Records
    value: str
    expectation: Expectation

    def query(self, *, prefix: str, now: datetime) -> str:
        """The checked rows as one select of `RECORD_COLUMNS` and `CHECKED_VALUE`."""
        records = self.records
        expressions = (records.record_id, records.title, records.url, records.manager_id)
        columns = [
            *(f"({sql}) as {name}" for sql, name in zip(expressions, RECORD_COLUMNS, strict=True)),
            f"({self.value}) as {CHECKED_VALUE}",
        ]
        sql = "select\n    " + ",\n    ".join(columns) + f"\nfrom {records.relation}"
        if records.conditions:
            sql += "\nwhere " + "\n    and ".join(f"({one})" for one in records.conditions)
        return sql.format(
            staging=f"{prefix}staging",
            intermediate=f"{prefix}intermediate",
            raw_amocrm=f"{prefix}raw_amocrm",
            now=f"timestamptz '{now.isoformat()}'",
        )
