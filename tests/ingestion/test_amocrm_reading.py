"""Which rows the readers of amoCRM bring: the deleted, the merged, the parts a tariff may lack,
sweeps, windows, and what the token may read.

Over real HTTP, without a warehouse: what a reader yields is looked at directly.
"""

import json
from datetime import UTC, datetime

import pytest

from ingestion.errors import SourceError
from ingestion.sources.amocrm import AMOCRM

START = 1_767_225_600  # 2026-01-01 00:00 UTC
DAY = 86_400
NOW = START + 100 * DAY  # the moment `account` opens at


def lead(number, updated_at=None, **fields):
    at = START + number if updated_at is None else updated_at
    return {"id": number, "created_at": START, "updated_at": at, **fields}


def event(number, created_at=None, **fields):
    at = START + number if created_at is None else created_at
    return {"id": f"e{number}", "type": "lead_added", "created_at": at, **fields}


# -- Deleted, restored, merged -----------------------------------------------------------------


def told(kind, number, entity_id, entity_type="lead", created_at=NOW - 60):
    return event(number, created_at, type=kind, entity_id=entity_id, entity_type=entity_type)


def test_a_lead_that_an_event_calls_deleted_is_gone(read, amo):
    amo.lists["leads"] = [lead(2)]
    amo.lists["events"] = [told("lead_deleted", 1, 1)]

    got = read(amo, "leads", {"read_until": START})

    assert got.gone == [(1,)]


def test_a_lead_deleted_and_restored_comes_whole_although_it_was_not_edited(read, amo):
    amo.lists["leads"] = [lead(1, name="из корзины")]
    amo.lists["events"] = [told("lead_deleted", 1, 1), told("lead_restored", 2, 1)]

    got = read(amo, "leads", {"read_until": NOW - DAY, "told_from": NOW - DAY})

    assert got.gone == []
    assert [(row["id"], row["name"]) for row in got.rows] == [(1, "из корзины")]


def test_of_two_merged_contacts_the_one_that_is_left_comes_and_the_other_is_gone(read, amo):
    """field.md 14 and 27: the event has empty values, and amoCRM answers 204 for the other."""
    amo.lists["contacts"] = [lead(1, name="осталась")]
    amo.lists["events"] = [
        told("entity_merged", 1, 1, "contact"),
        told("entity_merged", 2, 2, "contact"),
        told("entity_merged", 3, 7, "lead"),
    ]

    got = read(amo, "contacts", {"read_until": NOW - DAY, "told_from": NOW - DAY})

    assert got.ids == [1]
    assert got.gone == [(2,)]


def test_events_of_a_run_that_may_have_died_are_looked_at_once_more(read, amo):
    amo.lists["companies"] = [lead(5, NOW - 10 * DAY), lead(6, NOW - 2 * DAY)]
    first = read(amo, "companies", {"read_until": NOW - 10 * DAY, "told_from": NOW - 11 * DAY})
    assert first.states[-1] == {"read_until": NOW - 2 * DAY, "told_from": NOW - 10 * DAY}
    amo.lists["events"] = [told("company_deleted", 1, 9, "company", NOW - 5 * DAY)]

    second = read(amo, "companies", first.states[-1])
    third = read(amo, "companies", second.states[-1])

    assert (second.gone, third.gone) == ([(9,)], [])


# -- Parts a tariff may lack -------------------------------------------------------------------


@pytest.mark.parametrize("status", [402, 403, 404])
def test_an_account_without_customers_and_catalogs_reads_the_rest_and_says_so(
    read, amo, answer, caplog, status
):
    for path in ("customers", "customers/notes", "customers/tags", "customers/custom_fields",
                 "catalogs"):  # fmt: skip
        amo.refused[path] = answer(b"{}", status=status)
    amo.lists["leads/tags"] = [{"id": 1, "name": "опт"}]
    caplog.set_level("INFO", "ingestion")

    assert read(amo, "customers").rows == []
    assert read(amo, "catalog_elements").rows == []
    assert [row["name"] for row in read(amo, "tags").rows] == ["опт"]
    assert f"amocrm.customers: this account has no customers ({status})" in caplog.text


def test_leads_that_are_not_paid_for_stop_the_run(read, amo, answer):
    amo.refused["leads"] = answer(b"{}", status=402)

    with pytest.raises(SourceError, match=r"amocrm\.leads: amoCRM says that this is not paid for"):
        read(amo, "leads")


def test_a_forbidden_list_of_tags_of_leads_is_no_missing_part(read, amo, answer):
    amo.refused["leads/tags"] = answer(b"{}", status=403)

    with pytest.raises(SourceError, match=r"access is forbidden \(403\)"):
        read(amo, "tags")


# -- Dictionaries, catalogs, links -------------------------------------------------------------


def test_custom_fields_of_every_entity_and_catalog_keep_id_name_code_and_labels(read, amo):
    choice = {"id": 71, "value": "Сайт", "sort": 1}
    amo.lists = {
        "leads/custom_fields": [{"id": 7, "name": "Источник", "code": "SOURCE", "type": "select",
                                 "enums": [choice], "group_id": "default"}],
        "catalogs": [{"id": 5, "name": "Товары"}],
        "catalogs/5/custom_fields": [{"id": 8, "name": "Цена", "code": "PRICE", "type": "price"}],
    }  # fmt: skip

    rows = read(amo, "custom_fields").rows

    assert [(r["entity_type"], r["id"], r["code"]) for r in rows] == [
        ("leads", 7, "SOURCE"),
        ("catalog_5", 8, "PRICE"),
    ]
    assert json.loads(rows[0]["enums"]) == [choice]


def test_elements_know_their_catalog_and_a_big_list_rests(collect, account, amo):
    amo.lists = {
        "catalogs": [{"id": 5, "name": "Товары"}],
        "catalogs/5/elements": [{"id": n, "name": f"Товар {n}"} for n in range(1, 601)],
    }
    _, opened = account(amo)
    got = collect(opened.readers["catalog_elements"]({}))
    assert {(row["catalog_id"], row["name"]) for row in got.rows} >= {(5, "Товар 600")}
    assert got.states == [{"read_at": NOW, "requests": 3}]

    web, opened = account(amo, now=NOW + 60)
    rested = collect(opened.readers["catalog_elements"](got.states[-1]))
    assert (rested.rows, rested.is_unchanged, web.asked) == ([], True, [])

    _, opened = account(amo, now=NOW + 90)
    assert len(collect(opened.readers["catalog_elements"](got.states[-1])).rows) == 600


def link(lead_id, kind, number, **metadata):
    return {
        "entity_id": lead_id,
        "entity_type": "leads",
        "to_entity_id": number,
        "to_entity_type": kind,
        "metadata": metadata or None,
    }


def test_links_are_read_of_changed_leads_and_of_leads_that_events_name(read, amo):
    """field.md 16: however a lead was met, its links are all of them, and none stays behind."""
    amo.lists["leads"] = [lead(n) for n in range(1, 61)]
    amo.lists["links"] = [
        link(1, "contacts", 5, main_contact=True),
        link(1, "catalog_elements", 9, quantity=3, catalog_id=5),
        link(60, "companies", 6),
    ]
    whole = read(amo, "links")
    by_lead = {row["entity_id"]: json.loads(row["links"]) for row in whole.rows}
    assert len(by_lead) == 60
    assert [one["to_entity_id"] for one in by_lead[1]] == [9, 5]
    assert by_lead[1][0]["metadata"] == {"quantity": 3, "catalog_id": 5}

    del amo.lists["links"][0]
    amo.lists["events"] = [
        event(1, NOW - 60, type="contact_unlinked", entity_type="contact", entity_id=5,
              value_before=[{"link": {"entity": {"type": "lead", "id": 1}}}], value_after=[])
    ]  # fmt: skip
    state = {"read_until": NOW - DAY, "told_from": NOW - DAY}
    later = {row["entity_id"]: json.loads(row["links"]) for row in read(amo, "links", state).rows}

    assert {n: [one["to_entity_id"] for one in own] for n, own in later.items()} == {1: [9]}


def test_addresses_stay_below_two_thousand_characters(account, amo):
    amo.lists["leads"] = [lead(n) for n in range(10**9, 10**9 + 120)]
    web, opened = account(amo)

    list(opened.sweeps["leads"].look([(n,) for n in range(10**9, 10**9 + 120)]))

    asked = [a for a in web.asked if a.all_of("filter[id][]")]
    assert sum(len(a.all_of("filter[id][]")) for a in asked) == 120
    for one in asked:
        encoded = sum(len(f"{name}={value}&") + 4 * name.count("[") for name, value in one.pairs)
        assert len("https://a-long-subdomain.amocrm.ru") + len(one.path) + encoded < 2_000


# -- Sweeps and windows ------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["leads", "contacts", "companies", "customers", "tasks"])
def test_a_sweep_mends_what_is_there_and_tells_what_is_not(collect, account, amo, table):
    amo.lists[table] = [lead(1, name="как есть", text="как есть")]
    _, opened = account(amo)

    got = collect(opened.sweeps[table].look([(1,), (2,)]))

    assert (got.ids, got.gone) == ([1], [(2,)])


def test_a_sweep_of_notes_and_elements_asks_each_list_for_its_own(collect, account, amo):
    amo.lists = {
        "leads/notes": [lead(1, entity_id=7)],
        "contacts/notes": [lead(2, entity_id=7)],
        "catalogs/5/elements": [{"id": 1, "name": "Товар"}],
    }
    _, opened = account(amo)

    notes = collect(opened.sweeps["notes"].look([("contacts", 1), ("contacts", 2), ("leads", 1)]))
    elements = collect(opened.sweeps["catalog_elements"].look([(5, 1), (5, 2)]))

    assert {(row["entity_type"], row["id"]) for row in notes.rows} == {
        ("contacts", 2),
        ("leads", 1),
    }
    assert notes.gone == [("contacts", 1)]
    assert (elements.ids, elements.gone) == ([1], [(5, 2)])


@pytest.mark.parametrize(
    ("table", "path"),
    [
        ("leads", "leads"),
        ("contacts", "contacts"),
        ("companies", "companies"),
        ("tasks", "tasks"),
        ("events", "events"),
        ("notes", "leads/notes"),
    ],
)
def test_a_window_reads_the_rows_of_its_days_and_no_others(collect, account, amo, table, path):
    amo.lists[path] = [
        {"id": n, "created_at": START + n * DAY, "updated_at": START + n * DAY} for n in range(5)
    ]
    if table == "events":
        amo.lists[path] = [{**row, "id": f"e{row['id']}"} for row in amo.lists[path]]
    _, opened = account(amo)
    first, end = (datetime.fromtimestamp(START + n * DAY, UTC) for n in (1, 3))

    got = collect(opened.windows[table](first, end))

    assert sorted(str(one).lstrip("e") for one in got.ids) == ["1", "2"]


def test_every_declared_table_has_a_reader_and_no_other_has(account, amo):
    _, opened = account(amo)

    assert list(opened.readers) == [table.name for table in AMOCRM.tables]


def test_rows_committed_late_behind_the_cursor_arrive_within_the_overlap(read, amo):
    """field.md 15 and 19, with the notes of a lead as its children."""
    late = NOW - DAY - 300
    amo.lists["leads"] = [lead(1, late)]
    amo.lists["leads/notes"] = [lead(2, late, entity_id=1)]

    leads = read(amo, "leads", {"read_until": NOW - DAY, "told_from": NOW - DAY})
    notes = read(amo, "notes", {"leads": {"read_until": NOW - DAY}})

    assert (leads.ids, notes.ids) == ([1], [2])


# -- What the token may read -------------------------------------------------------------------


def tried(opened):
    lines = {}
    for probe in opened.probes:
        try:
            lines[probe.name] = probe.try_it()
        except SourceError as error:
            lines[probe.name] = f"missing: {error.what}"
    return lines


def test_probes_tell_a_line_a_permission(account, amo, answer):
    amo.account |= {"current_user_id": 1, "is_api_filter_enabled": True}
    amo.lists["users"] = [{"id": 1, "name": "Анна", "rights": {"is_admin": True}}]
    amo.lists["leads"] = [lead(1, START)]
    amo.refused["customers"] = answer(b"{}", status=402)
    _, opened = account(amo)

    lines = tried(opened)

    assert lines["account"] == "account 1, test"
    assert lines["administrator"].startswith("the token's user is an administrator")
    assert lines["filter"] == "switched on"
    assert lines["leads"] == "readable, the newest one seen is of 2026-01-01 00:00 UTC"
    assert lines["contacts"] == "readable, nothing is there yet"
    assert lines["customers"].startswith("missing: amoCRM says that this is not paid for (402)")
    needed = {probe.name for probe in opened.probes if probe.needed}
    assert needed == set(lines) - {"customers", "catalogs"}


def test_probes_tell_a_user_who_is_no_administrator_and_a_filter_that_is_off(account, amo):
    amo.account |= {"current_user_id": 2, "is_api_filter_enabled": False}
    amo.lists["users"] = [{"id": 2, "name": "Пётр", "rights": {"is_admin": False}}]
    _, opened = account(amo)

    lines = tried(opened)

    assert "is not known to be an administrator" in lines["administrator"]
    assert lines["filter"] == "missing: the API filter of this account is switched off"
