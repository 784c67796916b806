"""How the lists of a Bitrix24 portal are read: bounds, pages, batches, and what an interrupted
reading remembers.
"""

from datetime import date, datetime, timedelta

import pytest

from demo.bitrix24_cards import Cards
from ingestion import batches
from ingestion.backfill import backfill
from ingestion.catalog import Checkpoint
from tests.ingestion.bitrix24_portal import AS_OF, land, opening
from tests.ingestion.conftest import Collected


@pytest.fixture
def read(portal, tmp_path):
    """Reads one table from a state, with the portal at its vendor's rate."""

    def run(table, state=None):
        with opening(portal, tmp_path) as (_, source):
            return Collected(source.readers[table](state or {}))

    return run


def deals_of(portal):
    return {int(card["ID"]): card for card in Cards(portal.world.store).deals()}


def test_what_lies_within_the_bounds_is_read_once_in_the_order_of_ids(portal, read):
    got = read("deals")

    assert got.ids == sorted(deals_of(portal))
    assert got.states[-1] == {"read_until": AS_OF.isoformat()}


def test_a_long_list_is_read_by_ever_larger_batches(portal, read):
    got = read("stage_history")

    assert len(got.rows) == len(set(got.ids)) > 1000
    assert [len(params["cmd"]) for params in portal.asked_of("batch")] == [2, 4, 8, 2, 4, 8]


def test_a_short_list_needs_no_batch(portal, read):
    got = read("users")

    assert len(got.rows) == 26
    assert portal.asked_of("batch") == []


def test_a_batch_that_is_too_much_for_one_request_is_asked_for_in_smaller_ones(portal, read):
    portal.break_down("batch", "status", status=504, times=2)
    got = read("activities")

    assert len(got.rows) == len(set(got.ids)) > 500
    assert len(portal.asked_of("crm.activity.list")) > 2


def test_a_second_reading_begins_ten_minutes_before_the_bound_of_the_first(portal, read):
    """A change that becomes visible late, dated five minutes before the bound."""
    state = read("deals").states[-1]
    number = next(iter(deals_of(portal)))
    late = int((AS_OF - timedelta(minutes=5)).timestamp())
    portal.crm["leads"][number] |= {"price": 777, "updated_at": late}
    portal.pass_time(60)
    portal.switch()
    got = read("deals", state)

    assert (number, 777) in [(row["id"], row["opportunity"]) for row in got.rows]
    assert all(row["updated_at"] >= AS_OF - timedelta(minutes=10) for row in got.rows)
    assert got.states[-1]["read_until"] == (AS_OF + timedelta(seconds=60)).isoformat()


def test_calls_of_the_last_three_days_are_read_again(portal, read):
    state = read("calls").states[-1]
    got = read("calls", state)

    assert got.rows
    since = portal.asked_of("voximplant.statistic.get")[-1]["FILTER"][">=CALL_START_DATE"]
    assert datetime.fromisoformat(since) == AS_OF - timedelta(days=3)


def test_an_interrupted_first_reading_ends_its_bounds_and_then_reads_what_changed(
    portal, tmp_path, monkeypatch
):
    monkeypatch.setattr(batches, "ROWS_PER_BATCH", 50)
    with opening(portal, tmp_path) as (_, source):
        pieces = source.readers["deals"]({})
        first, reached = next(pieces), next(pieces)
        pieces.close()
    assert isinstance(reached, Checkpoint)
    read_before = first.column("id").to_pylist()
    changed = read_before[0]
    portal.pass_time(3600)
    portal.crm["leads"][changed] |= {
        "price": 777,
        "updated_at": int((AS_OF + timedelta(minutes=30)).timestamp()),
    }
    portal.switch()

    with opening(portal, tmp_path) as (_, source):
        rest = Collected(source.readers["deals"](reached.state))

    assert reached.state["last_id"] == read_before[-1]
    assert set(read_before) | set(rest.ids) == set(deals_of(portal))
    assert [row["opportunity"] for row in rest.rows if row["id"] == changed] == [777]
    assert not set(read_before[1:]) & set(rest.ids)
    assert rest.states[-1] == {"read_until": (AS_OF + timedelta(hours=1)).isoformat()}


def test_history_of_leads_and_of_deals_have_cursors_of_their_own(portal, read):
    got = read("stage_history")

    assert got.states[-1].keys() == {"leads", "deals"}
    assert {row["entity_type_id"] for row in got.rows} == {1, 2}
    again = read("stage_history", got.states[-1])
    assert all(row["created_at"] >= AS_OF - timedelta(minutes=10) for row in again.rows)
    assert len(again.rows) < 5


@pytest.mark.integration
def test_a_backfill_reads_a_window_by_creation_again_and_leaves_the_cursor_alone(portal, bench):
    land(bench, portal)
    asked = len(portal.asked)
    day = date(2026, 10, 5)
    created = [
        number
        for number, card in deals_of(portal).items()
        if card["DATE_CREATE"].startswith(day.isoformat())
    ]
    assert created
    with bench.connection() as connection:
        connection.execute(
            "update t_raw_bitrix24.deals set title = 'lost' where id = any(%s)", [created]
        )
    settings = bench.settings(**portal.variables())

    changed = backfill("bitrix24", settings, day, day, clock=lambda: AS_OF)

    assert changed == len(created)
    assert bench.rows("select count(*) from t_raw_bitrix24.deals where title = 'lost'") == [(0,)]
    window = portal.asked[asked:]
    assert {"tasks.task.list", "voximplant.statistic.get", "crm.stagehistory.list"} <= {
        method for method, _ in window
    }
    assert sum(land(bench, portal).changed.values()) == 0
