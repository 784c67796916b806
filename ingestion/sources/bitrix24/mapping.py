"""What each column of raw_bitrix24 is made of: one row whatever family of methods told of it.

The old family writes `ASSIGNED_BY_ID: "12"`, the new one `assignedById: 12`; both become
`assigned_by_id` 12. Numbers and flags written as text are read by the declared type; what cannot be
read so stays as it came, and its type stops the table. Does not belong here: types (`tables`),
meaning (dbt).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from ingestion.catalog import ACCOUNT_COLUMN, EXTRA_COLUMN, ColumnType, TableSpec

Item = Mapping[str, Any]

OF_PEOPLE = "UF_"
"""So begin the names of fields that people added."""
_CARDS = ("leads", "deals", "contacts", "companies")
_CREATED_AND_UPDATED = {
    "date_create": "created_at",
    "created_time": "created_at",
    "created": "created_at",
    "created_date": "created_at",
    "date_modify": "updated_at",
    "updated_time": "updated_at",
    "last_updated": "updated_at",
    "changed_date": "updated_at",
    "created_by": "created_by_id",
    "updated_by": "modify_by_id",
    "moved_by": "moved_by_id",
    "last_activity_time": "last_activity_at",
    "uf_department": "department_ids",
    "company_type": "type_id",
}
_CALLED_STATUS = {"stage_id": "status_id", "stage_semantic_id": "status_semantic_id"}
_CALLED_STAGE = {"status_id": "stage_id", "status_semantic_id": "stage_semantic_id"}
_RENAMED_OF = {"leads": _CALLED_STATUS, "stage_history": _CALLED_STAGE}
_NO_LINK = ("company_id", "contact_id", "lead_id", "quote_id", "webform_id")
"""The new family writes 0 where the old one writes null."""
_REACHED = {"PHONE": "phones", "EMAIL": "emails", "IM": "messengers"}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NOT_CARRIED = _words(
    """fm phone email im web has_phone has_email has_imol phone_mobile phone_work phone_mailing
    email_home email_work email_mailing imol icq skype short_name search_content login photo logo
    honorific birthdate date_create_short date_modify_short begindate_short closedate_short
    entity_type_id is_convert is_work is_won is_lose received_amount lost_amount has_products
    product_id observers last_activity_by order_stage event_date event_date_short event_id
    event_description origin_version address_legal banking_details employees revenue"""
)
"""Of cards: the same in other words, what people are, and what the API says of itself."""
_NOT_CARRIED_OF: Mapping[str, frozenset[str]] = {
    "users": _words(
        """last_login is_online timestamp_x last_activity_date time_zone time_zone_offset
        work_phone work_company work_department work_www work_city work_country work_profile xml_id
        title is_real_user uf_employment_date uf_linkedin uf_skype uf_skype_link uf_twitter
        uf_facebook uf_web_sites uf_xing uf_district uf_interests uf_skills"""
    ),
    "statuses": _words("extra"),
    "fields": _words(
        """is_immutable upper_name status_type settings default_value form_label list_label
        filter_label is_deprecated category_id"""
    ),
    "activities": _words(
        """provider_group_id description description_type priority notify_type notify_value
        location provider_params provider_data result_value result_sum result_currency_id
        result_status result_stream result_source_id autocomplete_rule originator_id files
        bindings is_incoming_channel webdav_elements"""
    ),
    "tasks": _words(
        """description sub_status group responsible creator accomplices auditors accomplices_data
        auditors_data not_viewed"""
    ),
    "calls": _words("call_log"),
}
_FLAGS = {"Y": True, "N": False, "1": True, "0": False}
_EMPTY: tuple[Any, ...] = ("", [], {})
"""PHP writes an empty map as a list; a moment that never was comes as any of these."""


@lru_cache(maxsize=2_000)
def column_of(name: str) -> str:
    """`ASSIGNED_BY_ID` and `assignedById` are `assigned_by_id`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z0-9])", "_", name).lower()


class Mapper:
    """Makes raw rows of one table out of items of one portal."""

    def __init__(self, table: TableSpec, account_name: str) -> None:
        self._account_name = account_name
        self._columns = {c: _READ[kind] for c, kind in table.columns.items() if c != ACCOUNT_COLUMN}
        self._names = _CREATED_AND_UPDATED | _RENAMED_OF.get(table.name, {})
        self._is_card = table.name in _CARDS
        self._not_carried = _NOT_CARRIED_OF.get(table.name, _NOT_CARRIED)

    def rows(self, items: list[dict[str, Any]], **given: Any) -> list[dict[str, Any]]:
        """One row an item, with the same `given` in each."""
        return [self._row(item, given) for item in items]

    def _row(self, item: Item, given: Mapping[str, Any]) -> dict[str, Any]:
        row: dict[str, Any] = {ACCOUNT_COLUMN: self._account_name}
        of_people: dict[str, Any] = {}
        extra: dict[str, Any] = {}
        for name, value in item.items():
            column = self._column(name)
            if column in self._columns:
                row[column] = None if value in _EMPTY else self._columns[column](value)
            elif self._is_card and name.startswith(OF_PEOPLE):
                if (told := _told_by_people(value)) is not None:
                    of_people[name] = told
            elif not self._is_dropped(column) and value not in _EMPTY:
                extra[column] = value
        for column in _NO_LINK:
            if row.get(column) == 0:
                row[column] = None
        if self._is_card:
            row["user_fields"] = of_people
            row.update({c: v for c, v in _reached(item).items() if c in self._columns})
        if extra:
            row[EXTRA_COLUMN] = extra
        row.update(given)
        return row

    def _column(self, name: str) -> str:
        column = column_of(name)
        return self._names.get(column, column)

    def _is_dropped(self, column: str) -> bool:
        return column in self._not_carried or column.startswith(("address", "personal_"))


def _told_by_people(value: Any) -> Any:
    """A field that people added, the same in both families: numbers as text, nothing as nothing."""
    if value is None or value is False or value in _EMPTY:
        return None
    if isinstance(value, list):
        return [_told_by_people(one) for one in value]
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return _text(value)


def _reached(item: Item) -> dict[str, Any]:
    """Phones, e-mails and messengers: in lists of their own, or all in `fm`."""
    found: dict[str, list[dict[str, Any]]] = {column: [] for column in _REACHED.values()}
    for kind, column in _REACHED.items():
        for one in item.get(kind) or []:
            told = {"value": one.get("VALUE"), "value_type": one.get("VALUE_TYPE")}
            found[column].append(told)
    for one in item.get("fm") or []:
        if column := _REACHED.get(one.get("typeId"), ""):
            told = {"value": one.get("value"), "value_type": one.get("valueType")}
            found[column].append(told)
    return found


def described(fields: Mapping[str, Item], entity_type: str) -> list[dict[str, Any]]:
    """The items of table `fields`: the name is a key, and people's word lies in one of three."""
    return [
        {
            **field,
            "entity_type": entity_type,
            "name": name,
            "title": field.get("formLabel") or field.get("listLabel") or field.get("title"),
        }
        for name, field in fields.items()
    ]


def _text(value: Any) -> Any:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else value


def _whole(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"-?\d+", value):
        return int(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _number(value: Any) -> Any:
    try:
        return Decimal(value) if isinstance(value, str) else value
    except InvalidOperation:
        return value


def _flag(value: Any) -> Any:
    return _FLAGS.get(value, value) if isinstance(value, str) else value


def _moment(value: Any) -> Any:
    """A moment with its offset; anything else stays as it came."""
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _as_it_is(value: Any) -> Any:
    return value


_READ: Mapping[ColumnType, Callable[[Any], Any]] = {
    "text": _text,
    "bigint": _whole,
    "numeric": _number,
    "bool": _flag,
    "timestamptz": _moment,
    "json": _as_it_is,
}
