"""1C over real HTTP into a real Postgres: documents without a "changed at"."""

from datetime import date, datetime, timedelta

import pytest

from demo import accounting_records as books
from demo.moscow import local_text
from ingestion import batches, packages
from ingestion.backfill import backfill
from ingestion.errors import PartlyDoneError, SettingsError, SourceError
from ingestion.sources.onec import client, revisits
from ingestion.sweep import sweep
from tests.ingestion.onec_base import AS_OF, land

pytestmark = pytest.mark.integration

WINDOW = {"ONEC_WINDOW_DAYS": "20"}
"""Most of the small company's documents lie before it."""
EDGE = "2026-10-31"
GONE = "select ref_key from t_raw_onec.bank_receipts where _gone_at is not null order by 1"
NEW = "bbbbbbbb-0000-11f0-0000-000000000001"


def receipts(base):
    """All bank receipts of the books, oldest first."""
    return sorted(base.records(books.RECEIPTS).values(), key=lambda row: row["Date"])


def write(base, record, **fields):
    """Somebody edits a document: it gets a version it never had."""
    record |= fields
    books.touch(record, int(AS_OF.timestamp()))
    base.changed()


def copied(base, record, **fields):
    """A document like `record` that appears."""
    made = {**record, "Ref_Key": NEW, **fields}
    base.records(books.RECEIPTS)[NEW] = made
    base.changed()
    return made


def swept(bench, base, table="bank_receipts"):
    done = sweep("onec", bench.settings(**base.variables(**WINDOW)))
    return next(one for one in done if one.table == table)


def held(bench, base):
    """What the warehouse and the books hold of bank receipts, to be compared."""
    rows = bench.rows(
        "select ref_key, posted, deletion_mark, "
        "to_char(document_at at time zone 'Europe/Moscow', 'YYYY-MM-DD\"T\"HH24:MI:SS') "
        "from t_raw_onec.bank_receipts where _gone_at is null"
    )
    there = {
        (row["Ref_Key"], row["Posted"], row["DeletionMark"], row["Date"]) for row in receipts(base)
    }
    return set(rows), there


# -- The window --------------------------------------------------------------------------------


def test_a_second_run_changes_nothing_and_asks_only_for_the_window(onec, bench):
    base = onec()
    land(bench, base, **WINDOW)
    base.asked.clear()

    again = land(bench, base, **WINDOW)

    assert sum(again.changed.values()) == 0
    assert [asked["$filter"] for asked in base.asked_of(books.RECEIPTS)] == [
        f"Date ge datetime'{EDGE}T00:00:00'"
    ]


def test_every_list_is_asked_for_in_an_order_and_without_a_plus(onec, bench):
    base = onec()
    land(bench, base)
    land(bench, base)
    lists = [options for path, options in base.asked if path.partition("_")[2]]
    assert lists
    assert all(options["$orderby"] for options in lists)
    assert not [query for query in base.queries if "+" in query]
    assert [query for query in base.queries if "Date%20ge%20" in query]


def test_a_killed_first_load_goes_on_at_the_date_it_had_reached(onec, bench, monkeypatch):
    monkeypatch.setattr(client, "PAGE", 4)
    monkeypatch.setattr(batches, "ROWS_PER_BATCH", 4)
    monkeypatch.setattr(packages, "PACKAGE_ROWS", 4)
    base = onec()
    base.break_down(books.RECEIPTS, "html", skip=4, times=1)
    with pytest.raises(SourceError, match="a web page came"):
        land(bench, base)
    base.asked.clear()

    land(bench, base)

    first = base.asked_of(books.RECEIPTS)[0]["$filter"]
    reached = [row["Date"] for row in receipts(base)[3:16]]
    assert first in {f"Date ge datetime'{moment}'" for moment in reached}
    assert held(bench, base)[0] == held(bench, base)[1]


def test_documents_of_several_pages_are_read_once_each(onec, bench, monkeypatch):
    monkeypatch.setattr(client, "PAGE", 4)
    base = onec()
    moment = receipts(base)[0]["Date"]
    for record in receipts(base)[:11]:  # more than a page of one moment
        record["Date"] = moment
    base.changed()

    result = land(bench, base)

    assert held(bench, base)[0] == held(bench, base)[1]
    assert result.tables["bank_receipts"] == len(receipts(base))


@pytest.mark.parametrize(
    "act", ["unpost", "mark_for_deletion", "back_date", "edit_old_document", "erase_document"]
)
def test_what_happens_to_a_document_of_the_window_is_right_after_the_next_run(onec, bench, act):
    base = onec()
    land(bench, base)
    base.happen(act)

    assert land(bench, base).changed["bank_receipts"] == 1
    assert held(bench, base)[0] == held(bench, base)[1]


def test_a_document_back_dated_out_of_the_window_comes_with_its_new_date(onec, bench):
    base = onec()
    land(bench, base, **WINDOW)
    write(base, receipts(base)[-1], Date="2024-01-10T12:00:00")

    land(bench, base, **WINDOW)

    assert held(bench, base)[0] == held(bench, base)[1]
    assert bench.rows(GONE) == []


def test_a_document_made_while_pages_are_read_is_there_after_the_next_run(onec, bench, monkeypatch):
    monkeypatch.setattr(client, "PAGE", 4)
    base = onec()
    base.break_down(books.RECEIPTS, "happen", happening="payment", skip=2)

    land(bench, base)
    land(bench, base)

    assert held(bench, base)[0] == held(bench, base)[1]


def test_an_erased_document_is_marked_and_a_restored_one_is_back(onec, bench):
    base = onec()
    land(bench, base)
    erased = base.records(books.RECEIPTS).pop(receipts(base)[-1]["Ref_Key"])
    base.changed()

    land(bench, base)
    assert bench.rows(GONE) == [(erased["Ref_Key"],)]
    base.records(books.RECEIPTS)[erased["Ref_Key"]] = erased
    base.changed()
    land(bench, base)

    assert bench.rows(GONE) == []


def test_a_window_that_comes_empty_is_believed_only_when_a_person_says_so(onec, bench):
    base = onec()
    land(bench, base)
    count = len(receipts(base))
    base.records(books.RECEIPTS).clear()
    base.changed()

    sentence = rf"onec\.bank_receipts: no row came, and {count} that"
    with pytest.raises(PartlyDoneError, match=sentence):
        land(bench, base)
    land(bench, base, full_refresh=True)

    assert len(bench.rows(GONE)) == count


# -- Old documents -----------------------------------------------------------------------------


def test_an_old_document_unposted_or_back_dated_is_found_by_the_nightly_sweep(onec, bench):
    base = onec()
    land(bench, base, **WINDOW)
    first, second, *_ = receipts(base)
    write(base, first, Posted=False)
    copied(base, second)

    assert land(bench, base, **WINDOW).changed["bank_receipts"] == 0
    done = swept(bench, base)

    assert (done.gone, done.mended) == (0, 2)
    assert held(bench, base)[0] == held(bench, base)[1]


@pytest.mark.parametrize("moment", ["2024-03-01T00:00:00", "between two pages"])
def test_a_document_dated_where_nothing_is_held_is_found_by_the_sweep(
    onec, bench, monkeypatch, moment
):
    monkeypatch.setattr(revisits, "PAGE", 3)
    base = onec()
    land(bench, base, **WINDOW)
    third, fourth = (datetime.fromisoformat(row["Date"]) for row in receipts(base)[2:4])
    if moment == "between two pages":
        moment = (third + (fourth - third) // 2).isoformat(timespec="seconds")
    copied(base, receipts(base)[0], Date=moment)

    land(bench, base, **WINDOW)
    done = swept(bench, base)

    assert (done.gone, done.mended) == (0, 1)
    assert held(bench, base)[0] == held(bench, base)[1]


def test_an_old_document_that_was_erased_is_marked_by_the_sweep(onec, bench):
    base = onec()
    land(bench, base, **WINDOW)
    erased = receipts(base)[0]["Ref_Key"]
    del base.records(books.RECEIPTS)[erased]
    base.changed()

    land(bench, base, **WINDOW)
    assert bench.rows(GONE) == []
    assert swept(bench, base).gone == 1
    assert bench.rows(GONE) == [(erased,)]


def test_a_sweep_asks_for_keys_and_versions_only(onec, bench):
    base = onec()
    land(bench, base)
    base.asked.clear()
    swept(bench, base)
    assert {asked.get("$select") for asked in base.asked_of(books.RECEIPTS)} == {
        "Ref_Key,Date,DataVersion,Posted,DeletionMark"
    }


def test_a_backfill_reads_documents_by_their_date_and_leaves_the_rest(onec, bench):
    base = onec()
    land(bench, base)
    for record in receipts(base):
        write(base, record, Posted=False)
    days = date(2026, 9, 10), date(2026, 9, 30)

    changed = backfill("onec", bench.settings(**base.variables()), *days, tables=("bank_receipts",))

    within = {
        row["Ref_Key"]
        for row in receipts(base)
        if str(days[0]) <= row["Date"] < str(days[1] + timedelta(days=1))
    }
    unposted = bench.rows("select ref_key from t_raw_onec.bank_receipts where not posted")
    assert within
    assert within <= {key for (key,) in unposted}
    assert changed == len(within)


# -- Time ---------------------------------------------------------------------------------------


def test_the_time_zone_of_1c_must_be_given(onec, bench):
    variables = onec().variables()
    del variables["ONEC_TIMEZONE"]
    with pytest.raises(SettingsError, match="needs ONEC_TIMEZONE"):
        bench.run("onec", variables)


def test_the_zone_of_the_server_is_the_zone_of_its_dates(onec, bench):
    base = onec()
    land(bench, base, ONEC_TIMEZONE="Asia/Almaty")
    record = receipts(base)[0]
    rows = bench.rows(
        "select to_char(document_at at time zone 'Asia/Almaty', 'YYYY-MM-DD\"T\"HH24:MI:SS') "
        f"from t_raw_onec.bank_receipts where ref_key = '{record['Ref_Key']}'"
    )
    assert rows == [(record["Date"],)]
    assert local_text(int(AS_OF.timestamp())) > record["Date"]
