"""Tables read side by side: order, failures, and that no thread outlives the reading."""

import threading
import time

import pytest

from ingestion.catalog import Checkpoint
from ingestion.errors import SourceError, TableRefusedError
from ingestion.reading import TABLES_AT_ONCE, Finished, Refused, read_side_by_side


def marks(*names):
    return lambda: (Checkpoint({"at": name}) for name in names)


def threads_reading():
    return [thread for thread in threading.enumerate() if thread.name.startswith("toy reader")]


def wait_for_no_thread():
    until = time.monotonic() + 10
    while threads_reading() and time.monotonic() < until:
        time.sleep(0.01)
    return threads_reading()


def test_pieces_of_a_table_keep_their_order_and_end_with_finished():
    said = list(read_side_by_side("toy", {"a": marks(*range(50)), "b": marks(*range(50))}))

    for table in ("a", "b"):
        pieces = [piece for name, piece in said if name == table]
        assert pieces[:-1] == [Checkpoint({"at": number}) for number in range(50)]
        assert pieces[-1] == Finished()
    assert wait_for_no_thread() == []


def test_several_tables_are_read_at_once():
    together = threading.Barrier(TABLES_AT_ONCE, timeout=10)

    def meets():
        together.wait()
        yield Checkpoint({})

    said = list(read_side_by_side("toy", {str(number): meets for number in range(TABLES_AT_ONCE)}))

    assert sum(piece == Finished() for _, piece in said) == TABLES_AT_ONCE


def test_a_refused_table_stops_alone():
    refused = TableRefusedError("toy", "a", "its type flipped", "Mend it")

    def breaks():
        yield Checkpoint({})
        raise refused

    said = list(read_side_by_side("toy", {"a": breaks, "b": marks(1)}))

    assert ("a", Refused(refused)) in said
    assert ("b", Finished()) in said


def test_a_failure_ends_the_reading_and_its_threads():
    def fails():
        yield Checkpoint({})
        raise SourceError("toy", "a", "the answer was cut short", "Run again")

    def endless():
        while True:
            yield Checkpoint({})

    with pytest.raises(SourceError, match="cut short"):
        list(read_side_by_side("toy", {"a": fails, "b": endless}))

    assert wait_for_no_thread() == []


def test_an_answer_nobody_foresaw_is_told_by_the_line_that_stumbled_not_by_its_values():
    def stumbles():
        yield {}["+79001234567"]

    with pytest.raises(SourceError) as told:
        list(read_side_by_side("toy", {"a": stumbles}))

    assert "not understood (KeyError in test_reading.py, line" in str(told.value)
    assert "79001234567" not in str(told.value)


def test_a_reader_who_stops_listening_ends_the_threads():
    def endless():
        while True:
            yield Checkpoint({})

    said = read_side_by_side("toy", {"a": endless})
    next(said)
    said.close()

    assert wait_for_no_thread() == []
