"""The rules of a run that hold for every source, shown on a source made of lists in memory."""

import threading

import pytest

from ingestion import packages, raw
from ingestion.errors import PartlyDoneError, SettingsError, SourceError
from ingestion.landing import LOADS_KEPT_DAYS
from ingestion.pipeline import run_source
from tests.ingestion.toy import START, dies_at, numbered, orders

pytestmark = pytest.mark.integration


def test_a_run_lands_rows_and_the_next_is_given_the_last_checkpoint(toy, run, bench):
    toy.orders = numbered(25)

    first = run()
    second = run()

    assert (first.tables, first.changed) == ({"orders": 25, "staff": 1}, {"orders": 25, "staff": 1})
    assert (second.tables, second.changed) == ({"orders": 0, "staff": 1}, {"orders": 0, "staff": 0})
    assert toy.states == [{}, {"last": 25}]
    assert len(orders(bench)) == 25


def test_the_planner_knows_a_table_as_soon_as_it_is_loaded_first(toy, run, bench):
    toy.orders = numbered(25)

    run()

    known = "select reltuples from pg_class where oid = 't_raw_toy.orders'::regclass"
    assert bench.rows(known) == [(25,)]


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
