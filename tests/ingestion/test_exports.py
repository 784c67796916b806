"""Company files through the company's SQL: what the landing contract lets in, and what it says to
the rest.
"""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ingestion.errors import SettingsError, SourceError
from ingestion.sources.exports.tables import TABLES
from tests.ingestion.exports_files import EVERY_TABLE, PHONE, PLAIN, ExportsFiles, payments_sql


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


def test_a_value_that_cannot_be_read_far_behind_is_told_like_one_in_front(files):
    lines = [f"{number},2018-01-02 10:00:00,1,-" for number in range(120_000)]
    files.pay(*lines, f"120000,yesterday,1,{PHONE}")

    sentence = files.refused()

    assert "cannot be read as TIMESTAMP, line 120002 of pay.csv (payments.sql)" in sentence
    assert PHONE not in sentence


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
