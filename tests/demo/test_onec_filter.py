"""The language of 1C's `$filter`, as the vendor's guide describes it (chapter 17.4.5.2)."""

from __future__ import annotations

import pytest

from demo.odata_filter import UnknownFunctionError, parse_filter
from demo.odata_functions import BadArgumentError

KEY = "aaaaaaaa-0000-11f0-0000-000000000001"
OTHER = "bbbbbbbb-0000-11f0-0000-000000000002"
RECORD = {
    "Number": "0000-000017",
    "Date": "2026-02-28T23:59:01",
    "Posted": True,
    "Сумма": 1200.5,
    "LineNumber": "7",
    "Ref_Key": KEY,
    "Основание": KEY,
    "Основание_Type": "StandardODATA.Document_Счет",
    "Пусто": "",
    "Пусто_Type": "StandardODATA.Undefined",
    "Товары": [{"Цена": 10, "Количество": 2}, {"Цена": 300, "Количество": 1}],
    "Услуги": [],
}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("startswith(Number, '0000') eq true", True),
        ("startswith(Number, '17')", False),
        ("endswith(Number,'17')", True),
        ("substringof('0-0', Number) eq true", True),
        ("substring(Number, 1, 4) eq '0000'", True),
        ("substring(Number, 10) eq '17'", True),
        ("concat(concat(Number, ', '), 'МСК') eq '0000-000017, МСК'", True),
        ("like(Number, '%[1-2]7')", True),
        ("like(Number, '[^0]%')", False),
        ("like(Number, '____-000017')", True),
        ("year(Date) eq 2026 and quarter(Date) eq 1", True),
        ("month(Date) eq 2 and day(Date) eq 28", True),
        ("hour(Date) eq 23 and minute(Date) eq 59 and second(Date) eq 1", True),
        ("dayofweek(Date) eq 6 and dayofyear(Date) eq 59", True),
        ("dateadd(Date, 'month', 1) eq datetime'2026-03-28T23:59:01'", True),
        ("day(dateadd(datetime'2026-01-31T00:00:00', 'month', 1)) eq 28", True),
        ("dateadd(Date, 'second', 59) eq datetime'2026-03-01T00:00:00'", True),
        ("datedifference(Date, datetime'2026-03-01T00:00:00', 'day') eq 1", True),
        ("datedifference(Date, datetime'2027-01-01T00:00:00', 'year') eq 1", True),
        ("round(Сумма) eq 1201", True),
        ("Сумма add 5 mul 2 gt 1210", True),
        ("(Сумма add 5) mul 2 gt 2411", False),
        ("Сумма div 4 sub 0.125 eq 300", True),
        ("LineNumber ge 7 and LineNumber lt 10", True),
        ("isof(Сумма, 'Number') and isof(Number, 'String') and isof(Date, 'Date')", True),
        ("isof(Posted, 'Number')", False),
        ("not (Posted eq true) or Posted eq true", True),
        ("Товары/any(d: d/Цена gt 200)", True),
        ("Товары/all(d: d/Цена gt 200)", False),
        ("Товары/all(d: d/Цена ge 10 and d/Количество le 2)", True),
        ("Товары/any()", True),
        ("Услуги/any()", False),
        ("Услуги/all(d: d/Цена gt 200)", True),
    ],
)
def test_functions_and_operators(condition: str, expected: bool) -> None:
    assert parse_filter(condition).test(RECORD) is expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (f"Основание eq guid'{KEY}'", False),
        (f"Основание ne guid'{KEY}'", False),
        (f"Основание ne guid'{OTHER}'", False),
        (f"Основание eq '{KEY}'", False),
        (f"Основание eq cast(guid'{KEY}', 'Document_Счет')", True),
        (f"Основание eq cast(guid'{KEY.upper()}', 'Document_Счет')", True),
        (f"Основание eq cast(guid'{KEY}', 'Catalog_Договоры')", False),
        (f"Основание ne cast(guid'{OTHER}', 'Document_Счет')", True),
        ("isof(Основание, 'Document_Счет')", True),
        ("isof(Пусто, 'Document_Счет')", False),
        ("Пусто eq ''", False),
    ],
)
def test_a_composite_property_meets_only_what_cast_made(condition: str, expected: bool) -> None:
    assert parse_filter(condition).test(RECORD) is expected


def test_references_compare_by_the_last_groups_of_their_text_first() -> None:
    smaller = "ffffffff-0000-11f0-0000-000000000001"
    greater = "00000000-0000-11f0-0000-000000000002"
    after = parse_filter(f"Ref_Key gt guid'{smaller}'")
    assert after.test({"Ref_Key": greater})
    assert not after.test({"Ref_Key": smaller})


def test_a_filter_tells_which_properties_it_needs() -> None:
    needed = parse_filter("Товары/any(d: d/Цена gt 1) and startswith(Number, 'x')").names
    assert needed == {"Товары", "Number"}


@pytest.mark.parametrize(
    "condition",
    ["length(Number) eq 5", "tolower(Number) eq 'x'", "indexof(Number, '1') eq 2", "year() eq 1"],
)
def test_functions_the_vendor_does_not_support_are_unknown(condition: str) -> None:
    with pytest.raises(ValueError, match=r"is not there|is expected"):
        parse_filter(condition)


@pytest.mark.parametrize("condition", ["startswith(Number)", "round(Сумма, 2) eq 1"])
def test_a_wrong_number_of_arguments_is_told(condition: str) -> None:
    with pytest.raises(UnknownFunctionError, match="takes"):
        parse_filter(condition)


@pytest.mark.parametrize(
    "condition",
    [
        "year(Number) eq 2026",
        "startswith(Сумма, '1')",
        "dateadd(Date, 'fortnight', 1) eq Date",
        "substring(Number, 1.5) eq '0'",
        "Number add 1 eq 2",
        "Сумма div 0 eq 2",
    ],
)
def test_a_function_refuses_a_value_of_another_type(condition: str) -> None:
    with pytest.raises(BadArgumentError):
        parse_filter(condition).test(RECORD)
