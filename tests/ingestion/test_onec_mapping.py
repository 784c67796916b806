"""Where columns lie in answers of 1C: recorded documents and the marks 1C leaves for "empty"."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from ingestion.batches import to_arrow
from ingestion.errors import SourceError
from ingestion.sources.onec import mapping
from ingestion.sources.onec.tables import TABLES

MOSCOW = ZoneInfo("Europe/Moscow")
BY_NAME = {table.name: table for table in TABLES}


def test_a_recorded_shipment_lands_with_goods_and_services(fixtures):
    path = fixtures / "odata_1c" / "document_realization_recorded_trimmed.json"
    answer = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    trimmed_away = {"СчетНаОплатуПокупателю_Key": mapping.EMPTY_GUID}
    items = [trimmed_away | item for item in answer["value"]]
    rows = [mapping.row("sales_documents", item, "main", MOSCOW) for item in items]

    first, second = to_arrow("onec", BY_NAME["sales_documents"], rows).to_pylist()[:2]

    assert first["document_at"] == datetime(2021, 12, 22, 14, 22, 8, tzinfo=UTC)
    assert (first["posted"], first["amount"]) == (False, Decimal(150129))
    assert first["invoice_key"] is None
    lines = json.loads(first["lines"])
    assert [line["line_number"] for line in lines] == [1, 2]
    assert lines[0]["vat_amount"] == 22729.17
    assert {line["part"] for line in json.loads(second["lines"])} == {"services"}


def test_a_document_of_another_configuration_is_refused_by_the_property_it_lacks(fixtures):
    path = fixtures / "odata_1c" / "document_contract_recorded.json"
    item = json.loads(path.read_text(encoding="utf-8"))["value"][0]

    with pytest.raises(SourceError, match=r"onec\.invoices: the answer has no property"):
        mapping.row("invoices", item, "main", MOSCOW)


@pytest.mark.parametrize("empty", ["00000000-0000-0000-0000-000000000000", ""])
def test_an_empty_reference_is_null(empty):
    assert mapping.key(empty) is None


def test_the_year_one_is_no_moment():
    assert mapping.moment("0001-01-01T00:00:00", MOSCOW) is None


def test_a_date_written_in_another_way_is_refused_by_its_column():
    invoice = {
        "account_name": "main",
        "ref_key": "a",
        "document_at": mapping.moment("12.03.2026", MOSCOW),
    }
    with pytest.raises(SourceError, match="column document_at changed its type") as error:
        to_arrow("onec", BY_NAME["invoices"], [invoice])
    assert "12.03" not in str(error.value)
