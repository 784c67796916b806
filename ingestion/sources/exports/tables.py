"""The landing contract of company exports: what the SQL of a file must give, column by column."""

from __future__ import annotations

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
        "payments",
        key="payment_id",
        mode="snapshot",
        about="One row per payment; is_posted says whether the books accept it.",
        columns="""payment_id text, paid_at timestamptz not null, amount numeric not null,
            currency_code text not null, is_posted bool not null, is_deleted bool, deal_id text,
            invoice_number text, purpose text, operation_kind text, customer_key text,
            payer_name text, payer_tax_number text""",
    ),
)
