"""What columns are made of: recorded documents, and the marks 1C leaves for "empty"."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from ingestion.batches import to_arrow
from ingestion.errors import TableRefusedError
from ingestion.sources.onec import mapping
from ingestion.sources.onec.bindings import bind
from ingestion.sources.onec.configurations import ACCOUNTING_3
from ingestion.sources.onec.metadata import EntityType
from ingestion.sources.onec.tables import BY_NAME

MOSCOW = ZoneInfo("Europe/Moscow")


def described(item):
    """The entity type an object is of, as far as the object tells."""
    parts = {name: held for name, held in item.items() if isinstance(held, list)}
    return EntityType(
        ("Ref_Key",),
        dict.fromkeys(item.keys() - parts, "Edm.String"),
        {name: {field: "" for line in held for field in line} for name, held in parts.items()},
    )


def mapped(table, items, like=None):
    layout = ACCOUNTING_3[table]
    binding = bind(table, layout, layout.entities[0], described(like or items[0]), "accounting_3")
    rows = mapping.Mapper(BY_NAME[table], binding, "main", MOSCOW).rows(items)
    return to_arrow("onec", BY_NAME[table], rows).to_pylist()


def recorded(fixtures, name):
    path = fixtures / "odata_1c" / name
    return json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)["value"]


def test_a_recorded_shipment_lands_with_goods_and_services(fixtures):
    trimmed_away = {"СчетНаОплатуПокупателю_Key": mapping.EMPTY_GUID}
    items = [
        trimmed_away | item
        for item in recorded(fixtures, "document_realization_recorded_trimmed.json")
    ]
    like = {**items[0], "Услуги": [line for item in items for line in item["Услуги"]]}

    first, second = mapped("sales_documents", items, like)[:2]

    assert first["document_at"] == datetime(2021, 12, 22, 14, 22, 8, tzinfo=UTC)
    assert (first["posted"], first["amount"]) == (False, Decimal(150129))
    assert first["invoice_key"] is None
    lines = json.loads(first["lines"])
    assert [line["line_number"] for line in lines] == [1, 2]
    assert lines[0]["vat_amount"] == 22729.17
    assert {line["part"] for line in json.loads(second["lines"])} == {"services"}


def test_what_a_recorded_shipment_says_besides_travels_along(fixtures):
    item, *_ = recorded(fixtures, "document_realization_recorded_trimmed.json")
    spare = {"СчетНаОплатуПокупателю_Key": mapping.EMPTY_GUID, "Услуги": item["Товары"]}

    (row,) = mapped("sales_documents", [item | spare])

    extra = json.loads(row["_extra"])
    assert extra["СуммаВключаетНДС"] is True
    assert not [value for value in extra.values() if value in ("", mapping.EMPTY_GUID)]
    assert not extra.keys() & {"Товары", "Posted", "Контрагент_Key", "DataVersion"}


def test_a_document_of_another_kind_is_refused_by_the_property_it_lacks(fixtures):
    items = recorded(fixtures, "document_contract_recorded.json")
    with pytest.raises(TableRefusedError, match=r"onec\.invoices: .* has no property "):
        mapped("invoices", items)


def counterparty(**more):
    return {
        "Ref_Key": "a",
        "DataVersion": "AAAA",
        "DeletionMark": False,
        "Code": "1",
        "Description": "ООО",
        "НаименованиеПолное": "",
        "ИНН": "",
        **more,
    }


def test_a_plain_object_lands_with_what_it_has():
    (row,) = mapped("counterparties", [counterparty()])
    assert (row["ref_key"], row["inn"], row["is_folder"], row["contact_info"]) == (
        "a", None, None, None,
    )  # fmt: skip


def test_an_object_without_a_declared_property_stops_the_table():
    whole, cut = counterparty(), counterparty()
    del cut["ИНН"]
    with pytest.raises(TableRefusedError, match="came without property ИНН"):
        mapped("counterparties", [whole, cut])


def test_a_property_of_several_types_is_carried_as_text_whatever_it_holds():
    items = [
        counterparty(Свойство=5, Свойство_Type="StandardODATA.Number"),
        counterparty(Свойство="", Свойство_Type="StandardODATA.Undefined"),
    ]
    first, second = mapped("counterparties", items)
    assert json.loads(first["_extra"]) == {
        "Свойство": "5",
        "Свойство_Type": "StandardODATA.Number",
    }
    assert second["_extra"] is None


@pytest.mark.parametrize("empty", ["00000000-0000-0000-0000-000000000000", ""])
def test_an_empty_reference_is_null(empty):
    assert mapping.key(empty) is None


@pytest.mark.parametrize(
    ("kind", "held", "value"),
    [
        ("timestamptz", "0001-01-01T00:00:00", None),
        ("bigint", "100", Decimal(100)),
        ("numeric", "100000.00", Decimal("100000.00")),
        ("numeric", "", None),
        ("bool", False, False),
    ],
)
def test_a_value_becomes_what_the_column_declares(kind, held, value):
    assert mapping.value("column", kind, held, MOSCOW) == value


@pytest.mark.parametrize(
    ("column", "kind", "held"),
    [("document_at", "timestamptz", "12.03.2026"), ("amount", "numeric", "сто")],
)
def test_a_value_written_in_another_way_is_refused_by_its_column(column, kind, held):
    row = {
        "account_name": "main",
        "ref_key": "a",
        "document_at": datetime(2026, 1, 1, tzinfo=UTC),
        column: mapping.value(column, kind, held, MOSCOW),
    }
    with pytest.raises(TableRefusedError, match=f"column {column} changed its type") as error:
        to_arrow("onec", BY_NAME["invoices"], [row])
    assert held not in str(error.value)
