"""amoCRM over real HTTP into a real Postgres: what runs leave in raw_amocrm."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ingestion.errors import PartlyDoneError

pytestmark = pytest.mark.integration

START = 1_767_225_600  # 2026-01-01 00:00 UTC


def lead(number, updated_at=START, **fields):
    return {
        "id": number,
        "name": f"Сделка {number}",
        "price": 1000,
        "status_id": 31002,
        "pipeline_id": 3100,
        "created_at": START,
        "updated_at": updated_at,
        "is_deleted": False,
        **fields,
    }


def event(number):
    return {
        "id": f"e{number}",
        "type": "lead_status_changed",
        "entity_id": 1,
        "entity_type": "lead",
        "created_by": 0,
        "created_at": START + number,
        "value_before": [],
        "value_after": [{"lead_status": {"id": 142, "pipeline_id": 3100}}],
    }


def task(number, updated_at):
    return {"id": number, "text": "Позвонить", "created_at": START, "updated_at": updated_at}


def note(number, updated_at, **fields):
    return {
        "id": number,
        "entity_id": 1,
        "note_type": "call_in",
        "created_at": START,
        "updated_at": updated_at,
        **fields,
    }


def at(seconds):
    return lambda: datetime.fromtimestamp(seconds, UTC)


def test_a_run_lands_typed_rows(serve, amo, bench):
    amo.lists["leads"] = [
        lead(
            1,
            price=None,
            closed_at=0,
            custom_fields_values=[{"field_id": 7, "values": [{"value": "Ёлки\u0000"}]}],
            _embedded={
                "tags": [{"id": 3, "name": "тест", "color": None}],
                "contacts": [{"id": 5, "is_main": True, "_links": {"self": {"href": "?page=1"}}}],
            },
        ),
        lead(2, name='кавычки ", запятые\nи строки', price=99.5),
    ]
    web = serve(amo)

    result = bench.run("amocrm", bench.amocrm(web))

    assert result.tables["leads"] == 2
    rows = bench.rows(
        "select id, name, price, closed_at, created_at, tags, contacts, custom_fields_values "
        "from t_raw_amocrm.leads order by id"
    )
    created_at = datetime(2026, 1, 1, tzinfo=UTC)
    assert rows == [
        (
            1,
            "Сделка 1",
            None,
            None,
            created_at,
            [{"id": 3, "name": "тест"}],
            [{"id": 5, "is_main": True}],
            [{"field_id": 7, "values": [{"value": "Ёлки"}]}],
        ),
        (2, 'кавычки ", запятые\nи строки', Decimal("99.5"), None, created_at, [], [], None),
    ]


def test_running_twice_changes_nothing_not_even_the_load_id(serve, amo, bench):
    amo.lists = {"leads": [lead(n) for n in range(1, 4)], "users": [{"id": 1, "name": "Анна"}]}
    web = serve(amo)
    first = bench.run("amocrm", bench.amocrm(web))
    before = bench.rows("select * from t_raw_amocrm.leads order by id")
    users = bench.rows("select * from t_raw_amocrm.users")

    again = bench.run("amocrm", bench.amocrm(web), full_refresh=True)

    assert again.tables["leads"] == 3
    assert sum(again.changed.values()) == 0
    assert bench.rows("select * from t_raw_amocrm.leads order by id") == before
    assert bench.rows("select * from t_raw_amocrm.users") == users
    loads = "select distinct load_id from t_raw_amocrm._applied_loads order by 1"
    assert bench.rows(loads) == [(first.load_id,), (again.load_id,)]


def asked_from(web, path):
    """The lower bounds that a list was asked with."""
    return [
        int(value)
        for a in web.asked
        if a.path.endswith(path)
        for name, value in a.query.items()
        if name in ("filter[updated_at][from]", "filter[created_at][from]")
    ]


def test_a_later_run_asks_only_for_what_changed_since_with_ten_minutes_of_overlap(
    serve, amo, bench
):
    amo.lists["leads"] = [lead(1, START + 4_000)]
    web = serve(amo)
    bench.run("amocrm", bench.amocrm(web), clock=at(START + 5_000))
    amo.lists["leads"] = [lead(1, price=7, updated_at=START + 6_000), lead(2, START + 6_001)]
    web.asked.clear()

    result = bench.run("amocrm", bench.amocrm(web), clock=at(START + 9_000))

    asked = [
        a.query for a in web.asked if a.path.endswith("/leads") and "order[updated_at]" in a.query
    ]
    assert asked[0]["filter[updated_at][from]"] == str(START + 4_000 - 600)
    assert asked[0]["filter[updated_at][to]"] == str(START + 9_000)
    assert result.changed["leads"] == 2
    assert bench.rows("select id, price from t_raw_amocrm.leads order by id") == [(1, 7), (2, 1000)]


def test_a_crm_whose_clock_is_behind_ours_loses_nothing(serve, amo, bench):
    ours, hour = START + 100_000, 3_600
    now_there = ours - hour
    amo.lists = {
        "leads": [lead(1, now_there)],
        "tasks": [task(1, now_there)],
        "events": [event(1) | {"created_at": now_there}],
        "leads/notes": [note(1, now_there)],
    }
    web = serve(amo)
    bench.run("amocrm", bench.amocrm(web), clock=at(ours))
    changed_there = now_there + 60
    amo.lists["leads"].append(lead(2, changed_there))
    amo.lists["tasks"].append(task(2, changed_there))
    amo.lists["events"].append(event(2) | {"created_at": changed_there})
    amo.lists["leads/notes"].append(note(2, changed_there))

    result = bench.run("amocrm", bench.amocrm(web), clock=at(ours + 900))

    read = {name: result.changed[name] for name in ("leads", "tasks", "events", "notes")}
    assert read == {"leads": 1, "tasks": 1, "events": 1, "notes": 1}


def test_a_date_in_the_future_hides_nothing_that_comes_before_it(serve, amo, bench):
    century = 3_155_760_000
    amo.lists["tasks"] = [task(1, START + century)]
    web = serve(amo)
    bench.run("amocrm", bench.amocrm(web), clock=at(START + 5_000))
    amo.lists["tasks"].append(task(2, START + 6_000))

    bench.run("amocrm", bench.amocrm(web), clock=at(START + 9_000))

    assert bench.rows("select count(*) from t_raw_amocrm.tasks") == [(2,)]


def test_a_task_changed_after_its_page_was_read_comes_with_the_next_run(serve, amo, bench):
    amo.lists["tasks"] = [task(n, START) for n in range(1, 601)]
    later, much_later = START + 1_000, START + 9_000

    def change_tasks_while_they_are_read(asked):
        if asked.path.endswith("/tasks") and asked.query.get("page") == "3":
            amo.lists["tasks"][599] |= {"updated_at": later, "text": "moved"}  # passed already
            amo.lists["tasks"][0] |= {"updated_at": much_later}  # still to come
        return amo(asked)

    web = serve(change_tasks_while_they_are_read)
    bench.run("amocrm", bench.amocrm(web))
    web.answer = amo

    bench.run("amocrm", bench.amocrm(web))

    assert bench.rows("select text from t_raw_amocrm.tasks where id = 600") == [("moved",)]


def test_notes_of_one_kind_do_not_move_the_cursor_of_another(serve, amo, bench):
    amo.lists["leads/notes"] = [note(1, START)]
    amo.lists["contacts/notes"] = [note(1, START + 9_000)]
    web = serve(amo)
    bench.run("amocrm", bench.amocrm(web))
    web.asked.clear()

    bench.run("amocrm", bench.amocrm(web))

    assert asked_from(web, "leads/notes") == [START - 600]
    assert asked_from(web, "contacts/notes") == [START + 9_000 - 600]
    assert asked_from(web, "companies/notes") == [0]


def test_a_row_edited_while_pages_are_read_hides_no_other_row(serve, amo, bench):
    amo.lists["leads"] = [lead(n, START + n) for n in range(1, 601)]

    def edit_the_first_row_after_the_first_page(asked):
        answer = amo(asked)
        if asked.path.endswith("/leads") and "order[updated_at]" in asked.query:
            amo.lists["leads"][0]["updated_at"] = START + 10**6
        return answer

    web = serve(edit_the_first_row_after_the_first_page)
    bench.run("amocrm", bench.amocrm(web), clock=at(START + 10_000))

    assert bench.rows("select count(*) from t_raw_amocrm.leads") == [(600,)]


def test_more_than_a_page_of_rows_changed_in_one_second_are_all_read(serve, amo, bench):
    amo.lists["leads"] = [lead(n, START + n // 700) for n in range(1, 1500)]
    web = serve(amo)

    bench.run("amocrm", bench.amocrm(web))

    assert bench.rows("select count(*) from t_raw_amocrm.leads") == [(1499,)]


def test_what_left_a_dictionary_leaves_raw_and_what_left_a_moving_list_stays(serve, amo, bench):
    amo.lists = {
        "users": [{"id": 1, "name": "Анна"}, {"id": 2, "name": "Пётр"}],
        "leads": [lead(1), lead(2)],
    }
    web = serve(amo)
    bench.run("amocrm", bench.amocrm(web))
    amo.lists = {
        "users": [{"id": 1, "name": "Анна"}],
        "leads": [lead(1)],
        "deleted_leads": [{"id": 2, "updated_at": START + 9, "updated_by": 1, "is_deleted": True}],
    }

    bench.run("amocrm", bench.amocrm(web))

    assert bench.rows("select id from t_raw_amocrm.users") == [(1,)]
    assert bench.rows("select id from t_raw_amocrm.leads order by id") == [(1,), (2,)]
    assert bench.rows("select id from t_raw_amocrm.deleted_leads") == [(2,)]


def test_a_dictionary_that_comes_empty_is_believed_only_when_a_person_says_so(serve, amo, bench):
    amo.lists = {"users": [{"id": 1, "name": "Анна"}], "leads": [lead(1)]}
    web = serve(amo)
    bench.run("amocrm", bench.amocrm(web))
    amo.lists = {"users": [], "leads": [lead(1), lead(2)]}

    with pytest.raises(PartlyDoneError) as refused:
        bench.run("amocrm", bench.amocrm(web))

    assert str(refused.value).startswith("amocrm.users: no row came, and 1 that the warehouse")
    assert "python -m ingestion run amocrm --full-refresh" in str(refused.value)
    assert bench.rows("select id from t_raw_amocrm.users") == [(1,)]
    assert bench.rows("select id from t_raw_amocrm.leads order by id") == [(1,), (2,)]

    bench.run("amocrm", bench.amocrm(web), full_refresh=True)
    assert bench.rows("select id from t_raw_amocrm.users") == []
    bench.run("amocrm", bench.amocrm(web))
    assert bench.rows("select count(*) from t_raw_amocrm.leads") == [(2,)]


def test_events_come_by_the_hundred_and_each_once(serve, amo, bench):
    amo.lists["events"] = [event(n) for n in range(250)]
    web = serve(amo)

    bench.run("amocrm", bench.amocrm(web))

    asked = [a.query["limit"] for a in web.asked if a.path.endswith("/events")]
    assert set(asked) == {"100"}
    assert bench.rows("select count(*), count(distinct id) from t_raw_amocrm.events") == [
        (250, 250)
    ]


def test_notes_of_three_kinds_share_a_table_without_mixing_keys(serve, amo, bench):
    by_number, by_name = {"call_responsible": 9101}, {"call_responsible": "Анна"}
    amo.lists["leads/notes"] = [note(8, START, params=by_number)]
    amo.lists["contacts/notes"] = [note(8, START, params=by_name)]
    web = serve(amo)

    bench.run("amocrm", bench.amocrm(web))

    assert bench.rows(
        "select entity_type, id, params ->> 'call_responsible' from t_raw_amocrm.notes order by 1"
    ) == [("contacts", 8, "Анна"), ("leads", 8, "9101")]


def test_a_flipped_type_stops_its_table_and_no_other(serve, amo, bench):
    amo.lists = {"users": [{"id": 1, "name": "Анна"}], "leads": [lead(1)]}
    web = serve(amo)
    bench.run("amocrm", bench.amocrm(web), clock=at(START))
    amo.lists = {"users": [{"id": 2, "name": "Пётр"}], "leads": [lead(2, price="сто рублей")]}

    with pytest.raises(PartlyDoneError) as refused:
        bench.run("amocrm", bench.amocrm(web))

    sentence = str(refused.value)
    assert "amocrm.leads" in sentence
    assert "column price" in sentence
    assert "declared numeric, arrived as text" in sentence
    assert "сто рублей" not in sentence
    assert bench.rows("select id from t_raw_amocrm.leads") == [(1,)]
    assert bench.rows("select id from t_raw_amocrm.users") == [(2,)]
    amo.lists["leads"] = [lead(2)]
    bench.run("amocrm", bench.amocrm(web))
    assert bench.rows("select id from t_raw_amocrm.leads order by id") == [(1,), (2,)]


def test_nothing_of_the_customers_stays_on_the_disk_after_a_run(serve, amo, bench):
    amo.lists["leads"] = [lead(1)]

    bench.run("amocrm", bench.amocrm(serve(amo)))

    (turn,) = (path for path in bench.var_dir.rglob("*") if path.is_file())
    assert turn.name == "amocrm-main.turn"
    assert float(turn.read_text()) > 0
