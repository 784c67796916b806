"""The demo company with amoCRM against its ledger, and that its bridge fails when it should."""

from typing import Any

import pytest

from tests.e2e.conftest import Company
from tests.e2e.ledger import Told
from tests.e2e.ledger_checks import LedgerChecks

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def told(demo_company: Company, ledger: dict[str, Any]) -> Told:
    return Told(demo_company, ledger, "amocrm")


class TestEntities(LedgerChecks):
    """The entities, against the ledger as it is: it was written in the words of amoCRM."""


FIRST_OF = {
    "a lead": "int_leads where lead_id = (select min(lead_id) from intermediate.int_leads)",
    "a won deal": "int_deals where deal_id = (select min(deal_id) from intermediate.int_deals"
    " where status = 'won' and deal_excluded_reason is null)",
    "an open deal": "int_deals where deal_id = (select min(deal_id) from intermediate.int_deals"
    " where status = 'open')",
    "a joined enquiry": "int_enquiries where enquiry_id = (select enquiry_ids[2]"
    " from intermediate.int_leads where joined_enquiries_count > 0 order by lead_id limit 1)",
    "an excluded enquiry": "int_enquiries where enquiry_id = (select min(enquiry_id)"
    " from intermediate.int_enquiries where excluded_reason = 'spam')",
    "a matched payment": "int_payments where payment_id = (select min(payment_id)"
    " from intermediate.int_payment_allocations)",
    "an unmatched payment": "int_payments where payment_id = (select min(payment_id)"
    " from intermediate.int_unmatched_payments)",
    "a refund": "int_payments where payment_id = (select min(payment_id)"
    " from intermediate.int_payments where is_refund and payment_excluded_reason is null)",
    "a further allocation": "int_payment_allocations where allocation_id ="
    " (select min(allocation_id) from intermediate.int_payment_allocations"
    " where not is_first_of_deal)",
}


@pytest.mark.parametrize("removed", FIRST_OF.values(), ids=FIRST_OF.keys())
def test_the_bridge_fails_when_one_row_is_removed_by_hand(
    demo_company: Company, removed: str
) -> None:
    published = demo_company.query(
        "select count(*), sum(row_count) from mart_finance.reconciliation_bridge"
    )
    table = removed.split()[0]
    demo_company.execute(f"create table intermediate.kept as select * from intermediate.{table}")
    try:
        assert demo_company.execute(f"delete from intermediate.{removed}") == 1
        said = demo_company.run("dbt", "build", "-s", "path:models/marts/finance", expect=1)
        assert "Failure in test reconciliation_bridge_" in said
    finally:
        demo_company.execute(
            f"truncate intermediate.{table};"
            f" insert into intermediate.{table} select * from intermediate.kept;"
            " drop table intermediate.kept"
        )
    assert published == demo_company.query(
        "select count(*), sum(row_count) from mart_finance.reconciliation_bridge"
    )
