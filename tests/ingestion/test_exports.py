"""Company files through DuckDB: what the landing contract lets in, and what it says to the rest."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ingestion.errors import SettingsError, SourceError
from ingestion.sources.exports.resources import open_readers
from ingestion.sources.exports.tables import TABLES

PAYMENTS = {table.name: table for table in TABLES}["payments"]
GOOD = {
    "payment_id": "'p' || id",
    "paid_at": "paid",
    "amount": "amount",
    "currency_code": "'BRL'",
    "is_posted": "true",
}


def payments_sql(**changed):
    chosen = {column: "null" for column in PAYMENTS.columns if column != "account_name"} | GOOD
    chosen |= changed
    columns = ",\n    ".join(f"{sql} as {name}" for name, sql in chosen.items() if sql)
    return f"select\n    {columns}\nfrom read_csv(getvariable('data') || '/pay.csv', header = true)"


@pytest.fixture
def files(tmp_path):
    (tmp_path / "sql").mkdir()
    (tmp_path / "data").mkdir()
    write_csv(tmp_path, "1,2018-01-02 10:00:00,58.9,79990001122", "2,2018-07-02 10:00:00,100,-")
    return tmp_path


def write_csv(files, *lines):
    text = "\n".join(["id,paid,amount,phone", *lines]) + "\n"
    (files / "data" / "pay.csv").write_text(text, encoding="utf-8")


def read(files, sql, timezone="Europe/Moscow"):
    (files / "sql" / "payments.sql").write_text(sql, encoding="utf-8")
    folders = str(files / "sql"), str(files / "data")
    with open_readers(*folders, "main", timezone) as readers:
        return list(readers["payments"]({}))


def refused(files, sql):
    with pytest.raises(SourceError) as error:
        read(files, sql)
    sentence = str(error.value)
    assert sentence.startswith("exports.payments: ")
    assert "79990001122" not in sentence
    return sentence


def test_a_good_file_is_let_in_typed(files):
    (table,) = read(files, payments_sql())

    rows = table.to_pylist()
    assert rows[0]["account_name"] == "main"
    assert rows[0]["amount"] == Decimal("58.9")
    assert rows[0]["deal_id"] is None
    assert rows[0]["paid_at"] == datetime(2018, 1, 2, 7, tzinfo=UTC)


def test_a_time_without_a_zone_is_local_to_the_business(files):
    write_csv(files, "1,2018-01-02 10:00:00,1,-", "2,2018-07-02 10:00:00,1,-")

    (table,) = read(files, payments_sql(), timezone="America/Sao_Paulo")

    # Brazil had summer time in January 2018 (-02:00) and winter time in July (-03:00).
    assert [row["paid_at"].astimezone(UTC).hour for row in table.to_pylist()] == [12, 13]


def test_a_missing_sql_file_leaves_its_table_empty(files):
    (files / "sql" / "payments.sql").write_text(payments_sql())
    with open_readers(str(files / "sql"), str(files / "data"), "main", "UTC") as readers:
        assert list(readers["leads"]({})) == []


def test_a_sql_file_of_an_unknown_table_is_refused(files):
    (files / "sql" / "paymentz.sql").write_text("select 1")

    with (
        pytest.raises(SourceError, match=r"paymentz\.sql lands in no table"),
        open_readers(str(files / "sql"), str(files / "data"), "main", "UTC"),
    ):
        pass


def test_a_folder_without_any_sql_is_refused(files):
    with (
        pytest.raises(SourceError, match=r"no \.sql file in .* correct EXPORTS_FOLDER"),
        open_readers(str(files / "sql"), str(files / "data"), "main", "UTC"),
    ):
        pass


def test_a_missing_folder_names_its_variable(files):
    (files / "sql" / "payments.sql").write_text(payments_sql())
    with (
        pytest.raises(SettingsError, match="EXPORTS_DATA"),
        open_readers(str(files / "sql"), str(files / "nowhere"), "main", "UTC"),
    ):
        pass


def test_a_missing_column_is_named(files):
    assert "missing column amount" in refused(files, payments_sql(amount=None))


def test_an_unknown_column_is_named(files):
    assert "column tip is not in the contract" in refused(files, payments_sql(tip="1"))


def test_a_column_the_file_lacks_is_named(files):
    sentence = refused(files, payments_sql(amount="amounts"))

    assert "the file has no column amounts (payments.sql)" in sentence


def test_a_wrong_type_is_named_with_the_expected_one(files):
    sentence = refused(files, payments_sql(payment_id="id"))

    assert "column payment_id has type int64, the contract says text" in sentence


def test_an_unparsable_date_is_named_by_its_row(files):
    write_csv(files, "1,2018-01-02,1,79990001122", "2,2018-13-45,1,79990001122")

    sentence = refused(files, payments_sql())

    assert "column paid_at has type string" in sentence
    assert "the value in row 2 is not a date" in sentence
    assert "2018-13-45" not in sentence


def test_an_unparsable_date_under_a_cast_is_named_without_its_line(files):
    write_csv(files, "1,2018-01-02,1,79990001122", "2,2018-13-45,1,79990001122")

    sentence = refused(files, payments_sql(paid_at="cast(paid as timestamp)"))

    assert "cannot be read" in sentence
    assert "2018-13-45" not in sentence


def test_an_unparsable_date_in_a_declared_csv_is_named_by_its_line(files):
    write_csv(files, "1,2018-01-02,1,79990001122", "2,2018-13-45,1,79990001122")
    declared = (
        "header = true, columns = {'id': 'BIGINT', 'paid': 'TIMESTAMP', "
        "'amount': 'DOUBLE', 'phone': 'VARCHAR'}"
    )

    sentence = refused(files, payments_sql().replace("header = true", declared))

    assert "column paid cannot be read as TIMESTAMP, line 3 of the file" in sentence


def test_an_empty_required_value_is_named_by_its_row(files):
    write_csv(files, "1,2018-01-02,1,-", "2,,1,-")

    assert "column paid_at is empty in row 2" in refused(files, payments_sql())


def test_a_repeated_key_is_named_by_its_row(files):
    write_csv(files, "1,2018-01-02,1,-", "2,2018-01-02,1,-", "2,2018-01-03,1,-")

    sentence = refused(files, payments_sql())

    assert "column payment_id is not unique" in sentence
    assert "row 2" in sentence


def test_an_unknown_deal_status_is_refused_with_the_known_ones(files):
    deals = {table.name: table for table in TABLES}["deals"]
    chosen = {column: "null" for column in deals.columns if column != "account_name"}
    chosen |= {"deal_id": "'d'", "status": "'paid'", "created_at": "date '2018-01-01'"}
    sql = "select " + ", ".join(f"{value} as {name}" for name, value in chosen.items())
    (files / "sql" / "deals.sql").write_text(sql)

    with (
        open_readers(str(files / "sql"), str(files / "data"), "main", "UTC") as readers,
        pytest.raises(SourceError, match="open, won, lost"),
    ):
        list(readers["deals"]({}))


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('/etc/passwd')",
        "select * from read_csv('https://example.com/payments.csv')",
        "copy (select 1) to '/tmp/stolen.csv'",
        "select 1; select 2",
    ],
)
def test_sql_reaches_nothing_but_the_companys_files(files, sql):
    refused(files, sql)


@pytest.mark.integration
def test_an_export_lands_and_a_refused_one_leaves_what_was_there(files, bench):
    (files / "sql" / "payments.sql").write_text(payments_sql())
    variables = {"EXPORTS_FOLDER": str(files / "sql"), "EXPORTS_DATA": str(files / "data")}
    count = "select count(*), sum(amount) from t_raw_exports.payments"

    result = bench.run("exports", variables)
    assert result.tables == {"leads": 0, "deals": 0, "payments": 2}
    assert bench.rows(count) == [(2, Decimal("158.9"))]

    write_csv(files, "1,2018-01-02,1,-", "1,2018-01-02,1,-")
    with pytest.raises(SourceError):
        bench.run("exports", variables)
    assert bench.rows(count) == [(2, Decimal("158.9"))]

    write_csv(files, "1,2018-01-02,1,-")
    bench.run("exports", variables)
    assert bench.rows(count) == [(1, Decimal(1))]


@pytest.mark.integration
def test_a_file_cut_to_its_header_does_not_empty_the_table(files, bench):
    (files / "sql" / "payments.sql").write_text(payments_sql())
    variables = {"EXPORTS_FOLDER": str(files / "sql"), "EXPORTS_DATA": str(files / "data")}
    bench.run("exports", variables)
    write_csv(files)

    with pytest.raises(SourceError) as refused:
        bench.run("exports", variables)

    assert str(refused.value) == (
        "exports.payments: no row came, and 2 that the warehouse holds would be removed. Nothing "
        "of this run was loaded; look at the source, or, if it is right, accept that with "
        "`scripts/run python -m ingestion run exports --full-refresh`"
    )
    assert bench.rows("select count(*) from t_raw_exports.payments") == [(2,)]
