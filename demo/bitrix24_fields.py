"""The fields of Bitrix24's cards, in the words of both families of its methods.

Cards are kept as the old family shows them: upper case, and text for almost everything.
`crm.item.*` shows the same in camel case with real numbers, and calls some fields otherwise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from demo.store import Record

LEAD, DEAL, CONTACT, COMPANY = 1, 2, 3, 4
"""Types of entities, as `entityTypeId` says them."""

_RENAMED = {
    "DATE_CREATE": "createdTime",
    "DATE_MODIFY": "updatedTime",
    "CREATED_BY_ID": "createdBy",
    "MODIFY_BY_ID": "updatedBy",
    "MOVED_BY_ID": "movedBy",
    "STATUS_ID": "stageId",
    "STATUS_SEMANTIC_ID": "stageSemanticId",
}
_COMMON = """ID:integer ASSIGNED_BY_ID:user CREATED_BY_ID:user MODIFY_BY_ID:user
    DATE_CREATE:datetime DATE_MODIFY:datetime OPENED:char LAST_ACTIVITY_TIME:datetime
    LAST_ACTIVITY_BY:user UTM_SOURCE:string UTM_MEDIUM:string UTM_CAMPAIGN:string
    UTM_CONTENT:string UTM_TERM:string ORIGINATOR_ID:string ORIGIN_ID:string COMMENTS:string"""
_OF_SALES = """TITLE:string SOURCE_ID:crm_status SOURCE_DESCRIPTION:string CURRENCY_ID:crm_currency
    OPPORTUNITY:double IS_MANUAL_OPPORTUNITY:char MOVED_BY_ID:user MOVED_TIME:datetime
    COMPANY_ID:crm_company CONTACT_ID:crm_contact IS_RETURN_CUSTOMER:char"""
_OF_PEOPLE = "HAS_PHONE:char HAS_EMAIL:char HAS_IMOL:char"
_DECLARED = {
    LEAD: f"""{_COMMON} {_OF_SALES} {_OF_PEOPLE} STATUS_ID:crm_status STATUS_SEMANTIC_ID:string
        STATUS_DESCRIPTION:string NAME:string SECOND_NAME:string LAST_NAME:string
        COMPANY_TITLE:string DATE_CLOSED:datetime UF_CRM_LOSS_REASON:string
        UF_CRM_TAGS:string[]""",
    DEAL: f"""{_COMMON} {_OF_SALES} TYPE_ID:crm_status CATEGORY_ID:crm_category
        STAGE_ID:crm_status STAGE_SEMANTIC_ID:string PROBABILITY:integer TAX_VALUE:double
        LEAD_ID:crm_lead QUOTE_ID:crm_quote BEGINDATE:date CLOSEDATE:date CLOSED:char IS_NEW:char
        IS_RECURRING:char IS_REPEATED_APPROACH:char ADDITIONAL_INFO:string LOCATION_ID:location
        UF_CRM_CITY:string UF_CRM_CLIENT_TYPE:string UF_CRM_INVOICE_NUMBER:string
        UF_CRM_LOSS_REASON:string UF_CRM_TAGS:string[]""",
    CONTACT: f"""{_COMMON} {_OF_PEOPLE} NAME:string SECOND_NAME:string LAST_NAME:string
        POST:string TYPE_ID:crm_status SOURCE_ID:crm_status SOURCE_DESCRIPTION:string
        COMPANY_ID:crm_company LEAD_ID:crm_lead EXPORT:char""",
    COMPANY: f"""{_COMMON} {_OF_PEOPLE} TITLE:string COMPANY_TYPE:crm_status INDUSTRY:crm_status
        LEAD_ID:crm_lead IS_MY_COMPANY:char UF_CRM_INN:string""",
}
LABELS = {
    "UF_CRM_CITY": "Город",
    "UF_CRM_CLIENT_TYPE": "Тип клиента",
    "UF_CRM_INVOICE_NUMBER": "Номер счёта",
    "UF_CRM_LOSS_REASON": "Причина отказа",
    "UF_CRM_TAGS": "Метки",
    "UF_CRM_INN": "ИНН",
}
_LINKS = ("crm_company", "crm_contact", "crm_lead", "crm_quote")
_NUMBERS = ("integer", "user", "double", "crm_category", *_LINKS)


@dataclass(frozen=True)
class Field:
    """One field: its name in either family (fields people made keep theirs), its type, and what
    people call it.
    """

    name: str
    item_name: str
    kind: str
    label: str

    @property
    def is_multiple(self) -> bool:
        return self.kind.endswith("[]")

    @property
    def is_made_by_people(self) -> bool:
        return self.name.startswith("UF_")

    def described(self) -> Record:
        """As `crm.deal.fields` and `crm.item.fields` describe it."""
        return {
            "type": self.kind.removesuffix("[]"),
            "isRequired": False,
            "isReadOnly": self.name == "ID",
            "isImmutable": False,
            "isMultiple": self.is_multiple,
            "isDynamic": self.is_made_by_people,
            "title": self.label,
        }


def _item_name(name: str) -> str:
    if name.startswith("UF_") or name in _RENAMED:
        return _RENAMED.get(name, name)
    return re.sub(r"_(\w)", lambda found: found[1].upper(), name.lower())


def _fields(declared: str) -> tuple[Field, ...]:
    pairs = (one.split(":") for one in declared.split())
    return tuple(
        Field(name, _item_name(name), kind, LABELS.get(name, name.replace("_", " ").capitalize()))
        for name, kind in pairs
    )


FIELDS = {kind: _fields(declared) for kind, declared in _DECLARED.items()}


def as_item(entity: int, card: Record) -> Record:
    """A card as `crm.item.list` shows it: a missing link is 0, numbers are numbers, phones and
    e-mails lie in `fm`.
    """
    item = {field.item_name: _value(field.kind, card.get(field.name)) for field in FIELDS[entity]}
    item |= {name: value for name, value in card.items() if name.startswith("UF_")}
    item["entityTypeId"] = entity
    if entity in (LEAD, DEAL, COMPANY):
        item["contactIds"] = [int(one) for one in card.get("CONTACT_IDS", [])]
    if entity != DEAL:
        item["fm"] = [
            {
                "id": int(one["ID"]),
                "valueType": one["VALUE_TYPE"],
                "value": one["VALUE"],
                "typeId": one["TYPE_ID"],
            }
            for name in ("PHONE", "EMAIL")
            for one in card.get(name, [])
        ]
    return item


def _value(kind: str, value: Any) -> Any:
    if kind in _LINKS:
        return int(value or 0)
    if kind in ("datetime", "date"):
        return value or None
    if value is None or kind not in _NUMBERS:
        return value
    number = float(value)
    return int(number) if number.is_integer() else number
