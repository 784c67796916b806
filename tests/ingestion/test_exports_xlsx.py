"""Workbooks declared in files.yml: Excel's own dates and numbers, titles, blank rows, formulas.

The workbooks are written by hand, because what matters (a formula with the value kept beside it, an
error, a number in the text's place) is what libraries do not write.
"""

import zipfile
from datetime import UTC, datetime
from decimal import Decimal
from xml.sax.saxutils import escape

import pytest

from tests.ingestion.exports_files import PHONE, ExportsFiles, payments_sql

DAY = '<c r="{}" s="1"><v>{}</v></c>'
MOMENT = '<c r="{}" s="2"><v>{}</v></c>'
NUMBER = '<c r="{}"><v>{}</v></c>'
FORMULA = '<c r="{}"><f>1+1</f><v>{}</v></c>'
ERROR = '<c r="{}" t="e"><f>1/0</f><v>{}</v></c>'
BOOL = '<c r="{}" t="b"><v>{}</v></c>'
TEXT = '<c r="{}" t="inlineStr"><is><t>{}</t></is></c>'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
PARTS = {
    "[Content_Types].xml": f"""<Types xmlns="{PACKAGE}/content-types">
        <Default Extension="rels"
            ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
        <Default Extension="xml" ContentType="application/xml"/></Types>""",
    "_rels/.rels": f"""<Relationships xmlns="{PACKAGE}/relationships">
        <Relationship Id="r1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/>
        </Relationships>""",
    "xl/workbook.xml": f"""<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>
        <sheet name="Итоги" sheetId="1" r:id="r1"/><sheet name="Лист1" sheetId="2" r:id="r2"/>
        </sheets></workbook>""",
    "xl/_rels/workbook.xml.rels": f"""<Relationships xmlns="{PACKAGE}/relationships">
        <Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>
        <Relationship Id="r2" Type="{OFFICE}/worksheet" Target="worksheets/sheet2.xml"/>
        <Relationship Id="r3" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>""",
    # Style 1 is a date, style 2 a date with a time.
    "xl/styles.xml": f"""<styleSheet xmlns="{MAIN}"><fonts count="1"><font/></fonts>
        <fills count="1"><fill/></fills><borders count="1"><border/></borders>
        <cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3">
        <xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/></cellXfs></styleSheet>""",
    "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData/></worksheet>',
}
HEADER = ["Номер", "Дата", "Сумма", "Назначение"]
DECLARED = {
    "path": "оплаты.xlsx",
    "sheet": "Лист1",
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


def cell(place, value):
    """`value` is a text, or a form of cell with what it holds, or None."""
    if value is None:
        return ""
    form, held = (TEXT, escape(value)) if isinstance(value, str) else value
    return form.format(place, held)


def write_book(path, rows, merged=""):
    """Sheet Лист1 of a workbook; `rows` are by their number."""
    written = "".join(
        f'<row r="{number}">'
        + "".join(cell(f"{chr(65 + place)}{number}", value) for place, value in enumerate(row))
        + "</row>"
        for number, row in rows.items()
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, part in PARTS.items():
            book.writestr(name, part)
        book.writestr(
            "xl/worksheets/sheet2.xml",
            f'<worksheet xmlns="{MAIN}"><sheetData>{written}</sheetData>{merged}</worksheet>',
        )


@pytest.fixture
def files(tmp_path):
    made = ExportsFiles(tmp_path)
    made.query(SQL)
    made.declare(оплаты=DECLARED)
    return made


def book(files, *rows, header=HEADER, **how):
    numbered = dict(enumerate([header, *rows], start=1))
    write_book(files.data / "оплаты.xlsx", numbered, **how)


def test_excels_own_dates_and_numbers_are_what_the_sheet_shows(files):
    book(
        files,
        ["п1", (DAY, "46082"), (NUMBER, "58.9"), "а"],
        ["п2", (MOMENT, "46082.5"), (NUMBER, "1234567.5"), "а"],
    )

    assert [(row["paid_at"], row["amount"]) for row in files.rows(zone="UTC")] == [
        (datetime(2026, 3, 1, tzinfo=UTC), Decimal("58.9")),
        (datetime(2026, 3, 1, 12, tzinfo=UTC), Decimal("1234567.5")),
    ]


def test_dates_and_numbers_typed_as_text_are_read_as_declared(files):
    book(files, ["п1", "01.03.2026", "1 234,5", "а"])

    (row,) = files.rows(zone="UTC")

    assert (row["paid_at"], row["amount"]) == (
        datetime(2026, 3, 1, tzinfo=UTC),
        Decimal("1234.5"),
    )


def test_a_point_for_thousands_does_not_swallow_excels_own_point(files):
    files.declare(оплаты={**DECLARED, "thousands": "."})
    book(files, ["п1", (DAY, "46082"), (NUMBER, "58.9"), "а"])

    assert files.rows()[0]["amount"] == Decimal("58.9")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ((NUMBER, PHONE), PHONE),
        ((NUMBER, "1E-5"), "0.00001"),
        ((NUMBER, "58.9"), "58.9"),
        ((BOOL, "1"), "True"),
        ((DAY, "46082"), "2026-03-01"),
        ((MOMENT, "46082.5"), "2026-03-01 12:00:00"),
    ],
)
def test_a_cell_of_a_text_column_is_what_a_person_would_type(files, value, text):
    book(files, ["п1", (DAY, "46082"), (NUMBER, "1"), value])

    assert files.rows()[0]["purpose"] == text


def test_an_undeclared_column_of_excels_dates_is_no_guess(files):
    files.declare(оплаты={**DECLARED, "dates": {}})
    book(files, ["п1", (DAY, "46082"), (NUMBER, "1"), "а"])

    assert files.rows(zone="UTC")[0]["paid_at"] == datetime(2026, 3, 1, tzinfo=UTC)


def test_a_formula_counts_as_the_value_kept_with_it_and_an_error_as_nothing(files):
    book(
        files,
        ["п1", (DAY, "46082"), (FORMULA, "117.8"), (ERROR, "#DIV/0!")],
    )

    (row,) = files.rows()

    assert (row["amount"], row["purpose"]) == (Decimal("117.8"), None)


def test_titles_above_the_header_and_blank_rows_are_not_read(files):
    rows = {
        1: ["Оплаты за март"],
        3: HEADER,
        4: ["п1", (DAY, "46082"), (NUMBER, "1"), "а"],
        6: ["п2", (DAY, "46082"), (NUMBER, "1"), "а"],
        9: [None, None, None, ""],
    }
    merged = '<mergeCells count="1"><mergeCell ref="A1:D1"/></mergeCells>'
    write_book(files.data / "оплаты.xlsx", rows, merged)
    files.declare(оплаты={**DECLARED, "header_row": 3})

    assert [row["payment_id"] for row in files.rows()] == ["п1", "п2"]


def test_rows_are_numbered_as_excel_numbers_them(files):
    rows = {
        2: HEADER,
        3: ["п1", (DAY, "46082"), (NUMBER, "1"), "а"],
        5: ["п2", "31.02.2026", (NUMBER, "1"), PHONE],
    }
    write_book(files.data / "оплаты.xlsx", rows)
    files.declare(оплаты={**DECLARED, "header_row": 2})

    assert "column Дата is not a date written day_first in row 5 of оплаты.xlsx" in files.refused()


def test_the_first_sheet_is_read_where_none_is_declared(files):
    book(files, ["п1", (DAY, "46082"), (NUMBER, "1"), "а"])
    files.declare(оплаты={key: value for key, value in DECLARED.items() if key != "sheet"})

    assert "оплаты.xlsx has no row 1, where its header should be" in files.refused()


def test_a_sheet_that_is_not_there_is_told(files):
    book(files)
    files.declare(оплаты={**DECLARED, "sheet": "Март"})

    assert "оплаты.xlsx has no sheet as declared for оплаты" in files.refused()


def test_a_workbook_cut_short_is_refused(files):
    book(files, ["п1", (DAY, "46082"), (NUMBER, "1"), "а"])
    path = files.data / "оплаты.xlsx"
    path.write_bytes(path.read_bytes()[:-200])

    assert "оплаты.xlsx is not a whole workbook" in files.refused()


def test_check_tells_rows_and_columns_of_a_sheet(files):
    book(files, *[[f"п{n}", (DAY, "46082"), (NUMBER, "1"), "а"] for n in range(30_000)])

    assert files.checked()["file оплаты"] == "1 file, 30,000 rows, 4 columns, xlsx"
