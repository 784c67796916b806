"""Zadarma's calls over real HTTP into a real Postgres."""

from datetime import UTC, datetime, timedelta

import pytest

from demo import pbx
from ingestion.errors import PartlyDoneError
from tests.ingestion.exchanges import land

pytestmark = pytest.mark.integration


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


def test_extensions_that_vanish_all_at_once_are_not_believed(exchange, bench):
    zadarma = exchange("zadarma", is_real_time=True)
    land(bench, zadarma, ZADARMA_HISTORY_DAYS="10")
    body = {"status": "success", "pbx_id": 1, "numbers": []}
    zadarma.break_down("v1/pbx/internal", "status", status=200, body=body)

    with pytest.raises(PartlyDoneError, match=r"zadarma\.extensions: no row came, and 8 that"):
        land(bench, zadarma, ZADARMA_HISTORY_DAYS="10")

    assert bench.rows("select count(*) from t_raw_zadarma.extensions") == [(8,)]
