"""The director's page: layout from given rows, and reading them from the marts."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import psycopg
import pytest

from warehouse import summary
from warehouse.connections import connect
from warehouse.errors import WarehouseError
from warehouse.summary import (
    Kpi,
    Page,
    SourceAge,
    Subtotal,
    format_change,
    format_value,
)

MOSCOW = ZoneInfo("Europe/Moscow")


def kpi(label: str, unit: str, *values: str | None, explanation: str | None = None) -> Kpi:
    numbers = [None if value is None else Decimal(value) for value in values]
    return Kpi(label, unit, *numbers, date(2026, 11, 1), date(2026, 11, 21), explanation)


PAGE = Page(
    kpis=[
        kpi("Выручка", "money", "1234567.4", "1100000", "0"),
        kpi("Новые лиды", "count", "412", "400", "390"),
        kpi("Из лида в оплату", "share", "0.125", "0.15", None),
        kpi("ROMI", "ratio", None, None, None, explanation="Нет данных о расходах."),
    ],
    bridge=[Subtotal("enquiries", 1412), Subtotal("leads", 1300), Subtotal("new_step", 7)],
    ages=[
        SourceAge("amocrm", datetime(2026, 11, 21, 7, 0, tzinfo=UTC), Decimal(65)),
        SourceAge("onec", None, None),
    ],
)

EXPECTED = """\
ПОКАЗАТЕЛИ ДИРЕКТОРА
  01.11.2026 – 21.11.2026
                         сейчас  прошлый период             год назад
  Выручка           1 234 567 ₽     1 100 000 ₽      +12 %        0 ₽
  Новые лиды                412             400       +3 %        390  +6 %
  Из лида в оплату       12,5 %            15 %  −2,5 п.п.          —
  ROMI                        —               —                     —

  ROMI: Нет данных о расходах.

ПОЧЕМУ ЦИФРЫ РАСХОДЯТСЯ
  обращения 1 412 → лиды 1 300 → new_step 7

СВЕЖЕСТЬ ДАННЫХ
  amocrm  1 ч 5 мин назад (21.11.2026 10:00)
  onec    ещё не загружался"""


def test_the_page_reads_as_the_director_sees_it():
    page = summary.render(PAGE, "RUB", MOSCOW).replace("\u00a0", " ")
    assert page == EXPECTED


@pytest.mark.parametrize(
    ("value", "unit", "currency", "shown"),
    [
        ("-1234.5", "money", "USD", "−1 235 $"),
        ("61784006", "money", "BRL", "61 784 006 R$"),
        ("5", "money", "XAU", "5 XAU"),
        ("14.04", "days", "RUB", "14 дн."),
        ("0.5", "штук", "RUB", "0,5 штук"),
        ("1", "share", "RUB", "100 %"),
    ],
)
def test_a_value_carries_its_unit(value: str, unit: str, currency: str, shown: str):
    assert format_value(Decimal(value), unit, currency).replace("\u00a0", " ") == shown


def test_no_change_is_claimed_against_nothing():
    assert format_change(Decimal(5), Decimal(0), "count") == ""
    assert format_change(Decimal(5), None, "share") == ""
    assert format_change(None, Decimal(5), "money") == ""


def test_a_half_is_rounded_as_people_and_the_pages_do():
    half = [format_value(Decimal(value), "money", "RUB") for value in ("0.5", "1.5", "2.5", "-2.5")]
    assert [text.split("\u00a0")[0] for text in half] == ["1", "2", "3", "−3"]
    assert format_change(Decimal("102.5"), Decimal(100), "count").startswith("+3")


def test_a_change_too_small_to_show_is_a_plain_zero():
    assert format_change(Decimal("0.1136"), Decimal("0.1140"), "share") == "0\u00a0п.п."
    assert format_change(Decimal("0.1140"), Decimal("0.1136"), "share") == "0\u00a0п.п."
    assert format_change(Decimal(999), Decimal(1000), "count") == "0\u00a0%"


def create_marts(admin: psycopg.Connection) -> None:
    admin.execute(
        """
        create schema mart_director;
        create table mart_director.kpis_current as select
            1 as position, 'leads' as kpi_name, 'Новые лиды' as label, 'count' as unit,
            412::numeric as current_value, 400::numeric as previous_value,
            null::numeric as year_ago_value, date '2026-11-01' as period_start,
            date '2026-11-21' as period_end, null::text as explanation;
        create table mart_director.bridge_current as select
            20 as position, 'leads' as step, 'subtotal' as row_kind, 7 as row_count;
        grant usage on schema mart_director to reader;
        grant select on all tables in schema mart_director to reader;
        """
    )


@pytest.mark.integration
def test_the_summary_reads_the_marts_and_does_without_data_age(clean_warehouse):
    with psycopg.connect(clean_warehouse.url("transformer"), autocommit=True) as transformer:
        create_marts(transformer)
    with connect(clean_warehouse.url("reader")) as reader:
        page = summary.read(reader, "")
    assert page.ages is None
    assert "Новые лиды" in summary.render(page, "RUB", MOSCOW)


@pytest.mark.integration
def test_the_summary_names_the_relation_that_is_absent_or_closed(clean_warehouse):
    with connect(clean_warehouse.url("reader")) as reader:
        with pytest.raises(WarehouseError, match=r"needs mart_director\.kpis_current, .*not there"):
            summary.read(reader, "")
        with psycopg.connect(clean_warehouse.url("transformer"), autocommit=True) as transformer:
            create_marts(transformer)
            transformer.execute("revoke all on mart_director.bridge_current from reader")
        with pytest.raises(
            WarehouseError, match=r"needs mart_director\.bridge_current, .*not open"
        ):
            summary.read(reader, "")
