"""Direct's figures over real HTTP into a real Postgres."""

from datetime import UTC, date, datetime, timedelta

import pytest

from demo.yandex_direct_ads import OTHER_LOGIN, clicks, figures, spend
from ingestion.backfill import backfill
from ingestion.errors import PartlyDoneError, SourceError
from tests.ingestion.exchanges import AS_OF, land

pytestmark = pytest.mark.integration

SETTLED = AS_OF + timedelta(days=5)
SUMS = """
    select date, campaign_id, sum(impressions), sum(clicks), sum(cost),
        sum((goal_conversions ->> '41001')::numeric)
    from t_raw_yandex_direct.ad_performance
    where account_name = '{}' and _gone_at is null
    group by date, campaign_id order by date, campaign_id
"""
CHANGED = {"campaigns": 0, "ad_performance": 0}


@pytest.fixture
def cabinet_at(exchange):
    """The cabinet of one company at several moments, each on a server of its own."""
    return lambda now=AS_OF: exchange("yandex_direct", is_real_time=True, now=now)


def truth(cabinet, until, login="optovik-direct"):
    """The ledger's spend of one advertiser up to a day, as `SUMS` gives it."""
    return [
        (row["date"], row["campaign_id"], row["impressions"], row["clicks"], row["amount"],
         row["forms"])
        for row in spend(cabinet.world.store, SETTLED)
        if row["login"] == login and row["date"] <= until
    ]  # fmt: skip


def landed(bench, until, account="main"):
    rows = bench.rows(SUMS.format(account))
    return [(*row[:4], float(row[4]), *row[5:]) for row in rows if row[0] <= until]


def test_a_second_run_reads_the_last_days_again_and_changes_nothing(cabinet_at, bench):
    cabinet = cabinet_at()
    first = land(bench, cabinet)
    asked = len(cabinet.answers)
    again = land(bench, cabinet)

    assert first.changed["campaigns"] == 5
    assert first.changed["ad_performance"] == first.tables["ad_performance"] > 500
    assert dict(again.changed) == CHANGED
    # Tables are read side by side.
    assert sorted(path for _, path, _ in cabinet.answers[asked:]) == ["campaigns", "reports"]


def test_figures_equal_the_ledger_once_direct_restates_no_more(cabinet_at, bench):
    first = cabinet_at()
    land(bench, first)
    settled = AS_OF.date().isoformat()
    before = landed(bench, settled)

    later = land(bench, cabinet_at(SETTLED), now=SETTLED)

    assert before != truth(first, settled)
    assert landed(bench, settled) == truth(first, settled)
    assert later.changed["ad_performance"] > 0
    fresh = land(bench, cabinet_at(SETTLED), now=SETTLED, full_refresh=True)
    assert dict(fresh.changed) == CHANGED


def test_a_row_whose_clicks_are_all_taken_back_is_gone(cabinet_at, bench):
    cabinet = cabinet_at()
    made = clicks(cabinet.world.store, int(AS_OF.timestamp()))
    mine = [click for click in made if click.campaign.login == "optovik-direct"]
    # Half an hour before: the cabinet's clock goes on while it is read.
    now = next(
        datetime.fromtimestamp(click.taken_back_at - 1800, UTC)
        for click in reversed(mine)
        if click.taken_back_at and click.taken_back_at < AS_OF.timestamp()
        if (click.day, click.campaign, click.ad_group_id) not in figures(mine)
    )
    keys = "select date, campaign_id, ad_group_id from t_raw_yandex_direct.ad_performance {}"
    land(bench, cabinet_at(now), now=now)
    before = set(bench.rows(keys.format("where _gone_at is null")))
    later = land(bench, cabinet, now=AS_OF)

    gone = set(bench.rows(keys.format("where _gone_at is not null")))
    shown = set(bench.rows(keys.format("where _gone_at is null")))
    assert gone
    assert gone <= before
    assert not gone & shown
    assert later.changed["ad_performance"] >= len(gone)


def test_an_empty_report_is_not_taken_for_nothing_spent(cabinet_at, bench):
    land(bench, cabinet_at())
    before = bench.rows(SUMS.format("main"))
    night = datetime(2026, 11, 20, 23, tzinfo=UTC)
    empty = cabinet_at(night)
    empty.world.store.amocrm["leads"].clear()
    empty.world.store.deleted_leads.clear()

    with pytest.raises(PartlyDoneError) as error:
        land(bench, empty, now=night)

    assert "yandex_direct.ad_performance: no row came, and" in str(error.value)
    assert bench.rows(SUMS.format("main")) == before


def test_two_clients_of_an_agency_are_two_accounts(cabinet_at, bench):
    cabinet = cabinet_at(SETTLED)
    land(
        bench,
        cabinet,
        now=SETTLED,
        YANDEX_DIRECT_ACCOUNT="main,regions",
        YANDEX_DIRECT_LOGIN__REGIONS=OTHER_LOGIN,
    )
    settled = AS_OF.date().isoformat()

    assert landed(bench, settled) == truth(cabinet, settled)
    assert landed(bench, settled, "regions") == truth(cabinet, settled, OTHER_LOGIN) != []


def test_a_month_is_read_again_on_demand_and_the_cursor_stays(cabinet_at, bench):
    cabinet = cabinet_at()
    land(bench, cabinet)
    before = bench.rows(SUMS.format("main"))
    with bench.connection() as connection:
        connection.execute(
            "update t_raw_yandex_direct.ad_performance set cost = 1 where date < '2026-10-01'"
        )
    changed = backfill(
        "yandex_direct",
        bench.settings(**cabinet.variables(YANDEX_DIRECT_REQUESTS_PER_SECOND="1000")),
        date(2026, 9, 1),
        date(2026, 9, 30),
        clock=lambda: AS_OF,
    )

    assert changed > 100
    assert bench.rows(SUMS.format("main")) == before
    assert dict(land(bench, cabinet).changed) == CHANGED


def test_a_report_that_breaks_leaves_everything_as_it_was(cabinet_at, bench, caplog):
    cabinet = cabinet_at()
    land(bench, cabinet)
    before = bench.rows(SUMS.format("main"))
    later = cabinet_at(SETTLED)
    later.break_down("reports", "html")

    with caplog.at_level("DEBUG"), pytest.raises(SourceError) as error:
        land(bench, later, now=SETTLED)

    assert "what came is not a report of Direct (/reports)" in str(error.value)
    assert "demo-direct" not in caplog.text
    assert bench.rows(SUMS.format("main")) == before
