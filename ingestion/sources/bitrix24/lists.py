"""The lists of Bitrix24 that are read by id, and how each wants to be asked.

Leads, deals, contacts and companies have two: `crm.item.list`, and those the vendor calls
deprecated (`crm.deal.list` …), which old portals of one's own have alone. Belongs here: words of
requests. Does not belong: asking (`client`), answers (`mapping`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

ENTITIES = {"leads": 1, "deals": 2, "contacts": 3, "companies": 4}
"""Types of entities, as `entityTypeId` says them."""
_WORDS = {"leads": "lead", "deals": "deal", "contacts": "contact", "companies": "company"}
NO_COUNT = -1
"""`start` that spares the portal the counting. Where it is not documented to work with a filter by
id (tasks, telephony), the first page of what lies behind the last id is asked for.
"""


@dataclass(frozen=True)
class Listing:
    """`key` is where the rows lie in `result` (None: they are it). Names of the id and of the
    moments of creation and change are those of requests; `shown` tells how rows spell them where
    that differs. `by_ids` is the filter by several ids.
    """

    method: str
    key: str | None = None
    id: str = "ID"
    by_ids: str = "@ID"
    created: str = "DATE_CREATE"
    changed: str = "DATE_MODIFY"
    start: int = NO_COUNT
    fixed: Mapping[str, Any] = field(default_factory=dict)
    order: Mapping[str, Any] = field(default_factory=lambda: {"order": {"ID": "ASC"}})
    filter: str = "filter"
    shown: Mapping[str, str] = field(default_factory=dict)

    def asked(self, where: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters of one page, in the order of ids."""
        return {**self.fixed, **self.order, self.filter: dict(where), "start": self.start}

    def newest(self) -> dict[str, Any]:
        """The parameters of the page with the highest ids."""
        order = {
            name: "DESC" if value == "ASC" else dict.fromkeys(value, "DESC")
            for name, value in self.order.items()
            if value != "ID"
        }
        return {**self.asked({}), **order}

    def of_row(self, row: Mapping[str, Any], name: str) -> Any:
        """What a row says under the name that requests use."""
        return row.get(self.shown.get(name, name))

    def rows_of(self, result: Any) -> Any:
        return result.get(self.key) if self.key and isinstance(result, Mapping) else result


def _items(entity: int) -> Listing:
    return Listing(
        "crm.item.list",
        key="items",
        id="id",
        by_ids="@id",
        created="createdTime",
        changed="updatedTime",
        fixed={"entityTypeId": entity, "select": ["*"], "useOriginalUfNames": "Y"},
        order={"order": {"id": "ASC"}},
    )


def _old(table: str) -> Listing:
    select = ["*", "UF_*"] if table == "deals" else ["*", "UF_*", "PHONE", "EMAIL", "IM"]
    return Listing(f"crm.{_WORDS[table]}.list", fixed={"select": select})


def stage_history(entity: int) -> Listing:
    """The history of leads (1) or deals (2); nothing in it changes."""
    return Listing(
        "crm.stagehistory.list",
        key="items",
        created="CREATED_TIME",
        changed="CREATED_TIME",
        fixed={"entityTypeId": entity},
    )


_TASK_FIELDS = """ID TITLE STATUS PRIORITY RESPONSIBLE_ID CREATED_BY CHANGED_BY CLOSED_BY
    CREATED_DATE CHANGED_DATE CLOSED_DATE DEADLINE GROUP_ID UF_CRM_TASK"""
OTHERS = {
    "activities": Listing(
        "crm.activity.list",
        created="CREATED",
        changed="LAST_UPDATED",
        fixed={"select": ["*", "COMMUNICATIONS"]},
    ),
    "tasks": Listing(
        "tasks.task.list",
        key="tasks",
        by_ids="ID",
        created="CREATED_DATE",
        changed="CHANGED_DATE",
        start=0,
        fixed={"select": _TASK_FIELDS.split()},
        shown={"ID": "id", "CREATED_DATE": "createdDate", "CHANGED_DATE": "changedDate"},
    ),
    "calls": Listing(
        "voximplant.statistic.get",
        created="CALL_START_DATE",
        changed="CALL_START_DATE",
        start=0,
        order={"SORT": "ID", "ORDER": "ASC"},
        filter="FILTER",
    ),
}
USERS = Listing("user.get", order={"sort": "ID", "order": "ASC"}, filter="FILTER")


def listings(family: str) -> dict[str, Listing]:
    """By table; `family` is `items` or `old`."""
    cards = {
        table: _items(entity) if family == "items" else _old(table)
        for table, entity in ENTITIES.items()
    }
    return {**cards, **OTHERS}


def fields_method(table: str, family: str) -> tuple[str, dict[str, Any], Sequence[str]]:
    """What describes the fields of a table: method, parameters, where in `result` they lie."""
    if family == "items":
        asked = {"entityTypeId": ENTITIES[table], "useOriginalUfNames": "Y"}
        return "crm.item.fields", asked, ("fields",)
    return f"crm.{_WORDS[table]}.fields", {}, ()
