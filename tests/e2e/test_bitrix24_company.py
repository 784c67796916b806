"""The demo company with Bitrix24 for its only CRM, against the same ledger as amoCRM's company.

Deals by creation are not compared: a deal of Bitrix24 is made when its lead is converted, and a
lead that never was is no deal.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.conftest import AS_OF, Company, DemoServer
from tests.e2e.ledger import monthly_from_ledger, monthly_from_marts

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def bitrix24_company(new_company: Callable[..., Company], demo_server: DemoServer) -> Company:
    environment = demo_server.variables("--crm", "bitrix24")
    company = new_company(BUSINESS_NOW=AS_OF, **environment)
    company.run("python", "-m", "orchestration", "refresh")
    return company


def test_leads_wins_and_money_of_every_month_and_channel_equal_the_ledger(
    bitrix24_company: Company, ledger: dict[str, Any]
) -> None:
    expected = monthly_from_ledger(ledger)
    assert len(expected) > 200
    assert monthly_from_marts(bitrix24_company) == expected


def test_every_payment_goes_to_the_deal_its_trace_leads_to(
    bitrix24_company: Company, ledger: dict[str, Any]
) -> None:
    allocated: dict[str, set[str]] = defaultdict(set)
    for payment, deal in bitrix24_company.query(
        "select payment_id, deal_id from intermediate.int_payment_allocations"
    ):
        allocated[payment].add(deal)
    assert dict(allocated) == {
        f"onec:main:{payment['ref_key']}": {f"bitrix24:main:{payment['expected_deal_id']}"}
        for payment in ledger["payments"]
        if payment["counts"] and payment["expected_deal_id"]
    }


def test_the_bridge_goes_from_the_ledgers_leads_to_its_payments(
    bitrix24_company: Company, ledger: dict[str, Any]
) -> None:
    subtotals = dict(
        bitrix24_company.query(
            "select step, sum(row_count) from mart_finance.reconciliation_bridge"
            " where grain = 'month' and row_kind = 'subtotal' group by step"
        )
    )
    written = {"leads": "leads", "won_deals": "won_deals", "payments": "payments_count"}
    assert {step: subtotals[step] for step in written} == {
        step: sum(row[total] for row in ledger["totals"]) for step, total in written.items()
    }
