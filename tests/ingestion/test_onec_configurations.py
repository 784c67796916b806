"""One spelling of the raw tables whatever the configuration of 1C, which the base itself tells."""

import csv
import json
import logging
from pathlib import Path

import pytest

from demo import accounting_records as books
from demo.settings import ONEC_CONFIGURATIONS
from ingestion.check import check
from ingestion.errors import PartlyDoneError, SettingsError, SourceError
from ingestion.sources.onec.configurations import CONFIGURATIONS
from ingestion.sources.onec.infobase import recognised
from ingestion.sources.onec.tables import MESSAGES, TABLES
from tests.ingestion.onec_base import land

pytestmark = pytest.mark.integration

SEEDS = Path(__file__).parents[2] / "dbt_project" / "seeds"
CAPTIVE = {"partner_key", "settlement_key", "counterparty_type", "operation_kind", "is_service"}
"""Columns that only some configurations have, or that each spells with words of its own."""
LINES = {"part", "line_number", "product_key", "quantity", "amount", "vat_amount", "invoice_key"}
MONEY = ("bank_receipts", "bank_write_offs", "cash_receipts", "cash_write_offs", "card_operations")


def business_rows(bench):
    """Every table's rows by key, cut down to what any configuration tells."""
    found = {}
    for table in TABLES:
        columns = [c for c in table.columns if c not in CAPTIVE and not c.startswith("contract")]
        rows = bench.rows(
            f"select row_to_json(raw) from (select {', '.join(columns)} "
            f"from t_raw_onec.{table.name} order by {table.key[0]}) as raw"
        )
        found[table.name] = [row for (row,) in rows]
        for row in found[table.name]:
            for line in row.get("lines") or []:
                for name in line.keys() - LINES:
                    del line[name]
    return found


def sales_money(bench):
    """Documents of money by reference, with what their kind of operation means."""
    seed = csv.DictReader((SEEDS / "operation_kinds.csv").open(encoding="utf-8"))
    meaning = {
        row["operation_kind"]: row["is_sales_money"] for row in seed if row["source_name"] == "onec"
    }
    rows = [
        row
        for table in MONEY
        for row in bench.rows(f"select ref_key, operation_kind from t_raw_onec.{table}")
    ]
    return {ref_key: meaning[kind] for ref_key, kind in rows}


def take_goods_back(base):
    sale = next(iter(base.records(books.SALES).values()))
    key = "aaaaaaaa-0000-11f0-0000-000000000001"
    base.records(books.RETURNS)[key] = books.goods_return(
        key=key,
        number=sale["Number"],
        at=int(base.world.as_of.timestamp()),
        counterparty_key=sale["Контрагент_Key"],
        sale_key=sale["Ref_Key"],
        kopecks=100,
        lines=[books.goods_line(sale["Товары"][0]["Номенклатура_Key"], 1, 100, 0, None)],
    )
    base.changed()


@pytest.fixture(scope="module")
def landed():
    """What the first configuration landed, for the others to be compared with."""
    return {}


@pytest.mark.parametrize("configuration", ONEC_CONFIGURATIONS)
def test_every_configuration_lands_the_same_business_rows(onec, bench, landed, configuration):
    base = onec(configuration)
    for act in ("cash_payment", "card_payment"):
        base.happen(act)
    take_goods_back(base)

    land(bench, base)

    rows, money = business_rows(bench), sales_money(bench)
    empty = {MESSAGES, "returns"} if configuration == "unf" else {MESSAGES}
    assert {name for name, some in rows.items() if not some} == empty
    expected = landed.setdefault("rows", rows)
    for name in rows.keys() - empty:
        assert rows[name] == expected[name], name
    assert money == landed.setdefault("money", money)
    assert sorted(set(money.values())) == ["false", "true"]


def test_what_lands_is_what_the_books_hold(onec, bench):
    base = onec()
    land(bench, base)

    for table, entity in (
        ("invoices", books.INVOICES),
        ("bank_receipts", books.RECEIPTS),
        ("cash_write_offs", books.CASH_WRITE_OFFS),
        ("sales_documents", books.SALES),
    ):
        rows = bench.rows(f"select ref_key, amount, number, posted from t_raw_onec.{table}")
        assert {key: (float(amount), *rest) for key, amount, *rest in rows} == {
            key: (held["СуммаДокумента"], held["Number"], held["Posted"])
            for key, held in base.records(entity).items()
        }


def test_a_counterpartys_contacts_can_be_read_without_another_table(onec, bench):
    base = onec()
    land(bench, base)

    contacts = bench.rows(
        "select contact_info from t_raw_onec.counterparties where contact_info <> '[]'"
    )

    kinds = {(line["type"], line["kind"]) for (lines,) in contacts for line in lines}
    assert kinds == {("Телефон", "Телефон"), ("АдресЭлектроннойПочты", "E-mail")}
    phones = [line for (lines,) in contacts for line in lines if line["type"] == "Телефон"]
    assert all(line["phone"].isdecimal() and line["presentation"] for line in phones)


# -- Finding out -------------------------------------------------------------------------------


@pytest.mark.parametrize("configuration", ONEC_CONFIGURATIONS)
def test_the_published_entities_tell_the_configuration(onec, bench, configuration):
    base = onec(configuration)
    tried = {one.probe: one.what for one in check("onec", bench.settings(**base.variables()))}
    assert tried["base"].startswith(f"configuration {configuration}, ")


def test_a_base_nobody_knows_asks_for_the_setting():
    with pytest.raises(SourceError, match="none of the 2 published entities tells") as error:
        recognised(frozenset({"Catalog_Валюты", "Document_Свой"}))
    assert "Set ONEC_CONFIGURATION to the nearest of accounting_3, trade_11, unf" in str(error)


def test_a_base_of_two_configurations_says_what_was_found():
    with pytest.raises(
        SourceError,
        match="Document_СчетНаОплатуПокупателю of accounting_3; Document_ЗаказКлиента of trade_11",
    ):
        recognised(frozenset({"Document_СчетНаОплатуПокупателю", "Document_ЗаказКлиента"}))


def test_a_person_may_say_which_configuration_it_is(onec, bench):
    base = onec("unf")
    with pytest.raises(PartlyDoneError, match="Document_ПоступлениеНаРасчетныйСчет is not publ"):
        land(bench, base, ONEC_CONFIGURATION="accounting_3")
    assert bench.rows("select count(*) > 0 from t_raw_onec.counterparties") == [(True,)]


def test_a_person_may_name_the_entity_of_one_table(onec, bench):
    base = onec()
    land(bench, base, ONEC_ENTITIES=f"cash_receipts = {books.CASH_WRITE_OFFS}")
    keys = bench.rows("select ref_key from t_raw_onec.cash_receipts")
    assert {key for (key,) in keys} == base.records(books.CASH_WRITE_OFFS).keys()


def test_another_entity_of_a_table_is_read_from_its_beginning(onec, bench):
    base = onec()
    land(bench, base, ONEC_WINDOW_DAYS="1")
    land(
        bench,
        base,
        ONEC_WINDOW_DAYS="1",
        ONEC_ENTITIES=f"cash_receipts={books.CASH_WRITE_OFFS}",
    )
    keys = bench.rows("select ref_key from t_raw_onec.cash_receipts where _gone_at is null")
    assert base.records(books.CASH_WRITE_OFFS).keys() <= {key for (key,) in keys}


def test_an_entity_a_person_named_has_to_be_there(onec, bench):
    with pytest.raises(PartlyDoneError) as error:
        land(bench, onec(), ONEC_ENTITIES="prices=InformationRegister_Нет")
    assert str(error.value) == (
        "onec.prices: InformationRegister_Нет is not published in the OData interface of this "
        "base. The table keeps its rows. Publish it in 1C (standard OData interface, composition), "
        "or name another entity in ONEC_ENTITIES=prices=…"
    )


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("ONEC_CONFIGURATION", "ut", "ONEC_CONFIGURATION=ut is not known; choose of accounting_3"),
        ("ONEC_ENTITIES", "payments=Document_X", "ONEC_ENTITIES: payments=Document_X is not tabl"),
        ("ONEC_ENTITIES", "prices", "ONEC_ENTITIES: prices is not table=Entity"),
        ("ONEC_ALLOWED_ONLY", "true", "ONEC_ALLOWED_ONLY=true is neither yes nor no"),
        ("ONEC_EXCHANGE_NODE", "x", "ONEC_EXCHANGE_NODE=x is not the address of a node"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(onec, bench, variable, value, sentence):
    with pytest.raises(SettingsError, match=sentence):
        land(bench, onec(), **{variable: value})


# -- What is not there -------------------------------------------------------------------------


def test_an_entity_that_may_be_missing_leaves_its_table_empty_and_a_line_in_the_log(
    onec, bench, caplog
):
    base = onec()
    base.switch(refusals={books.CARD_OPERATIONS: "unpublished"})
    caplog.set_level(logging.WARNING)

    land(bench, base)

    assert f"onec.card_operations: Document_ОплатаПлатежнойКартой or {books.CARD_OPERATIONS} is "
    assert "is not published; the table stays empty" in caplog.text
    assert bench.rows("select count(*) from t_raw_onec.card_operations") == [(0,)]


def test_an_entity_payments_need_is_missed_and_the_rest_lands(onec, bench):
    base = onec()
    base.switch(refusals={books.RECEIPTS: "unpublished"})

    with pytest.raises(PartlyDoneError, match=rf"onec\.bank_receipts: {books.RECEIPTS} is not pu"):
        land(bench, base)

    assert bench.rows("select count(*) > 0 from t_raw_onec.invoices") == [(True,)]


def test_an_entity_that_is_withdrawn_keeps_its_rows(onec, bench):
    base = onec()
    land(bench, base)
    before = bench.rows("select count(*) from t_raw_onec.cash_receipts")
    base.switch(
        refusals={books.CASH_RECEIPTS: "unpublished", "Catalog_Номенклатура": "unpublished"}
    )

    with pytest.raises(PartlyDoneError) as error:
        land(bench, base)

    assert {refused.table for refused in error.value.errors} == {"cash_receipts", "products"}
    assert bench.rows("select count(*) from t_raw_onec.cash_receipts") == before


def test_a_property_the_base_does_not_declare_stops_its_table_by_name(onec, bench):
    with pytest.raises(PartlyDoneError) as error:
        land(bench, onec(), ONEC_ENTITIES=f"bank_receipts={books.CASH_RECEIPTS}")

    assert str(error.value).startswith(
        f"onec.bank_receipts: {books.CASH_RECEIPTS} has no property НазначениеПлатежа, which "
        "column purpose is read from (configuration accounting_3)."
    )
    assert bench.rows("select count(*) > 0 from t_raw_onec.bank_write_offs") == [(True,)]


def test_a_property_that_appears_becomes_a_column(onec, bench):
    base = onec()
    assert land(bench, base).notices == ()
    for record in base.records(books.RECEIPTS).values():
        record |= {"Ветка": "Запад", "Скидка": 12.5, "Срочно": True, "Пусто": ""}
    base.changed()

    result = land(bench, base)

    assert bench.rows("select distinct ветка, скидка, срочно from t_raw_onec.bank_receipts") == [
        ("Запад", 12.5, True)
    ]
    assert "onec.bank_receipts: column ветка appeared as text" in result.notices
    assert not any("пусто" in notice for notice in result.notices)


def test_every_table_is_laid_out_in_every_configuration():
    tables = {table.name: table for table in TABLES if table.name != MESSAGES}
    for name, layouts in CONFIGURATIONS.items():
        assert layouts.keys() == tables.keys(), name
        for table, layout in layouts.items():
            told = layout.columns.keys() | ({layout.into} if layout.parts else set())
            keys = {"account_name", "record_key"}
            assert told <= tables[table].columns.keys(), (name, table)
            missing = tables[table].columns.keys() - told - keys - {"settlement_key"}
            assert not missing, (name, table, json.dumps(sorted(missing)))
