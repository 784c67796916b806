"""Mango Office's calls over real HTTP into a real Postgres."""

from datetime import UTC, date, datetime, timedelta

import pytest

from demo import pbx
from ingestion.backfill import backfill
from ingestion.errors import PartlyDoneError, SourceError
from tests.ingestion.exchanges import AS_OF, land

pytestmark = pytest.mark.integration

RESULT = "stats/calls/result"
CALLS = "select count(*) from t_raw_mango.calls"


@pytest.fixture
def mango(exchange):
    return exchange("mango", is_real_time=True)


def test_a_second_run_reads_the_last_days_again_and_changes_nothing(mango, bench):
    first = land(bench, mango)
    asked = len(mango.answers)
    again = land(bench, mango, now=AS_OF + timedelta(minutes=15))

    assert bench.rows(CALLS) == [(len(mango.shown),)]
    assert bench.rows("select count(*) from t_raw_mango.users") == [(18,)]
    assert first.changed["calls"] == len(mango.shown)
    assert again.tables["calls"] < first.tables["calls"]
    assert sum(again.changed.values()) == 0
    assert [path for _, path, _ in mango.answers[asked:]].count(RESULT) == 1


def test_recordings_costs_and_call_backs_that_come_later_are_found(exchange, bench):
    calls = exchange("mango").calls
    missed, back = next(
        (call, other)
        for call in calls
        if call.direction == "in" and not call.talk
        for other in calls
        if (other.direction, other.number) == ("out", call.number) and other.talk
        if 0 < other.starts_at - call.ends_at < 2 * 86_400
    )
    seen = "select {} from t_raw_mango.calls where entry_id = '{}'"

    def state(now):
        land(bench, exchange("mango", is_real_time=True, now=now), now=now)
        recall = bench.rows(seen.format("recall_status", missed.id))
        return recall + bench.rows(
            seen.format("cost > 0, jsonb_array_length(recording_urls)", back.id)
        )

    before = state(datetime.fromtimestamp(back.ends_at - 1, UTC))
    at_once = state(datetime.fromtimestamp(back.ends_at, UTC))
    later = state(datetime.fromtimestamp(back.ends_at + pbx.COSTED_AFTER_SECONDS, UTC))

    assert len(before) == 1
    assert before != [(1,)]
    assert at_once == [(1,), (False, 0)]
    assert later == [(1,), (True, 1)]


def test_a_first_load_that_dies_leaves_nothing_visible_and_the_next_one_is_whole(mango, bench):
    body = {"result": 5000}
    mango.break_down(RESULT, "status", status=200, body=body, skip=20, times=1)
    with pytest.raises(SourceError, match=r"cannot answer at present \(code 5000\)"):
        land(bench, mango)
    assert bench.rows(CALLS) == [(0,)]

    land(bench, mango)

    assert bench.rows(CALLS) == [(len(mango.shown),)]


def test_a_backfill_reads_the_days_before_the_history(mango, bench):
    land(bench, mango, MANGO_HISTORY_DAYS="10")
    days = (date(2026, 10, 5), date(2026, 10, 18))
    starts, ends = (datetime(2026, 10, 4, 21, tzinfo=UTC), datetime(2026, 10, 18, 21, tzinfo=UTC))
    variables = mango.variables(MANGO_REQUESTS_PER_SECOND="400")

    changed = backfill("mango", bench.settings(**variables), *days)

    wanted = [
        call for call in mango.calls if starts.timestamp() <= call.starts_at < ends.timestamp()
    ]
    assert changed == len(wanted) > 20


def test_a_new_field_becomes_a_column_and_a_flipped_one_stops_its_table_alone(mango, bench):
    land(bench, mango, MANGO_HISTORY_DAYS="10")
    mango.break_down(RESULT, "field", field="call_comment", value="перезвонить", times=1)
    result = land(bench, mango, MANGO_HISTORY_DAYS="10")
    held = bench.rows("select * from t_raw_mango.calls order by entry_id")

    mango.break_down(RESULT, "field", field="duration", becomes="text", times=1)
    with pytest.raises(PartlyDoneError, match=r"mango\.calls: column duration changed its type"):
        land(bench, mango, MANGO_HISTORY_DAYS="10")

    assert any("call_comment" in notice for notice in result.notices)
    assert ("перезвонить",) in bench.rows("select distinct call_comment from t_raw_mango.calls")
    assert bench.rows("select * from t_raw_mango.calls order by entry_id") == held
