"""Rows as the marts give them: a small company and one that has loaded nothing."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dashboards.marts import QUERIES, Marts, Row
from dashboards.settings import Settings

MOMENT = datetime(2026, 3, 20, 9, 5, tzinfo=UTC)
MARCH, FEBRUARY = date(2026, 3, 1), date(2026, 2, 1)
HOSTILE = '<script>alert("1")</script>'


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings("unused", "", tmp_path / "report", "ru", "RUB", ZoneInfo("Europe/Moscow"))


@pytest.fixture
def empty() -> Marts:
    """Before the first load the marts are there and have no rows."""
    counts: Row = {"overdue": 0, "without_task": 0, "stuck": 0}
    return Marts(MOMENT, {name: [] for name in QUERIES} | {"waiting_counts": [counts]})


@pytest.fixture
def company(empty: Marts) -> Marts:
    kpi = {
        "kpi_name": "revenue_amount",
        "label": "Выручка",
        "unit": "money",
        "current_value": Decimal("1234567.5000"),
        "previous_value": Decimal("1000000"),
        "year_ago_value": None,
        "period_start": MARCH,
        "period_end": date(2026, 3, 20),
        "explanation": "Деньги от покупателей",
        "month_start": MARCH,
    }
    counted = {"unit": "count", "current_value": Decimal(77)}
    names = ("average_check_amount", "discount_share", "leads_count", "sales_count")
    manager = {
        "month_start": MARCH,
        "manager_id": "anna",
        "manager_name": HOSTILE,
        "department_name": None,
        "leads_count": 42,
        "previous_leads_count": None,
        "deals_count": 1,
        "payments_count": 1,
        "sales_count": 3,
        "previous_sales_count": 5,
        "proposals_count": 9,
        "company_proposals_count": 21,
        "revenue_amount": Decimal("7654321.00"),
        "previous_revenue_amount": Decimal(0),
        "margin_amount": Decimal("-1500.00"),
        "lead_to_proposal_share": Decimal("0.4789"),
        "company_lead_to_proposal_share": Decimal("0.5000"),
        "lead_to_paid_share": Decimal("0.2100"),
        "company_lead_to_paid_share": Decimal("0.1000"),
        "average_check_amount": None,
        "discount_share": Decimal("0.0845"),
        "response_median_minutes": Decimal("12.50"),
        "company_response_median_minutes": Decimal("8.00"),
        "open_deals_count": 30,
        "load_ratio": Decimal("0.5000"),
    }
    goal = {
        "month_start": MARCH,
        "goal_scope": "manager",
        "department_name": None,
        "manager_name": HOSTILE,
        "measure": "revenue_amount",
        "plan_amount": Decimal(9000000),
        "fact_amount": Decimal("7654321.00"),
        "plan_done_ratio": Decimal("0.8505"),
        "pace_ratio": Decimal("1.2000"),
    }
    deal = {
        "deal_name": HOSTILE,
        "deal_url": "javascript:alert(1)",
        "customer_name": None,
        "manager_name": "=1+1",
        "stage_name": "КП",
        "budget_amount": Decimal(5),
        "stage_age_days": Decimal("12.00"),
        "stage_norm_days": Decimal("9.00"),
        "overdue": True,
        "without_task": False,
        "stuck": True,
    }
    event = {
        "happened_at": MOMENT,
        "event_kind": "paid",
        "event_subject": None,
        "event_amount": Decimal("43778.39"),
        "department_name": None,
        "manager_name": "=1+1",
        "channel": "(blank)",
        "customer_name": HOSTILE,
        "deal_id": "1",
        "deal_name": HOSTILE,
        "deal_url": "https://crm.example/1",
    }
    rows: dict[str, list[Row]] = {
        "kpis": [kpi],
        "months": [kpi, *[{**kpi, **counted, "kpi_name": name} for name in names]],
        "ages": [
            {
                "source_name": "onec",
                "last_loaded_at": MOMENT,
                "age_minutes": Decimal(185),
                "built_at": MOMENT,
            }
        ],
        "bridge": [
            {"step": "enquiries", "row_kind": "subtotal", "row_count": 150},
            {"step": "spam", "row_kind": "step", "row_count": -8},
            {"step": "leads", "row_kind": "subtotal", "row_count": 142},
        ],
        "managers": [manager],
        "goals": [goal],
        "company_load": [{"company_open_deals_count": 90, "company_load_ratio": Decimal("0.7500")}],
        "waiting_counts": [{"overdue": 1, "without_task": 0, "stuck": 1}],
        "waiting": [deal],
        "losses": [
            {"position": 1, "loss_reason": "(blank)", "loss_count": 4, "loss_amount": Decimal(900)}
        ],
        "event_feed": [event],
    }
    return Marts(MOMENT, empty.rows | rows)
