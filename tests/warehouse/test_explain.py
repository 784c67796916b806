"""What became of a record: finding what a person means, and telling it in words."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
import pytest
import yaml

from tests.conftest import PostgresForTests
from warehouse import explain
from warehouse.errors import WarehouseError
from warehouse.explain import Fact
from warehouse.explain_words import ENGLISH, LANGUAGES, RUSSIAN, Words

MOSCOW = ZoneInfo("Europe/Moscow")
MART = Path(__file__).parents[2] / "dbt_project/models/marts/quality/record_trace.yml"
PREFIX = "explain_test_"
LINK = "https://shop.amocrm.ru/leads/detail/7"
AT = datetime(2026, 5, 4, 6, tzinfo=UTC)
ROWS: list[tuple[object, ...]] = [
    # chain, place, type, id, fact, at, detail, reason, amount, about
    ("a:main:1", 1, "enquiry", "a:main:1", "enquiry_came", AT, "form", None, None, "vk_ads"),
    ("a:main:1", 2, "enquiry", "a:main:1", "record_of_enquiry", AT, "unsorted", None, None,
     "a:main:unsorted-9"),
    ("a:main:1", 3, "deal", "a:main:7", "deal_was_made", AT, "Кабель", "Анна", 100, LINK),
    ("a:main:1", 4, "payment", "onec:main:5", "payment_is_for_deal", AT, "2", None, "1234.50",
     "a:main:7"),
    ("a:main:1", 5, "payment", "onec:main:5", "step_of_the_bridge", None, "2026-05-01", "refund",
     None, "refund"),
    ("a:main:1", 6, "deal", "a:main:7", "step_of_the_bridge", None, "2026-05-01", "never_paid",
     None, "won_without_money"),
    ("a:main:2", 1, "enquiry", "a:main:2", "enquiry_does_not_count", AT, None, "spam", None, None),
    ("a:kz:2", 1, "enquiry", "a:kz:2", "enquiry_came", AT, "call", None, None, "phone"),
    *((f"z:{n}:4", 1, "deal", f"z:{n}:4", "deal_is_open", AT, None, None, None, None)
      for n in range(6)),
]  # fmt: skip


@pytest.fixture(scope="module")
def reader(postgres: PostgresForTests) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with psycopg.connect(postgres.url("transformer"), autocommit=True) as connection:
        connection.execute(f"create schema {PREFIX}mart_quality".encode())
        connection.execute(
            f"create table {PREFIX}mart_quality.record_trace (chain_id text, place integer, "
            "record_type text, record_id text, fact text, happened_at timestamptz, detail text, "
            "reason text, amount numeric, about text)".encode()
        )
        with connection.cursor() as cursor:
            cursor.executemany(
                f"insert into {PREFIX}mart_quality.record_trace values "
                "(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)".encode(),
                ROWS,
            )
        yield connection
        connection.execute(f"drop schema {PREFIX}mart_quality cascade".encode())


@pytest.mark.integration
@pytest.mark.parametrize(
    ("wanted", "chains"),
    [
        ("a:main:1", ["a:main:1"]),
        (LINK, ["a:main:1"]),
        (f"{LINK}?tab=1", ["a:main:1"]),
        ("7", ["a:main:1"]),
        (" onec:main:5 ", ["a:main:1"]),
        ("a:main:unsorted-9", ["a:main:1"]),
        ("unsorted-9", ["a:main:1"]),
        ("2", ["a:kz:2", "a:main:2"]),
        ("a:main:2", ["a:main:2"]),
        ("404", []),
        ("", []),
    ],
)
def test_a_record_is_found_by_link_key_or_number(
    reader: psycopg.Connection[tuple[object, ...]], wanted: str, chains: list[str]
) -> None:
    found = explain.find(reader, PREFIX, wanted)

    assert [chain[0].chain_id for chain in found] == chains


@pytest.mark.integration
def test_facts_of_a_chain_come_in_their_order(
    reader: psycopg.Connection[tuple[object, ...]],
) -> None:
    (chain,) = explain.find(reader, PREFIX, "a:main:1")

    assert [fact.fact for fact in chain] == [row[4] for row in ROWS if row[0] == "a:main:1"]


@pytest.mark.integration
def test_a_number_that_many_records_have_is_asked_for_more_exactly(
    reader: psycopg.Connection[tuple[object, ...]],
) -> None:
    with pytest.raises(WarehouseError, match="give the link or the whole key"):
        explain.find(reader, PREFIX, "4")


@pytest.mark.integration
def test_without_the_mart_the_sentence_says_what_to_run(
    reader: psycopg.Connection[tuple[object, ...]],
) -> None:
    with pytest.raises(WarehouseError, match=r"nowhere_mart_quality\.record_trace, which is not"):
        explain.find(reader, "nowhere_", "1")


def told(words: Words, *facts: str) -> str:
    chain = [
        Fact(
            *(str(value) for value in (row[0], row[2], row[3], row[4])),
            AT if row[5] else None,
            *(None if value is None else str(value) for value in row[6:8]),
            None if row[8] is None else Decimal(str(row[8])),
            None if row[9] is None else str(row[9]),
        )
        for row in ROWS
        if row[0] == "a:main:1" and row[4] in facts
    ]
    return explain.render([chain], words, "RUB", MOSCOW)


def test_a_chain_is_told_record_by_record_in_local_time() -> None:
    text = told(RUSSIAN, "enquiry_came", "payment_is_for_deal").replace("\u00a0", " ")

    assert text == (
        "Обращение a:main:1\n"
        "  04.05.2026 09:00  обращение: форма на сайте, канал vk_ads\n"
        "Платёж onec:main:5\n"
        "  04.05.2026 09:00  1 234,5 ₽ за сделку a:main:7: по номеру счёта в назначении платежа"
    )


def test_a_step_whose_name_says_why_gives_no_reason_twice() -> None:
    assert told(RUSSIAN, "step_of_the_bridge").splitlines()[1::2] == [
        " " * 20 + "май 2026: шаг сверки «возврат»",
        " " * 20 + "май 2026: шаг сверки «выиграна, денег нет» (не оплачена)",
    ]


def test_other_languages_leave_names_as_they_are() -> None:
    assert (
        told(ENGLISH, "deal_was_made")
        .replace("\u00a0", " ")
        .endswith(f"made: Кабель; budget 100 ₽; responsible Анна; {LINK}")
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fact_the_mart_may_hold_has_its_sentence(language: str) -> None:
    (mart,) = yaml.safe_load(MART.read_text("utf-8"))["models"]
    (fact,) = [column for column in mart["columns"] if column["name"] == "fact"]
    (allowed,) = [test for test in fact["data_tests"] if isinstance(test, dict)]

    assert set(LANGUAGES[language].facts) == set(allowed["accepted_values"]["arguments"]["values"])
