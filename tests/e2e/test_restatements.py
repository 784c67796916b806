"""Facts that come late: which published numbers they change, and that the records are named.

A company of its own, closed in September: things are made to happen after it and built again, and
the tests run in the order of the file.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.e2e.conftest import Company, DemoServer, Rows, serving

pytestmark = pytest.mark.e2e

# On the last evening of a month: what is newest then is of a month that will be closed. Before this
# was written, because amoCRM is read up to the machine's clock: what lies ahead of it has not been.
AS_OF = "2026-09-30T21:00:00+03:00"
SEPTEMBER_CLOSES = "2026-10-07T09:00:00+03:00"
THE_DAY_BEFORE = "2026-10-06T23:00:00+03:00"
FROZEN = "select * from mart_finance.published_numbers order by measure, period_start, 3, 4"
FROZEN_RECORDS = """
    select measure, count(*), sum(published_value), sum(hashtextextended(record_id, 0)::numeric)
    from mart_finance.published_number_records group by measure order by measure
"""
REMEMBER = {
    "int_person_merges",
    "int_person_records_joined",
    "int_sources",
    "data_age",
    "published_number_records",
    "published_numbers",
    "restatement_records",
    "restatements",
}
"""Tables that tell when something was loaded, joined, published or noticed."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoServer]:
    story = ("--months", "8", "--seed", "3", "--scale", "0.2", "--as-of", AS_OF)
    with serving(tmp_path_factory.mktemp("demo"), *story) as server:
        yield server


@pytest.fixture(scope="module")
def company(new_company: Callable[..., Company], server: DemoServer) -> Company:
    # The newest deals, which the acts below pick, are such as amoCRM lists: none of its inbox.
    for _ in range(3):
        server.happen("odd_deal")
        # So far apart that two of one person would be two enquiries.
        server.apart.ask("/demo/clock", {"forward_seconds": 15 * 60})
    company = new_company(**server.environment)
    begin(company, THE_DAY_BEFORE)
    return company


def begin(company: Company, at: str) -> None:
    """The first load of both sources, and the first build."""
    company.run("python", "-m", "ingestion", "init")
    company.run("python", "-m", "expectations", "prepare")
    build(company, at, "amocrm", "onec")


def build(company: Company, at: str, *sources: str, besides: tuple[str, ...] = ()) -> None:
    """Loads the sources, builds and publishes. The tests of several tables come last, once."""
    for source in sources:
        company.run("python", "-m", "ingestion", "run", source)
    left_out = ("unit_test", "test", *besides)
    company.but(BUSINESS_NOW=at).run("dbt", "build", "--exclude-resource-type", *left_out)


def restated(company: Company, measure: str) -> dict[str, Decimal]:
    """By month, the company's present differences."""
    return dict(
        company.query(
            f"""
            select to_char(period_start, 'YYYY-MM'), difference
            from mart_finance.restatements
            where is_current and measure = '{measure}' and dimension = 'total'
            """
        )
    )


def causes(company: Company, measure: str) -> set[tuple[Any, ...]]:
    return set(
        company.query(
            f"""
            select to_char(period_start, 'YYYY-MM'), record_id, signed_change, reason
            from mart_finance.restatement_records
            where measure = '{measure}' and dimension = 'total'
            """
        )
    )


def changed_hands(company: Company, measure: str) -> dict[tuple[str, str], Decimal]:
    """By record and manager, what a number moved between managers and changed in no total."""
    return {
        (record, manager): change
        for record, manager, change in company.query(
            f"""
            select record_id, dimension_value, signed_change
            from mart_finance.restatement_records
            where measure = '{measure}' and reason = 'moved_to_another_manager'
            """
        )
    }


def restated_measures(company: Company) -> set[str]:
    rows = company.query("select measure from mart_finance.restatements where is_current")
    return {measure for (measure,) in rows}


def payment_key(done: dict[str, Any]) -> str:
    return f"onec:main:{done['payment_ref_key']}"


def deal_key(done: dict[str, Any]) -> str:
    return f"amocrm:main:{done['deal_id']}"


def leads_of(company: Company, deal_id: int) -> Rows:
    """The lead the deal is of, and who holds it."""
    return company.query(
        f"""
        select leads.lead_id, leads.manager_id
        from intermediate.int_leads as leads
        inner join intermediate.int_deals as deals on leads.lead_id = deals.lead_id
        where deals.deal_id = 'amocrm:main:{deal_id}'
        """
    )


def frozen(company: Company) -> tuple[Rows, Rows]:
    return company.query(FROZEN), company.query(FROZEN_RECORDS)


def months_of(company: Company, measure: str) -> list[str]:
    return [
        month
        for (month,) in company.query(
            "select to_char(period_start, 'YYYY-MM') from mart_finance.published_numbers"
            f" where measure = '{measure}' and dimension = 'total' order by period_start"
        )
    ]


def test_september_is_open_until_its_fifth_business_day(company: Company) -> None:
    assert months_of(company, "revenue_amount")[-1] == "2026-08"
    build(company, SEPTEMBER_CLOSES)
    assert months_of(company, "revenue_amount")[-1] == "2026-09"
    # The leads of 31 August had their 30 days on 30 September; those of September have not.
    assert months_of(company, "paid_within_30_days_leads_count")[-1] == "2026-08"
    assert months_of(company, "paid_within_60_days_leads_count")[-1] == "2026-07"
    assert not restated_measures(company)


def test_no_build_rewrites_what_was_published_nor_freezes_what_was_not(company: Company) -> None:
    before = frozen(company)
    assert before[0]
    later = company.but(BUSINESS_NOW="2026-11-20T10:00:00+03:00")
    later.run("dbt", "run", "-s", "int_calendar", "published_numbers")
    ((built,),) = company.query("select count(*) from build_mart_finance.published_numbers")
    assert built > len(before[0])
    # Nor does one from nothing, or one that stands at an earlier moment, as a replay does.
    company.but(BUSINESS_NOW=THE_DAY_BEFORE).run(
        "dbt", "build", "--full-refresh", "--exclude-resource-type", "unit_test", "test"
    )
    assert frozen(company) == before


def test_a_payment_that_is_taken_back_restates_its_month_and_is_named(
    company: Company, server: DemoServer
) -> None:
    done = server.happen("unpost")
    build(company, "2026-10-07T11:00:00+03:00", "onec")
    key = payment_key(done)
    amount = Decimal(str(done["amount"]))
    assert restated(company, "payments_count") == {"2026-09": -1}
    assert causes(company, "payments_count") == {("2026-09", key, -1, "payment_unposted")}
    assert causes(company, "revenue_amount") == {("2026-09", key, -amount, "payment_unposted")}
    assert not restated_measures(company) & {"leads_count", "deals_count", "won_deals_count"}


def test_a_payment_written_down_forty_days_late_restates_the_month_it_is_dated(
    company: Company, server: DemoServer
) -> None:
    done = server.happen("late_payment")
    build(company, "2026-10-07T12:00:00+03:00", "onec")
    key = payment_key(done)
    assert restated(company, "payments_count") == {"2026-08": 1, "2026-09": -1}
    assert ("2026-08", key, 1, "posted_late") in causes(company, "payments_count")
    assert ("2026-08", key, Decimal(str(done["amount"])), "posted_late") in causes(
        company, "revenue_amount"
    )
    # Its customer wanted on 12 August what he paid on the 21st, as the ledger has it.
    ((lead, _),) = leads_of(company, done["deal_id"])
    assert causes(company, "paid_within_30_days_leads_count") == {
        ("2026-08", lead, 1, "money_came_late")
    }
    # Since when a number is another one outlives the builds that follow.
    seen = company.query(
        "select period_start, first_seen_at at time zone 'Europe/Moscow'"
        " from mart_finance.restatements where measure = 'payments_count' and dimension = 'total'"
        " order by period_start"
    )
    assert [moment.hour for _, moment in seen] == [12, 11]
    assert not restated_measures(company) & {"leads_count", "deals_count", "won_deals_count"}


@pytest.fixture(scope="module")
def edited(company: Company, server: DemoServer) -> dict[str, dict[str, Any]]:
    """What people did to cards and stages after September was closed, and what it was done to."""
    acts = ("delete", "new_stage", "hand_over", "rename_stage")
    done = {name: server.happen(name) for name in acts}
    # Two acts on one deal: neither a stage nobody knows nor new hands take it out of a total.
    assert deal_key(done["new_stage"]) == deal_key(done["hand_over"]) != deal_key(done["delete"])
    done["before"] = {
        "leads": leads_of(company, done["delete"]["deal_id"])
        + leads_of(company, done["hand_over"]["deal_id"])
    }
    build(company, "2026-10-07T13:00:00+03:00", "amocrm")
    return done


def test_a_deleted_deal_is_named_in_every_number_it_was_counted_in(
    company: Company, edited: dict[str, dict[str, Any]]
) -> None:
    (lead, _), _ = edited["before"]["leads"]
    deleted = deal_key(edited["delete"])
    assert causes(company, "deals_count") == {("2026-09", deleted, -1, "deleted_in_crm")}
    assert causes(company, "leads_count") == {("2026-09", lead, -1, "deleted_in_crm")}
    assert causes(company, "new_leads_count") == {("2026-09", lead, -1, "deleted_in_crm")}
    # It stays an enquiry, which marketing did see, and nothing else was counted of it; what is of
    # money are the payments of the tests before.
    assert restated_measures(company) == {
        "deals_count",
        "leads_count",
        "new_leads_count",
        "paid_within_30_days_leads_count",
        "payments_count",
        "revenue_amount",
        "sales_count",
    }


def test_a_deal_handed_over_moves_its_lead_too_and_the_money_stays(
    company: Company, edited: dict[str, dict[str, Any]]
) -> None:
    _, (lead, was) = edited["before"]["leads"]
    now = f"amocrm:main:{edited['hand_over']['responsible_user_id']}"
    deal = deal_key(edited["hand_over"])
    assert changed_hands(company, "deals_count") == {(deal, was): -1, (deal, now): 1}
    assert changed_hands(company, "leads_count") == {(lead, was): -1, (lead, now): 1}
    assert changed_hands(company, "revenue_amount") == {}


def test_a_deal_in_a_stage_nobody_mapped_yet_is_shown_and_changes_no_number(
    company: Company, edited: dict[str, dict[str, Any]]
) -> None:
    deal = deal_key(edited["new_stage"])
    assert company.query(
        f"select status, stage_meaning from intermediate.int_deals where deal_id = '{deal}'"
    ) == [("open", "unmapped")]
    assert deal not in {record for _, record, *_ in causes(company, "deals_count")}


def test_a_stage_that_is_renamed_is_called_so_and_changes_no_number(
    company: Company, edited: dict[str, dict[str, Any]]
) -> None:
    name, stage = edited["rename_stage"]["name"], edited["rename_stage"]["status_id"]
    names = company.query(
        "select distinct stage_name from intermediate.int_deals"
        f" where stage_id like 'amocrm:main:%:{stage}'"
    )
    assert names == [(name,)]


@pytest.fixture(scope="module")
def merged(company: Company, server: DemoServer) -> dict[str, dict[str, Any]]:
    """Whose cards became one after September was closed, and what was told before."""
    before = {measure: causes(company, measure) for measure in restated_measures(company)}
    # Cards of one person, already known as one by their phone, are merged as well.
    done = {name: server.happen(name) for name in ("merge", "merge_strangers")}
    leads = leads_of(company, done["merge_strangers"]["deal_id"])
    build(company, "2026-10-07T14:00:00+03:00", "amocrm")
    return done | {"before": {"causes": before, "leads": leads}}


def test_two_people_who_turn_out_to_be_one_had_one_lead(
    company: Company, merged: dict[str, dict[str, Any]]
) -> None:
    before = merged["before"]["causes"]
    ((joined, _),) = merged["before"]["leads"]
    ((lead, _),) = leads_of(company, merged["merge_strangers"]["deal_id"])
    assert lead != joined
    assert leads_of(company, merged["merge_strangers"]["first_deal_id"])[0][0] == lead
    gone = {("2026-09", joined, -1, "contact_merged")}
    now = {measure: causes(company, measure) for measure in restated_measures(company)}
    assert now == before | {
        "leads_count": before["leads_count"] | gone,
        "new_leads_count": before["new_leads_count"] | gone,
    }


def test_a_won_stage_nobody_maps_any_more_is_named_as_the_cause(company: Company) -> None:
    company.execute("delete from settings.pipeline_stage_meaning where stage_rank = 'won'")
    build(company, "2026-10-07T17:00:00+03:00", besides=("seed",))
    changed = {reason for *_, reason in causes(company, "won_deals_count")}
    assert changed == {"stage_unmapped"}
    # Neither what came in nor the money knows of stages.
    assert not restated(company, "enquiries_count").keys() - {"2026-09"}
    assert {reason for *_, reason in causes(company, "payments_count")} == {
        "payment_unposted",
        "posted_late",
    }


def test_a_month_that_is_forgotten_is_closed_anew_and_no_other(company: Company) -> None:
    others = company.query(
        "select * from mart_finance.published_numbers where period_start <> '2026-09-01'"
        " order by 1, 2, 3, 4"
    )
    arguments = "{month: 2026-09-01}"
    company.run("dbt", "run-operation", "forget_published_month", "--args", arguments)
    assert "2026-09" not in months_of(company, "payments_count")
    company.but(BUSINESS_NOW="2026-10-08T09:00:00+03:00").run(
        "dbt", "build", "--selector", "refresh"
    )
    assert restated(company, "payments_count") == {"2026-08": 1}
    # The stage is mapped again, and of the months before nothing was lost.
    assert restated(company, "won_deals_count") == {}
    assert others == company.query(
        "select * from mart_finance.published_numbers where period_start <> '2026-09-01'"
        " order by 1, 2, 3, 4"
    )


def test_a_warehouse_made_anew_tells_the_same(
    company: Company,
    new_company: Callable[..., Company],
    server: DemoServer,
    edited: dict[str, dict[str, Any]],
    merged: dict[str, dict[str, Any]],
) -> None:
    anew = new_company(**server.environment)
    begin(anew, "2026-10-08T09:00:00+03:00")
    # Of what is gone amoCRM shows the later reader no card. No count or sum tells whose card.
    merges = (merged["merge"], merged["merge_strangers"])
    gone = [edited["delete"]["deal_id"], *(done["loser_id"] for done in merges)]
    # Whom a card that is gone was of is a person of one card less.
    gone_or_left = [*gone, *(done["survivor_id"] for done in merges)]
    tables = company.query(
        "select format('%I.%I', schemaname, tablename) from pg_tables"
        " where (schemaname = 'intermediate' or schemaname like 'mart%')"
        f" and tablename <> all ('{{{','.join(sorted(REMEMBER))}}}') order by 1"
    )
    assert len(tables) > 170
    for (table,) in tables:
        ours, theirs = rows_of(company, table), rows_of(anew, table)
        differing = (ours - theirs) + (theirs - ours)
        excused = gone_or_left if table.startswith("intermediate.int_person") else gone
        named = re.compile(rf"amocrm:main:({'|'.join(map(str, excused))})(?!\d)")
        unexplained = [row for row in differing if not named.search(row)]
        assert not unexplained, table


def rows_of(company: Company, table: str) -> Counter[str]:
    return Counter(row for (row,) in company.query(f"select t::text from {table} as t"))
