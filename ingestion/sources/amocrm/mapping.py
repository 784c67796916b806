"""Where each column of raw_amocrm lies in an answer of API v4, one item at a time.

What does not belong here: types (declared in `tables`), paging (`resources`) and any meaning (dbt).
An item's own fields of the same name are copied; the functions below name only what is nested,
renamed or polymorphic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ingestion.catalog import TableSpec

Item = Mapping[str, Any]

NEVER = 0
"""amoCRM writes a missing moment as null or as 0."""


def row(table: TableSpec, item: Item, account_name: str, **given: Any) -> dict[str, Any]:
    """One raw row: same-named fields of the item, then what the table's own function finds, then
    `given`.
    """
    copied = {column: item.get(column) for column in table.columns}
    for column, kind in table.columns.items():
        if kind == "timestamptz" and copied[column] == NEVER:
            copied[column] = None
    special = _SPECIAL.get(table.name)
    return {**copied, **(special(item) if special else {}), **given, "account_name": account_name}


def statuses(pipeline: Item) -> Iterator[Item]:
    """The stages inside a pipeline, each told which pipeline it belongs to (ids 142 and 143
    repeat).
    """
    for status in _embedded(pipeline, "statuses"):
        yield {**status, "pipeline_id": pipeline.get("id")}


def _embedded(item: Item, name: str) -> list[dict[str, Any]]:
    inside = item.get("_embedded") or {}
    return list(inside.get(name) or [])


def _pick(item: Item, name: str, *fields: str) -> list[dict[str, Any]]:
    """Embedded items cut down to `fields`: their links repeat the page number and would change
    every run.
    """
    return [
        {field: part[field] for field in fields if field in part} for part in _embedded(item, name)
    ]


def _account(item: Item) -> dict[str, Any]:
    inside = item.get("_embedded") or {}
    settings = inside.get("datetime_settings") or item.get("datetime_settings") or {}
    return {"timezone": settings.get("timezone")}


def _user(item: Item) -> dict[str, Any]:
    rights = item.get("rights") or {}
    groups = {group.get("id"): group.get("name") for group in _embedded(item, "groups")}
    group_id = rights.get("group_id")
    if group_id is None and groups:
        group_id = next(iter(groups))
    return {
        "is_active": rights.get("is_active"),
        "is_admin": rights.get("is_admin"),
        "group_id": group_id,
        "group_name": groups.get(group_id),
    }


def _lead(item: Item) -> dict[str, Any]:
    return {
        "tags": _pick(item, "tags", "id", "name"),
        "contacts": _pick(item, "contacts", "id", "is_main"),
        "companies": _pick(item, "companies", "id"),
        "is_deleted": item.get("is_deleted", False),
    }


def _contact(item: Item) -> dict[str, Any]:
    return {
        "tags": _pick(item, "tags", "id", "name"),
        "companies": _pick(item, "companies", "id"),
        "is_deleted": item.get("is_deleted", False),
    }


def _company(item: Item) -> dict[str, Any]:
    return {
        "tags": _pick(item, "tags", "id", "name"),
        "is_deleted": item.get("is_deleted", False),
    }


def _unsorted(item: Item) -> dict[str, Any]:
    return {name: _pick(item, name, "id") for name in ("leads", "contacts", "companies")}


def _task(item: Item) -> dict[str, Any]:
    """`result` is absent, `[]` when empty and `{"text": ...}` when filled (sources.md, task)."""
    result = item.get("result")
    return {"result_text": result.get("text") if isinstance(result, dict) else None}


def _custom_field(item: Item) -> dict[str, Any]:
    enums = item.get("enums")
    return {"enums": enums if enums else None}


_SPECIAL: dict[str, Callable[[Item], dict[str, Any]]] = {
    "account": _account,
    "users": _user,
    "leads": _lead,
    "contacts": _contact,
    "companies": _company,
    "unsorted": _unsorted,
    "tasks": _task,
    "custom_fields": _custom_field,
}
