"""Catalogs of 1C: read whole by pages, while somebody edits them."""

import pytest

from demo import accounting_records as books
from demo.accounting_catalogs import PRODUCTS
from ingestion.errors import PartlyDoneError
from ingestion.sources.onec import client
from tests.ingestion.onec_base import land

pytestmark = pytest.mark.integration


def test_a_counterparty_that_is_renamed_or_erased_is_right_after_the_next_run(onec, bench):
    base = onec()
    land(bench, base)
    renamed = base.happen("rename_counterparty")["counterparty_key"]
    cards = base.records(books.COUNTERPARTIES)
    erased = next(key for key in cards if key != renamed)
    del cards[erased]
    base.changed()

    land(bench, base)

    rows = bench.rows("select ref_key, description from t_raw_onec.counterparties")
    assert dict(rows) == {key: card["Description"] for key, card in cards.items()}


def test_an_object_that_slips_past_the_pages_is_noticed_by_counting(onec, bench, monkeypatch):
    monkeypatch.setattr(client, "PAGE", 5)
    base = onec()
    pages = client.OneCClient._page
    lost = []

    def losing(self, table, entity, **how):
        items = pages(self, table, entity, **how)
        if entity == PRODUCTS and how["skip"] == 5 and not lost:
            lost.append(items.pop(0))
            items.append(items[0])
        return items

    monkeypatch.setattr(client.OneCClient, "_page", losing)
    land(bench, base)

    assert lost
    rows = bench.rows("select ref_key from t_raw_onec.products")
    assert {key for (key,) in rows} == base.records(PRODUCTS).keys()


def test_a_catalog_that_never_stands_still_keeps_its_rows(onec, bench, monkeypatch):
    base = onec()
    land(bench, base)
    before = bench.rows("select count(*) from t_raw_onec.products")
    monkeypatch.setattr(client, "PAGE", 5)
    monkeypatch.setattr(client.OneCClient, "_count", lambda self, table, entity: 10**6)

    with pytest.raises(PartlyDoneError, match=f"{PRODUCTS} changed so much while it was read 3 "):
        land(bench, base)

    assert bench.rows("select count(*) from t_raw_onec.products") == before
