"""What a source may change about itself between two runs, and what stops its table."""

from decimal import Decimal

import pytest

from ingestion.errors import PartlyDoneError
from tests.ingestion.toy import START, numbered, orders

pytestmark = pytest.mark.integration


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


def test_a_new_field_loses_no_row(toy, run, bench):
    toy.orders = numbered(30)
    run()
    toy.orders = {
        number: {**order, "updated_at": START + 100, "_extra": {"score": number}}
        for number, order in toy.orders.items()
    }

    run(full_refresh=True)

    assert bench.rows("select count(*), sum(score) from t_raw_toy.orders") == [(30, 465)]
