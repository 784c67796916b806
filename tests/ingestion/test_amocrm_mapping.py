"""Where columns lie in answers of amoCRM: documented shapes, recorded answers, fields of several
types.
"""

import json
from datetime import UTC, datetime
from decimal import Decimal

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


@pytest.mark.parametrize("price", [None, 0, 1000, 99.5])
def test_a_price_is_null_whole_or_has_minor_units(price):
    expected = None if price is None else Decimal(str(price))

    assert landed("leads", {"id": 1, "price": price})["price"] == expected


def test_a_lead_with_nothing_filled_in_lands():
    bare = {
        "id": 1,
        "custom_fields_values": None,
        "created_by": 0,
        "updated_by": 0,
        "_embedded": {"tags": [{"id": 3, "name": "без цвета"}], "companies": []},
    }

    row = landed("leads", bare)

    assert (row["custom_fields_values"], row["created_by"]) == (None, 0)
    assert json.loads(row["tags"]) == [{"id": 3, "name": "без цвета"}]


@pytest.mark.parametrize("value", ["2026-01-01", 1_767_225_600, "350", True])
def test_values_of_custom_fields_stay_as_they_came(value):
    fields = [{"field_id": 301, "field_code": None, "values": [{"value": value, "enum_id": 7}]}]

    row = landed("leads", {"id": 1, "custom_fields_values": fields})

    assert json.loads(row["custom_fields_values"]) == fields


def test_sip_metadata_of_mixed_types_stays_whole():
    metadata = {"from": "demo", "phone": 7, "duration": "54", "called_at": 1, "link": None}

    row = landed("unsorted", {"uid": "ab", "category": "sip", "metadata": metadata})

    assert json.loads(row["metadata"]) == metadata


def test_an_event_without_a_pipeline_lands():
    values = [{"lead_status": {"id": 142}}]

    row = landed("events", {"id": "e1", "type": "lead_status_changed", "value_after": values})

    assert json.loads(row["value_after"]) == values


def test_a_group_of_fields_is_a_word_or_a_number():
    groups = [landed("custom_fields", {"id": 1, "group_id": group}, entity_type="leads")["group_id"]
              for group in ("default", 5, None)]  # fmt: skip

    assert groups == ["default", "5", None]


def test_a_field_nobody_knows_travels_on_and_known_noise_does_not():
    item = {"id": 1, "account_id": 42, "request_id": "0", "_links": {}, "is_vip": True}

    assert json.loads(landed("leads", item)["_extra"]) == {"is_vip": True}
    assert landed("leads", {"id": 1, "_links": {}})["_extra"] is None


@pytest.mark.parametrize(
    ("table_name", "key", "least"),
    [
        ("leads", "leads", 3),
        ("contacts", "contacts", 4),
        ("companies", "companies", 3),
        ("tasks", "tasks", 2),
        ("pipelines", "pipelines", 3),
        ("pipeline_statuses", "statuses", 8),
    ],
)
def test_recorded_answers_land_whole_and_bring_no_unknown_field(fixtures, table_name, key, least):
    items = [
        item
        for path in sorted((fixtures / "amocrm").glob("*.json"))
        for item in items_in(json.loads(path.read_text(encoding="utf-8")), key)
    ]

    rows = [landed(table_name, item) for item in items]

    assert len(rows) >= least
    assert all(row["id"] and (row["name"] if "name" in row else row["text"]) for row in rows)
    assert [row["_extra"] for row in rows if row["_extra"]] == []


def recorded(fixtures, name):
    return json.loads((fixtures / "amocrm" / name).read_text(encoding="utf-8"))


def test_a_recorded_lost_lead_lands_in_its_columns(fixtures):
    row = landed("leads", recorded(fixtures, "ogi4i_leads_sampleGetLeadByIDResponseBody.json"))

    assert (row["status_id"], row["loss_reason_id"], row["price"]) == (143, 4203748, 12)
    assert row["closed_at"] == row["updated_at"] == datetime.fromtimestamp(1590683337, UTC)
    assert json.loads(row["companies"]) == [{"id": 10971463}]
    assert json.loads(row["catalog_elements"])[0]["metadata"]["quantity"] == 1


def test_a_recorded_account_lands(fixtures):
    body = recorded(fixtures, "ogi4i_account_sampleGetAccountResponseBody.json")

    row = landed("account", body, web_url="https://example.amocrm.ru")

    assert row["id"]
    assert row["subdomain"]
    assert row["_extra"] is None


def test_a_recorded_user_lands(fixtures):
    row = landed("users", recorded(fixtures, "krukov_users.json")["DETAIL_INFO"])

    assert row["id"] == 3
    assert isinstance(row["is_active"], bool)
