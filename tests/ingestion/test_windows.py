"""Reading by windows of time: where a run begins, and what it remembers."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from ingestion.catalog import Checkpoint
from ingestion.windows import ByWindow

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
BY_MONTH = ByWindow(timedelta(days=28), timedelta(days=100), timedelta(days=3))


def read(state, now=NOW, windows=BY_MONTH):
    """The windows asked for, and what is remembered behind each."""
    asked = []

    def window(start, end):
        asked.append((start, end))
        return iter(())

    pieces = list(windows.read(state, now, window))
    assert all(isinstance(piece, Checkpoint) for piece in pieces)
    return asked, [datetime.fromisoformat(piece.state["reached"]) for piece in pieces]


def test_a_first_load_goes_from_the_past_to_now_and_remembers_each_window():
    asked, reached = read({})

    assert (asked[0][0], asked[-1][1]) == (NOW - timedelta(days=100), NOW)
    assert all(end - start <= timedelta(days=28) for start, end in asked)
    assert all(before[1] == after[0] for before, after in pairwise(asked))
    assert reached == [*(end for _, end in asked[:-1]), NOW - timedelta(days=3)]


def test_a_killed_first_load_goes_on_behind_its_last_window():
    (_, (_, end), *rest), reached = read({})

    assert read({"reached": reached[1].isoformat()})[0] == rest
    assert reached[1] == end


def test_a_later_run_reads_the_last_days_again():
    _, reached = read({})
    later = NOW + timedelta(minutes=15)

    asked, again = read({"reached": reached[-1].isoformat()}, later)

    assert asked == [(NOW - timedelta(days=3), later)]
    assert again == [later - timedelta(days=3)]


@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(days=30)])
def test_a_clock_that_was_set_back_reads_its_last_days_and_forgets_nothing(back):
    _, reached = read({})
    earlier = NOW - back

    asked, again = read({"reached": reached[-1].isoformat()}, earlier)

    assert asked == [(earlier - timedelta(days=3), earlier)]
    assert again == [reached[-1]]


def test_after_a_long_rest_a_run_goes_on_where_the_last_one_ended():
    reached = NOW - timedelta(days=60)

    asked, _ = read({"reached": reached.isoformat()})

    assert (asked[0][0], asked[-1][1], len(asked)) == (reached, NOW, 3)
