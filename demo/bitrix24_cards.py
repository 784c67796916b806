"""The company's cards as a Bitrix24 portal would hold them: leads, deals, contacts, companies.

What waits unsorted in the CRM beside it is a lead here. Taken, the lead is converted into a deal
that names it (LEAD_ID); closed at once, it is junk and no deal comes of it. What a manager types in
by hand is a deal from the beginning. A lead and its deal bear one number, that of the other CRM.

Belongs here: how a card is drawn from the store, which stays as it is, in the words of the old
family. Does not belong: other records (`bitrix24_acts`), the newer words (`bitrix24_fields`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from demo import company
from demo.bitrix24_company import SOURCE_OF_INBOX, SOURCES, moment, semantics, stage_id
from demo.bitrix24_paths import Path, paths, place_of
from demo.store import Record, Store


class Cards:
    """All cards of a store at one moment. `added` are the fields of deals that people added later,
    by the name they have here.
    """

    def __init__(self, store: Store) -> None:
        self._crm = store.amocrm
        self._deleted = store.deleted_leads
        self.paths = paths(store)
        self.added = {
            added_field_name(int(one)): int(one)
            for one in self._crm["custom_fields/leads"]
            if one not in company.FIELD_BY_ID
        }
        self._inbox = {
            link["id"]: item
            for item in self._crm["unsorted"].values()
            for link in item["_embedded"]["leads"]
        }

    def leads(self) -> Iterator[Record]:
        """A converted lead stays when its deal is deleted; one that never was a deal goes."""
        for number, path in self.paths.items():
            record = self._crm["leads"].get(number)
            if record is None and path.sorted_by is not None:
                record = self._deleted.get(number)
            if record is not None and path.was_unsorted:
                yield self._lead(record, path)

    def deals(self) -> Iterator[Record]:
        for number, record in self._crm["leads"].items():
            if number in self.paths and self.paths[int(number)].is_deal:
                yield self._deal(record, self.paths[int(number)])

    def _lead(self, record: Record, path: Path) -> Record:
        end = path.sorted_by
        status = "JUNK" if path.is_junk else "CONVERTED" if end else "NEW"
        inbox = self._inbox.get(record["id"])
        contact = self._contact_of(record)
        changed_at = max(card["updated_at"] for card in (record, contact) if card)
        card = self._sale(record, path, changed_at)
        return card | {
            "STATUS_ID": status,
            "STATUS_SEMANTIC_ID": semantics(status),
            "STATUS_DESCRIPTION": None,
            "NAME": contact["first_name"] if contact else "",
            "SECOND_NAME": None,
            "LAST_NAME": contact["last_name"] if contact else None,
            "COMPANY_TITLE": None,
            "SOURCE_ID": SOURCE_OF_INBOX[inbox["category"]] if inbox else card["SOURCE_ID"],
            "DATE_CLOSED": moment(end.at) if end else "",
            "MOVED_BY_ID": str(end.author if end else path.born["created_by"]),
            "MOVED_TIME": moment(end.at if end else path.born["created_at"]),
            "UF_CRM_LOSS_REASON": self._loss_reason(record),
            "UF_CRM_TAGS": _tags(record),
            **_reachable(contact),
        }

    def _deal(self, record: Record, path: Path) -> Record:
        stage = stage_id(*place_of(record), has_reason=record["loss_reason_id"] is not None)
        last = path.moves[-1] if path.moves else None
        created_at = path.sorted_by.at if path.sorted_by else path.born["created_at"]
        is_closed = semantics(stage) != "P"
        return self._sale(record, path, record["updated_at"]) | {
            "TYPE_ID": "SALE",
            "CATEGORY_ID": stage[1 : stage.index(":")] if ":" in stage else "0",
            "STAGE_ID": stage,
            "STAGE_SEMANTIC_ID": semantics(stage),
            "PROBABILITY": None,
            "TAX_VALUE": "0.00",
            "LEAD_ID": str(record["id"]) if path.was_unsorted else None,
            "QUOTE_ID": None,
            "DATE_CREATE": moment(created_at),
            "BEGINDATE": moment(created_at),
            "CLOSEDATE": moment(record["closed_at"] or created_at + 7 * 86_400),
            "CLOSED": "Y" if is_closed else "N",
            "IS_NEW": "N" if last else "Y",
            "IS_RECURRING": "N",
            "IS_REPEATED_APPROACH": "N",
            "ADDITIONAL_INFO": None,
            "LOCATION_ID": None,
            "MOVED_BY_ID": str(last.author if last else path.born["created_by"]),
            "MOVED_TIME": moment(last.at if last else created_at),
            "UF_CRM_CITY": _field(record, company.CITY_FIELD) or "",
            "UF_CRM_CLIENT_TYPE": _field(record, company.CLIENT_TYPE_FIELD) or "",
            "UF_CRM_INVOICE_NUMBER": _field(record, company.INVOICE_FIELD) or "",
            "UF_CRM_LOSS_REASON": self._loss_reason(record),
            "UF_CRM_TAGS": _tags(record),
            **{name: _field(record, field_id) or "" for name, field_id in self.added.items()},
        }

    def _sale(self, record: Record, path: Path, changed_at: int) -> Record:
        """What a lead and a deal have in common."""
        links = record["_embedded"]
        contacts = [str(one["id"]) for one in links.get("contacts", [])]
        source = _field(record, company.SOURCE_FIELD)
        return _card(record, changed_at) | {
            "TITLE": record["name"],
            "CURRENCY_ID": company.CURRENCY,
            "OPPORTUNITY": f"{record['price'] or 0:.2f}",
            "IS_MANUAL_OPPORTUNITY": "Y" if record["price"] else "N",
            "COMPANY_ID": str(links["companies"][0]["id"]) if links["companies"] else None,
            "CONTACT_ID": contacts[0] if contacts else None,
            "CONTACT_IDS": contacts,
            "IS_RETURN_CUSTOMER": "N",
            "SOURCE_ID": SOURCES[source] if source else None,
            "SOURCE_DESCRIPTION": None,
            "DATE_CREATE": moment(path.born["created_at"]),
            "UTM_SOURCE": _field(record, company.UTM_SOURCE_FIELD),
            "UTM_MEDIUM": _field(record, company.UTM_MEDIUM_FIELD),
            "UTM_CAMPAIGN": _field(record, company.UTM_CAMPAIGN_FIELD),
        }

    def contacts(self) -> Iterator[Record]:
        for record in self._crm["contacts"].values():
            links = record["_embedded"]["companies"]
            yield _card(record, record["updated_at"]) | {
                "NAME": record["first_name"],
                "SECOND_NAME": None,
                "LAST_NAME": record["last_name"],
                "POST": None,
                "TYPE_ID": "CLIENT",
                "SOURCE_ID": None,
                "SOURCE_DESCRIPTION": None,
                "COMPANY_ID": str(links[0]["id"]) if links else None,
                "LEAD_ID": None,
                "EXPORT": "Y",
                **_reachable(record),
            }

    def companies(self) -> Iterator[Record]:
        for record in self._crm["companies"].values():
            yield _card(record, record["updated_at"]) | {
                "TITLE": record["name"],
                "COMPANY_TYPE": "CUSTOMER",
                "INDUSTRY": None,
                "LEAD_ID": None,
                "IS_MY_COMPANY": "N",
                "UF_CRM_INN": _field(record, company.COMPANY_INN_FIELD) or "",
                **_reachable(record, company.COMPANY_PHONE_FIELD),
            }

    def _loss_reason(self, record: Record) -> str:
        reason = self._crm["loss_reasons"].get(record["loss_reason_id"] or 0)
        return str(reason["name"]) if reason else ""

    def _contact_of(self, record: Record) -> Record | None:
        links = record["_embedded"].get("contacts", [])
        return self._crm["contacts"].get(links[0]["id"]) if links else None


def added_field_name(field_id: int) -> str:
    """What a field of deals is called that people added later."""
    return f"UF_CRM_{field_id}"


def _card(record: Record, changed_at: int) -> Record:
    """What every card has."""
    return {
        "ID": str(record["id"]),
        "ASSIGNED_BY_ID": str(record["responsible_user_id"]),
        "CREATED_BY_ID": str(record["created_by"]),
        "MODIFY_BY_ID": str(record["updated_by"]),
        "DATE_CREATE": moment(record["created_at"]),
        "DATE_MODIFY": moment(changed_at),
        "OPENED": "Y",
        "LAST_ACTIVITY_TIME": moment(changed_at),
        "LAST_ACTIVITY_BY": str(record["updated_by"]),
        "ORIGINATOR_ID": None,
        "ORIGIN_ID": None,
        "COMMENTS": None,
        "UTM_SOURCE": None,
        "UTM_MEDIUM": None,
        "UTM_CAMPAIGN": None,
        "UTM_CONTENT": None,
        "UTM_TERM": None,
    }


def _reachable(record: Record | None, phone_field: int = company.CONTACT_PHONE_FIELD) -> Record:
    """Phones and e-mails as people typed them; an empty kind is left out, as the vendor does."""
    kinds = {"PHONE": phone_field, "EMAIL": company.CONTACT_EMAIL_FIELD}
    found = {
        name: [
            {
                "ID": str(record["id"] * 10 + place if name == "PHONE" else record["id"] * 10 + 9),
                "VALUE_TYPE": "WORK" if name == "EMAIL" else "MOBILE",
                "VALUE": text,
                "TYPE_ID": name,
            }
            for place, text in enumerate(_texts(record, field))
        ]
        for name, field in kinds.items()
        if record is not None
    }
    flags = {f"HAS_{name}": "Y" if found.get(name) else "N" for name in kinds}
    return flags | {"HAS_IMOL": "N"} | {name: values for name, values in found.items() if values}


def _tags(record: Record) -> list[str] | bool:
    """Words of a field of several; an empty one is false."""
    return [str(tag["name"]) for tag in record["_embedded"]["tags"]] or False


def _texts(record: Record, field_id: int) -> list[str]:
    return [
        str(value["value"])
        for field in record.get("custom_fields_values") or []
        if field["field_id"] == field_id
        for value in field["values"]
    ]


def _field(record: Record, field_id: int) -> Any:
    texts = _texts(record, field_id)
    return texts[0] if texts else None
