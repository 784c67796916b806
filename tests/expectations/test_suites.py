"""Each named check against a CRM with known faults, one without, and one without anything."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from expectations import runner
from expectations.catalog import contracts
from expectations.contract import MANAGER, Expectation, QualityContract
from expectations.errors import QualityError
from expectations.outcome import CheckOutcome
from expectations.suites import deals

pytestmark = pytest.mark.integration

DEALS = "intermediate.int_deals"
TASKS = "intermediate.int_tasks"
ALLOCATIONS = "intermediate.int_payment_allocations"
MANAGERS = "intermediate.int_managers"
REQUIRED = "intermediate.int_required_fields"
LISTS = "intermediate.int_value_lists"
CONTACTS = "staging.stg_amocrm__contacts"
ACCOUNTS = "raw_amocrm.account"
RAW_CONTACTS = "raw_amocrm.contacts"

# What BUSINESS_NOW says in conftest's settings.
NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)

NEW_STAGE = {
    "stage_id": "amocrm:main:3100:31009",
    "stage_name": "Согласование",
    "stage_meaning": "unmapped",
}

CHECK_IDS = [contract.check_id for contract in contracts()]


SETTINGS: dict[str, list[dict[str, Any]]] = {
    REQUIRED: [{"field_name": name} for name in ("budget_amount", "city", "client_type", "source")],
    LISTS: [
        {"field_name": "city", "list_value": "Москва", "valid_from_date": NOW},
        {"field_name": "city", "list_value": "Тула", "valid_before_date": NOW},
        {"field_name": "client_type", "list_value": "Опт"},
    ],
}


def stage(name: str) -> dict[str, str]:
    return {"stage_rank": name}


def dirty_crm() -> dict[str, list[dict[str, Any]]]:
    """Good rows between the faulty ones, so that every count is told from every other."""
    # The check asks for money after 30 days: a deal of either side of that, by an hour.
    month_ago = NOW - timedelta(days=30)
    long_ago, lately = month_ago - timedelta(hours=1), month_ago + timedelta(hours=1)
    won = {"status": "won", **stage("won")}
    lost = {"status": "lost", **stage("lost")}
    return {
        **SETTINGS,
        DEALS: [
            {"deal_id": "good"},
            {"deal_id": "no_budget", "budget_amount": None, "deal_name": "Тел. +7 (916) 123-45-67"},
            {"deal_id": "zero_budget", "budget_amount": 0, "city": " ", **stage("negotiation")},
            {
                "deal_id": "too_early_to_ask",
                "budget_amount": None,
                "city": None,
                "client_type": None,
                **stage("new"),
            },
            {"deal_id": "no_type", "client_type": "", "manager_id": "amocrm:main:dismissed"},
            {"deal_id": "nobodys", "manager_id": None, **stage("contacted"), **NEW_STAGE},
            {
                "deal_id": "from_nowhere",
                "channel": "(blank)",
                "manager_id": "amocrm:main:robot",
                **stage("new"),
            },
            {"deal_id": "paid", "won_at": long_ago, "city": "Тула", **won},
            {"deal_id": "unpaid", "won_at": long_ago, "budget_amount": None, **won},
            {"deal_id": "refunded", "won_at": long_ago, "client_type": "опт", **won},
            {"deal_id": "not_paid_yet", "won_at": lately, **won},
            {"deal_id": "too_dear", "loss_reason": "Дорого", "channel": None, **lost},
            {"deal_id": "no_reason", "loss_reason": None, **lost},
            {"deal_id": "blank_reason", "loss_reason": " ", **lost},
            {"deal_id": "other", "loss_reason": "Другое", **lost},
            {"deal_id": "other_again", "loss_reason": "другое ", **lost},
            *[
                # Nobody repairs what is not counted, however bad; but a broken key is broken.
                {
                    "deal_id": deal_id,
                    "deal_excluded_reason": reason,
                    "budget_amount": None,
                    "city": None,
                    "client_type": None,
                    "channel": "(blank)",
                    "manager_id": None,
                    "stage_id": "amocrm:main:3100:31010",
                    "stage_meaning": "unmapped",
                }
                for deal_id, reason in (
                    ("test", "test"),
                    ("gone", "deleted_in_crm"),
                    ("twice", "spam"),
                    ("twice", "spam"),
                    (None, "spam"),
                )
            ],
        ],
        TASKS: [
            {"deal_id": "good"},
            {"deal_id": "good", "is_completed": True, "is_overdue": True},
            {"deal_id": "no_budget"},
            {"deal_id": "no_budget", "is_deleted": True, "is_overdue": True},
            {"deal_id": "zero_budget", "is_overdue": True},
            {"deal_id": "too_early_to_ask", "is_completed": True},
            {"deal_id": "no_type", "is_deleted": True},
            {"deal_id": "nobodys"},
            {"deal_id": "nobodys", "is_overdue": True},
            {"deal_id": "nobodys", "is_overdue": True},
            {"deal_id": "from_nowhere"},
            {"deal_id": None},
        ],
        ALLOCATIONS: [
            {"deal_id": "paid", "allocated_amount": 400},
            {"deal_id": "paid", "allocated_amount": 600},
            {"deal_id": "refunded", "allocated_amount": 1000},
            {"deal_id": "refunded", "allocated_amount": -1000},
        ],
        MANAGERS: [
            {"manager_id": "amocrm:main:9101"},
            {"manager_id": "amocrm:main:dismissed", "is_active": False},
        ],
        CONTACTS: [
            {"contact_id": "good"},
            {"contact_id": "email_only", "phones": []},
            {"contact_id": "unreachable", "phones": [], "emails": None},
            {"contact_id": "short_phone", "phones": ["+7916123456"]},
            {"contact_id": "long_phone", "phones": ["+79161234567", "+791612345678"]},
            {"contact_id": "lost_digit", "phones": [], "unreadable_phones_count": 1},
            {"contact_id": "one_of_two_lost", "unreadable_phones_count": 1},
            {"contact_id": "abroad", "phones": ["+79161234567", "+380501234567"]},
            {"contact_id": "blank_name", "contact_name": " "},
            {"contact_id": "deleted", "phones": [], "emails": [], "is_deleted": True},
            *[{"contact_id": f"nameless_{n}", "contact_name": None} for n in range(30)],
        ],
        ACCOUNTS: [{}, {"account_name": "branch", "name": "Филиал"}],
        RAW_CONTACTS: [{}],
    }


# check -> checked rows, failing rows, ids of the failing ones (None: not told apart by id)
FAULTS: dict[str, tuple[int, int, set[str] | None]] = {
    "deal_id_is_present_and_unique": (21, 3, {"twice", "(no id)"}),
    "stage_is_mapped": (2, 1, {"amocrm:main:3100:31009"}),
    "budget_is_given": (8, 3, {"no_budget", "zero_budget", "unpaid"}),
    "city_is_given": (8, 1, {"zero_budget"}),
    "client_type_is_given": (8, 1, {"no_type"}),
    "city_is_listed": (7, 1, {"paid"}),
    "client_type_is_listed": (7, 1, {"refunded"}),
    "source_is_given": (16, 2, {"from_nowhere", "too_dear"}),
    "open_deal_has_task": (7, 2, {"too_early_to_ask", "no_type"}),
    "task_is_not_overdue": (5, 2, {"zero_budget", "nobodys"}),
    "loss_reason_is_given": (5, 2, {"no_reason", "blank_reason"}),
    "loss_reason_is_specific": (3, 2, {"other", "other_again"}),
    "won_deal_has_money": (3, 2, {"unpaid", "refunded"}),
    "responsible_is_active": (7, 3, {"no_type", "nobodys", "from_nowhere"}),
    "contacts_feed_is_not_empty": (2, 1, {"branch"}),
    "name_is_given": (39, 31, None),
    "phone_or_email_is_given": (39, 1, {"unreachable"}),
    "phone_is_valid": (37, 4, {"short_phone", "long_phone", "lost_digit", "one_of_two_lost"}),
}


def city_check(expectation: Expectation) -> QualityContract:
    """A check of our own making, to see what happens to a badly made one."""
    return QualityContract(
        check_id="city_is_moscow",
        asset="intermediate/int_deals",
        title="Город — Москва",
        owner=MANAGER,
        severity="warning",
        limit_share=0.0,
        records=deals.DEALS,
        value="deal.city",
        expectation=expectation,
    )


def by_check(outcomes: list[CheckOutcome]) -> dict[str, CheckOutcome]:
    return {outcome.check_id: outcome for outcome in outcomes}


@pytest.fixture(scope="module")
def dirty(make_crm: Any) -> dict[str, CheckOutcome]:
    settings = make_crm("dirty_", dirty_crm())
    return by_check(runner.run(settings, run_id="dirty", clock=settings.clock))


@pytest.fixture(scope="module")
def clean(make_crm: Any) -> dict[str, CheckOutcome]:
    won = {"status": "won", **stage("won"), "won_at": "2026-01-01T00:00:00Z"}
    lost = {"status": "lost", **stage("lost"), "loss_reason": "Дорого"}
    settings = make_crm(
        "clean_",
        {
            **SETTINGS,
            DEALS: [
                # One of ten without a source: exactly what source_is_given allows.
                {"deal_id": "open_0", "channel": "(blank)"},
                *[{"deal_id": f"open_{n}"} for n in range(1, 6)],
                *[{"deal_id": f"won_{n}", **won} for n in range(2)],
                *[{"deal_id": f"lost_{n}", **lost} for n in range(2)],
            ],
            TASKS: [{"deal_id": f"open_{n}"} for n in range(6)],
            ALLOCATIONS: [{"deal_id": f"won_{n}"} for n in range(2)],
            MANAGERS: [{"manager_id": "amocrm:main:9101"}],
            CONTACTS: [{"contact_id": "1"}],
            ACCOUNTS: [{}],
            RAW_CONTACTS: [{}],
        },
    )
    return by_check(runner.run(settings, run_id="clean", clock=settings.clock))


@pytest.fixture(scope="module")
def empty(make_crm: Any) -> dict[str, CheckOutcome]:
    """Every table is empty, and one of them is not there at all."""
    settings = make_crm("empty_", {}, without=[TASKS])
    return by_check(runner.run(settings, run_id="empty", clock=settings.clock))


@pytest.mark.parametrize("check_id", FAULTS)
def test_a_fault_fails_the_check_named_for_it(
    check_id: str, dirty: dict[str, CheckOutcome]
) -> None:
    checked, failing, failing_ids = FAULTS[check_id]
    outcome = dirty[check_id]
    assert (outcome.status, outcome.error) == ("failed", None)
    assert (outcome.checked_count, outcome.failing_count) == (checked, failing)
    assert outcome.failing_share == pytest.approx(failing / checked)
    if failing_ids is not None:
        assert {record.id for record in outcome.sample} == failing_ids


def test_every_check_has_its_dirty_frame() -> None:
    # The feed of deals is the only one no row can spoil; the empty CRM below does.
    assert set(CHECK_IDS) - set(FAULTS) == {"deals_feed_is_not_empty"}


@pytest.mark.parametrize("check_id", CHECK_IDS)
def test_a_clean_crm_passes_every_check(check_id: str, clean: dict[str, CheckOutcome]) -> None:
    outcome = clean[check_id]
    assert (outcome.status, outcome.error) == ("passed", None)
    assert outcome.checked_count
    assert outcome.failing_count == (1 if check_id == "source_is_given" else 0)


def test_a_share_exactly_at_its_limit_still_passes(clean: dict[str, CheckOutcome]) -> None:
    outcome = clean["source_is_given"]
    assert (outcome.failing_share, outcome.limit_share, outcome.status) == (0.1, 0.1, "passed")


def test_a_sample_leads_to_the_record_and_holds_no_phone(dirty: dict[str, CheckOutcome]) -> None:
    [record] = [one for one in dirty["budget_is_given"].sample if one.id == "no_budget"]
    assert record.title == "Тел. …"
    assert record.url == "https://crm.example/leads/1"
    assert record.manager_id == "amocrm:main:9101"
    assert "916123" not in repr(dirty)
    assert "@" not in repr(dirty)


def test_an_unmapped_stage_is_named_with_its_pipeline(dirty: dict[str, CheckOutcome]) -> None:
    [record] = dirty["stage_is_mapped"].sample
    assert record.title == (
        "Воронка amocrm:main:3100, этап amocrm:main:3100:31009 «Согласование», сделок: 1"
    )
    assert record.url == "https://crm.example/leads/1"


def test_whose_records_were_checked_adds_up_to_all(dirty: dict[str, CheckOutcome]) -> None:
    for check_id in FAULTS:
        outcome = dirty[check_id]
        assert sum(outcome.checked_by_manager.values()) == outcome.checked_count
        assert len(outcome.failing_records) == outcome.failing_count
        assert {one.manager_id for one in outcome.failing_records} <= set(
            outcome.checked_by_manager
        )
    assert len(dirty["responsible_is_active"].checked_by_manager) > 1


def test_a_sample_is_at_most_ten_records(dirty: dict[str, CheckOutcome]) -> None:
    assert dirty["name_is_given"].failing_count == 31
    assert len(dirty["name_is_given"].sample) == 10


def test_nothing_to_check_is_never_passed(empty: dict[str, CheckOutcome]) -> None:
    statuses = {check_id: outcome.status for check_id, outcome in empty.items()}
    assert "passed" not in statuses.values()
    assert statuses["budget_is_given"] == "nothing_to_check"
    assert empty["budget_is_given"].checked_count == 0
    assert empty["budget_is_given"].failing_share is None


def test_an_empty_feed_of_deals_is_an_error(empty: dict[str, CheckOutcome]) -> None:
    outcome = empty["deals_feed_is_not_empty"]
    assert (outcome.status, outcome.checked_count, outcome.failing_count) == ("failed", 1, 1)
    assert outcome.is_error


def test_a_company_that_keeps_no_tasks_is_not_asked_for_them(make_crm: Any) -> None:
    settings = make_crm("no_tasks_", {DEALS: [{"deal_id": "exports:main:1"}]})
    outcomes = by_check(
        runner.run(settings, assets=["intermediate/int_deals"], run_id="1", clock=settings.clock)
    )
    assert outcomes["open_deal_has_task"].status == "nothing_to_check"
    assert outcomes["task_is_not_overdue"].status == "nothing_to_check"


def test_what_the_settings_do_not_require_is_not_asked_for(make_crm: Any) -> None:
    """Nor what they require since tomorrow, or did until today; a field without a list is free."""
    tomorrow = NOW + timedelta(days=1)
    settings = make_crm(
        "not_required_",
        {
            DEALS: [{"deal_id": "1", "city": None, "client_type": "?", "budget_amount": None}],
            REQUIRED: [
                {"field_name": "city", "valid_from_date": tomorrow},
                {"field_name": "budget_amount", "valid_before_date": NOW},
            ],
        },
    )
    outcomes = by_check(
        runner.run(settings, assets=["intermediate/int_deals"], run_id="1", clock=settings.clock)
    )
    asked = ("city_is_given", "client_type_is_given", "budget_is_given", "source_is_given")
    lists = ("city_is_listed", "client_type_is_listed")
    assert {outcomes[name].status for name in (*asked, *lists)} == {"nothing_to_check"}


def test_no_connected_crm_is_no_empty_feed_of_contacts(empty: dict[str, CheckOutcome]) -> None:
    assert empty["contacts_feed_is_not_empty"].status == "nothing_to_check"


def test_a_check_that_raises_crashes_alone_and_says_why(empty: dict[str, CheckOutcome]) -> None:
    crashed = {check_id for check_id, outcome in empty.items() if outcome.status == "crashed"}
    assert crashed == {"open_deal_has_task", "task_is_not_overdue"}
    outcome = empty["open_deal_has_task"]
    assert outcome.checked_count is None
    assert outcome.error == (
        "check open_deal_has_task of intermediate/int_deals could not run:"
        ' relation "empty_intermediate.int_tasks" does not exist'
    )


def test_an_expectation_that_raises_crashes_with_its_first_line(make_crm: Any) -> None:
    settings = make_crm("raising_", {DEALS: [{"deal_id": "1"}]})
    expectation = Expectation("ExpectColumnValuesToMatchRegex", {"regex": "("})
    [outcome] = runner.run(
        settings, run_id="1", clock=settings.clock, checks=[city_check(expectation)]
    )
    assert outcome.status == "crashed"
    assert "could not run: " in str(outcome.error)
    assert "\n" not in str(outcome.error)


def test_a_value_great_expectations_would_skip_crashes_instead_of_passing(make_crm: Any) -> None:
    settings = make_crm("skipped_", {DEALS: [{"deal_id": "1", "city": None}, {"deal_id": "2"}]})
    careless = city_check(Expectation("ExpectColumnValuesToBeInSet", {"value_set": ["Москва"]}))
    [outcome] = runner.run(settings, run_id="1", clock=settings.clock, checks=[careless])
    assert outcome.status == "crashed"
    assert "null in 1 rows" in str(outcome.error)


def test_only_the_named_asset_is_checked_and_no_connection_stays(
    make_crm: Any, postgres: Any
) -> None:
    settings = make_crm("one_", {CONTACTS: [{"contact_id": "1"}]})
    outcomes = runner.run(
        settings, assets=["staging/stg_amocrm__contacts"], run_id="1", clock=settings.clock
    )
    assert {outcome.asset for outcome in outcomes} == {"staging/stg_amocrm__contacts"}
    with psycopg.connect(postgres.url("admin")) as admin:
        still_open = admin.execute(
            "select count(*) from pg_stat_activity where application_name = 'expectations'"
        ).fetchone()
    assert still_open == (0,)


def test_an_asset_without_checks_is_refused_with_the_list_of_those_that_have(
    make_crm: Any,
) -> None:
    settings = make_crm("none_", {})
    with pytest.raises(QualityError, match=r"no quality checks for mart/x; checked are interm"):
        runner.run(settings, assets=["mart/x"], run_id="1", clock=settings.clock)
