"""The joining of calls in SQL against its reference, which was written from the meaning alone."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import sql

from tests.dbt.conftest import Dbt
from tests.dbt.stand_ins import build_views, fill, named
from tests.reference.calls import Call, CallRecord, calls_of

pytestmark = pytest.mark.integration

RECORDS = "intermediate.int_call_records_collected"
TABLES = {
    RECORDS: """
        record_id text, trust integer, call_key text, call_direction text, started_at timestamptz,
        phone text, manager_id text, call_seconds integer, source_name text, ended_at timestamptz,
        is_answered boolean, wait_seconds integer, called_number text, recording_url text,
        note_id text, crm_lead_id text, deal_id text, contact_id text, is_linked boolean"""
}
START = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Warehouse:
    """The view, and a connection to read it by."""

    prefix: str
    connection: psycopg.Connection

    def calls(self, records: list[CallRecord]) -> list[Call]:
        """Every record is its own note here, so that a call tells all of its records."""
        query = sql.SQL(
            "select call_id, note_ids, call_direction, started_at, phone, manager_id, call_seconds"
            " from {}"
        ).format(named(self.prefix, "intermediate.int_call_records_joined"))
        rows = [
            (
                one.record_id, one.trust, one.key, one.direction, one.started_at, one.phone,
                one.user, one.talk, *[None] * 6, one.record_id, *[None] * 3, False,
            )
            for one in records
        ]  # fmt: skip
        with self.connection.transaction(force_rollback=True):
            fill(self.connection, self.prefix, {RECORDS: rows})
            found = self.connection.execute(query).fetchall()
        return [Call(call_id, frozenset(ids), *rest) for call_id, ids, *rest in found]


@pytest.fixture(scope="module")
def warehouse(dbt_of: Callable[..., Dbt]) -> Iterator[Warehouse]:
    dbt = dbt_of("calls_")
    build_views(dbt, TABLES, ["int_call_records_joined"])
    with psycopg.connect(dbt.url) as connection:
        yield Warehouse(dbt.prefix, connection)


@st.composite
def records_of_a_day(draw: st.DrawFn) -> list[CallRecord]:
    """Few numbers, users, keys and instants, many of them a minute apart: ties are common."""
    ids = iter(draw(st.permutations("abcdefghij")))
    seconds = st.sampled_from([0, 0, 1, 10, 30, 59, 60, 61, 90, 120, 121])
    one = st.builds(
        CallRecord,
        record_id=st.builds(lambda: next(ids)),
        trust=st.sampled_from([1, 1, 2, 3, 3]),
        key=st.sampled_from([None, None, None, "k", "m"]),
        direction=st.sampled_from(["in", "in", "out"]),
        started_at=seconds.map(lambda after: START + timedelta(seconds=after)),
        phone=st.sampled_from(["+1", "+1", "+1", "+2", None]),
        user=st.sampled_from(["ann", "ann", "bob", None]),
        talk=st.integers(0, 3),
    )
    return draw(st.lists(one, min_size=1, max_size=9))


@settings(max_examples=600, deadline=None, derandomize=True)
@given(records=records_of_a_day())
def test_the_sql_joins_the_records_that_the_reference_joins(
    warehouse: Warehouse, records: list[CallRecord]
) -> None:
    by_id = attrgetter("call_id")
    assert sorted(warehouse.calls(records), key=by_id) == sorted(calls_of(records), key=by_id)
