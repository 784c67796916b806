"""What the stand-ins serve: the records of the demo company, shaped as the vendors' JSON.

Belongs here: the container and the names of its parts. Does not belong: how records come about
(`world`, `happen`), what they mean (`ledger`), or how HTTP answers them (`amocrm`, `onec`).

`demo.world.build_world` fills a store, `demo.happen.happen` changes one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Record = dict[str, Any]

AMOCRM_LISTS = (
    "leads",
    "contacts",
    "companies",
    "unsorted",
    "tasks",
    "events",
    "notes/leads",
    "notes/contacts",
    "notes/companies",
    "notes/customers",
    "users",
    "groups",
    "pipelines",
    "loss_reasons",
    "custom_fields/leads",
    "custom_fields/contacts",
    "custom_fields/companies",
    "custom_fields/customers",
    "custom_fields/catalogs",
    "tags/leads",
    "tags/contacts",
    "tags/companies",
    "tags/customers",
    "customers",
    "catalogs",
    "elements",
)

ONEC_ENTITIES = (
    "Catalog_Контрагенты",
    "Catalog_Валюты",
    "Catalog_Организации",
    "Catalog_ДоговорыКонтрагентов",
    "Catalog_ВидыКонтактнойИнформации",
    "Catalog_Номенклатура",
    "Catalog_ТипыЦенНоменклатуры",
    "Document_СчетНаОплатуПокупателю",
    "Document_ПоступлениеНаРасчетныйСчет",
    "Document_СписаниеСРасчетногоСчета",
    "Document_ПриходныйКассовыйОрдер",
    "Document_РасходныйКассовыйОрдер",
    "Document_РеализацияТоваровУслуг",
    "Document_ВозвратТоваровОтПокупателя",
    "InformationRegister_КурсыВалют",
    "InformationRegister_ЦеныНоменклатуры",
)

ONEC_UNUSED = ("Document_ОперацияПоПлатежнойКарте",)
"""Published and empty: nobody pays by card until somebody makes it happen."""


@dataclass
class Store:
    """Everything the stand-ins serve: records shaped as the vendor's JSON, without `_links`.

    `amocrm`: list name -> id -> record. Unsorted items are keyed by `uid`, events by their string
    id, everything else by its int id; statuses sit inside a pipeline's `_embedded.statuses`. Times
    are unix seconds (UTC). `deleted_leads`: id -> the whole record as it was, `is_deleted` true,
    `updated_at` the time of the deletion. `products_of_leads`: lead id -> elements of lists linked
    to it, `{id, metadata: {quantity, catalog_id}}`. `onec`: entity name -> Ref_Key -> record, times
    naive Moscow strings, Int64 strings.
    """

    amocrm: dict[str, dict[int | str, Record]]
    deleted_leads: dict[int, Record]
    onec: dict[str, dict[str, Record]]
    products_of_leads: dict[int, list[Record]] = field(default_factory=dict)


def empty_store() -> Store:
    """A store with every list and entity present and empty."""
    return Store(
        amocrm={name: {} for name in AMOCRM_LISTS},
        deleted_leads={},
        onec={name: {} for name in (*ONEC_ENTITIES, *ONEC_UNUSED)},
    )
