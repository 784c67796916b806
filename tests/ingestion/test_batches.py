"""Values become the declared types or stop the table."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from ingestion.batches import batched, to_arrow
from ingestion.catalog import table
from ingestion.errors import SourceError

THINGS = table(
    "things",
    key="id",
    columns="id bigint, name text, price numeric, is_new bool, made_at timestamptz, tags json",
    about="",
)


def land(**fields):
    row = {"account_name": "main", "id": 1, **fields}
    return to_arrow("shop", THINGS, [row]).to_pylist()[0]


def test_declared_types_come_out_whatever_is_absent():
    assert land() == {
        "account_name": "main",
        "id": 1,
        "name": None,
        "price": None,
        "is_new": None,
        "made_at": None,
        "tags": None,
        "_extra": None,
    }


@pytest.mark.parametrize(
    ("given", "landed"), [(5, 5), (Decimal("99.50"), Decimal("99.5")), (58.9, Decimal("58.9"))]
)
def test_a_price_may_be_whole_or_broken(given, landed):
    assert land(price=given)["price"] == landed


@pytest.mark.parametrize(
    "moment",
    [1_767_225_600, datetime(2026, 1, 1, 3, tzinfo=timezone(timedelta(hours=3)))],
)
def test_times_become_utc(moment):
    assert land(made_at=moment)["made_at"] == datetime(2026, 1, 1, tzinfo=UTC)


def test_empty_text_is_null():
    assert land(name="")["name"] is None


def test_what_postgres_cannot_hold_is_dropped_from_text_and_json():
    row = land(name="а\x00б\ud800", tags=[{"n": "а\x00", "x": Decimal("1.5")}])

    assert row["name"] == "аб?"
    assert json.loads(row["tags"]) == [{"n": "а", "x": 1.5}]


@pytest.mark.parametrize(
    ("column", "value", "declared", "arrived"),
    [
        ("price", "1000", "numeric", "text"),
        ("price", True, "numeric", "bool"),
        ("name", 7, "text", "bigint"),
        ("is_new", 1, "bool", "bigint"),
        ("made_at", "2026-01-01", "timestamptz", "text"),
        ("id", "1", "bigint", "text"),
        ("id", {"a": 1}, "bigint", "json"),
    ],
)
def test_a_flipped_type_is_named_without_its_value(column, value, declared, arrived):
    with pytest.raises(SourceError) as error:
        land(**{column: value})

    assert f"column {column} changed its type: declared {declared}, arrived as {arrived}" in str(
        error.value
    )


def test_a_missing_key_is_named():
    with pytest.raises(SourceError, match="column id is empty in 1 of 1 rows"):
        land(id=None)


def test_small_pages_are_gathered_into_one_table():
    pages = [[{"account_name": "main", "id": n}] for n in range(5)]

    assert [t.num_rows for t in batched("shop", THINGS, pages)] == [5]


@pytest.mark.parametrize(
    ("column", "usual", "unusual"),
    [
        ("name", ["Анна", "", None, "а\x00б"], "\ud800"),
        ("id", [1, 2**40], Decimal(7)),
        ("price", [0, 5, None, -3], Decimal("1.5")),
        ("made_at", [0, 1_767_225_600, None], datetime(2026, 1, 1, tzinfo=UTC)),
        ("tags", [[], {}, [{"n": "а\x00"}], None], [Decimal("1.5")]),
    ],
)
def test_usual_values_land_alike_whether_or_not_an_unusual_one_is_among_them(
    column, usual, unusual
):
    def landed(values):
        rows = [{"account_name": "main", "id": 1, column: value} for value in values]
        return to_arrow("shop", THINGS, rows)[column].to_pylist()

    assert landed([*usual, unusual])[: len(usual)] == landed(usual)
