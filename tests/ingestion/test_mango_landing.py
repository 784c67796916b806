"""Mango Office's calls over real HTTP into a real Postgres."""

from datetime import UTC, datetime

import pytest

from demo import pbx
from tests.ingestion.exchanges import land

pytestmark = pytest.mark.integration


def test_recordings_costs_and_call_backs_that_come_later_are_found(exchange, bench):
    calls = exchange("mango").calls
    missed, back = next(
        (call, other)
        for call in calls
        if call.direction == "in" and not call.talk
        for other in calls
        if (other.direction, other.number) == ("out", call.number) and other.talk
        if 600 < other.starts_at - call.ends_at < 2 * 86_400
    )
    seen = "select {} from t_raw_mango.calls where entry_id = '{}'"

    def state(now):
        land(bench, exchange("mango", is_real_time=True, now=now), now=now)
        recall = bench.rows(seen.format("recall_status", missed.id))
        return recall + bench.rows(
            seen.format("cost > 0, jsonb_array_length(recording_urls)", back.id)
        )

    # The exchange's clock goes on while it is read.
    before = state(datetime.fromtimestamp(back.starts_at - 300, UTC))
    at_once = state(datetime.fromtimestamp(back.ends_at, UTC))
    later = state(datetime.fromtimestamp(back.ends_at + pbx.COSTED_AFTER_SECONDS, UTC))

    assert len(before) == 1
    assert before != [(1,)]
    assert at_once == [(1,), (False, 0)]
    assert later == [(1,), (True, 1)]
