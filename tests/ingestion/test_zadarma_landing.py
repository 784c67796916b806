"""Zadarma's calls over real HTTP into a real Postgres."""

from datetime import UTC, date, datetime, timedelta

import pytest

from demo import pbx
from ingestion.backfill import backfill
from ingestion.errors import PartlyDoneError, SourceError
from tests.ingestion.exchanges import AS_OF, land

pytestmark = pytest.mark.integration

CALLS = "v1/statistics/pbx"
LEGS = "select count(*) from t_raw_zadarma.calls"


def leg_count(calls):
    return sum(len(call.legs) for call in calls)


@pytest.fixture
def zadarma(exchange):
    return exchange("zadarma", is_real_time=True)


def test_a_second_run_reads_the_last_days_again_and_changes_nothing(zadarma, bench):
    first = land(bench, zadarma)
    asked = len(zadarma.answers)
    again = land(bench, zadarma, now=AS_OF + timedelta(minutes=15))

    assert bench.rows(LEGS) == [(leg_count(zadarma.shown),)]
    assert bench.rows("select count(*) from t_raw_zadarma.extensions") == [(8,)]
    assert first.changed["calls"] == leg_count(zadarma.shown)
    assert again.tables["calls"] < first.tables["calls"]
    assert sum(again.changed.values()) == 0
    assert [path for _, path, _ in zadarma.answers[asked:]].count(CALLS) == 1


def test_a_recording_that_comes_after_the_call_is_found_by_a_later_run(exchange, bench):
    call = next(call for call in exchange("zadarma").calls[::-1] if call.talk)
    over = datetime.fromtimestamp(call.ends_at + 60, UTC)
    soon = exchange("zadarma", is_real_time=True, now=over)
    recorded = f"select is_recorded from t_raw_zadarma.calls where pbx_call_id like '%{call.id}'"

    land(bench, soon, now=over)
    before = bench.rows(recorded)[-1:]
    later = over + timedelta(seconds=pbx.RECORDED_AFTER_SECONDS)
    result = land(bench, exchange("zadarma", is_real_time=True, now=later), now=later)

    assert (before, bench.rows(recorded)[-1:]) == ([(False,)], [(True,)])
    assert result.changed["calls"] >= 1


def test_a_first_load_that_dies_leaves_nothing_visible_and_the_next_one_is_whole(zadarma, bench):
    zadarma.break_down(CALLS, "status", status=401, skip=20, times=1)
    with pytest.raises(SourceError, match=r"access was refused \(401\)"):
        land(bench, zadarma)
    assert bench.rows(LEGS) == [(0,)]

    land(bench, zadarma)

    assert bench.rows(LEGS) == [(leg_count(zadarma.shown),)]


def test_a_backfill_reads_the_days_before_the_history(zadarma, bench):
    land(bench, zadarma, ZADARMA_HISTORY_DAYS="10")
    days = (date(2026, 10, 5), date(2026, 10, 18))
    starts, ends = (datetime(2026, 10, 4, 21, tzinfo=UTC), datetime(2026, 10, 18, 21, tzinfo=UTC))

    changed = backfill("zadarma", bench.settings(**zadarma.variables()), *days)

    wanted = [
        call for call in zadarma.calls if starts.timestamp() <= call.starts_at < ends.timestamp()
    ]
    assert changed == leg_count(wanted) > 10


def test_a_new_field_becomes_a_column_and_a_flipped_one_stops_its_table_alone(zadarma, bench):
    land(bench, zadarma, ZADARMA_HISTORY_DAYS="10")
    zadarma.break_down(CALLS, "field", field="line_id", value="7", times=1)
    result = land(bench, zadarma, ZADARMA_HISTORY_DAYS="10")
    held = bench.rows("select * from t_raw_zadarma.calls order by leg_id")

    zadarma.break_down(CALLS, "field", field="seconds", becomes="text", times=1)
    with pytest.raises(PartlyDoneError, match=r"zadarma\.calls: column seconds changed its type"):
        land(bench, zadarma, ZADARMA_HISTORY_DAYS="10")

    assert any("line_id" in notice for notice in result.notices)
    assert ("7",) in bench.rows("select distinct line_id from t_raw_zadarma.calls")
    assert bench.rows("select * from t_raw_zadarma.calls order by leg_id") == held


def test_extensions_that_vanish_all_at_once_are_not_believed(zadarma, bench):
    land(bench, zadarma, ZADARMA_HISTORY_DAYS="10")
    body = {"status": "success", "pbx_id": 1, "numbers": []}
    zadarma.break_down("v1/pbx/internal", "status", status=200, body=body)

    with pytest.raises(PartlyDoneError, match=r"zadarma\.extensions: no row came, and 8 that"):
        land(bench, zadarma, ZADARMA_HISTORY_DAYS="10")

    assert bench.rows("select count(*) from t_raw_zadarma.extensions") == [(8,)]
