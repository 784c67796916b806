"""1C over real HTTP into a real Postgres: documents without a "changed at"."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from ingestion.backfill import backfill
from ingestion.check import check
from ingestion.errors import PartlyDoneError, SettingsError, SourceError
from ingestion.sources.onec.resources import CATALOGS, DOCUMENTS
from ingestion.sweep import sweep

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


def test_an_old_document_unposted_or_back_dated_is_found_by_the_nightly_sweep(serve, onec, bench):
    onec.sets[RECEIPTS] = [
        receipt(1, "2025-02-01T12:00:00"),
        receipt(2, "2025-02-04T12:00:00"),
        receipt(3, "2026-06-01T12:00:00"),
    ]
    web = serve(onec)
    run(bench, web)
    onec.sets[RECEIPTS][0] |= {"Posted": False, "DataVersion": "BBBB"}
    onec.sets[RECEIPTS].append(receipt(4, "2025-02-03T12:00:00"))
    web.asked.clear()

    assert run(bench, web).changed["bank_receipts"] == 0
    dated = [a for a in web.asked if a.path.endswith(RECEIPTS)]
    assert all("Date ge" in a.query["$filter"] for a in dated)
    swept = sweep("onec", bench.settings(**bench.onec(web)))

    receipts = next(table for table in swept if table.table == "bank_receipts")
    assert (receipts.asked, receipts.gone, receipts.mended) == (3, 0, 2)
    assert bench.rows("select ref_key, posted from t_raw_onec.bank_receipts order by 1") == [
        (guid(1), False),
        (guid(2), True),
        (guid(3), True),
        (guid(4), True),
    ]


def test_an_erased_document_is_marked_by_the_run_within_the_window_and_by_the_sweep_before(
    serve, onec, bench
):
    onec.sets[RECEIPTS] = [
        receipt(1, "2025-02-01T12:00:00"),
        receipt(2, "2026-06-01T12:00:00"),
        receipt(3, "2026-06-02T12:00:00"),
    ]
    web = serve(onec)
    run(bench, web)
    erased = onec.sets[RECEIPTS][:2]
    del onec.sets[RECEIPTS][:2]
    gone = "select ref_key from t_raw_onec.bank_receipts where _gone_at is not null order by 1"

    run(bench, web)
    assert bench.rows(gone) == [(guid(2),)]
    sweep("onec", bench.settings(**bench.onec(web)))
    assert bench.rows(gone) == [(guid(1),), (guid(2),)]

    onec.sets[RECEIPTS] += erased
    run(bench, web)
    assert bench.rows(gone) == [(guid(1),)]


def test_a_document_back_dated_out_of_the_window_comes_with_its_new_date(serve, onec, bench):
    onec.sets[RECEIPTS] = [receipt(1, "2026-06-01T12:00:00"), receipt(2, "2026-06-02T12:00:00")]
    web = serve(onec)
    run(bench, web)
    onec.sets[RECEIPTS][0] |= {"Date": "2024-01-10T12:00:00", "DataVersion": "BBBB"}

    run(bench, web)

    assert bench.rows(
        "select ref_key, document_at::date::text, _gone_at from t_raw_onec.bank_receipts order by 1"
    ) == [(guid(1), "2024-01-10", None), (guid(2), "2026-06-02", None)]


def test_a_backfill_reads_documents_by_their_date_and_leaves_the_rest(serve, onec, bench):
    onec.sets[RECEIPTS] = [receipt(n, f"2025-02-{n:02d}T12:00:00") for n in range(1, 20)]
    web = serve(onec)
    run(bench, web)
    for document in onec.sets[RECEIPTS]:
        document |= {"Posted": False, "DataVersion": "BBBB"}

    changed = backfill(
        "onec", bench.settings(**bench.onec(web)), date(2025, 2, 5), date(2025, 2, 14)
    )

    assert changed == 10
    assert bench.rows(
        "select count(*), min(document_at)::date::text from t_raw_onec.bank_receipts "
        "where not posted"
    ) == [(10, "2025-02-05")]


def test_a_window_that_comes_empty_is_believed_only_when_a_person_says_so(serve, onec, bench):
    onec.sets[RECEIPTS] = [receipt(1, "2025-02-01T12:00:00"), receipt(2, "2026-06-01T12:00:00")]
    web = serve(onec)
    run(bench, web)
    onec.sets[RECEIPTS] = []

    with pytest.raises(PartlyDoneError, match=r"onec\.bank_receipts: no row came, and 1 that"):
        run(bench, web)
    run(bench, web, full_refresh=True)

    assert bench.rows("select ref_key from t_raw_onec.bank_receipts where _gone_at is null") == [
        (guid(1),)
    ]


def test_check_tells_what_the_user_may_read(serve, onec, bench):
    del onec.sets[CATALOGS["currencies"]]
    onec.sets[RECEIPTS] = [receipt(1, "2026-06-01T12:00:00")]

    tried = {t.probe: t for t in check("onec", bench.settings(**bench.onec(serve(onec))))}

    assert tried[RECEIPTS].what == "readable"
    assert not tried[CATALOGS["currencies"]].is_good
    assert "not published" in tried[CATALOGS["currencies"]].what


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
