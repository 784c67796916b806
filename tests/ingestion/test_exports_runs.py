"""Exports from run to run: what is read again, what is still being written, what lands."""

import os
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ingestion import packages
from ingestion.catalog import Unchanged
from ingestion.contracts import Gate
from ingestion.errors import SourceError
from tests.ingestion.exports_files import EVERY_TABLE, PHONE, PLAIN, ExportsFiles, payments_sql

SECOND = timedelta(seconds=1)


@pytest.fixture
def files(tmp_path):
    made = ExportsFiles(tmp_path)
    made.pay(f"1,2018-01-02 10:00:00,58.9,{PHONE}", "2,2018-07-02 10:00:00,100,-")
    made.query(payments_sql())
    return made


# -- What changed, and what is being written -------------------------------------------------------


def test_the_same_files_are_not_read_twice(files):
    state = files.state()

    assert files.pieces(state) == [Unchanged()]
    os.utime(files.data / "pay.csv")  # copied again, as it was
    assert files.pieces(state) == [Unchanged()]


@pytest.mark.parametrize("change", ["a file", "the SQL", "the zone", "another file of the pattern"])
def test_whatever_may_change_a_row_is_read_again(files, change):
    files.query(payments_sql(PLAIN.replace("pay", "p*")))
    state = files.state()
    zone = "Europe/Moscow"
    if change == "a file":
        files.pay("1,2018-01-02,2,-", "2,2018-07-02,100,-")
    elif change == "the SQL":
        files.query(payments_sql(PLAIN.replace("pay", "p*"), purpose="'a'"))
    elif change == "the zone":
        zone = "UTC"
    else:
        files.write("pay2.csv", "id,paid,amount,phone", "3,2018-01-02,1,-")

    assert Unchanged() not in files.pieces(state, zone=zone)


def test_a_file_that_the_sql_does_not_name_changes_nothing(files):
    state = files.state()
    files.write("other.csv", "a")
    assert files.pieces(state) == [Unchanged()]


def test_sql_that_hides_what_it_reads_is_tied_to_every_file(files):
    files.query(f"from query($$ {payments_sql()} $$)")
    state = files.state()
    assert files.pieces(state) == [Unchanged()]
    files.write("other.csv", "a")
    assert Unchanged() not in files.pieces(state)


@pytest.mark.parametrize("clock", ["now()", "current_date", "today()"])
def test_sql_that_looks_at_the_clock_is_always_read(files, clock):
    files.query(payments_sql() + f" where paid < {clock}")
    now = datetime.now(UTC)
    state = files.state(now=now)
    assert Unchanged() not in files.pieces(state, now=now + SECOND)


def test_a_file_that_grows_while_it_is_read_is_refused(files):
    with files.open() as opened:
        pieces = opened.readers["payments"]({})
        next(pieces)
        with (files.data / "pay.csv").open("a") as file:
            file.write("3,2018-01-02,1,-\n")
        with pytest.raises(SourceError, match=r"pay\.csv is still being written"):
            list(pieces)


def test_a_last_line_without_an_end_is_taken_once_nobody_writes(files):
    files.write("pay.csv", "id,paid,amount,phone", "1,2018-01-02,12", end="", seconds_ago=5)
    assert "pay.csv is still being written" in files.refused()

    files.write("pay.csv", "id,paid,amount,phone", "1,2018-01-02,12,-", end="", seconds_ago=90)
    assert len(files.rows()) == 1


def test_a_record_cut_short_is_refused_though_nobody_writes(files):
    files.write("pay.csv", "id,paid,amount,phone", "1,2018-01-02,1,-", "2,20", seconds_ago=90)
    files.refused()


# -- What `check` says -----------------------------------------------------------------------------


def test_check_tells_what_each_query_reads_and_gives(files):
    assert files.checked() == {"payments.sql": "1 file, 5 of 13 columns given"}

    files.query(payments_sql(amount="amounts"))
    assert files.checked()["payments.sql"].startswith(
        "no: exports.payments: the file has no column amounts"
    )


# -- Landing ---------------------------------------------------------------------------------------


@pytest.mark.integration
def test_an_export_lands_and_a_refused_one_leaves_what_was_there(files, bench):
    files.pay("1,2018-01-02,58.9,-", "2,2018-01-02,100,-")
    count = "select count(*), sum(amount) from t_raw_exports.payments"

    assert bench.run("exports", files.variables).tables["payments"] == 2
    assert bench.rows(count) == [(2, Decimal("158.9"))]

    files.pay("1,2018-01-02,1,-", "1,2018-01-02,1,-")
    with pytest.raises(Exception, match="column payment_id is not unique"):
        bench.run("exports", files.variables)
    assert bench.rows(count) == [(2, Decimal("158.9"))]

    files.pay("1,2018-01-02,1,-")
    bench.run("exports", files.variables)
    assert bench.rows(count) == [(1, Decimal(1))]


@pytest.mark.integration
def test_a_refused_table_does_not_keep_the_others_from_landing(files, bench):
    files.query("select 'l' as lead_id, date '2026-01-31' as created_at", "leads")
    files.query(payments_sql(amount=None))

    with pytest.raises(Exception, match=r"exports\.payments: missing column amount"):
        bench.run("exports", files.variables)

    assert bench.rows("select lead_id from t_raw_exports.leads") == [("l",)]


@pytest.mark.integration
def test_a_run_over_unchanged_files_leaves_every_row(files, bench):
    bench.run("exports", files.variables)
    held = "select payment_id, _dlt_load_id from t_raw_exports.payments order by 1"
    before = bench.rows(held)

    again = bench.run("exports", files.variables)

    assert (again.tables["payments"], again.changed["payments"]) == (0, 0)
    assert bench.rows(held) == before
    assert len(before) == 2


@pytest.mark.integration
def test_two_sets_of_files_live_side_by_side(files, bench, tmp_path):
    (tmp_path / "shop").mkdir()
    shop = ExportsFiles(tmp_path / "shop")
    shop.pay("1,2018-01-02,7,-")
    shop.query(payments_sql())

    bench.run(
        "exports",
        {
            **files.variables,
            "EXPORTS_ACCOUNT": "main,shop",
            "EXPORTS_FOLDER__SHOP": str(shop.sql),
            "EXPORTS_DATA__SHOP": str(shop.data),
        },
    )

    assert bench.rows(
        "select account_name, count(*) from t_raw_exports.payments group by 1 order by 1"
    ) == [("main", 2), ("shop", 1)]


@pytest.mark.integration
def test_a_file_cut_to_its_header_does_not_empty_the_table(files, bench):
    bench.run("exports", files.variables)
    files.pay()

    with pytest.raises(Exception, match="no row came, and 2 that the warehouse holds would be"):
        bench.run("exports", files.variables)

    assert bench.rows("select count(*) from t_raw_exports.payments") == [(2,)]


@pytest.mark.integration
def test_a_table_read_by_a_run_that_died_is_read_again(files, bench, monkeypatch):
    files.query("select 'l' as lead_id, date '2026-01-31' as created_at", "leads")
    files.query(f"select {EVERY_TABLE['deals']}", "deals")
    let_in = Gate.let_in

    def dying(gate, given):
        """Leads are read to their end, the row of deals ends the package, payments the run."""
        name = gate.contract.table.name
        time.sleep({"leads": 0, "deals": 0.5, "payments": 2}[name])
        if name == "payments":
            raise RuntimeError
        return let_in(gate, given)

    with monkeypatch.context() as patched:
        patched.setattr(packages, "PACKAGE_ROWS", 2)
        patched.setattr(Gate, "let_in", dying)
        with pytest.raises(SourceError, match="RuntimeError"):
            bench.run("exports", files.variables)
    assert bench.rows(
        "select count(*) from t_raw_exports_incoming.leads inner join "
        "t_raw_exports_incoming._dlt_loads on load_id = _dlt_load_id"
    ) == [(1,)]

    bench.run("exports", files.variables)

    assert bench.rows("select lead_id from t_raw_exports.leads") == [("l",)]
    assert bench.rows("select count(*) from t_raw_exports.payments") == [(2,)]
