"""How lists of amoCRM are paged: lists that move, lie, or are too heavy, and where reading goes on.

Over real HTTP, without a warehouse: what a reader yields is looked at directly.
"""

import json

import pytest

from ingestion import batches
from ingestion.errors import SourceError
from ingestion.sources.amocrm import client as paging

START = 1_767_225_600  # 2026-01-01 00:00 UTC
DAY = 86_400
NOW = START + 100 * DAY  # the moment `account` opens at


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
    collect, account, amo, answer
):
    amo.lists["events"] = [event(n) for n in range(250)]
    moved = at_request(amo, "/events", 2, lambda asked: answer(b"", status=204))
    web, opened = account(moved, now=START + DAY)

    got = collect(opened.readers["events"]({"read_until": START}))

    assert set(got.ids) == {f"e{n}" for n in range(250)}
    pages = [asked.query["page"] for asked in web.asked if asked.path.endswith("/events")]
    assert pages == ["1", "2", "1", "2", "3"]


def without_page(amo, answer, missing):
    """Answers like `amo`, but page `missing` of the events, and those behind it where `missing` is
    the last, is never there.
    """

    def never_that_page(asked):
        is_it = asked.path.endswith("/events") and asked.query["page"] == missing
        return answer(b"", status=204) if is_it else amo(asked)

    return never_that_page


def test_a_page_that_never_comes_while_the_one_behind_it_does_is_no_end(account, amo, answer):
    amo.lists["events"] = [event(n) for n in range(250)]
    _, opened = account(without_page(amo, answer, "2"), now=START + DAY)

    with pytest.raises(SourceError, match="a page in the middle of the list came empty twice"):
        list(opened.readers["events"]({"read_until": START}))


def test_a_last_page_that_never_comes_cannot_be_told_from_the_end(collect, account, amo, answer):
    amo.lists["events"] = [event(n) for n in range(250)]
    web, opened = account(without_page(amo, answer, "3"), now=START + DAY)

    got = collect(opened.readers["events"]({"read_until": START}))

    assert len(set(got.ids)) == 200
    pages = [asked.query["page"] for asked in web.asked if asked.path.endswith("/events")]
    assert pages == ["1", "2", "3", "1", "2", "3", "4"]


def test_a_row_of_a_bulk_edit_edited_meanwhile_hides_no_other(read, amo):
    amo.lists["leads"] = [lead(n, START) for n in range(1, 701)]

    def edit(asked):
        amo.lists["leads"][2]["updated_at"] = START + 60

    # The first request finds the second full, the next ones count it.
    got = read(at_request(amo, "/leads", 4, edit), "leads")

    assert set(got.ids) == set(range(1, 701))


def test_a_task_erased_between_two_pages_hides_no_other(read, amo):
    amo.lists["tasks"] = [lead(n) for n in range(1, 601)]

    def erase(asked):
        amo.lists["tasks"] = [task for task in amo.lists["tasks"] if task["id"] != 500]
        amo.lists["events"] = [event(1, NOW + 1, type="task_deleted", entity_id=500)]

    got = read(at_request(amo, "/tasks", 2, erase), "tasks")

    assert set(got.ids) == set(range(1, 601))


def test_a_task_that_an_event_says_is_deleted_is_gone_after_the_next_run(read, amo):
    amo.lists["tasks"] = [lead(n) for n in range(1, 4)]
    told = {"type": "task_deleted", "entity_type": "task", "entity_id": 9}
    amo.lists["events"] = [event(1, NOW - 60, **told)]

    got = read(amo, "tasks", {"read_until": START + 3, "told_from": NOW - 3600})

    assert got.gone == [(9,)]


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


def test_the_upper_bound_is_frozen_for_the_whole_run(collect, account, amo):
    amo.lists["leads"] = [lead(n) for n in range(1, 601)]
    web, opened = account(amo)

    collect(opened.readers["leads"]({}))

    bounds = {asked.query.get("filter[updated_at][to]") for asked in web.asked}
    assert bounds == {str(NOW), None}  # None: events are bounded by created_at


# -- Answers too heavy, endless or unfiltered --------------------------------------------------


def test_what_is_too_heavy_is_asked_for_in_smaller_pages(collect, account, amo, answer):
    amo.lists["events"] = [event(n) for n in range(240)]

    def heavy_above_fifty(asked):
        is_heavy = asked.path.endswith("/events") and int(asked.query["limit"]) > 50
        return answer(b"<html>", status=504) if is_heavy else amo(asked)

    web, opened = account(heavy_above_fifty, now=START + DAY)

    got = collect(opened.readers["events"]({"read_until": START}))

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


def test_a_reader_leaves_the_state_it_was_given_as_it_was(collect, account, amo):
    amo.lists = {"leads": [lead(1)], "leads/notes": [lead(1, entity_id=1)], "events": [event(1)]}
    _, opened = account(amo)

    for table, reader in opened.readers.items():
        state = {"leads": {"read_until": 5}} if table == "notes" else {"read_until": 5}
        before = json.dumps(state)
        collect(reader(state))
        assert json.dumps(state) == before


def test_a_first_load_of_events_begins_at_the_account_and_goes_on_at_its_checkpoint(
    collect, account, amo, monkeypatch
):
    """field.md 18: how far history reaches is the account's age, not a limit of ours."""
    monkeypatch.setattr(batches, "ROWS_PER_BATCH", 20)
    amo.account["created_at"] = START
    amo.lists["events"] = [event(n, START + n * DAY) for n in range(95)]
    _, opened = account(amo)
    whole = collect(opened.readers["events"]({}))
    assert set(whole.ids) == {f"e{n}" for n in range(95)}
    interrupted, *_, last = whole.states
    assert last == {"read_until": START + 94 * DAY}

    _, opened = account(amo)
    rest = collect(opened.readers["events"](interrupted))

    first_window = {f"e{n}" for n in range(30)}
    assert set(rest.ids) >= set(whole.ids) - first_window
    assert first_window - set(rest.ids)
    assert rest.states[-1] == last


def test_empty_years_before_the_first_event_cost_few_requests(collect, account, amo):
    amo.account["created_at"] = START - 10 * 365 * DAY
    amo.lists["events"] = [event(1)]
    web, opened = account(amo)

    got = collect(opened.readers["events"]({}))

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


def test_an_interrupted_reading_of_tasks_goes_on_behind_its_rows(collect, account, amo):
    amo.lists["tasks"] = [lead(n) for n in range(1, 1_001)]
    _, opened = account(amo)
    whole = collect(opened.readers["tasks"]({}))
    assert whole.states[-1]["read_until"] == START + 1_000

    amo.lists["tasks"].append(lead(1_001, START + 5_000))
    web, opened = account(amo)
    state = {"read_until": 0, "since": 0, "newest": START + 1_000, "skip": 750}
    rest = collect(opened.readers["tasks"](state))

    pages = [asked.query["page"] for asked in web.asked if asked.path.endswith("/tasks")]
    assert pages == ["3", "4", "5"]
    assert set(rest.ids) >= set(range(1, 501))
    assert rest.states[-1]["read_until"] == START + 1_000  # task 1,001 comes with the next run


def test_what_a_table_remembers_stays_small(read, amo):
    amo.lists["leads"] = [lead(n) for n in range(1, 10_601)]
    amo.lists["leads/notes"] = [lead(n, entity_id=1) for n in range(1, 1_000)]

    for table in ("leads", "notes", "links", "tasks", "events"):
        for state in read(amo, table).states:
            assert len(json.dumps(state)) < 200
