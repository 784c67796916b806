"""Reading again what is held: for rows erased without a word, and by date."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from ingestion.backfill import backfill
from ingestion.errors import PartlyDoneError, SettingsError, SourceError
from ingestion.sweep import sweep
from tests.ingestion.toy import START, dies_at, numbered, orders

pytestmark = pytest.mark.integration


def test_a_sweep_marks_erased_rows_mends_changed_ones_and_a_row_that_comes_back_is_back(
    toy, run, bench
):
    toy.orders = numbered(40)
    run()
    del toy.orders[7]
    toy.orders[8]["name"] = "исправлен"

    (swept,) = sweep("toy", bench.settings(TOY_URL="here"))

    assert (swept.asked, swept.gone, swept.mended) == (40, 1, 1)
    assert [row for row in orders(bench) if row[0] in (7, 8)] == [
        (7, "Заказ 7", False),
        (8, "исправлен", True),
    ]
    assert toy.states == [{}]
    toy.orders[7] = {"name": "Заказ 7", "updated_at": START + 7}
    run(full_refresh=True)
    assert (7, "Заказ 7", True) in orders(bench)


def test_a_sweep_asks_no_more_than_its_bound_and_goes_on_the_next_night(toy, run, bench):
    toy.orders = numbered(10)
    run()
    settings = bench.settings(TOY_URL="here", INGESTION_SWEEP_ROWS="4")
    del toy.orders[10]

    nights = [sweep("toy", settings)[0] for _ in range(4)]

    assert [(night.asked, night.gone) for night in nights] == [(4, 0), (4, 0), (2, 1), (4, 0)]


def test_a_field_that_a_sweep_sees_first_is_told_by_the_sweep(toy, run, bench, caplog):
    toy.orders = numbered(3)
    run()
    toy.orders[2]["_extra"] = {"score": 5}

    sweep("toy", bench.settings(TOY_URL="here"))

    assert "toy.orders: column score appeared as numeric" in caplog.text


def test_a_sweep_that_misses_too_many_keys_marks_none_and_says_so(toy, run, bench):
    toy.orders = numbered(30)
    run()
    for number in range(1, 4):
        del toy.orders[number]

    with pytest.raises(PartlyDoneError, match=r"3 of 30 keys asked for are missing.*more than 5%"):
        sweep("toy", bench.settings(TOY_URL="here"))

    assert all(is_there for _, _, is_there in orders(bench))
    (swept,) = sweep("toy", bench.settings(TOY_URL="here"), accept_drop=True)
    assert swept.gone == 3


def dated(days: int) -> dict[int, dict[str, Any]]:
    """One order a day from 2026-01-01, at noon in Moscow."""
    first = datetime(2026, 1, 1, 9, tzinfo=UTC)
    return {
        day + 1: {
            "name": f"Заказ {day + 1}",
            "updated_at": int((first + timedelta(days=day)).timestamp()),
        }
        for day in range(days)
    }


def test_a_backfill_reads_its_window_again_and_leaves_the_cursor_alone(toy, run, bench):
    toy.orders = dated(30)
    run()
    with bench.connection() as connection:
        connection.execute("delete from t_raw_toy.orders where id between 5 and 20")
    pieces = []

    changed = backfill(
        "toy",
        bench.settings(TOY_URL="here"),
        date(2026, 1, 3),
        date(2026, 1, 18),
        on_piece=pieces.append,
    )

    assert changed == 14
    assert [key for key, _, _ in orders(bench)] == [*range(1, 19), *range(21, 31)]
    assert [(piece.done, piece.total) for piece in pieces] == [(1, 3), (2, 3), (3, 3)]
    assert pieces[-1].seconds_left == 0
    run()
    assert toy.states[-1] == {"last": 30}


def test_a_stopped_backfill_goes_on_where_it_was(toy, run, bench):
    toy.orders = dated(30)
    settings = bench.settings(TOY_URL="here")

    toy.before_order = dies_at(16)
    with pytest.raises(SourceError, match="cut short"):
        backfill("toy", settings, date(2026, 1, 1), date(2026, 1, 30))
    assert [key for key, _, _ in orders(bench)] == list(range(1, 15))
    read = []
    toy.before_order = read.append

    backfill("toy", settings, date(2026, 1, 1), date(2026, 1, 30))

    assert read == list(range(15, 31))
    assert len(orders(bench)) == 30


def test_a_backfill_makes_the_data_no_younger(toy, run, bench):
    toy.orders = dated(3)
    run()
    before = bench.rows("select max(applied_at) from t_raw_toy._applied_loads")

    backfill("toy", bench.settings(TOY_URL="here"), date(2026, 1, 1), date(2026, 1, 2))

    assert bench.rows("select max(applied_at) from t_raw_toy._applied_loads") == before


@pytest.mark.parametrize(
    ("days", "tables", "sentence"),
    [
        ((date(2026, 2, 1), date(2026, 1, 1)), (), "the last day, 2026-01-01, lies before"),
        ((date(2026, 1, 1), date(2026, 1, 1)), ("staff",), "has no table staff that can be read"),
    ],
)
def test_a_backfill_that_cannot_be_is_refused(toy, bench, days, tables, sentence):
    with pytest.raises(SettingsError, match=sentence):
        backfill("toy", bench.settings(TOY_URL="here"), *days, tables=tables)
