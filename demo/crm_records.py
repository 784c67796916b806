"""How amoCRM shapes a record: one function per kind, plain JSON values, unix seconds, no `_links`.

Belongs here: field names, their order and defaults, custom field values. Does not belong: what to
write in them. Shapes follow the vendor's documentation of API v4; lists keep `_embedded` with
every `with=` the stand-in may be asked.
"""

from __future__ import annotations

from typing import Any

from demo import company
from demo.store import Record, Store

_COLOURS = ("#c0c0c0", "#fffeb2", "#ffee99", "#ffdc7f", "#99ccff", "#ccc8f9", "#deff81", "#87f2c0")


def field_value(field_id: int, text: str, label: str | None = None) -> Record:
    """One custom field with one value; `label` is the enum code of a multitext (MOB, WORK)."""
    return value_of(company.FIELD_BY_ID[field_id], text, label)


def value_of(field: company.Field, text: str | int, label: str | None = None) -> Record:
    """As `field_value`, of a field that need not be one of the company's own."""
    value: Record = {"value": text}
    if field.options:
        value["enum_id"] = field.options[label or str(text)]
        value["enum_code"] = label
    return {
        "field_id": field.id,
        "field_name": field.name,
        "field_code": field.code,
        "field_type": field.type,
        "is_computed": False,
        "values": [value],
    }


def tag(name: str) -> Record:
    """A tag as it hangs on a deal."""
    return {"id": company.TAGS[name], "name": name, "color": None}


def lead(
    *,
    id: int,
    name: str,
    price: int,
    responsible: int,
    stage: tuple[int, int],
    author: int,
    at: int,
    contact_id: int | None,
    company_id: int | None,
    fields: list[Record],
    tags: list[str],
) -> Record:
    """A deal (amoCRM's API calls it a lead); `stage` is (pipeline, status)."""
    return {
        "id": id,
        "name": name,
        "price": price,
        "responsible_user_id": responsible,
        "group_id": company.DEPARTMENT_OF[responsible],
        "status_id": stage[1],
        "pipeline_id": stage[0],
        "loss_reason_id": None,
        "source_id": None,
        "created_by": author,
        "updated_by": author,
        "created_at": at,
        "updated_at": at,
        "closed_at": None,
        "closest_task_at": None,
        "is_deleted": False,
        "custom_fields_values": fields or None,
        "score": None,
        "account_id": company.ACCOUNT_ID,
        "labor_cost": None,
        "_embedded": {
            "tags": [tag(name) for name in tags],
            "companies": [{"id": company_id}] if company_id else [],
            "contacts": [{"id": contact_id, "is_main": True}] if contact_id else [],
        },
    }


def contact(
    *,
    id: int,
    first: str,
    last: str,
    responsible: int,
    author: int,
    at: int,
    phones: list[str],
    emails: list[str],
    company_id: int | None,
) -> Record:
    """A contact; phones and e-mails stand as people typed them."""
    fields = []
    if phones:
        fields.append(_multitext(company.CONTACT_PHONE_FIELD, phones, "MOB"))
    if emails:
        fields.append(_multitext(company.CONTACT_EMAIL_FIELD, emails, "WORK"))
    return {
        "id": id,
        "name": f"{first} {last}".strip(),
        "first_name": first,
        "last_name": last,
        "responsible_user_id": responsible,
        "group_id": company.DEPARTMENT_OF[responsible],
        "created_by": author,
        "updated_by": author,
        "created_at": at,
        "updated_at": at,
        "closest_task_at": None,
        "is_deleted": False,
        "is_unsorted": False,
        "custom_fields_values": fields or None,
        "account_id": company.ACCOUNT_ID,
        "_embedded": {"tags": [], "companies": [{"id": company_id}] if company_id else []},
    }


def _multitext(field_id: int, texts: list[str], label: str) -> Record:
    field = field_value(field_id, texts[0], label)
    field["values"] += [{**field["values"][0], "value": text} for text in texts[1:]]
    return field


def firm(
    *, id: int, name: str, responsible: int, author: int, at: int, inn: str | None, phone: str
) -> Record:
    """A company card."""
    fields = [] if inn is None else [field_value(company.COMPANY_INN_FIELD, inn)]
    fields.append(field_value(company.COMPANY_PHONE_FIELD, phone, "WORK"))
    return {
        "id": id,
        "name": name,
        "responsible_user_id": responsible,
        "group_id": company.DEPARTMENT_OF[responsible],
        "created_by": author,
        "updated_by": author,
        "created_at": at,
        "updated_at": at,
        "closest_task_at": None,
        "is_deleted": False,
        "custom_fields_values": fields,
        "account_id": company.ACCOUNT_ID,
        "_embedded": {"tags": []},
    }


def customer(
    *,
    id: int,
    name: str,
    responsible: int,
    at: int,
    updated_at: int,
    purchases: list[int],
    contact_id: int | None,
    company_id: int,
) -> Record:
    """A card of somebody who buys again and again; `purchases` in roubles, oldest first."""
    return {
        "id": id,
        "name": name,
        "next_price": purchases[-1],
        "next_date": None,
        "responsible_user_id": responsible,
        "status_id": 0,
        "periodicity": 0,
        "created_by": responsible,
        "updated_by": responsible,
        "created_at": at,
        "updated_at": updated_at,
        "closest_task_at": None,
        "is_deleted": False,
        "custom_fields_values": None,
        "ltv": sum(purchases),
        "purchases_count": len(purchases),
        "average_check": sum(purchases) // len(purchases),
        "account_id": company.ACCOUNT_ID,
        "_embedded": {
            "tags": [],
            "segments": [],
            "contacts": [{"id": contact_id, "is_main": True}] if contact_id else [],
            "companies": [{"id": company_id}],
        },
    }


def unsorted(
    *,
    uid: str,
    source_uid: str | None,
    source_name: str,
    category: str,
    at: int,
    metadata: Record,
    deal_id: int,
    contact_id: int | None,
) -> Record:
    """An item of the unsorted inbox with the deal and the contact born from it."""
    return {
        "uid": uid,
        "source_uid": source_uid,
        "source_name": source_name,
        "category": category,
        "pipeline_id": company.SALES,
        "created_at": at,
        "metadata": metadata,
        "account_id": company.ACCOUNT_ID,
        "_embedded": {
            "leads": [{"id": deal_id}],
            "contacts": [{"id": contact_id}] if contact_id else [],
            "companies": [],
        },
    }


def task(
    *, id: int, responsible: int, author: int, at: int, deal_id: int, text: str, till: int
) -> Record:
    """An open task about a deal; amoCRM writes the empty result as an empty list."""
    return {
        "id": id,
        "created_by": author,
        "updated_by": author,
        "created_at": at,
        "updated_at": at,
        "responsible_user_id": responsible,
        "group_id": company.DEPARTMENT_OF[responsible],
        "entity_id": deal_id,
        "entity_type": "leads",
        "duration": 0,
        "is_completed": False,
        "task_type_id": 1,
        "text": text,
        "result": [],
        "complete_till": till,
        "account_id": company.ACCOUNT_ID,
    }


def event(
    *,
    id: str,
    type: str,
    entity: str,
    entity_id: int,
    author: int,
    at: int,
    before: list[Any] | None = None,
    after: list[Any] | None = None,
) -> Record:
    """An entry of the change log; `entity` is singular (lead, contact)."""
    return {
        "id": id,
        "type": type,
        "entity_id": entity_id,
        "entity_type": entity,
        "created_by": author,
        "created_at": at,
        "value_before": before or [],
        "value_after": after or [],
        "account_id": company.ACCOUNT_ID,
        "_embedded": {"entity": {"id": entity_id}},
    }


def note(
    *, id: int, entity_id: int, type: str, author: int, responsible: int, at: int, params: Record
) -> Record:
    """A note; calls are notes of type `call_in` and `call_out`."""
    return {
        "id": id,
        "entity_id": entity_id,
        "created_by": author,
        "updated_by": author,
        "created_at": at,
        "updated_at": at,
        "responsible_user_id": responsible,
        "group_id": company.DEPARTMENT_OF[responsible],
        "note_type": type,
        "account_id": company.ACCOUNT_ID,
        "params": params,
    }


def write_dictionaries(store: Store, founded_at: int) -> None:
    """Users, groups, pipelines, loss reasons and custom fields: the same in every world."""
    lists = store.amocrm
    for person in company.EMPLOYEES:
        lists["users"][person.id] = _user(person)
    for group_id, name in company.DEPARTMENTS.items():
        lists["groups"][group_id] = {"id": group_id, "name": name, "uuid": None}
    for place, pipeline in enumerate(company.PIPELINES, start=1):
        lists["pipelines"][pipeline.id] = _pipeline(pipeline, place)
    for place, (reason_id, name) in enumerate(company.LOSS_REASONS.items(), start=1):
        lists["loss_reasons"][reason_id] = {
            "id": reason_id,
            "name": name,
            "sort": place * 10,
            "created_at": founded_at,
            "updated_at": founded_at,
        }
    for place, field in enumerate(company.FIELDS, start=1):
        lists[f"custom_fields/{field.entity}"][field.id] = custom_field(field, place)
    for kind, tags in (("leads", company.TAGS), *company.TAGS_OF_CARDS.items()):
        for name, tag_id in tags.items():
            lists[f"tags/{kind}"][tag_id] = {"id": tag_id, "name": name, "color": None}


def _user(person: company.Employee) -> Record:
    letter = "A" if person.is_admin else "M"
    rights: Record = {
        entity: dict.fromkeys(("view", "edit", "add", "delete", "export"), letter)
        for entity in ("leads", "contacts", "companies")
    }
    rights["tasks"] = {"edit": letter, "delete": letter}
    group = company.DEPARTMENTS.get(person.department_id)
    return {
        "id": person.id,
        "name": person.name,
        "email": person.email,
        "lang": "ru",
        "rights": rights
        | {
            "mail_access": True,
            "catalog_access": True,
            "status_rights": [],
            "is_admin": person.is_admin,
            "is_free": False,
            "is_active": True,
            "group_id": person.department_id,
            "role_id": None,
        },
        "_embedded": {
            "roles": [],
            "groups": [{"id": person.department_id, "name": group}] if group else [],
        },
    }


def _pipeline(pipeline: company.Pipeline, place: int) -> Record:
    return {
        "id": pipeline.id,
        "name": pipeline.name,
        "sort": place,
        "is_main": pipeline.id == company.SALES,
        "is_unsorted_on": True,
        "is_archive": False,
        "account_id": company.ACCOUNT_ID,
        "_embedded": {
            "statuses": [
                {
                    "id": stage.id,
                    "name": stage.name,
                    "sort": stage.sort,
                    "is_editable": stage.type == 0 and stage.id not in (company.WON, company.LOST),
                    "pipeline_id": pipeline.id,
                    "color": _COLOURS[number % len(_COLOURS)],
                    "type": stage.type,
                    "account_id": company.ACCOUNT_ID,
                }
                for number, stage in enumerate(pipeline.stages)
            ]
        },
    }


def custom_field(field: company.Field, place: int) -> Record:
    """The definition of a custom field, the `place`-th of its entity."""
    multitext = field.type == "multitext"
    enums = [
        {"id": enum_id, "value": text, "sort": number, "code": text if multitext else None}
        for number, (text, enum_id) in enumerate(field.options.items())
    ]
    return {
        "id": field.id,
        "name": field.name,
        "type": field.type,
        "account_id": company.ACCOUNT_ID,
        "code": field.code,
        "sort": 500 + place,
        "is_api_only": False,
        "enums": enums or None,
        "group_id": None,
        "required_statuses": [],
        "is_deletable": not multitext,
        "is_predefined": multitext,
        "entity_type": field.entity,
        "remind": None,
    }
