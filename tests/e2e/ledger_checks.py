"""What holds for a demo company with any CRM: its entities agree with the ledger, which was written
before any record existed.

A file of tests inherits the checks as a class and gives the fixture `told`. What holds for one CRM
alone stands in that file.
"""

from collections import Counter, defaultdict

from demo.scenarios import SCENARIOS
from demo.yandex_direct_ads import LOGIN
from tests.e2e.ledger import (
    Outcomes,
    Told,
    match_intents_with_leads,
    monthly_from_ledger,
    monthly_from_marts,
    moscow_month,
)


class LedgerChecks:
    def test_leads_wins_payments_and_revenue_equal_the_ledger_in_every_month_and_channel(
        self, told: Told
    ) -> None:
        expected = monthly_from_ledger(told.ledger)
        assert len(expected) > 200
        assert monthly_from_marts(told.company) == expected

    def test_deals_by_status_equal_the_ledger_in_every_month_and_channel(self, told: Told) -> None:
        rows = told.company.query(
            """
            select to_char(created_date, 'YYYY-MM'), channel, status, count(*)
            from intermediate.int_deals
            where deal_excluded_reason is null
            group by 1, 2, 3
            """
        )
        expected = Counter(
            (moscow_month(deal["created_at"]), deal["channel"], deal["status"])
            for deal in told.ledger["deals"]
            if deal["pipeline_kind"] == "sales" and deal["excluded_reason"] is None
        )
        assert len(expected) > 400
        assert {row[:3]: row[3] for row in rows} == expected

    def test_every_deal_has_the_status_and_exclusion_its_author_meant(self, told: Told) -> None:
        rows = told.company.query(
            "select deal_id, status, deal_excluded_reason from intermediate.int_deals"
        )
        expected = {
            told.key(deal["deal_id"]): (deal["status"], deal["excluded_reason"])
            for deal in told.ledger["deals"]
            if deal["pipeline_kind"] == "sales"
        }
        assert len(expected) > 5000
        assert {deal: (status, reason) for deal, status, reason in rows} == expected

    def test_one_intent_is_one_lead_with_its_kind_and_channel(self, told: Told) -> None:
        intents = told.ledger["intents"]
        leads_of_intents, intents_of_leads = match_intents_with_leads(told)
        assert leads_of_intents.keys() == {intent["intent_id"] for intent in intents}
        assert all(len(leads) == 1 for leads in leads_of_intents.values())
        assert all(len(intents) == 1 for intents in intents_of_leads.values())
        described = {
            lead: (kind, channel)
            for lead, kind, channel in told.company.query(
                "select lead_id, lead_kind, channel from intermediate.int_leads"
            )
        }
        assert len(described) == len(intents)
        assert {
            intent["intent_id"]: described[next(iter(leads_of_intents[intent["intent_id"]]))]
            for intent in intents
        } == {
            intent["intent_id"]: (intent["lead_kind_expected"], intent["channel"])
            for intent in intents
        }

    def test_enquiries_are_counted_and_excluded_as_their_author_meant(self, told: Told) -> None:
        rows = told.company.query(
            "select is_inbound, enquiry_kind, excluded_reason, count(*)"
            " from intermediate.int_enquiries group by 1, 2, 3"
        )
        expected = Counter(
            (enquiry["is_inbound"], enquiry["kind"], enquiry["excluded_reason"])
            for enquiry in told.ledger["enquiries"]
        )
        assert {row[:3]: row[3] for row in rows} == dict(expected)

    def test_calls_equal_the_book_of_the_exchanges_in_every_month_and_of_every_manager(
        self, told: Told
    ) -> None:
        """Of finished months: calls of the last minutes end while the sources are read."""
        rows = told.company.query(
            """
            select
                to_char(started_date, 'YYYY-MM'),
                manager_id,
                call_direction,
                count(*),
                count(*) filter (where call_direction = 'in' and not is_answered),
                sum(call_seconds)
            from intermediate.int_calls
            group by 1, 2, 3
            """
        )
        running = told.ledger["as_of"][:7]
        expected = {
            (
                row["month"],
                told.key(row["manager_id"]) if row["manager_id"] else "unassigned",
                row["direction"],
            ): (row["calls"], row["missed"], row["talk_seconds"])
            for row in told.ledger["calls"]
            if row["month"] != running
        }
        assert len(expected) > 1000
        assert {row[:3]: row[3:] for row in rows if row[0] != running} == expected

    def test_every_payment_goes_to_the_deal_its_trace_leads_to_and_no_other(
        self, told: Told
    ) -> None:
        allocated: dict[str, set[str]] = defaultdict(set)
        for payment, deal in told.company.query(
            "select payment_id, deal_id from intermediate.int_payment_allocations"
        ):
            allocated[payment].add(deal)
        expected = {
            f"onec:main:{payment['ref_key']}": {told.key(payment["expected_deal_id"])}
            for payment in told.ledger["payments"]
            if payment["counts"] and payment["expected_deal_id"]
        }
        assert len(expected) > 1000
        assert dict(allocated) == expected

    def test_money_without_a_deal_says_why(self, told: Told) -> None:
        rows = told.company.query(
            "select payment_id, unmatched_reason from intermediate.int_unmatched_payments"
        )
        written = {
            "fits_several_deals": "fits_two_deals",
            "customer_unknown_to_crm": "nothing_fits",
        }
        assert {payment: written[reason] for payment, reason in rows} == {
            f"onec:main:{payment['ref_key']}": payment["expected_unmatched_kind"]
            for payment in told.ledger["payments"]
            if payment["counts"] and payment["expected_deal_id"] is None
        }

    def test_every_deals_goods_and_their_cost_equal_the_ledger(self, told: Told) -> None:
        rows = told.company.query(
            "select deal_id, shipped_amount, margin_amount from intermediate.int_deals"
            " where shipped_amount <> 0"
        )
        shipped: Counter[str] = Counter()
        cost: Counter[str] = Counter()
        for shipment in told.ledger["shipments"]:
            deal = told.key(shipment["deal_id"])
            shipped[deal] += round(shipment["shipped"] * 100)
            cost[deal] += round(shipment["cost"] * 100)
        assert len(shipped) > 1000
        assert {
            deal: (amount, amount - cost[deal]) for deal, amount in shipped.items() if amount
        } == {deal: (int(amount * 100), int(margin * 100)) for deal, amount, margin in rows}

    def test_spend_stands_beside_the_leads_it_brought(self, told: Told) -> None:
        """Of settled months: the cabinet still takes false clicks of the last two back."""
        rows = told.company.query(
            "select to_char(month_start, 'YYYY-MM'), channel, spend_amount"
            " from mart_marketing.channels_monthly where spend_amount > 0"
        )
        spent: Counter[tuple[str, str]] = Counter()
        for row in told.ledger["ad_spend"]:
            if row["login"] == LOGIN:
                spent[row["date"][:7], "yandex_direct"] += round(row["amount"] * 100)
        for row in told.ledger["workbook"]["ad_spend"]:
            spent[row["month"], row["channel"]] += round(row["amount"] * 100)
        settled = sorted({month for month, _ in spent})[:-2]
        assert len(settled) > 20
        assert {channel for _, channel in spent} == {
            "yandex_direct", "vk_ads", "exhibition", "(unmatched)", "outdoor"
        }  # fmt: skip
        assert {
            (month, channel): int(amount * 100)
            for month, channel, amount in rows
            if month in settled
        } == {cell: kopecks for cell, kopecks in spent.items() if cell[0] in settled}

    def test_every_planted_fault_has_the_outcome_written_for_it(self, told: Told) -> None:
        outcomes = Outcomes(told)
        faults = [(fault, outcomes.of(fault)) for fault in told.ledger["faults"]]
        assert {fault["name"] for fault, _ in faults} == {scenario.name for scenario in SCENARIOS}
        wrong = [
            f"{fault['name']} of {fault['month']}: {name} is {outcome[name]}, not {expected}"
            for fault, outcome in faults
            for name, expected in fault["values"].items()
            if outcome[name] != expected
        ]
        assert wrong == []

    def test_the_bridge_closes_and_its_ends_are_the_ledgers_enquiries_and_payments(
        self, told: Told
    ) -> None:
        subtotals = dict(
            told.company.query(
                "select step, sum(row_count) from mart_finance.reconciliation_bridge"
                " where grain = 'month' and row_kind = 'subtotal' group by step"
            )
        )
        enquiries, payments = told.ledger["enquiries"], told.ledger["payments"]
        written = {
            "enquiries": sum(enquiry["is_inbound"] for enquiry in enquiries),
            "leads": len(told.ledger["intents"]),
            "won_deals": sum(row["won_deals"] for row in told.ledger["totals"]),
            "payments": sum(payment["counts"] for payment in payments),
        }
        assert {step: subtotals[step] for step in written} == written
        told.company.run("dbt", "test", "-s", "reconciliation_bridge_closes")
