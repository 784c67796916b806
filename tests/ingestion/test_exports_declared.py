"""Files declared in files.yml: encodings, delimiters, dates and numbers as people write them."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.catalog import Unchanged
from ingestion.errors import SourceError
from ingestion.sources import exports
from tests.ingestion.exports_files import PHONE, ExportsFiles, payments_sql

HEADER = "Номер;Дата;Сумма;Назначение"
FROM_1C = {
    "path": "оплаты.csv",
    "encoding": "cp1251",
    "delimiter": ";",
    "dates": {"Дата": "day_first"},
    "numbers": ["Сумма"],
    "decimal": ",",
    "thousands": " ",
}
SQL = payments_sql(
    "оплаты",
    payment_id='"Номер"',
    paid_at='"Дата"',
    amount='"Сумма"',
    purpose='"Назначение"',
)


@pytest.fixture
def files(tmp_path):
    made = ExportsFiles(tmp_path)
    made.query(SQL)
    made.declare(оплаты=FROM_1C)
    from_1c(made, "п1;31.12.2025 9:05:00;1 234,56;Счёт № 7")
    return made


def from_1c(files, *lines, **how):
    files.write("оплаты.csv", HEADER, *lines, **{"encoding": "cp1251", **how})


# -- Encodings and delimiters ----------------------------------------------------------------------


def test_an_export_of_1c_is_read_as_declared(files):
    (row,) = files.rows()

    assert row["payment_id"] == "п1"
    assert row["paid_at"] == datetime(2025, 12, 31, 6, 5, tzinfo=UTC)
    assert row["amount"] == Decimal("1234.56")
    assert row["purpose"] == "Счёт № 7"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_utf8_with_and_without_a_mark_and_utf16(files, encoding):
    from_1c(files, "п1;31.12.2025;1;Счёт", encoding=encoding)
    files.declare(оплаты={**FROM_1C, "encoding": encoding.removesuffix("-sig")})

    assert files.rows()[0]["purpose"] == "Счёт"


def test_cp1251_declared_utf8_is_refused_by_its_line(files):
    lines = "1;31.12.2025;1;plain", f"2;31.12.2025;1;Пётр {PHONE}"
    files.write("оплаты.csv", "Nomer;Data;Summa;Text", *lines, encoding="cp1251")
    files.declare(оплаты={"path": "оплаты.csv", "delimiter": ";"})
    files.query("select * from оплаты")

    assert (
        "line 3 of оплаты.csv is not utf-8. Declare the encoding" in files.checked()["file оплаты"]
    )


def test_a_header_in_cp1251_declared_utf8_is_refused(files):
    files.declare(оплаты={**FROM_1C, "encoding": "utf-8"})
    assert "the header of оплаты.csv is not utf-8" in files.refused()


def test_utf8_declared_cp1251_is_refused_and_no_mojibake_lands(files):
    files.write("оплаты.csv", "Nomer;Дата", "1;31.12.2025", encoding="utf-8")
    files.declare(оплаты={"path": "оплаты.csv", "delimiter": ";", "encoding": "cp1251"})
    files.query(
        payments_sql("оплаты", payment_id='"Nomer"', paid_at="date '2026-01-01'", amount="1")
    )

    sentence = files.refused()

    assert "оплаты.csv is UTF-8, and оплаты is declared cp1251" in sentence


def test_quotes_hold_delimiters_quotes_and_line_ends(files):
    from_1c(
        files,
        'п1;31.12.2025;1;"ООО ""Ромашка""; склад"',
        'п2;31.12.2025;1;"две',
        'строки"',
        'п3;31.12.2025;1;монитор 24"',
    )

    assert [row["purpose"] for row in files.rows()] == [
        'ООО "Ромашка"; склад',
        "две\nстроки",
        'монитор 24"',
    ]


def test_commas_between_and_quoted_commas(files):
    files.write("оплаты.csv", "Номер,Дата,Сумма,Назначение", 'п1,31.12.2025,"1 234,5","а, б"')
    files.declare(оплаты={**FROM_1C, "encoding": "utf-8", "delimiter": ","})

    (row,) = files.rows()

    assert (row["amount"], row["purpose"]) == (Decimal("1234.5"), "а, б")


def test_quotes_may_be_ordinary_letters(files):
    from_1c(files, 'п1;31.12.2025;1;"Ромашка')
    assert "оплаты.csv ends inside a quote" in files.refused()

    files.declare(оплаты={**FROM_1C, "quote": "none"})
    assert files.rows()[0]["purpose"] == '"Ромашка'


def test_a_quote_left_open_swallows_no_rows(files):
    from_1c(files, 'п1;31.12.2025;1;"Ромашка', *(f"п{n};31.12.2025;1;б" for n in range(2, 9)))
    assert "оплаты.csv ends inside a quote" in files.refused()


def test_another_delimiter_than_declared_is_named(files):
    files.declare(оплаты={**FROM_1C, "delimiter": ","})
    assert "the header of оплаты.csv is one column with ';' in it" in files.refused()


@pytest.mark.parametrize("line", [f"п2;31.12.2025;1;а;{PHONE}", "п2;31.12"])
def test_a_row_of_another_width_is_named_by_its_number(files, line):
    from_1c(files, "п1;31.12.2025;1;а", line, end="", seconds_ago=90)

    sentence = files.refused()

    assert "row 3 of оплаты.csv has" in sentence
    assert "its header has 4" in sentence


def test_blank_rows_are_no_rows(files):
    from_1c(files, "п1;31.12.2025;1;а", ";;;", "", "п2;31.12.2025;1;а", ";;;", "")
    assert len(files.rows()) == 2


def test_a_file_of_many_blocks_is_read_whole_and_in_order(files):
    lines = [f"п{number};31.12.2025;{number},5;{'Оплата ' * 12}" for number in range(60_000)]
    from_1c(files, *lines)

    rows = files.rows()

    assert [row["amount"] for row in rows] == [Decimal(f"{n}.5") for n in range(60_000)]
    assert (files.data / "оплаты.csv").stat().st_size > 4 * 1024 * 1024


def test_a_wrong_byte_behind_the_first_block_is_found_by_its_line(files):
    lines = [f"{number};31.12.2025;1;{'x' * 80}" for number in range(60_000)]
    files.write("оплаты.csv", HEADER, *lines)
    with (files.data / "оплаты.csv").open("ab") as file:
        file.write("п;31.12.2025;1;Пётр\n".encode("cp1251"))
    files.declare(оплаты={**FROM_1C, "encoding": "utf-8"})

    assert "line 60002 of оплаты.csv is not utf-8" in files.refused()


# -- Headers ---------------------------------------------------------------------------------------


def test_title_lines_above_the_header_are_not_read(files):
    files.write("оплаты.csv", "Отчёт", 'за "март', HEADER, "п1;31.12.2025;1;а", encoding="cp1251")
    files.declare(оплаты={**FROM_1C, "header_row": 3})

    assert len(files.rows()) == 1


def test_a_name_on_two_lines_and_a_column_without_a_name(files):
    files.write(
        "оплаты.csv",
        '"Номер',
        'п/п";Дата;Сумма;Назначение;',
        "п1;31.12.2025;1;а;",
        encoding="cp1251",
    )
    files.query(SQL.replace('"Номер"', 'coalesce(column_5, "Номер п/п")'))

    assert files.rows()[0]["payment_id"] == "п1"


def test_a_name_given_twice_is_named(files):
    files.write("оплаты.csv", "Номер;Дата;Сумма;сумма", "п1;31.12.2025;1;а", encoding="cp1251")
    assert "оплаты.csv has the column Сумма, сумма twice" in files.refused()


def test_a_declared_column_the_file_lacks_is_named(files):
    files.declare(оплаты={**FROM_1C, "numbers": ["Итого"]})
    assert "оплаты.csv has no column Итого" in files.refused()


def test_a_file_without_its_header_row_is_refused(files):
    files.declare(оплаты={**FROM_1C, "header_row": 5})
    assert "оплаты.csv has no row 5, where its header should be" in files.refused()


# -- Dates and numbers -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "written", "is_read"),
    [
        ("day_first", "01.02.2026", "2026-02-01 00:00:00"),
        ("day_first", "1/2/26", "2026-02-01 00:00:00"),
        ("day_first", "01-02-2026 9:05", "2026-02-01 09:05:00"),
        ("month_first", "01/02/2026", "2026-01-02 00:00:00"),
        ("month_first", "1/2/26 23:59:59", "2026-01-02 23:59:59"),
        ("year_first", "2026/1/2", "2026-01-02 00:00:00"),
        ("day_first", "2026-01-02 03:04:05", "2026-01-02 03:04:05"),
    ],
)
def test_day_and_month_stand_as_declared(files, order, written, is_read):
    from_1c(files, f"п1;{written};1;а")
    files.declare(оплаты={**FROM_1C, "dates": {"Дата": order}})

    (row,) = files.rows(zone="UTC")

    assert row["paid_at"] == datetime.fromisoformat(f"{is_read}+00:00")


@pytest.mark.parametrize(
    "written", ["31.02.2026", "00.01.2026", "12/31/2026", "завтра", "1.2.2026 25:00", "1.2.202"]
)
def test_what_is_no_date_as_declared_is_named_by_its_row(files, written):
    from_1c(files, "п1;31.12.2025;1;а", f"п2;{written};1;{PHONE}")

    sentence = files.refused()

    assert "column Дата is not a date written day_first in row 3 of оплаты.csv" in sentence
    assert written not in sentence


def test_an_undeclared_date_is_named_by_its_row_and_not_guessed(files):
    files.declare(оплаты={**FROM_1C, "dates": {}})
    assert "column paid_at is text, and its value in row 1 is not a date" in files.refused()


@pytest.mark.parametrize(
    ("decimal", "thousands", "written", "is_read"),
    [
        (",", " ", "1 234 567,89", "1234567.89"),
        (",", " ", "1\u00a0234,5", "1234.5"),
        (",", " ", "-12", "-12"),
        (",", ".", "1.234,5", "1234.5"),
        (".", ",", "1,234.5", "1234.5"),
        (".", "", "58.9", "58.9"),
    ],
)
def test_a_number_is_read_by_its_declared_signs(files, decimal, thousands, written, is_read):
    from_1c(files, f"п1;31.12.2025;{written};а")
    files.declare(оплаты={**FROM_1C, "decimal": decimal, "thousands": thousands})

    assert files.rows()[0]["amount"] == Decimal(is_read)


@pytest.mark.parametrize(
    ("decimal", "thousands", "written"),
    [
        (",", ".", "58.9"),
        (",", " ", "58.9"),
        (".", "", "58,9"),
        (",", " ", "1 23"),
        (",", " ", "12 руб."),
        (",", " ", "1e5"),
        (",", " ", "0,0000000001"),
    ],
)
def test_what_is_no_number_as_declared_is_named_by_its_row(files, decimal, thousands, written):
    from_1c(files, "п1;31.12.2025;1;а", f"п2;31.12.2025;{written};а")
    files.declare(оплаты={**FROM_1C, "decimal": decimal, "thousands": thousands})

    sentence = files.refused()

    assert "column Сумма is not a number written as declared in row 3 of оплаты.csv" in sentence
    assert written not in sentence


def test_an_empty_date_or_number_is_null(files):
    from_1c(files, "п1;;;а")
    files.query(SQL.replace('"Дата" as', "coalesce(\"Дата\", date '2026-01-01') as"))
    assert "column amount is empty in row 1" in files.refused()


# -- Several files, and files as a whole -----------------------------------------------------------


def test_files_of_one_pattern_are_one_table(files):
    files.declare(оплаты={**FROM_1C, "path": "1c/*.csv"})
    files.write("1c/01.csv", HEADER, "п1;31.12.2025;1;а", encoding="cp1251")
    files.write("1c/02.csv", "Дата;Номер;Сумма;Назначение", "01.01.2026;п2;2;б", encoding="cp1251")
    assert [row["payment_id"] for row in files.rows()] == ["п1", "п2"]

    files.write("1c/03.csv", "Номер;Дата;Итого;Назначение", "п3;1.1.26;1;а", encoding="cp1251")
    assert "03.csv and 01.csv do not both have the column Итого, Сумма" in files.refused()


def test_a_missing_file_is_named(files):
    (files.data / "оплаты.csv").unlink()
    assert "no file in EXPORTS_DATA is called оплаты.csv" in files.refused()


def test_sql_may_read_a_declared_file_more_than_once(files):
    both = SQL + " union all " + SQL.replace('"Номер" as', "\"Номер\" || '-2' as")
    files.query(both)
    assert len(files.rows()) == 2


def test_unchanged_declared_files_are_not_read_and_a_changed_declaration_is(files):
    state = files.state()
    assert files.pieces(state) == [Unchanged()]

    files.declare(оплаты={**FROM_1C, "dates": {"Дата": "year_first"}})
    files.refused()
    from_1c(files, "п1;2025-12-31;1;а")
    assert Unchanged() not in files.pieces(state)


def test_parquet_carries_its_own_types(files):
    table = pa.table(
        {
            "Номер": ["п1"],
            "Дата": pa.array(["2026-01-31 10:00"]).cast(pa.timestamp("us")),
            "Сумма": [Decimal("58.90")],
        }
    )
    pq.write_table(table, files.data / "оплаты.parquet")
    files.declare(оплаты={"path": "*.parquet"})
    files.query(SQL.replace('"Назначение"', "null"))

    (row,) = files.rows()

    assert (row["amount"], row["paid_at"]) == (
        Decimal("58.90"),
        datetime(2026, 1, 31, 7, tzinfo=UTC),
    )


def test_a_broken_parquet_file_is_refused(files):
    (files.data / "оплаты.parquet").write_bytes(b"PAR1 and no more")
    files.declare(оплаты={"path": "оплаты.parquet"})
    assert "оплаты.parquet is not a whole Parquet file" in files.refused()


# -- files.yml itself ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("оплаты: [", "files.yml is not YAML, line 1"),
        ("- a", "is not a list of names"),
        ("оплаты:", "says nothing of оплаты"),
        ("оплаты: {path: a.csv, delimeter: ';'}", "has delimeter under оплаты, which is not one"),
        ("оплаты: {path: ../a.csv}", "no place inside EXPORTS_DATA"),
        ("оплаты: {path: /etc/passwd}", "no place inside EXPORTS_DATA"),
        ("оплаты: {path: a.xls}", "a value of format that is not one of csv, xlsx, parquet"),
        ("оплаты: {path: a.csv, encoding: cp125l}", "names an unknown encoding of оплаты"),
        ("оплаты: {path: a.csv, delimiter: ';;'}", "a delimiter of оплаты that is not one sign"),
        ("оплаты: {path: a.csv, dates: {Дата: ddmm}}", "dates that is not one of day_first"),
        ("оплаты: {path: a.csv, dates: [Дата]}", "dates of оплаты that are not like"),
        ("оплаты: {path: a.csv, numbers: Сумма}", "numbers of оплаты that are not a list"),
        ("оплаты: {path: a.csv, decimal: 5}", "gives no decimal for оплаты"),
        ("оплаты: {path: a.csv, decimal: ';'}", "signs for numbers of оплаты"),
        ("оплаты: {path: a.csv, thousands: '.'}", "one sign for decimal and thousands of оплаты"),
        ("оплаты: {path: a.csv, header_row: 0}", "a header_row of оплаты below 1"),
        ("оплаты: {path: a.csv, header_row: three}", "a header_row of оплаты that is not a number"),
        ("оплаты: {path: a.csv, quote: '`'}", "a quote of оплаты that is not one of"),
        ("оплаты: {path: a.csv, sheet: Лист1}", "gives sheet for оплаты, which is csv"),
        ("оплаты: {path: a.xlsx, delimiter: ';'}", "gives delimiter for оплаты, which is xlsx"),
        ("оплаты: {path: a.parquet, numbers: [a]}", "gives numbers for оплаты, which is parquet"),
    ],
)
def test_a_wrong_declaration_is_told_by_its_place(files, text, sentence):
    (files.sql / "files.yml").write_text(text, encoding="utf-8")
    with pytest.raises(SourceError) as error, files.open():
        pass
    assert sentence in str(error.value)
    assert "Correct it in EXPORTS_FOLDER" in str(error.value)


def test_check_reads_every_declared_file_to_its_end(files):
    from_1c(files, "п1;31.12.2025;1;а", "п2;31.12.2025;1;а")
    assert files.checked() == {
        "file оплаты": "1 file, 2 rows, 4 columns, csv, cp1251",
        "payments.sql": "1 file, 6 of 13 columns given",
    }

    from_1c(files, "п1;31.12.2025;1;а", "п2;31.12.2025;x;а")
    assert files.checked()["file оплаты"].startswith("no: exports: column Сумма is not a number")


def test_the_example_of_the_readme_lands(files):
    readme = (Path(exports.__file__).parent / "README.md").read_text(encoding="utf-8")
    declared, sql = (
        readme.partition(f"```{kind}\n")[2].partition("```")[0] for kind in ("yaml", "sql")
    )
    (files.sql / "files.yml").write_text(declared, encoding="utf-8")
    files.query(sql)
    files.write(
        "1c/оплаты за март.csv",
        *("ООО «Ромашка»", "Оплаты", "за март"),
        "Номер;Дата;Сумма;Проведён;Плательщик;ИНН",
        'п1;02.03.2026 9:05:00;1 234,56;Да;"ИП ""Лютик""";770000000001',
        "Итого;;1 234,56;;;",
        encoding="cp1251",
    )

    (row,) = files.rows()

    assert (row["amount"], row["payer_name"]) == (Decimal("1234.56"), 'ИП "Лютик"')
    assert row["paid_at"] == datetime(2026, 3, 2, 6, 5, tzinfo=UTC)
    assert row["is_posted"]
