"""How outcomes read: no services, outcomes made by hand."""

from __future__ import annotations

from dataclasses import replace

from expectations import report
from expectations.contract import QualityContract
from expectations.outcome import CheckOutcome
from expectations.suites import deals

BY_ID = {contract.check_id: contract for contract in deals.SUITE}
CITY, FEED = BY_ID["city_is_given"], BY_ID["deals_feed_is_not_empty"]


def outcome_of(contract: QualityContract, checked: int, failing: int) -> CheckOutcome:
    return CheckOutcome(
        check_id=contract.check_id,
        asset=contract.asset,
        status="failed" if failing else "passed",
        checked_count=checked,
        failing_count=failing,
        failing_share=failing / checked,
        limit_share=contract.limit_share,
        severity=contract.severity,
        owner=contract.owner.code,
    )


def without_hard_spaces(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_a_verdict_is_a_sentence_with_counts_share_and_limit() -> None:
    said = report.verdict(CITY, outcome_of(CITY, 2807, 548))
    assert without_hard_spaces(said) == "Не так в 548 из 2 807 (19,5 %, можно 10 %)."


def test_of_a_whole_table_no_count_of_one_is_told() -> None:
    assert report.verdict(FEED, outcome_of(FEED, 1, 0)) == "В порядке."
    assert report.verdict(FEED, outcome_of(FEED, 1, 1)) == "Не выполнено."


def test_a_check_without_rows_or_without_a_result_says_so() -> None:
    empty = replace(outcome_of(CITY, 1, 0), status="nothing_to_check", failing_share=None)
    assert report.verdict(CITY, empty) == "Нечего проверять."
    crashed = replace(empty, status="crashed", error="check city_is_given could not run: timeout")
    assert report.verdict(CITY, crashed).startswith("Проверка не выполнилась: check city_is_given")


def test_the_brief_names_only_what_is_not_in_order_and_who_repairs_it() -> None:
    shown = report.brief(deals.SUITE, [outcome_of(CITY, 10, 5), outcome_of(FEED, 1, 0)])
    assert without_hard_spaces(shown).splitlines() == [
        "КАЧЕСТВО ДАННЫХ",
        "  Не выполнено проверок: 1 из 2",
        "  Исправляет: Менеджер",
        f"    {CITY.title}: не так в 5 из 10 (50 %, можно 10 %)",
    ]


def test_before_the_first_run_the_report_says_how_to_make_one() -> None:
    assert "scripts/run python -m expectations run" in report.brief(deals.SUITE, [])
    assert "scripts/run python -m expectations run" in report.outcomes_by_owner(deals.SUITE, [])
