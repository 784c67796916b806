"""How an outcome of a quality check looks in Dagster."""

from expectations.catalog import contracts
from expectations.outcome import CheckOutcome, FailingRecord
from orchestration.factories.quality_checks import check_result

CITY = next(contract for contract in contracts() if contract.check_id == "city_is_given")


def test_a_failed_check_shows_its_verdict_and_records_with_links() -> None:
    outcome = CheckOutcome(
        check_id=CITY.check_id,
        asset=CITY.asset,
        status="failed",
        checked_count=10,
        failing_count=5,
        failing_share=0.5,
        limit_share=CITY.limit_share,
        severity=CITY.severity,
        owner=CITY.owner.code,
        failing_records=(
            FailingRecord("amocrm:main:1", "Кабель", "https://crm.example/leads/1", None),
            FailingRecord("amocrm:main:2", "", None, None),
        ),
    )
    result = check_result(CITY, outcome)
    assert not result.passed
    assert (result.description or "").replace("\u00a0", " ").splitlines() == [
        "Не так в 5 из 10 (50 %, можно 10 %). Например:",
        "",
        "- [Кабель](https://crm.example/leads/1)",
        "- amocrm:main:2",
    ]
