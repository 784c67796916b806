"""How the readers of amoCRM read: pages, windows, checkpoints, and lists that move or lie.

Over real HTTP, without a warehouse: what a reader yields is looked at directly.
"""

import json
import time
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest

from ingestion import batches
from ingestion.catalog import Checkpoint, Gone, RunContext, Unchanged
from ingestion.errors import SourceError
from ingestion.sources.amocrm import AMOCRM, open_amocrm
from ingestion.sources.amocrm import client as paging

START = 1_767_225_600  # 2026-01-01 00:00 UTC
DAY = 86_400
NOW = START + 100 * DAY


class Read:
    """What one reader yielded: rows as dicts, keys told to be gone, checkpoints in order."""

    def __init__(self, pieces):
        self.rows, self.gone, self.states, self.is_unchanged = [], [], [], False
        for piece in pieces:
            if isinstance(piece, Checkpoint):
                self.states.append(dict(piece.state))
            elif isinstance(piece, Gone):
                self.gone.extend(piece.keys)
            elif isinstance(piece, Unchanged):
                self.is_unchanged = True
            else:
                self.rows.extend(piece.to_pylist())

    @property
    def ids(self):
        return [row["id"] for row in self.rows]


@pytest.fixture
def account(serve, tmp_path):
    """Opens the account that `answer` plays, at the moment `now`."""
    with ExitStack() as stack:

        def opened(answer, now=NOW):
            web = serve(answer)
            context = RunContext(
                now=datetime.fromtimestamp(now, UTC),
                business_timezone="Europe/Moscow",
                held=lambda *asked, **how: [],
                secrets_dir=tmp_path,
                monotonic=time.monotonic,
                sleep=lambda seconds: None,
            )
            values = {
                "AMOCRM_BASE_URL": f"{web.url}/amocrm",
                "AMOCRM_TOKEN": "aaa.bbb.ccc",
                "AMOCRM_ACCOUNT": "main",
                "AMOCRM_REQUESTS_PER_SECOND": "100000",
            }
            return web, stack.enter_context(open_amocrm(values, context))

        yield opened


@pytest.fixture
def read(account):
    """Reads one table of the account that `answer` plays."""

    def run(answer, table, state=None, now=NOW):
        _, opened = account(answer, now)
        return Read(opened.readers[table]({} if state is None else state))

    return run


def lead(number, updated_at=None, **fields):
    at = START + number if updated_at is None else updated_at
    return {"id": number, "created_at": START, "updated_at": at, **fields}


def event(number, created_at=None, **fields):
    at = START + number if created_at is None else created_at
    return {"id": f"e{number}", "type": "lead_added", "created_at": at, **fields}


def at_request(amo, path, number, act):
    """Answers like `amo`; `act(asked)` is called at the `number`-th request of `path`, and what it
    returns, if anything, is the answer.
    """
    seen = []

    def answer(asked):
        if asked.path.endswith(path):
            seen.append(asked)
            if len(seen) == number and (given := act(asked)) is not None:
                return given
        return amo(asked)

    return answer


# -- Lists that move ---------------------------------------------------------------------------


def test_a_spurious_204_begins_the_window_anew_and_loses_no_row(read, amo, answer):
    amo.lists["leads"] = [lead(n) for n in range(1, 601)]

    got = read(at_request(amo, "/leads", 2, lambda asked: answer(b"", status=204)), "leads")

    assert sorted(set(got.ids)) == list(range(1, 601))


def test_a_numbered_list_is_read_again_from_its_first_page_after_a_spurious_204(
    account, amo, answer
):
    amo.lists["events"] = [event(n) for n in range(250)]
    moved = at_request(amo, "/events", 2, lambda asked: answer(b"", status=204))
    web, opened = account(moved, now=START + DAY)

    got = Read(opened.readers["events"]({"read_until": START}))

    assert set(got.ids) == {f"e{n}" for n in range(250)}
    pages = [asked.query["page"] for asked in web.asked if asked.path.endswith("/events")]
    assert pages == ["1", "2", "1", "2", "3"]


def test_a_204_that_repeats_is_believed(account, amo, answer):
    amo.lists["events"] = [event(n) for n in range(250)]

    def never_the_second_page(asked):
        is_second = asked.path.endswith("/events") and asked.query["page"] == "2"
        return answer(b"", status=204) if is_second else amo(asked)

    web, opened = account(never_the_second_page, now=START + DAY)

    got = Read(opened.readers["events"]({"read_until": START}))

    assert len(set(got.ids)) == 100
    assert len(web.asked) == 4


def test_rows_of_one_second_are_counted_again_from_the_first_when_a_page_of_them_is_missing(
    read, amo, answer
):
    amo.lists["leads"] = [lead(n, START) for n in range(1, 700)]

    got = read(at_request(amo, "/leads", 3, lambda asked: answer(b"", status=204)), "leads")

    assert set(got.ids) == set(range(1, 700))


def test_a_row_edited_between_two_pages_comes_once_as_it_was_and_hides_no_other(read, amo):
    amo.lists["leads"] = [lead(n) for n in range(1, 601)]

    def edit(asked):
        amo.lists["leads"][0]["updated_at"] = NOW + 60

    got = read(at_request(amo, "/leads", 2, edit), "leads")

    assert got.ids == list(range(1, 601))


def test_a_row_of_the_border_edited_between_two_pages_is_met_as_edited(read, amo):
    amo.lists["leads"] = [lead(n) for n in range(1, 601)]

    def edit(asked):
        amo.lists["leads"][249] |= {"updated_at": START + 700, "name": "edited"}

    got = read(at_request(amo, "/leads", 2, edit), "leads")

    assert [row["name"] for row in got.rows if row["id"] == 250] == [None, "edited"]


def test_the_upper_bound_is_frozen_for_the_whole_run(account, amo):
    amo.lists["leads"] = [lead(n) for n in range(1, 601)]
    web, opened = account(amo)

    Read(opened.readers["leads"]({}))

    bounds = {asked.query.get("filter[updated_at][to]") for asked in web.asked}
    assert bounds == {str(NOW), None}  # None: events are bounded by created_at


# -- Answers too heavy, endless or unfiltered --------------------------------------------------


def test_what_is_too_heavy_is_asked_for_in_smaller_pages(account, amo, answer):
    amo.lists["events"] = [event(n) for n in range(240)]

    def heavy_above_fifty(asked):
        is_heavy = asked.path.endswith("/events") and int(asked.query["limit"]) > 50
        return answer(b"<html>", status=504) if is_heavy else amo(asked)

    web, opened = account(heavy_above_fifty, now=START + DAY)

    got = Read(opened.readers["events"]({"read_until": START}))

    assert len(got.ids) == len(set(got.ids)) == 240
    assert [asked.query["limit"] for asked in web.asked] == ["100", *["50"] * 5]


def test_a_page_that_becomes_too_heavy_in_the_middle_loses_no_row(read, amo, answer):
    amo.lists["leads"] = [lead(n) for n in range(1, 601)]
    heavy = at_request(amo, "/leads", 2, lambda asked: answer(b"", status=504))

    assert set(read(heavy, "leads").ids) == set(range(1, 601))


def test_a_list_that_never_ends_stops_loudly_and_no_cursor_advances(read, amo, monkeypatch):
    monkeypatch.setattr(paging, "MOST_PAGES", 3)
    amo.lists["leads"] = [lead(n, START) for n in range(1, 2000)]

    with pytest.raises(SourceError, match=r"amocrm\.leads: the list does not end: 3 pages"):
        read(amo, "leads")


@pytest.mark.parametrize(
    ("table", "path", "state", "row"),
    [
        ("leads", "leads", {"read_until": START + DAY}, lead(1)),
        ("tasks", "tasks", {"read_until": START + DAY}, lead(1)),
        ("events", "events", {"read_until": START + DAY}, event(1)),
    ],
)
def test_a_filter_that_is_ignored_in_silence_is_noticed(read, amo, table, path, state, row):
    def without_filter(asked):
        if not asked.path.endswith(path):
            return amo(asked)
        body = {"_embedded": {path: [row]}, "_links": {}}
        return type(amo(asked))(body=json.dumps(body).encode())

    with pytest.raises(SourceError, match=r"is ignored \(/api/v4/\w+\)\. Ask amoCRM's support"):
        read(without_filter, table, state)


def test_a_filter_by_id_that_is_ignored_marks_nothing(account, amo):
    amo.lists["leads"] = [lead(1), lead(2), lead(3)]

    def without_filter(asked):
        return amo(type(asked)(asked.path, {}, asked.authorization))

    _, opened = account(without_filter)

    with pytest.raises(SourceError, match=r"the filter or the order by id is ignored"):
        list(opened.sweeps["leads"].look([(1,), (2,)]))


def test_a_row_without_its_moment_of_change_is_told(read, amo):
    def answer(asked):
        body = b'{"_embedded": {"leads": [{"id": 1, "updated_at": "2026-01-01"}]}}'
        return type(amo(asked))(body=body) if asked.path.endswith("/leads") else amo(asked)

    with pytest.raises(SourceError, match="updated_at of a row is not a moment in unix seconds"):
        read(answer, "leads")


def test_an_answer_without_its_list_is_told(read, answer):
    with pytest.raises(SourceError, match=r"has no list _embedded\.leads .* AMOCRM_BASE_URL"):
        read(lambda asked: answer(b'{"_page": 1}'), "leads")


# -- Checkpoints -------------------------------------------------------------------------------


def test_a_reader_leaves_the_state_it_was_given_as_it_was(account, amo):
    amo.lists = {"leads": [lead(1)], "leads/notes": [lead(1, entity_id=1)], "events": [event(1)]}
    _, opened = account(amo)

    for table, reader in opened.readers.items():
        state = {"leads": {"read_until": 5}} if table == "notes" else {"read_until": 5}
        before = json.dumps(state)
        Read(reader(state))
        assert json.dumps(state) == before


def test_a_first_load_of_events_begins_at_the_account_and_goes_on_at_its_checkpoint(
    account, amo, monkeypatch
):
    """field.md 18: how far history reaches is the account's age, not a limit of ours."""
    monkeypatch.setattr(batches, "ROWS_PER_BATCH", 20)
    amo.account["created_at"] = START
    amo.lists["events"] = [event(n, START + n * DAY) for n in range(95)]
    _, opened = account(amo)
    whole = Read(opened.readers["events"]({}))
    assert set(whole.ids) == {f"e{n}" for n in range(95)}
    interrupted, *_, last = whole.states
    assert last == {"read_until": START + 94 * DAY}

    _, opened = account(amo)
    rest = Read(opened.readers["events"](interrupted))

    first_window = {f"e{n}" for n in range(30)}
    assert set(rest.ids) >= set(whole.ids) - first_window
    assert first_window - set(rest.ids)
    assert rest.states[-1] == last


def test_empty_years_before_the_first_event_cost_few_requests(account, amo):
    amo.account["created_at"] = START - 10 * 365 * DAY
    amo.lists["events"] = [event(1)]
    web, opened = account(amo)

    got = Read(opened.readers["events"]({}))

    assert got.ids == ["e1"]
    assert len(web.asked) < 20


def test_a_checkpoint_of_events_never_lies_ahead_of_a_crm_whose_clock_is_behind_ours(read, amo):
    amo.account["created_at"] = START

    got = read(amo, "events")

    assert all(state.get("resume_at", 0) <= NOW - 30 * DAY for state in got.states)


def test_leads_say_after_each_batch_how_far_they_were_read(read, amo):
    amo.lists["leads"] = [lead(n) for n in range(1, 10_601)]

    got = read(amo, "leads")

    first, *_, last = [state["read_until"] - START for state in got.states]
    assert (first, last) == (9_961, 10_600)


def test_an_interrupted_reading_of_tasks_goes_on_behind_its_rows(account, amo):
    amo.lists["tasks"] = [lead(n) for n in range(1, 1_001)]
    _, opened = account(amo)
    whole = Read(opened.readers["tasks"]({}))
    assert whole.states[-1] == {"read_until": START + 1_000}

    amo.lists["tasks"].append(lead(1_001, START + 5_000))
    web, opened = account(amo)
    state = {"read_until": 0, "since": 0, "newest": START + 1_000, "skip": 750}
    rest = Read(opened.readers["tasks"](state))

    assert [asked.query["page"] for asked in web.asked] == ["3", "4", "5"]
    assert set(rest.ids) >= set(range(1, 501))
    assert rest.states[-1] == {"read_until": START + 1_000}  # task 1,001 comes with the next run


def test_what_a_table_remembers_stays_small(read, amo):
    amo.lists["leads"] = [lead(n) for n in range(1, 10_601)]
    amo.lists["leads/notes"] = [lead(n, entity_id=1) for n in range(1, 1_000)]

    for table in ("leads", "notes", "links", "tasks", "events"):
        for state in read(amo, table).states:
            assert len(json.dumps(state)) < 200


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


def test_elements_know_their_catalog_and_a_big_list_rests(account, amo):
    amo.lists = {
        "catalogs": [{"id": 5, "name": "Товары"}],
        "catalogs/5/elements": [{"id": n, "name": f"Товар {n}"} for n in range(1, 601)],
    }
    _, opened = account(amo)
    got = Read(opened.readers["catalog_elements"]({}))
    assert {(row["catalog_id"], row["name"]) for row in got.rows} >= {(5, "Товар 600")}
    assert got.states == [{"read_at": NOW, "requests": 3}]

    web, opened = account(amo, now=NOW + 60)
    rested = Read(opened.readers["catalog_elements"](got.states[-1]))
    assert (rested.rows, rested.is_unchanged, web.asked) == ([], True, [])

    _, opened = account(amo, now=NOW + 90)
    assert len(Read(opened.readers["catalog_elements"](got.states[-1])).rows) == 600


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
def test_a_sweep_mends_what_is_there_and_tells_what_is_not(account, amo, table):
    amo.lists[table] = [lead(1, name="как есть", text="как есть")]
    _, opened = account(amo)

    got = Read(opened.sweeps[table].look([(1,), (2,)]))

    assert (got.ids, got.gone) == ([1], [(2,)])


def test_a_sweep_of_notes_and_elements_asks_each_list_for_its_own(account, amo):
    amo.lists = {
        "leads/notes": [lead(1, entity_id=7)],
        "contacts/notes": [lead(2, entity_id=7)],
        "catalogs/5/elements": [{"id": 1, "name": "Товар"}],
    }
    _, opened = account(amo)

    notes = Read(opened.sweeps["notes"].look([("contacts", 1), ("contacts", 2), ("leads", 1)]))
    elements = Read(opened.sweeps["catalog_elements"].look([(5, 1), (5, 2)]))

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
def test_a_window_reads_the_rows_of_its_days_and_no_others(account, amo, table, path):
    amo.lists[path] = [
        {"id": n, "created_at": START + n * DAY, "updated_at": START + n * DAY} for n in range(5)
    ]
    if table == "events":
        amo.lists[path] = [{**row, "id": f"e{row['id']}"} for row in amo.lists[path]]
    _, opened = account(amo)
    first, end = (datetime.fromtimestamp(START + n * DAY, UTC) for n in (1, 3))

    got = Read(opened.windows[table](first, end))

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
