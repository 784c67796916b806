"""What Bitrix24 writes becomes typed rows, whatever family told of it; recorded answers land."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ingestion.batches import to_arrow
from ingestion.errors import TableRefusedError
from ingestion.sources.bitrix24.mapping import Mapper, column_of, described
from ingestion.sources.bitrix24.refusals import refused
from ingestion.sources.bitrix24.tables import BY_NAME
from tests.ingestion.bitrix24_portal import Portal, opening

OLD = {
    "ID": "501",
    "TITLE": "Заказ",
    "OPPORTUNITY": "84500.50",
    "CATEGORY_ID": "0",
    "STAGE_ID": "C3:NEW",
    "CLOSED": "N",
    "LEAD_ID": None,
    "ASSIGNED_BY_ID": "12",
    "CREATED_BY_ID": "0",
    "DATE_CREATE": "2026-02-01T10:00:00+03:00",
    "DATE_MODIFY": "2026-02-01T10:00:00+03:00",
    "MOVED_TIME": "",
    "UF_CRM_1": "5",
    "UF_CRM_2": ["a"],
    "UF_CRM_3": "",
    "UF_CRM_4": False,
}
NEW = {
    "id": 501,
    "title": "Заказ",
    "opportunity": 84500.5,
    "categoryId": 0,
    "stageId": "C3:NEW",
    "closed": "N",
    "leadId": 0,
    "assignedById": 12,
    "createdBy": 0,
    "createdTime": "2026-02-01T07:00:00+00:00",
    "updatedTime": "2026-02-01T07:00:00+00:00",
    "movedTime": None,
    "UF_CRM_1": 5.0,
    "UF_CRM_2": ["a"],
    "UF_CRM_3": None,
    "UF_CRM_4": [],
    "contactIds": [],
    "entityTypeId": 2,
}


def landed(table, item, **given):
    [row] = Mapper(BY_NAME[table], "main").rows([item], **given)
    [arrived] = to_arrow("bitrix24", BY_NAME[table], [row]).to_pylist()
    return arrived


def test_both_families_make_one_row():
    old, new = landed("deals", OLD), landed("deals", NEW)

    assert old == new
    assert (old["id"], old["opportunity"], old["closed"]) == (501, Decimal("84500.5"), False)
    assert (old["category_id"], old["lead_id"], old["created_by_id"]) == (0, None, 0)
    assert old["created_at"] == datetime(2026, 2, 1, 7, tzinfo=UTC)
    assert json.loads(old["user_fields"]) == {"UF_CRM_1": "5", "UF_CRM_2": ["a"]}
    assert old["_extra"] is None


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("ASSIGNED_BY_ID", "assigned_by_id"),
        ("assignedById", "assigned_by_id"),
        ("parentId1220", "parent_id_1220"),
        ("PARENT_ID_1220", "parent_id_1220"),
        ("ufCrmTask", "uf_crm_task"),
    ],
)
def test_names_of_both_families_are_one_column(name, column):
    assert column_of(name) == column


def test_what_nobody_knows_travels_on_under_one_name():
    old = landed("deals", {**OLD, "PARENT_ID_1220": "22"})
    new = landed("deals", {**NEW, "parentId1220": 22})
    assert json.loads(old["_extra"]) == {"parent_id_1220": "22"}
    assert json.loads(new["_extra"]) == {"parent_id_1220": 22}


@pytest.mark.parametrize("empty", ["", [], {}, None])
def test_an_empty_moment_is_none_however_it_is_written(empty):
    assert landed("leads", {"ID": "1", "DATE_CLOSED": empty})["date_closed"] is None


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("ASSIGNED_BY_ID", "Анна", "column assigned_by_id changed its type: declared bigint"),
        ("OPPORTUNITY", "много", "column opportunity changed its type: declared numeric"),
        ("CLOSED", "perhaps", "column closed changed its type: declared bool, arrived as text"),
        ("DATE_CREATE", "01.02.2026", "column created_at changed its type: declared timestamptz"),
        ("DATE_CREATE", "2026-02-01T10:00:00", "column created_at changed its type"),
    ],
)
def test_what_cannot_be_read_as_declared_is_refused_without_its_value(field, value, words):
    with pytest.raises(TableRefusedError) as caught:
        landed("deals", {**OLD, field: value})
    assert words in str(caught.value)
    assert value not in str(caught.value)


def test_peoples_word_for_a_field_lies_in_one_of_three():
    fields = {
        "UF_CRM_1": {"title": "UF_CRM_1", "formLabel": "Город", "type": "string"},
        "TITLE": {"title": "Название", "type": "string", "isMultiple": False},
    }
    rows = [landed("fields", one) for one in described(fields, "deals")]
    assert [(row["name"], row["title"]) for row in rows] == [
        ("UF_CRM_1", "Город"),
        ("TITLE", "Название"),
    ]


# -- Recorded and documented answers -----------------------------------------------------------


def recorded(fixtures, name):
    return json.loads((fixtures / "bitrix24" / f"{name}.json").read_text(encoding="utf-8"))


def rows_in(result):
    if isinstance(result, dict) and len(result) == 1:
        result = next(iter(result.values()))
    return result if isinstance(result, list) else [result]


@pytest.mark.parametrize(
    ("name", "table", "least", "given"),
    [
        ("crm-deal-list.0", "deals", 6, {}),
        ("crm-deal-get.0", "deals", 1, {}),
        ("crm-item-list.0", "leads", 4, {}),
        ("crm-lead-get.0", "leads", 1, {}),
        ("crm-contact-list.0", "contacts", 5, {}),
        ("crm-company-list.0", "companies", 1, {}),
        ("crm-activity-list.3", "activities", 1, {}),
        ("crm-activity-list.4", "activities", 1, {}),
        ("crm-category-list.0", "categories", 4, {}),
        ("crm-status-list.0", "statuses", 8, {}),
        ("crm-stage-history-list.0", "stage_history", 1, {"entity_type_id": 2}),
        ("user-get.0", "users", 2, {}),
        ("user-search.0", "users", 2, {}),
        ("department-get.0", "departments", 5, {}),
        ("voximplant-statistic-get.0", "calls", 2, {}),
    ],
)
def test_recorded_answers_land_whole_and_bring_no_unknown_field(
    fixtures, name, table, least, given
):
    rows = [landed(table, item, **given) for item in rows_in(recorded(fixtures, name)["result"])]

    assert len(rows) >= least
    assert all(row["id"] is not None for row in rows)
    unknown = {field for row in rows for field in json.loads(row["_extra"] or "{}")}
    assert unknown <= {"parent_id_1220"}  # a link to what the company made itself


def test_a_recorded_deal_lands_in_its_columns(fixtures):
    row = landed("deals", recorded(fixtures, "crm-deal-get.0")["result"])

    assert (row["id"], row["opportunity"], row["currency_id"]) == (410, Decimal(1_000_000), "EUR")
    assert (row["stage_id"], row["stage_semantic_id"], row["closed"]) == ("PREPARATION", "P", False)
    assert (row["company_id"], row["contact_id"], row["lead_id"]) == (9, 84, None)
    assert row["created_at"] == datetime(2024, 8, 30, 12, 29, tzinfo=UTC)
    assert row["utm_source"] == "google"
    assert json.loads(row["user_fields"]) == {"UF_CRM_1721244482250": "Hello world!"}


def test_a_recorded_lead_lands_in_its_columns(fixtures):
    row = landed("leads", recorded(fixtures, "crm-lead-get.0")["result"])

    assert (row["status_id"], row["status_semantic_id"]) == ("IN_PROCESS", "P")
    assert row["date_closed"] is None
    assert json.loads(row["phones"]) == [{"value": "+15454777777", "value_type": "OTHER"}]
    assert json.loads(row["messengers"])[0]["value_type"] == "OPENLINE"


def test_a_recorded_item_is_a_lead_with_real_numbers(fixtures):
    row = landed("leads", recorded(fixtures, "crm-item-list.0")["result"]["items"][0])
    assert (row["status_id"], row["assigned_by_id"], row["opportunity"]) == ("NEW", 6, 19000)


def test_recorded_calls_land_in_their_columns(fixtures):
    missed, answered = (
        landed("calls", one) for one in recorded(fixtures, "voximplant-statistic-get.0")["result"]
    )

    assert (missed["call_failed_code"], missed["call_duration"]) == ("603-S", 0)
    assert (answered["call_type"], answered["call_duration"]) == (2, 95)
    assert (answered["record_file_id"], missed["record_file_id"]) == (9079, None)
    assert (answered["crm_entity_type"], answered["crm_entity_id"]) == ("CONTACT", 797)
    assert answered["call_start_date"] == datetime(2026, 3, 10, 10, 19, 38, tzinfo=UTC)


def test_documented_fields_of_deals_land(fixtures):
    fields = recorded(fixtures, "crm-deal-fields.0")["result"]
    rows = [landed("fields", one) for one in described(fields, "deals")]

    types = {row["name"]: row["type"] for row in rows}
    assert (types["OPPORTUNITY"], types["CATEGORY_ID"]) == ("double", "crm_category")
    assert {row["_extra"] for row in rows} == {None}


def test_a_recorded_dictionary_is_read_over_http(fixtures, serve, answer, small_company, tmp_path):
    """The whole envelope, through the client: `total` without `next`."""
    body = (fixtures / "bitrix24" / "crm-status-list.0.json").read_bytes()
    web = serve(lambda asked: answer(body))
    with opening(Portal(small_company, web.url), tmp_path) as (_, source):
        [stages] = [piece.to_pylist() for piece in source.readers["statuses"]({})]

    assert [(one["status_id"], one["semantics"]) for one in stages[-3:]] == [
        ("WON", "S"),
        ("LOSE", "F"),
        ("APOLOGY", "F"),
    ]
    assert len(web.asked) == 1


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("crm-activity-list.2", "the portal answers to https:// alone"),
        (
            "crm-category-list.1",
            "finds the request wrong (400, NOT_FOUND: Smart process not found)",
        ),
        ("crm-company-list.1", "access is denied"),
        ("crm-contact-list.1", "access is denied"),
        ("crm-deal-get.1", "finds the request wrong (400"),
        ("crm-deal-list.1", "finds the request wrong (400"),
        ("crm-item-list.1", "finds the request wrong (400, INVALID_ARG_VALUE: Invalid filter"),
        ("crm-lead-get.1", "finds the request wrong (400: Not found)"),
        ("crm-lead-list.1", "access is denied"),
        ("crm-stage-history-list.1", "SHIPMENT_DOCUMENT entity is not supported"),
        ("crm-status-list.1", "Incorrect parameters passed"),
        ("voximplant-statistic-get.1", "access is denied"),
        ("call-followup-list.1", "invalid_date_range: Incorrect date range"),
        ("sale-payment-list.1", "finds the request wrong (400: error)"),
        ("telephony-external-call-finish.1", "400, INVALID_ARGUMENT: CALL_ID must be a string"),
        ("telephony-external-call-register.1", "400, ERROR_CORE: Unknown TYPE"),
        ("im-department-get.2", "400, INVALID_FORMAT: A wrong format for the ID field is passed"),
    ],
)
def test_documented_errors_are_understood(fixtures, name, words):
    assert words in refused(recorded(fixtures, name), 400, "method").what
