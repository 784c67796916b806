"""The landing contract of company exports: what the SQL of a file must give, column by column."""

from __future__ import annotations

from collections.abc import Mapping

from ingestion.catalog import table

TABLES = (
    table(
        "leads",
        key="lead_id",
        mode="snapshot",
        about="One row per enquiry as the company's own files count them.",
        columns="""lead_id text, created_at timestamptz not null, person_key text, person_name text,
            phone text, email text, company_name text, tax_number text, source_name text,
            utm_source text, utm_medium text, utm_campaign text, manager_id text,
            manager_name text, city text, client_type text, is_test bool""",
    ),
    table(
        "deals",
        key="deal_id",
        mode="snapshot",
        about="One row per deal; status is open, won or lost.",
        columns="""deal_id text, lead_id text, name text, status text not null,
            created_at timestamptz not null, closed_at timestamptz, budget_amount numeric,
            currency_code text, pipeline_name text, stage_name text, loss_reason text,
            person_key text, customer_key text, customer_name text, tax_number text, phone text,
            email text, manager_id text, manager_name text, is_deleted bool""",
    ),
    table(
        "stage_changes",
        key="deal_id, entered_at, stage_name",
        mode="snapshot",
        about="One row per entry of a deal into a stage.",
        columns="""deal_id text, entered_at timestamptz, stage_name text, pipeline_name text,
            from_stage_name text, changed_by_manager_id text, changed_by_manager_name text""",
    ),
    table(
        "payments",
        key="payment_id",
        mode="snapshot",
        about="One row per payment; is_posted says whether the books accept it.",
        columns="""payment_id text, paid_at timestamptz not null, amount numeric not null,
            currency_code text not null, is_posted bool not null, is_deleted bool, deal_id text,
            invoice_number text, purpose text, operation_kind text, customer_key text,
            payer_name text, payer_tax_number text""",
    ),
    table(
        "spend",
        key="spend_id",
        mode="snapshot",
        about="One row per day and campaign (or whatever the company pays for); spent_at is the "
        "day.",
        columns="""spend_id text, spent_at timestamptz not null, amount numeric not null,
            currency_code text not null, is_vat_included bool, source_name text, utm_source text,
            utm_medium text, utm_campaign text, campaign_id text, campaign_name text,
            impressions_count bigint, clicks_count bigint, conversions_count bigint""",
    ),
    table(
        "calls",
        key="call_id",
        mode="snapshot",
        about="One row per call as the telephony counts them; direction is in, out or internal.",
        columns="""call_id text, started_at timestamptz not null, direction text not null,
            is_answered bool not null, phone text, company_phone text, wait_seconds bigint,
            talk_seconds bigint, manager_id text, manager_name text, person_key text, deal_id text,
            source_name text, recording_url text""",
    ),
    table(
        "tasks",
        key="task_id",
        mode="snapshot",
        about="One row per task of a manager.",
        columns="""task_id text, is_completed bool not null, created_at timestamptz,
            due_at timestamptz, completed_at timestamptz, task_text text, deal_id text,
            person_key text, manager_id text, manager_name text, completed_by_manager_id text""",
    ),
)

ALLOWED_VALUES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "deals": {"status": ("open", "won", "lost")},
    "calls": {"direction": ("in", "out", "internal")},
}
"""The closed lists of values, by table and column."""
