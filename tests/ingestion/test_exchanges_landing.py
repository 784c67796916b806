"""What holds for the calls of every telephone exchange, over real HTTP into a real Postgres."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from demo import pbx
from ingestion.backfill import backfill
from ingestion.errors import PartlyDoneError, SourceError
from tests.ingestion.exchanges import AS_OF, land

pytestmark = pytest.mark.integration

TEN_DAYS = "10"
HASTE = {"zadarma": {}, "mango": {"MANGO_REQUESTS_PER_SECOND": "400"}}
"""What a test asks for beyond the vendor's own limits, in real time."""


@dataclass(frozen=True)
class Vendor:
    """`path` gives the calls, of which `rows_of` make rows; `failure` is how it may fail, `told`
    in which words. `people` are the rows of the table of that name. A `new` field comes with a
    value, and `flipped` as text.
    """

    name: str
    path: str
    key: str
    rows_of: Callable[[Iterable[pbx.Call]], int]
    people: tuple[str, int]
    failure: Mapping[str, Any]
    told: str
    new: tuple[str, str]
    flipped: str

    def history(self) -> dict[str, str]:
        return {f"{self.name.upper()}_HISTORY_DAYS": TEN_DAYS}

    def count(self, bench, table: str = "calls") -> int:
        ((count,),) = bench.rows(f"select count(*) from t_raw_{self.name}.{table}")
        return int(count)


VENDORS = [
    Vendor(
        name="zadarma",
        path="v1/statistics/pbx",
        key="leg_id",
        rows_of=lambda calls: sum(len(call.legs) for call in calls),
        people=("extensions", 8),
        failure={"status": 401},
        told=r"access was refused \(401\)",
        new=("line_id", "7"),
        flipped="seconds",
    ),
    Vendor(
        name="mango",
        path="stats/calls/result",
        key="entry_id",
        rows_of=lambda calls: len(list(calls)),
        people=("users", 18),
        failure={"status": 200, "body": {"result": 5000}},
        told=r"cannot answer at present \(code 5000\)",
        new=("call_comment", "перезвонить"),
        flipped="duration",
    ),
]


@pytest.fixture(params=VENDORS, ids=lambda vendor: vendor.name)
def vendor(request) -> Vendor:
    return request.param


@pytest.fixture
def pbx_of(vendor, exchange):
    return exchange(vendor.name, is_real_time=True)


def test_a_second_run_reads_the_last_days_again_and_changes_nothing(vendor, pbx_of, bench):
    first = land(bench, pbx_of)
    asked = len(pbx_of.answers)
    again = land(bench, pbx_of, now=AS_OF + timedelta(minutes=15))

    shown = vendor.rows_of(pbx_of.shown)
    table, people = vendor.people
    assert (vendor.count(bench), vendor.count(bench, table)) == (shown, people)
    assert first.changed["calls"] == shown
    assert again.tables["calls"] < first.tables["calls"]
    assert sum(again.changed.values()) == 0
    assert [path for _, path, _ in pbx_of.answers[asked:]].count(vendor.path) == 1


def test_a_first_load_that_dies_leaves_nothing_visible_and_the_next_one_is_whole(
    vendor, pbx_of, bench
):
    pbx_of.break_down(vendor.path, "status", **vendor.failure, skip=20, times=1)
    with pytest.raises(SourceError, match=vendor.told):
        land(bench, pbx_of)
    assert vendor.count(bench) == 0

    land(bench, pbx_of)

    assert vendor.count(bench) == vendor.rows_of(pbx_of.shown)


def test_a_backfill_reads_the_days_before_the_history(vendor, pbx_of, bench):
    land(bench, pbx_of, **vendor.history())
    days = (date(2026, 10, 5), date(2026, 10, 18))
    starts, ends = (datetime(2026, 10, 4, 21, tzinfo=UTC), datetime(2026, 10, 18, 21, tzinfo=UTC))

    changed = backfill(vendor.name, bench.settings(**pbx_of.variables(**HASTE[vendor.name])), *days)

    wanted = [
        call for call in pbx_of.calls if starts.timestamp() <= call.starts_at < ends.timestamp()
    ]
    assert changed == vendor.rows_of(wanted) > 10


def test_a_new_field_becomes_a_column_and_a_flipped_one_stops_its_table_alone(
    vendor, pbx_of, bench
):
    column, value = vendor.new
    held_rows = f"select * from t_raw_{vendor.name}.calls order by {vendor.key}"
    land(bench, pbx_of, **vendor.history())
    pbx_of.break_down(vendor.path, "field", field=column, value=value, times=1)
    result = land(bench, pbx_of, **vendor.history())
    held = bench.rows(held_rows)

    pbx_of.break_down(vendor.path, "field", field=vendor.flipped, becomes="text", times=1)
    flipped = rf"{vendor.name}\.calls: column {vendor.flipped} changed its type"
    with pytest.raises(PartlyDoneError, match=flipped):
        land(bench, pbx_of, **vendor.history())

    assert any(column in notice for notice in result.notices)
    assert (value,) in bench.rows(f"select distinct {column} from t_raw_{vendor.name}.calls")
    assert bench.rows(held_rows) == held
