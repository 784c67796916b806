"""The rules of a run that hold for every source, shown on a source made of lists in memory."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ingestion import packages, pipeline, raw
from ingestion.backfill import backfill
from ingestion.batches import to_arrow
from ingestion.catalog import (
    Checkpoint,
    Gone,
    OpenSource,
    SourceSpec,
    Sweep,
    Unchanged,
    Variable,
    table,
)
from ingestion.errors import PartlyDoneError, SettingsError, SourceError
from ingestion.landing import LOADS_KEPT_DAYS
from ingestion.pipeline import run_source
from ingestion.sweep import sweep

pytestmark = pytest.mark.integration

ORDERS = table(
    "orders", key="id", columns="id bigint, name text, updated_at timestamptz", about="Orders."
)
STAFF = table("staff", key="id", mode="snapshot", columns="id bigint, name text", about="Staff.")
START = 1_767_225_600


@dataclass
class Toy:
    """What the source holds; `orders` and `staff` map an id to the rest of the row."""

    orders: dict[int, dict[str, Any]] = field(default_factory=dict)
    staff: dict[int, dict[str, Any]] = field(default_factory=lambda: {1: {"name": "Анна"}})
    before_order: Callable[[int], None] = lambda number: None
    states: list[Mapping[str, Any]] = field(default_factory=list)
    staff_unchanged: bool = False
    page: int = 10

    def spec(self) -> SourceSpec:
        @contextmanager
        def opened(values: Mapping[str, str], context: Any) -> Iterator[OpenSource]:
            account = values["TOY_ACCOUNT"]
            if values["TOY_URL"] == "broken":
                raise SourceError("toy", None, "the source cannot be reached", "Check TOY_URL")
            yield OpenSource(
                readers={
                    "orders": lambda state: self._orders(account, state),
                    "staff": lambda state: self._staff(account),
                },
                windows={"orders": lambda start, end: self._window(account, start, end)},
                sweeps={
                    "orders": Sweep("id", 3, ("id",), lambda rows: self._look(account, rows)),
                },
            )

        return SourceSpec(
            name="toy",
            title="a toy",
            tables=(ORDERS, STAFF),
            variables=(
                Variable("TOY_URL", "where it is"),
                Variable("TOY_ACCOUNT", "its name", "main"),
            ),
            account_variable="TOY_ACCOUNT",
            open=opened,
        )

    def _orders(self, account: str, state: Mapping[str, Any]) -> Iterator[Any]:
        self.states.append(state)
        last = state.get("last", 0)
        for number in sorted(key for key in self.orders if key > last):
            self.before_order(number)
            yield self._rows(ORDERS, account, [(number, self.orders[number])])
            if number % self.page == 0:
                yield Checkpoint({"last": number})
        yield Checkpoint({"last": max(self.orders, default=last)})

    def _staff(self, account: str) -> Iterator[Any]:
        if self.staff_unchanged:
            yield Unchanged()
        elif self.staff:
            yield self._rows(STAFF, account, list(self.staff.items()))

    def _window(self, account: str, start: datetime, end: datetime) -> Iterator[Any]:
        within = [
            (number, order)
            for number, order in self.orders.items()
            if start.timestamp() <= order["updated_at"] < end.timestamp()
        ]
        for number, order in within:
            self.before_order(number)
            yield self._rows(ORDERS, account, [(number, order)])

    def _look(self, account: str, held: list[tuple[Any, ...]]) -> Iterator[Any]:
        keys = [key for (key,) in held]
        there = [(key, self.orders[key]) for key in keys if key in self.orders]
        if there:
            yield self._rows(ORDERS, account, there)
        if missing := tuple((key,) for key in keys if key not in self.orders):
            yield Gone(missing)

    def _rows(self, spec: Any, account: str, rows: list[tuple[int, dict[str, Any]]]) -> Any:
        return to_arrow(
            "toy", spec, [{"id": key, "account_name": account, **row} for key, row in rows]
        )


@pytest.fixture
def toy(monkeypatch) -> Toy:
    toy = Toy()
    monkeypatch.setattr(pipeline, "SOURCES", (toy.spec(),))
    return toy


@pytest.fixture
def run(bench):
    def run(**variables: str) -> pipeline.RunResult:
        how = {"full_refresh": variables.pop("full_refresh", False)}
        return run_source("toy", bench.settings(TOY_URL="here", **variables), **how)

    return run


def dies_at(order_number: int) -> Callable[[int], None]:
    """What the source does when that order is asked for: it cuts its answer short."""

    def before_order(number: int) -> None:
        if number == order_number:
            raise SourceError("toy", "orders", "the answer was cut short", "Run again")

    return before_order


def orders(bench) -> list[tuple[Any, ...]]:
    return bench.rows("select id, name, _gone_at is null from t_raw_toy.orders order by id")


def numbered(count: int, **more: Any) -> dict[int, dict[str, Any]]:
    return {
        number: {"name": f"Заказ {number}", "updated_at": START + number, **more}
        for number in range(1, count + 1)
    }


def test_a_run_lands_rows_and_the_next_is_given_the_last_checkpoint(toy, run, bench):
    toy.orders = numbered(25)

    first = run()
    second = run()

    assert (first.tables, first.changed) == ({"orders": 25, "staff": 1}, {"orders": 25, "staff": 1})
    assert (second.tables, second.changed) == ({"orders": 0, "staff": 1}, {"orders": 0, "staff": 0})
    assert toy.states == [{}, {"last": 25}]
    assert len(orders(bench)) == 25


def test_a_killed_first_load_shows_nothing_and_goes_on_at_its_checkpoint(
    toy, run, bench, monkeypatch
):
    monkeypatch.setattr(packages, "PACKAGE_ROWS", 10)
    toy.orders = numbered(50)

    toy.before_order = dies_at(35)
    with pytest.raises(SourceError, match="cut short"):
        run()
    assert orders(bench) == []

    toy.before_order = lambda number: None
    run()

    assert toy.states[1]["last"] in (20, 30)
    assert orders(bench) == [(n, f"Заказ {n}", True) for n in range(1, 51)]
    assert bench.rows("select count(*) from t_raw_toy_incoming.orders") == [(0,)]


def test_a_table_read_before_the_kill_and_changed_after_it_is_as_it_is_now(
    toy, run, bench, monkeypatch
):
    monkeypatch.setattr(packages, "PACKAGE_ROWS", 5)
    toy.orders = numbered(30)
    toy.staff = {1: {"name": "Анна"}, 2: {"name": "Борис"}}

    toy.before_order = dies_at(25)
    with pytest.raises(SourceError):
        run()
    toy.staff = {2: {"name": "Борис Новый"}}
    toy.before_order = lambda number: None

    run()

    assert bench.rows("select id, name from t_raw_toy.staff") == [(2, "Борис Новый")]


def test_a_flipped_type_stops_its_table_only_and_its_cursor_stays(toy, run, bench):
    toy.orders = numbered(3)
    run()
    toy.orders |= {4: {"name": 4, "updated_at": START}}
    toy.staff[2] = {"name": "Борис"}

    with pytest.raises(PartlyDoneError) as told:
        run()

    assert "toy.orders: column name changed its type: declared text, arrived as bigint" in str(
        told.value
    )
    assert told.value.done.tables == {"staff": 2}
    assert len(orders(bench)) == 3
    toy.orders[4] = {"name": "Заказ 4", "updated_at": START}
    run()
    assert toy.states[-1] == {"last": 3}
    assert len(orders(bench)) == 4


def test_a_new_field_becomes_a_column_by_itself(toy, run, bench):
    toy.orders = numbered(2)
    run()
    toy.orders |= {
        3: {
            "name": "Заказ 3",
            "updated_at": START,
            "_extra": {
                "Город_Key": "Москва",
                "score": 5,
                "isVip": True,
                "parts": [1, 2],
                "empty": None,
            },
        }
    }

    result = run()

    assert bench.rows(
        'select id, "город_key", score, isvip, parts from t_raw_toy.orders order by id'
    ) == [(1, None, None, None, None), (2, None, None, None, None), (3, "Москва", 5, True, [1, 2])]
    assert "toy.orders: column score appeared as numeric" in result.notices
    assert not any("empty" in notice for notice in result.notices)
    toy.orders[4] = {"name": "Заказ 4", "updated_at": START, "_extra": {"score": 5.25}}
    assert run().notices == ()
    assert bench.rows("select score from t_raw_toy.orders where id = 4") == [(Decimal("5.25"),)]


def test_a_new_field_that_flips_its_type_stops_the_table_naming_both(toy, run, bench):
    toy.orders = numbered(1, _extra={"score": 5})
    run()
    toy.orders[2] = {"name": "Заказ 2", "updated_at": START, "_extra": {"score": "five"}}

    with pytest.raises(
        PartlyDoneError,
        match="field score changed its type: it was numeric and arrived as text",
    ):
        run()

    assert len(orders(bench)) == 1


def test_a_column_that_vanishes_is_told_once(toy, run, bench):
    toy.orders = numbered(60)
    run()
    toy.orders = {n + 60: {"updated_at": START} for n in range(1, 61)}

    assert run().notices == ("toy.orders: column name vanished",)

    toy.orders |= {n + 120: {"updated_at": START} for n in range(1, 61)}
    assert run().notices == ()
    assert bench.rows("select table_name, column_name, change from t_raw_toy._schema_changes") == [
        ("orders", "name", "vanished")
    ]


def test_a_few_empty_values_are_no_vanished_column(toy, run):
    toy.orders = numbered(60)
    for number in range(1, 60, 2):
        del toy.orders[number]["name"]
    run()
    toy.orders = {n + 60: {"updated_at": START} for n in range(1, 6)}

    assert run().notices == ()


def test_a_snapshot_that_comes_empty_is_refused_while_the_rest_lands(toy, run, bench):
    run()
    toy.staff = {}
    toy.orders = numbered(1)

    with pytest.raises(PartlyDoneError, match=r"toy\.staff: no row came, and 1 that the warehouse"):
        run()

    assert bench.rows("select count(*) from t_raw_toy.staff") == [(1,)]
    assert len(orders(bench)) == 1
    run(full_refresh=True)
    assert bench.rows("select count(*) from t_raw_toy.staff") == [(0,)]


def test_a_table_that_loses_many_rows_keeps_them_until_a_person_accepts_it(toy, run, bench):
    toy.staff = {number: {"name": f"n{number}"} for number in range(1, 101)}
    run()
    toy.staff = {number: toy.staff[number] for number in range(1, 95)}

    with pytest.raises(PartlyDoneError, match="6 of the 100 rows that the warehouse holds did not"):
        run()
    assert bench.rows("select count(*) from t_raw_toy.staff") == [(100,)]

    run(full_refresh=True)
    assert bench.rows("select count(*) from t_raw_toy.staff") == [(94,)]


def test_a_few_rows_fewer_are_believed(toy, run, bench):
    toy.staff = {number: {"name": f"n{number}"} for number in range(1, 11)}
    run()
    toy.staff = {number: toy.staff[number] for number in range(1, 6)}

    run()

    assert bench.rows("select count(*) from t_raw_toy.staff") == [(5,)]


def test_a_new_field_of_several_kinds_is_kept_as_json(toy, run, bench):
    toy.orders = numbered(2)
    toy.orders[1]["_extra"], toy.orders[2]["_extra"] = {"score": {"a": 1}}, {"score": 5}

    run()

    assert bench.rows("select id, score from t_raw_toy.orders order by id") == [
        (1, {"a": 1}),
        (2, 5),
    ]


def test_an_unchanged_snapshot_keeps_its_rows(toy, run, bench):
    run()
    toy.staff_unchanged = True

    result = run()

    assert result.tables["staff"] == 0
    assert bench.rows("select count(*) from t_raw_toy.staff") == [(1,)]


def test_an_older_copy_that_comes_late_does_not_win(toy, run, bench):
    toy.orders = {1: {"name": "новый", "updated_at": START + 100}}
    run()
    toy.orders = {1: {"name": "старый", "updated_at": START}}

    run(full_refresh=True)

    assert orders(bench) == [(1, "новый", True)]


def test_accounts_are_apart_and_one_that_fails_does_not_stop_the_others(toy, run, bench):
    toy.orders = numbered(2)

    with pytest.raises(PartlyDoneError, match="account kz: toy: the source cannot be reached"):
        run(TOY_ACCOUNT="main,kz", TOY_URL__KZ="broken")

    assert bench.rows("select distinct account_name from t_raw_toy.orders") == [("main",)]
    result = run(TOY_ACCOUNT="main,kz")
    assert result.tables["orders"] == 2
    toy.staff = {9: {"name": "Ольга"}}
    run(TOY_ACCOUNT="kz")
    assert bench.rows("select account_name, id from t_raw_toy.staff order by 1") == [
        ("kz", 9),
        ("main", 1),
    ]


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


def test_a_run_waits_for_its_turn_and_then_gives_up_with_a_sentence(toy, run, bench, monkeypatch):
    started, go_on = threading.Event(), threading.Event()
    toy.orders = numbered(1)

    def waits(number: int) -> None:
        started.set()
        assert go_on.wait(60)

    toy.before_order = waits
    other = threading.Thread(target=run)
    other.start()
    assert started.wait(60)
    monkeypatch.setattr(raw.turn.__wrapped__, "__defaults__", (0.0,))
    try:
        with pytest.raises(SourceError, match="another run of this source is going on"):
            run()
    finally:
        go_on.set()
        other.join(60)


def test_names_of_accounts_must_differ(toy, bench):
    with pytest.raises(SettingsError, match="TOY_ACCOUNT names no account or one twice"):
        run_source("toy", bench.settings(TOY_URL="here", TOY_ACCOUNT="main,MAIN"))


def test_what_is_remembered_of_a_year_of_runs_stays_small(toy, run, bench):
    toy.orders = numbered(200)
    run()
    with bench.connection() as connection:
        connection.execute(
            "insert into t_raw_toy._applied_loads select 'old ' || n, 'orders', "
            "now() - n * interval '1 day', 1, 0, 0, 'main' from generate_series(1, 365) as n"
        )
    run()

    (state,) = bench.rows("select max(length(state)) from t_raw_toy_incoming._dlt_pipeline_state")
    assert int(state[0]) < 2_000
    loads = "select count(*) from t_raw_toy._applied_loads where table_name = 'orders'"
    assert bench.rows(loads) == [(1 + LOADS_KEPT_DAYS,)]


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


def test_rows_kept_before_a_kill_survive_that_their_table_is_refused_after_it(
    toy, run, bench, monkeypatch
):
    monkeypatch.setattr(packages, "PACKAGE_ROWS", 10)
    toy.orders = numbered(50)

    toy.before_order = dies_at(35)
    with pytest.raises(SourceError):
        run()
    toy.before_order = lambda number: None
    whole = toy.orders[40]
    toy.orders[40] = {"name": 40, "updated_at": START}
    with pytest.raises(PartlyDoneError, match="column name changed its type"):
        run()
    assert orders(bench) == []
    toy.orders[40] = whole

    run()

    assert [key for key, _, _ in orders(bench)] == list(range(1, 51))


def test_an_incoming_schema_that_was_dropped_costs_a_full_read_and_nothing_else(toy, run, bench):
    toy.orders = numbered(5)
    run()
    with bench.connection() as connection:
        connection.execute("drop schema t_raw_toy_incoming cascade")

    result = run()

    assert (result.tables["orders"], result.changed["orders"]) == (5, 0)
    assert toy.states[-1] == {}


def test_a_new_field_loses_no_row(toy, run, bench):
    toy.orders = numbered(30)
    run()
    toy.orders = {
        number: {**order, "updated_at": START + 100, "_extra": {"score": number}}
        for number, order in toy.orders.items()
    }

    run(full_refresh=True)

    assert bench.rows("select count(*), sum(score) from t_raw_toy.orders") == [(30, 465)]


def test_what_one_account_left_half_read_is_not_shown_by_the_run_of_another(
    toy, run, bench, monkeypatch
):
    monkeypatch.setattr(packages, "PACKAGE_ROWS", 10)
    toy.orders = numbered(50)

    toy.before_order = dies_at(35)
    with pytest.raises(SourceError):
        run(TOY_ACCOUNT="main")
    toy.before_order = lambda number: None

    run(TOY_ACCOUNT="kz")

    shown = "select account_name, count(*) from t_raw_toy.orders group by 1 order by 1"
    assert bench.rows(shown) == [("kz", 50)]
    run(TOY_ACCOUNT="main")
    assert bench.rows(shown) == [("kz", 50), ("main", 50)]
