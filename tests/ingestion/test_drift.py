"""Names that undeclared fields get as columns, and what is too unlikely to be chance."""

import pytest

from ingestion.catalog import table
from ingestion.drift import LONGEST_NAME, column_name, is_vanished

ORDERS = table("orders", key="id", columns="id bigint, name text", about="Orders.")


@pytest.mark.parametrize(
    ("field", "column"),
    [
        ("isVip", "isvip"),
        ("Ответственный_Key", "ответственный_key"),
        ("utm.source-1", "utm_source_1"),
    ],
)
def test_a_field_keeps_its_name_in_lower_case(field, column):
    assert column_name(field, ORDERS) == column


def test_names_postgres_would_cut_stay_different():
    long = "ОсновнаяСтатьяДвиженияДенежныхСредств"
    names = {column_name(long + end, ORDERS) for end in ("_Key", "_Type")}

    assert len(names) == 2
    assert all(len(name.encode()) <= LONGEST_NAME for name in names)


@pytest.mark.parametrize("field", ["Name", "_gone_at", "_dlt_load_id", "1st"])
def test_a_field_never_takes_the_name_of_another_column(field):
    name = column_name(field, ORDERS)

    assert name not in {"name", "_gone_at", "_dlt_load_id"}
    assert not name[0].isdigit()
    assert name == column_name(field, ORDERS)


@pytest.mark.parametrize(
    ("rows", "filled_share", "vanished"),
    [(60, 1.0, True), (60, 0.5, True), (10, 0.5, False), (1_000, 0.001, False), (0, 1.0, False)],
)
def test_a_column_is_vanished_when_chance_explains_its_emptiness_no_more(
    rows, filled_share, vanished
):
    assert is_vanished(rows, filled_share) is vanished
