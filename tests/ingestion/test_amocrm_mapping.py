"""Where columns lie in answers of amoCRM: documented shapes, recorded answers, fields of several
types.
"""

import json

import pytest

from ingestion.batches import to_arrow
from ingestion.sources.amocrm.mapping import Mapper, statuses
from ingestion.sources.amocrm.tables import TABLES

BY_NAME = {table.name: table for table in TABLES}


def landed(table_name, item, **given):
    table = BY_NAME[table_name]
    (row,) = Mapper(table, "main").rows([item], **given)
    return to_arrow("amocrm", table, [row]).to_pylist()[0]


@pytest.mark.parametrize(
    ("task", "text"),
    [({}, None), ({"result": []}, None), ({"result": {"text": "Дозвонился"}}, "Дозвонился")],
)
def test_the_result_of_a_task_is_absent_empty_or_an_object(task, text):
    assert landed("tasks", {"id": 1, **task})["result_text"] == text


@pytest.mark.parametrize("responsible", [9101, "Анна"])
def test_the_responsible_of_a_call_is_a_number_or_a_name(responsible):
    note = {"id": 1, "params": {"call_responsible": responsible}}

    params = json.loads(landed("notes", note, entity_type="leads")["params"])

    assert params["call_responsible"] == responsible


def test_links_with_page_numbers_do_not_reach_raw():
    item = {
        "id": 1,
        "_embedded": {"companies": [{"id": 6, "_links": {"self": {"href": "x?page=1"}}}]},
    }

    assert json.loads(landed("leads", item)["companies"]) == [{"id": 6}]


def test_never_is_null_whether_zero_or_null():
    row = landed("leads", {"id": 1, "closed_at": 0, "closest_task_at": None})

    assert (row["closed_at"], row["closest_task_at"]) == (None, None)


def test_rights_and_department_come_from_inside_a_user():
    user = {
        "id": 9101,
        "name": "Анна",
        "rights": {"is_active": True, "is_admin": False, "group_id": 11},
        "_embedded": {"groups": [{"id": 11, "name": "Отдел опта"}]},
    }

    row = landed("users", user)

    assert (row["is_active"], row["group_id"], row["group_name"]) == (True, 11, "Отдел опта")


def test_stages_know_their_pipeline():
    pipeline = {"id": 3100, "_embedded": {"statuses": [{"id": 142, "name": "Успешно"}]}}

    (status,) = statuses(pipeline)

    assert landed("pipeline_statuses", status)["pipeline_id"] == 3100


def items_in(body, key):
    """Items of one list in any of the recorded files, whatever they are wrapped in."""
    if isinstance(body, list):
        for part in body:
            yield from items_in(part, key)
    elif isinstance(body, dict):
        found = (body.get("_embedded") or {}).get(key)
        if isinstance(found, list):
            yield from (item for item in found if "name" in item or "text" in item)
        for name, part in body.items():
            if name != "_embedded":
                yield from items_in(part, key)


@pytest.mark.parametrize(
    ("table_name", "key", "least"),
    [
        ("leads", "leads", 2),
        ("contacts", "contacts", 2),
        ("companies", "companies", 2),
        ("tasks", "tasks", 1),
        ("pipelines", "pipelines", 2),
    ],
)
def test_recorded_answers_land_whole(fixtures, table_name, key, least):
    files = sorted((fixtures / "amocrm").glob("*.json"))
    items = [
        item
        for path in files
        if "AddResponse" not in path.name and "Update" not in path.name
        for item in items_in(json.loads(path.read_text(encoding="utf-8")), key)
    ]

    rows = [landed(table_name, item) for item in items]

    assert len(rows) >= least
    assert all(row["id"] for row in rows)


def test_a_recorded_user_lands(fixtures):
    recorded = json.loads((fixtures / "amocrm" / "krukov_users.json").read_text(encoding="utf-8"))

    row = landed("users", recorded["DETAIL_INFO"])

    assert row["id"] == 3
    assert isinstance(row["is_active"], bool)
