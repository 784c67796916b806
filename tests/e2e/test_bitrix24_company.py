"""The demo company with Bitrix24 for its only CRM, against the same ledger as amoCRM's company.

The ledger is written in amoCRM's words. What a portal legitimately tells otherwise is said by the
rules below; with them, every check is the same.
"""

from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.e2e.conftest import AS_OF, Company, DemoServer
from tests.e2e.ledger import Told
from tests.e2e.ledger_checks import LedgerChecks

pytestmark = pytest.mark.e2e

Ledger = dict[str, Any]


@pytest.fixture(scope="module")
def bitrix24_company(new_company: Callable[..., Company], demo_server: DemoServer) -> Company:
    environment = demo_server.variables("--crm", "bitrix24")
    company = new_company(BUSINESS_NOW=AS_OF, **environment)
    company.run("python", "-m", "orchestration", "refresh")
    return company


@pytest.fixture(scope="module")
def told(bitrix24_company: Company, ledger: Ledger) -> Told:
    return Told(bitrix24_company, as_bitrix24_tells(ledger), "bitrix24")


class TestEntities(LedgerChecks):
    """The entities, against what a portal can tell of the ledger."""


def as_bitrix24_tells(ledger: Ledger) -> Ledger:
    told = deepcopy(ledger)
    for rule in RULES:
        rule(told)
    return told


def enquiries_have_the_portals_names(ledger: Ledger) -> None:
    """What waits unsorted in amoCRM is a lead in Bitrix24, which bears the number of its deal; the
    note of a call is an activity, of twice its number.
    """
    names = {}
    for enquiry in ledger["enquiries"]:
        numbers = dict(record.split(":") for record in enquiry["records"])
        names[enquiry["record"]] = {
            "unsorted": lambda numbers: f"lead:{numbers['deal']}",
            "deal": lambda numbers: f"deal:{numbers['deal']}",
            "note": lambda numbers: f"note:{int(numbers['note']) * 2}",
        }[enquiry["record"].partition(":")[0]](numbers)
    for intent in ledger["intents"]:
        intent["enquiry_records"] = [names[record] for record in intent["enquiry_records"]]
    for fault in ledger["faults"]:
        records = fault["records"]
        records["enquiries"] = [names[record] for record in records["enquiries"]]


def a_lead_nobody_took_is_no_deal(ledger: Ledger) -> None:
    """amoCRM has a deal from the first moment. In Bitrix24 a lead becomes one when it is converted;
    what was closed as junk, or waits still, is an enquiry and no deal, open or lost.
    """
    untaken = {deal["deal_id"]: deal for deal in ledger["deals"] if deal["taken_at"] is None}
    ledger["deals"] = [deal for deal in ledger["deals"] if deal["deal_id"] not in untaken]
    for fault in ledger["faults"]:
        records, values = fault["records"], fault["values"]
        absent = [untaken[deal] for deal in records["deals"] if deal in untaken]
        records["deals"] = [deal for deal in records["deals"] if deal not in untaken]
        counted = Counter(deal["status"] for deal in absent if deal["excluded_reason"] is None)
        excluded = Counter(deal["excluded_reason"] for deal in absent if deal["excluded_reason"])
        values["deals"] = dict(Counter(values["deals"]) - counted)
        if "excluded" in values:
            values["excluded"] = dict(Counter(values["excluded"]) - excluded)


def a_deal_is_made_when_its_lead_is_converted(ledger: Ledger) -> None:
    """Its own date of creation is that moment, and deals by creation stand in that month."""
    for deal in ledger["deals"]:
        deal["created_at"] = deal["taken_at"]


def what_was_deleted_before_the_first_load_is_unknown(ledger: Ledger) -> None:
    """Bitrix24 has no list of what was deleted, as amoCRM has: nobody ever saw the card or its
    enquiry, so nothing is there to be excluded. (What disappears later is found by sweeps.)
    """
    ledger["enquiries"] = [
        enquiry for enquiry in ledger["enquiries"] if enquiry["excluded_reason"] != "deleted_in_crm"
    ]


def no_activity_tells_how_long_a_call_was(ledger: Ledger) -> None:
    """amoCRM's note of a call has its seconds. Bitrix24's activity has a planned end instead, so of
    a call that no telephony saw (made past the exchanges) only that it was is known.
    """
    for row in ledger["calls"]:
        row["talk_seconds"] -= row["past_exchanges_seconds"]


RULES = (
    enquiries_have_the_portals_names,
    a_lead_nobody_took_is_no_deal,
    a_deal_is_made_when_its_lead_is_converted,
    what_was_deleted_before_the_first_load_is_unknown,
    no_activity_tells_how_long_a_call_was,
)
