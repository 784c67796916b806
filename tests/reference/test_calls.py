"""The sentences of the agreed meaning of a call, one example each, worked out by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.reference.calls import CallRecord, calls_of

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ROW = CallRecord("row", 1, None, "out", START, "+1", "ann", 90)
NOTE = CallRecord("note", 3, None, "out", START, "+1", "ann", 80)


def groups(*records: CallRecord) -> set[frozenset[str]]:
    return {call.record_ids for call in calls_of(records)}


def together(*names: str) -> frozenset[str]:
    return frozenset(names)


def test_the_exchanges_id_joins_whatever_else_differs_and_the_exchange_wins() -> None:
    row, note = replace(ROW, key="k", phone=None), replace(NOTE, key="k", user="bob")
    (call,) = calls_of([note, replace(row, started_at=START + timedelta(hours=1))])
    assert (call.call_id, call.talk, call.user, call.phone) == ("row", 90, "ann", "+1")


def test_without_an_id_a_minute_apart_is_one_call_and_a_second_more_two() -> None:
    assert groups(ROW, replace(NOTE, started_at=START + 60 * SECOND)) == {together("row", "note")}
    assert len(groups(ROW, replace(NOTE, started_at=START - 61 * SECOND))) == 2


def test_another_number_user_or_direction_is_another_call() -> None:
    for other in (
        replace(NOTE, phone="+2"),
        replace(NOTE, user="bob"),
        replace(NOTE, direction="in"),
        replace(NOTE, phone=None),
    ):
        assert len(groups(ROW, other)) == 2
    assert len(groups(replace(ROW, user=None), NOTE)) == 1


def test_a_second_note_within_the_minute_is_not_swallowed() -> None:
    near, far = replace(NOTE, started_at=START + 5 * SECOND), replace(NOTE, record_id="far")
    far = replace(far, started_at=START + 20 * SECOND)
    assert groups(ROW, near, far) == {together("row", "note"), together("far")}


def test_two_rows_or_two_notes_without_a_common_id_are_two_calls() -> None:
    assert len(groups(ROW, replace(ROW, record_id="row2"))) == 2
    assert len(groups(NOTE, replace(NOTE, record_id="note2"))) == 2
