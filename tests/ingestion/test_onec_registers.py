"""Registers: records without a version, read by a window of their periods."""

import pytest

from demo import accounting_catalogs as catalogs
from demo.moscow import local_text
from ingestion.errors import PartlyDoneError
from ingestion.sources.onec import client
from ingestion.sweep import sweep
from tests.ingestion.onec_base import AS_OF, land

pytestmark = pytest.mark.integration

WINDOW = {"ONEC_WINDOW_DAYS": "20"}
OLD = "2026-09-10T00:00:00"
FRESH = "2026-11-15T00:00:00"
DOLLAR = catalogs.currency_key("840")


def rates(base):
    return base.records(catalogs.RATES)


def held(bench, base):
    """What the warehouse and the books hold of rates, to be compared."""
    rows = bench.rows(
        "select to_char(period_at at time zone 'Europe/Moscow', 'YYYY-MM-DD\"T\"HH24:MI:SS'), "
        "currency_key, rate::float, per_units from t_raw_onec.currency_rates "
        "where _gone_at is null"
    )
    there = {
        (one["Period"], one["Валюта_Key"], one["Курс"], int(one["Кратность"]))
        for one in rates(base).values()
    }
    return set(rows), there


def key(period):
    return f"{period}/{DOLLAR}"


def test_rates_land_and_a_second_run_reads_the_window_and_changes_nothing(onec, bench):
    base = onec()
    land(bench, base, **WINDOW)
    assert held(bench, base)[0] == held(bench, base)[1]
    base.asked.clear()

    again = land(bench, base, **WINDOW)

    (asked,) = base.asked_of(catalogs.RATES)
    assert asked["$filter"] == "Period ge datetime'2026-10-31T00:00:00'"
    assert asked["$orderby"] == "Period,Валюта_Key"
    assert again.changed["currency_rates"] == again.changed["prices"] == 0


def test_records_of_several_pages_and_one_moment_are_read_once_each(onec, bench, monkeypatch):
    monkeypatch.setattr(client, "PAGE", 4)
    base = onec()

    result = land(bench, base)

    assert held(bench, base)[0] == held(bench, base)[1]
    prices = base.records(catalogs.PRICES)
    assert result.tables["prices"] == len(prices)
    rows = bench.rows("select product_key, price::float from t_raw_onec.prices")
    assert sorted(rows) == sorted((one["Номенклатура_Key"], one["Цена"]) for one in prices.values())


def test_a_fresh_record_that_is_corrected_or_erased_is_right_after_the_next_run(onec, bench):
    base = onec()
    land(bench, base, **WINDOW)
    rates(base)[key(FRESH)]["Курс"] = 99.5
    del rates(base)["2026-11-14T00:00:00/" + DOLLAR]
    base.changed()

    assert land(bench, base, **WINDOW).changed["currency_rates"] == 2
    assert held(bench, base)[0] == held(bench, base)[1]


def test_an_old_record_corrected_erased_or_late_is_found_by_the_nightly_sweep(onec, bench):
    base = onec()
    land(bench, base, **WINDOW)
    rates(base)[key(OLD)]["Курс"] = 99.5
    del rates(base)["2026-09-11T00:00:00/" + DOLLAR]
    late = {**rates(base)[key(OLD)], "Period": "2026-09-09T12:00:00"}
    rates(base)[key(late["Period"])] = late
    base.changed()

    assert land(bench, base, **WINDOW).changed["currency_rates"] == 0
    done = sweep("onec", bench.settings(**base.variables(**WINDOW)))

    swept = next(one for one in done if one.table == "currency_rates")
    assert (swept.gone, swept.mended) == (1, 2)
    assert held(bench, base)[0] == held(bench, base)[1]


def test_prices_keep_the_moment_they_hold_from(onec, bench):
    base = onec()
    land(bench, base)
    at = int(AS_OF.timestamp())
    product = catalogs.PRODUCT_KEY.format(place=0)
    record = catalogs.price(
        recorder="bbbbbbbb-0000-11f0-0000-000000000001",
        line=1,
        at=at,
        product_key=product,
        roubles=777.5,
    )
    base.records(catalogs.PRICES)["new"] = record
    base.changed()

    land(bench, base)

    newest = bench.rows(
        "select price::float, is_active, "
        "to_char(period_at at time zone 'Europe/Moscow', 'YYYY-MM-DD\"T\"HH24:MI:SS') "
        f"from t_raw_onec.prices where product_key = '{product}' order by period_at desc limit 1"
    )
    assert newest == [(777.5, True, local_text(at))]


def test_a_window_of_records_that_comes_empty_is_refused(onec, bench):
    base = onec()
    land(bench, base)
    rates(base).clear()
    base.changed()
    with pytest.raises(PartlyDoneError, match=r"onec\.currency_rates: no row came, and"):
        land(bench, base)
