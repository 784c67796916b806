"""1C over real HTTP into a real Postgres: documents without a "changed at"."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ingestion.errors import SettingsError, SourceError
from ingestion.sources.onec.resources import CATALOGS, DOCUMENTS

pytestmark = pytest.mark.integration

RECEIPTS = DOCUMENTS["bank_receipts"]
EMPTY = "00000000-0000-0000-0000-000000000000"
JULY = datetime(2026, 7, 1, tzinfo=UTC)


def guid(number):
    return f"{number:08d}-0000-11f0-0000-000000000000"


def receipt(number, date, version="AAAA", **fields):
    return {
        "Ref_Key": guid(number),
        "DataVersion": version,
        "DeletionMark": False,
        "Posted": True,
        "Number": f"0000-{number:06d}",
        "Date": date,
        "Организация_Key": guid(900),
        "Контрагент": guid(901),
        "Контрагент_Type": "StandardODATA.Catalog_Контрагенты",
        "ВалютаДокумента_Key": guid(902),
        "СуммаДокумента": 12000.5,
        "НазначениеПлатежа": "Оплата по счёту № 123",
        "ВидОперации": "ОплатаПокупателя",
        "ДокументОснование": "",
        "ДокументОснование_Type": "StandardODATA.Undefined",
        "Комментарий": "",
        "РасшифровкаПлатежа": [
            {"LineNumber": "1", "СуммаПлатежа": 12000.5, "СчетНаОплату_Key": EMPTY}
        ],
        **fields,
    }


def run(bench, web, **how):
    return bench.run("onec", bench.onec(web), clock=lambda: JULY, **how)


def test_a_receipt_lands_with_its_breakdown_in_utc(serve, onec, bench):
    onec.sets[RECEIPTS] = [receipt(1, "2026-02-01T01:30:00")]

    run(bench, serve(onec))

    assert bench.rows(
        "select ref_key, posted, document_at, amount, base_document_key, comment, lines, "
        "counterparty_key from t_raw_onec.bank_receipts"
    ) == [
        (
            guid(1),
            True,
            datetime(2026, 1, 31, 22, 30, tzinfo=UTC),
            Decimal("12000.5"),
            None,
            None,
            [{"line_number": 1, "amount": 12000.5, "invoice_key": None}],
            guid(901),
        )
    ]


def test_documents_of_several_pages_are_read_once_each(serve, onec, bench):
    onec.sets[RECEIPTS] = [receipt(n, f"2026-06-{1 + n % 3:02d}T12:00:00") for n in range(1, 2501)]

    run(bench, serve(onec))
    again = run(bench, serve(onec))

    assert bench.rows("select count(*) from t_raw_onec.bank_receipts") == [(2500,)]
    assert sum(again.changed.values()) == 0


def test_an_old_document_unposted_or_back_dated_is_noticed_outside_the_window(serve, onec, bench):
    onec.sets[RECEIPTS] = [
        receipt(1, "2025-02-01T12:00:00"),
        receipt(2, "2025-02-02T12:00:00"),
        receipt(3, "2026-06-01T12:00:00"),
    ]
    web = serve(onec)
    run(bench, web)
    onec.sets[RECEIPTS][0] |= {"Posted": False, "DataVersion": "BBBB"}
    onec.sets[RECEIPTS].append(receipt(4, "2025-02-03T12:00:00"))
    web.asked.clear()

    result = run(bench, web)

    assert result.changed["bank_receipts"] == 2
    assert bench.rows("select ref_key, posted from t_raw_onec.bank_receipts order by 1") == [
        (guid(1), False),
        (guid(2), True),
        (guid(3), True),
        (guid(4), True),
    ]
    whole = [a for a in web.asked if a.path.endswith(RECEIPTS) and "$select" not in a.query]
    assert not any("Date lt" in a.query["$filter"] for a in whole)


def test_a_document_erased_within_the_window_goes_and_an_older_one_stays(serve, onec, bench):
    onec.sets[RECEIPTS] = [
        receipt(1, "2025-02-01T12:00:00"),
        receipt(2, "2026-06-01T12:00:00"),
        receipt(3, "2026-06-02T12:00:00"),
    ]
    web = serve(onec)
    run(bench, web)
    del onec.sets[RECEIPTS][:2]

    run(bench, web)

    held = "select ref_key from t_raw_onec.bank_receipts order by 1"
    assert bench.rows(held) == [(guid(1),), (guid(3),)]


def test_a_window_that_comes_empty_is_believed_only_when_a_person_says_so(serve, onec, bench):
    onec.sets[RECEIPTS] = [receipt(1, "2025-02-01T12:00:00"), receipt(2, "2026-06-01T12:00:00")]
    web = serve(onec)
    run(bench, web)
    onec.sets[RECEIPTS] = []

    with pytest.raises(SourceError, match=r"onec\.bank_receipts: no row came, and 1 that"):
        run(bench, web)
    run(bench, web, full_refresh=True)

    assert bench.rows("select ref_key from t_raw_onec.bank_receipts") == [(guid(1),)]


def test_spaces_of_a_filter_travel_as_percent_20(serve, onec, bench):
    web = serve(onec)
    run(bench, web)
    onec.sets[RECEIPTS] = [receipt(1, "2026-06-01T12:00:00")]

    run(bench, web)

    assert bench.rows("select count(*) from t_raw_onec.bank_receipts") == [(1,)]


def test_an_unpublished_entity_is_named(serve, onec, bench):
    del onec.sets[CATALOGS["currencies"]]

    with pytest.raises(SourceError, match=r"onec\.currencies: the entity is not published"):
        run(bench, serve(onec))


def test_a_property_of_another_configuration_is_named(serve, onec, bench):
    lacking = receipt(1, "2026-06-01T12:00:00")
    del lacking["НазначениеПлатежа"]
    onec.sets[RECEIPTS] = [lacking]

    with pytest.raises(SourceError, match="no property НазначениеПлатежа"):
        run(bench, serve(onec))


def test_the_time_zone_of_1c_must_be_given(serve, onec, bench):
    variables = bench.onec(serve(onec))
    del variables["ONEC_TIMEZONE"]

    with pytest.raises(SettingsError, match="needs ONEC_TIMEZONE"):
        bench.run("onec", variables)
