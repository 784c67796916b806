"""Company files through the company's SQL: what the landing contract lets in, and what it says to
the rest.
"""

import os
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ingestion import packages
from ingestion.catalog import Unchanged
from ingestion.contracts import Gate
from ingestion.errors import SettingsError, SourceError
from ingestion.sources.exports.tables import TABLES
from tests.ingestion.exports_files import PHONE, PLAIN, ExportsFiles, payments_sql

SECOND = timedelta(seconds=1)


@pytest.fixture
def files(tmp_path):
    made = ExportsFiles(tmp_path)
    made.pay(f"1,2018-01-02 10:00:00,58.9,{PHONE}", "2,2018-07-02 10:00:00,100,-")
    made.query(payments_sql())
    return made


# -- What is let in --------------------------------------------------------------------------------


def test_a_good_file_is_let_in_typed(files):
    rows = files.rows()

    assert rows[0]["account_name"] == "main"
    assert rows[0]["amount"] == Decimal("58.9")
    assert rows[0]["paid_at"] == datetime(2018, 1, 2, 7, tzinfo=UTC)


def test_a_column_that_need_not_be_given_may_be_left_out(files):
    assert [row["deal_id"] for row in files.rows()] == [None, None]


def test_a_time_without_a_zone_is_local_to_the_business(files):
    rows = files.rows(zone="America/Sao_Paulo")

    # Brazil had summer time in January 2018 (-02:00) and winter time in July (-03:00).
    assert [row["paid_at"].astimezone(UTC).hour for row in rows] == [12, 13]


def test_a_date_as_text_is_let_in_when_it_cannot_be_misread(files):
    files.pay("1,2026-01-31,1,-", "2,2026-02-01 09:05,1,-")
    files.query(payments_sql(PLAIN.replace("header", "all_varchar = true, header"), amount="1"))

    assert [row["paid_at"].astimezone(UTC).isoformat() for row in files.rows()] == [
        "2026-01-30T21:00:00+00:00",
        "2026-02-01T06:05:00+00:00",
    ]


@pytest.mark.parametrize("amount", ["58.9", "0.1", "12345678901.23", "-1e-3", "1e12"])
def test_an_amount_read_as_a_binary_number_is_the_amount_written(files, amount):
    files.pay(f"1,2026-01-31,{amount},-")

    assert files.rows()[0]["amount"] == Decimal(amount)


def test_text_that_postgres_cannot_hold_is_mended(files):
    files.query(payments_sql(purpose="case id when 1 then 'a' || chr(0) || 'b' else '' end"))

    assert [row["purpose"] for row in files.rows()] == ["ab", None]


def test_rows_of_many_batches_keep_their_order(files):
    files.query(
        "select number::varchar as payment_id, date '2026-01-01' as paid_at, number as amount, "
        "'RUB' as currency_code, true as is_posted from range(250000) as numbers (number)"
    )

    assert [row["payment_id"] for row in files.rows()] == [str(number) for number in range(250_000)]


EVERY_TABLE = {
    "leads": "'1' as lead_id, date '2026-01-31' as created_at",
    "deals": "'1' as deal_id, 'won' as status, date '2026-01-31' as created_at",
    "stage_changes": "'1' as deal_id, timestamp '2026-01-31' as entered_at, 'КП' as stage_name",
    "payments": "'1' as payment_id, date '2026-01-31' as paid_at, 1 as amount, "
    "'RUB' as currency_code, true as is_posted",
    "spend": "'1' as spend_id, date '2026-01-31' as spent_at, 1 as amount, "
    "'RUB' as currency_code, 7 as clicks_count",
    "calls": "'1' as call_id, timestamp '2026-01-31 10:00' as started_at, 'in' as direction, "
    "false as is_answered",
    "tasks": "'1' as task_id, false as is_completed",
}


@pytest.mark.parametrize("table", [table.name for table in TABLES])
def test_the_least_a_company_has_to_give_is_let_in(files, table):
    files.query(f"select {EVERY_TABLE[table]}", table)

    assert len(files.rows(table)) == 1


# -- What is not let in ----------------------------------------------------------------------------


def test_a_missing_column_is_named(files):
    files.query(payments_sql(amount=None))
    assert "missing column amount" in files.refused()


def test_an_unknown_column_is_named(files):
    files.query(payments_sql(tip="1"))
    assert "column tip is not in the contract" in files.refused()


def test_a_column_given_twice_is_named(files):
    files.query(payments_sql().replace("select", "select true as is_posted,"))
    assert "column is_posted is given twice" in files.refused()


def test_a_column_the_file_lacks_is_named(files):
    files.query(payments_sql(amount="amounts"))
    assert "the file has no column amounts (payments.sql)" in files.refused()


def test_a_wrong_type_is_named_with_the_expected_one(files):
    files.query(payments_sql(payment_id="id"))
    assert "column payment_id has type int64, the contract says text" in files.refused()


def test_a_number_that_is_no_amount_is_named_by_its_row(files):
    files.pay("1,2026-01-31,1,-", "2,2026-01-31,inf,-")
    assert "column amount holds a number too large or too fine for numeric in row 2" in (
        files.refused()
    )


def test_an_unparsable_date_is_named_by_its_row(files):
    files.pay(f"1,2018-01-02,1,{PHONE}", f"2,2018-13-45,1,{PHONE}")

    sentence = files.refused()

    assert "column paid_at is text, and its value in row 2 is not a date" in sentence
    assert "2018-13-45" not in sentence


@pytest.mark.parametrize(
    "source",
    [
        PLAIN,
        PLAIN.replace("header", "types = {'paid': 'date'}, header"),
        PLAIN.replace("read_csv(", "read_csv([").replace(", header", "], header"),
        PLAIN.replace("pay", "p*"),
    ],
    ids=["found out by DuckDB", "of a type declared", "in a list", "in a pattern"],
)
@pytest.mark.parametrize("day", ["01/02/2018", "31.12.2018"])
def test_day_and_month_are_never_guessed(files, source, day):
    files.pay(f"1,{day},1,{PHONE}")
    files.query(payments_sql(source))

    sentence = files.refused()

    assert "column paid of pay.csv holds dates from row 2 on" in sentence
    assert "Give read_csv dateformat = '…'" in sentence
    assert day not in sentence


def test_times_are_never_guessed_and_a_declared_form_is_taken(files):
    files.pay("1,01.02.2018 9:05:00,1,-")
    assert "Give read_csv timestampformat" in files.refused()

    declared = "timestampformat = '%d.%m.%Y %H:%M:%S', header"
    files.query(payments_sql(PLAIN.replace("header", declared)))
    assert files.rows()[0]["paid_at"] == datetime(2018, 2, 1, 6, 5, tzinfo=UTC)


def test_text_that_looks_like_a_date_is_no_guess(files):
    files.pay("1,01.02.2018,1,-")
    files.query(
        payments_sql(
            PLAIN.replace("header", "types = {'paid': 'varchar'}, header"),
            paid_at="strptime(paid, '%d.%m.%Y')",
        )
    )
    assert files.rows()[0]["paid_at"] == datetime(2018, 1, 31, 21, tzinfo=UTC)


def test_an_unparsable_date_under_a_cast_is_named_without_its_line(files):
    files.pay(f"1,2018-01-02,1,{PHONE}", f"2,2018-13-45,1,{PHONE}")
    files.query(payments_sql(paid_at="cast(paid as timestamp)"))

    sentence = files.refused()

    assert "cannot be read" in sentence
    assert "2018-13-45" not in sentence


def test_an_unparsable_date_in_a_csv_with_types_is_named_by_its_line(files):
    files.pay(f"1,2018-01-02,1,{PHONE}", f"2,2018-13-45,1,{PHONE}")
    files.query(
        payments_sql(
            "read_csv(getvariable('data') || '/pay.csv', header = true, columns = {'id': 'BIGINT', "
            "'paid': 'TIMESTAMP', 'amount': 'DOUBLE', 'phone': 'VARCHAR'})"
        )
    )

    sentence = files.refused()

    assert "column paid cannot be read as TIMESTAMP, line 3 of pay.csv (payments.sql)" in sentence


def test_a_file_that_is_not_utf8_is_told_by_its_line(files):
    files.write(
        "pay.csv", "id,paid,amount,phone", f"1,2018-01-02,1,Пётр {PHONE}", encoding="cp1251"
    )
    assert "line 2 of pay.csv is not UTF-8 (payments.sql)" in files.refused()


def test_an_empty_required_value_is_named_by_its_row(files):
    files.pay("1,2018-01-02,1,-", "2,,1,-")
    assert "column paid_at is empty in row 2" in files.refused()


def test_a_repeated_key_is_named_by_its_row(files):
    files.pay("1,2018-01-02,1,-", "2,2018-01-02,1,-", "2,2018-01-03,1,-")

    sentence = files.refused()

    assert "column payment_id is not unique: 1 values come more than once" in sentence
    assert "row 2" in sentence


def test_a_key_of_several_columns_repeats_only_as_a_whole(files):
    files.query(
        "select 'd' as deal_id, entered_at, stage_name from (values (date '2026-01-01', 'a'), "
        "(date '2026-01-01', 'b'), (date '2026-01-02', 'a')) as moves (entered_at, stage_name)",
        "stage_changes",
    )
    assert len(files.rows("stage_changes")) == 3


@pytest.mark.parametrize(
    ("table", "sql", "known"),
    [
        ("deals", EVERY_TABLE["deals"].replace("won", "paid"), "open, won, lost"),
        ("calls", EVERY_TABLE["calls"].replace("'in'", "'вх'"), "in, out, internal"),
    ],
)
def test_an_unknown_word_of_a_closed_list_is_refused_with_the_known_ones(files, table, sql, known):
    files.query(f"select {sql}", table)
    assert f"Map it to one of {known}" in files.refused(table)


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('/etc/passwd')",
        "select * from read_csv('https://example.com/payments.csv')",
        "select * from read_text('/etc/hostname')",
        "copy (select 1) to '/tmp/stolen.csv'",
        "select 1; select 2",
        "from files",
    ],
)
def test_sql_reaches_nothing_but_the_companys_files(files, sql):
    files.query(sql)
    files.refused()


# -- Folders ---------------------------------------------------------------------------------------


def test_a_missing_sql_file_leaves_its_table_empty(files):
    assert files.pieces(table="leads") == []


def test_a_sql_file_of_an_unknown_table_is_refused(files):
    files.query("select 1", "paymentz")
    with pytest.raises(SourceError, match=r"paymentz\.sql lands in no table"), files.open():
        pass


def test_a_folder_without_any_sql_is_refused(files):
    (files.sql / "payments.sql").unlink()
    with (
        pytest.raises(SourceError, match=r"no \.sql file in .* correct EXPORTS_FOLDER"),
        files.open(),
    ):
        pass


def test_a_missing_folder_names_its_variable(files):
    files.data = files.data / "nowhere"
    with pytest.raises(SettingsError, match="EXPORTS_DATA"), files.open():
        pass


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
