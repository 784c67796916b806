"""Where each column of raw_amocrm lies in an answer of API v4, one item at a time.

What does not belong here: types (declared in `tables`), paging (`client`) and any meaning (dbt).
An item's own fields of the same name are copied; the functions below name only what is nested,
renamed or polymorphic. A field nobody knows yet travels on under EXTRA_COLUMN.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ingestion.catalog import ACCOUNT_COLUMN, EXTRA_COLUMN, TableSpec

Item = Mapping[str, Any]

NEVER = 0
"""amoCRM writes a missing moment as null or as 0."""


def _fields(names: str) -> frozenset[str]:
    return frozenset(names.split())


_NOT_CARRIED = frozenset({"_links", "_embedded", "account_id", "request_id"})
"""Addresses (they repeat the page number and would change every run), what is read by name, and
what is the same in every row."""
_NOT_CARRIED_OF: Mapping[str, frozenset[str]] = {
    "account": _fields(
        "created_by updated_at updated_by current_user_id currency_symbol is_unsorted_on "
        "mobile_feature_version is_loss_reason_enabled is_helpbot_enabled is_technical_account "
        "contact_name_display_order amojo_id uuid version datetime_settings"
    ),
    "users": _fields("rights lang uuid amojo_id user_rank phone_number"),
    "pipeline_statuses": frozenset({"descriptions"}),
    "custom_fields": _fields(
        "required_statuses hidden_statuses is_deletable is_predefined is_visible is_required "
        "settings remind tracking_callback nested search_in chained_lists currency triggers "
        "catalog_id"
    ),
    "catalogs": _fields(
        "can_add_elements can_show_in_cards can_link_multiple can_be_deleted sdk_widget_code "
        "widgets"
    ),
    "deleted_leads": frozenset({"is_deleted"}),
    "tasks": frozenset({"result"}),
}
"""Known, and not worth a column: settings of screens, rights, other names of the same person."""


class Mapper:
    """Makes raw rows of one table out of items of one account."""

    def __init__(self, table: TableSpec, account_name: str) -> None:
        self._account_name = account_name
        self._columns = tuple(column for column in table.columns if column != ACCOUNT_COLUMN)
        self._moments = tuple(c for c, kind in table.columns.items() if kind == "timestamptz")
        self._known = _NOT_CARRIED | _NOT_CARRIED_OF.get(table.name, frozenset()) | {*self._columns}
        self._special = _SPECIAL.get(table.name)

    def rows(self, items: list[dict[str, Any]], **given: Any) -> list[dict[str, Any]]:
        """One row an item: its fields of the columns' names, then what the table's own function
        finds, then `given`.
        """
        return [self._row(item, given) for item in items]

    def _row(self, item: Item, given: Mapping[str, Any]) -> dict[str, Any]:
        row = {column: item.get(column) for column in self._columns}
        row[ACCOUNT_COLUMN] = self._account_name
        for column in self._moments:
            if row[column] == NEVER:
                row[column] = None
        if self._special is not None:
            row.update(self._special(item))
        if given:
            row.update(given)
        if not item.keys() <= self._known:
            row[EXTRA_COLUMN] = {k: v for k, v in item.items() if k not in self._known}
        return row


def statuses(pipeline: Item) -> Iterator[dict[str, Any]]:
    """The stages inside a pipeline, each told which pipeline it belongs to (ids 142 and 143
    repeat).
    """
    for status in embedded(pipeline, "statuses"):
        yield {**status, "pipeline_id": pipeline.get("id")}


def embedded(item: Item, name: str) -> list[dict[str, Any]]:
    """The list called `name` inside an item; empty when there is none."""
    inside = item.get("_embedded") or {}
    return list(inside.get(name) or [])


def linked(entity_id: int, links: list[dict[str, Any]]) -> dict[str, Any]:
    """The item of table `links` for one lead: what is linked to it, in an order of its own, since
    the API promises none.
    """
    chosen = [
        {name: link.get(name) for name in ("to_entity_type", "to_entity_id", "metadata")}
        for link in links
    ]
    chosen.sort(key=lambda link: (str(link["to_entity_type"]), str(link["to_entity_id"])))
    return {"entity_type": "leads", "entity_id": entity_id, "links": chosen}


def _pick(item: Item, name: str, *fields: str) -> list[dict[str, Any]]:
    """Embedded items cut down to `fields`: their links repeat the page number and would change
    every run.
    """
    return [
        {field: part[field] for field in fields if field in part} for part in embedded(item, name)
    ]


def _account(item: Item) -> dict[str, Any]:
    inside = item.get("_embedded") or {}
    settings = inside.get("datetime_settings") or item.get("datetime_settings") or {}
    return {"timezone": settings.get("timezone")}


def _user(item: Item) -> dict[str, Any]:
    rights = item.get("rights") or {}
    groups = {group.get("id"): group.get("name") for group in embedded(item, "groups")}
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
        "catalog_elements": _pick(item, "catalog_elements", "id", "metadata") or None,
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


def _customer(item: Item) -> dict[str, Any]:
    return {
        "tags": _pick(item, "tags", "id", "name"),
        "segments": _pick(item, "segments", "id"),
        "contacts": _pick(item, "contacts", "id", "is_main"),
        "companies": _pick(item, "companies", "id"),
        "is_deleted": item.get("is_deleted", False),
    }


def _unsorted(item: Item) -> dict[str, Any]:
    return {name: _pick(item, name, "id") for name in ("leads", "contacts", "companies")}


def _task(item: Item) -> dict[str, Any]:
    """`result` is absent, `[]` when empty and `{"text": ...}` when filled."""
    result = item.get("result")
    return {"result_text": result.get("text") if isinstance(result, dict) else None}


def _custom_field(item: Item) -> dict[str, Any]:
    group = item.get("group_id")  # "statistic", "default", or a number where people made groups
    return {
        "enums": item.get("enums") or None,
        "group_id": None if group is None else str(group),
    }


_SPECIAL: dict[str, Callable[[Item], dict[str, Any]]] = {
    "account": _account,
    "users": _user,
    "leads": _lead,
    "contacts": _contact,
    "companies": _company,
    "customers": _customer,
    "unsorted": _unsorted,
    "tasks": _task,
    "custom_fields": _custom_field,
}
