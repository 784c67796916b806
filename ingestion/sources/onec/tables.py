"""The raw tables of 1C: one spelling whatever the configuration. Field meanings: README.md beside
this file; where a column lies in an answer: `configurations`.
"""

from __future__ import annotations

from ingestion.catalog import table

_OBJECT = "ref_key text, data_version text, deletion_mark bool"
_NAMED = f"{_OBJECT}, code text, description text"
_DOCUMENT = f"""{_OBJECT}, posted bool, number text, document_at timestamptz not null,
    organisation_key text, counterparty_key text, currency_key text, amount numeric, comment text,
    lines json"""
_MONEY = f"""{_DOCUMENT}, counterparty_type text, purpose text, operation_kind text,
    base_document_key text"""

TABLES = (
    table(
        "organisations",
        key="ref_key",
        mode="snapshot",
        about="One row per organisation (legal entity) of our own.",
        columns=f"{_NAMED}, full_name text, inn text, kpp text",
    ),
    table(
        "currencies",
        key="ref_key",
        mode="snapshot",
        about="One row per currency; description is its ISO code.",
        columns=_NAMED,
    ),
    table(
        "counterparties",
        key="ref_key",
        mode="snapshot",
        about="One row per counterparty or folder of counterparties; contact_info holds type, "
        "kind, presentation, phone and email of each contact.",
        columns=f"""{_NAMED}, is_folder bool, full_name text, inn text, kpp text, legal_kind text,
            partner_key text, contact_info json""",
    ),
    table(
        "contracts",
        key="ref_key",
        mode="snapshot",
        about="One row per contract with a counterparty.",
        columns=f"""{_NAMED}, counterparty_key text, organisation_key text, currency_key text,
            number text, signed_at timestamptz, valid_until timestamptz, contract_kind text""",
    ),
    table(
        "products",
        key="ref_key",
        mode="snapshot",
        about="One row per product or service, or folder of them.",
        columns=f"""{_NAMED}, is_folder bool, parent_key text, full_name text, sku text,
            unit_key text, is_service bool, product_kind text""",
    ),
    table(
        "price_kinds",
        key="ref_key",
        mode="snapshot",
        about="One row per list of prices (wholesale, retail).",
        columns=f"{_NAMED}, currency_key text, includes_vat bool",
    ),
    table(
        "invoices",
        key="ref_key",
        about="One row per invoice to a customer, or order of a customer where the configuration "
        "bills orders, posted or not, with its lines.",
        columns=f"{_DOCUMENT}, contract_key text, settlement_key text",
    ),
    table(
        "bank_receipts",
        key="ref_key",
        about="One row per bank receipt with its breakdown in lines.",
        columns=_MONEY,
    ),
    table(
        "bank_write_offs",
        key="ref_key",
        about="One row per bank write-off; refunds to customers are among them.",
        columns=_MONEY,
    ),
    table(
        "cash_receipts",
        key="ref_key",
        about="One row per receipt of cash with its breakdown in lines.",
        columns=_MONEY,
    ),
    table(
        "cash_write_offs",
        key="ref_key",
        about="One row per payment in cash; refunds to customers are among them.",
        columns=_MONEY,
    ),
    table(
        "card_operations",
        key="ref_key",
        about="One row per payment by card through our terminal, or its return.",
        columns=_MONEY,
    ),
    table(
        "sales_documents",
        key="ref_key",
        about="One row per shipment (sale of goods and services) with its lines; their cost where "
        "the configuration keeps it in the document.",
        columns=f"{_DOCUMENT}, contract_key text, operation_kind text, invoice_key text",
    ),
    table(
        "returns",
        key="ref_key",
        about="One row per return of goods from a customer with its lines.",
        columns=f"{_DOCUMENT}, contract_key text, operation_kind text, sales_document_key text",
    ),
    table(
        "currency_rates",
        key="record_key",
        about="One row per record of the register of rates: so much for per_units of a currency.",
        columns="""record_key text, period_at timestamptz not null, currency_key text, rate numeric,
            per_units bigint""",
    ),
    table(
        "prices",
        key="record_key",
        about="One row per record of the register of list prices: the price from a moment on.",
        columns="""record_key text, period_at timestamptz not null, price_kind_key text,
            product_key text, price numeric, currency_key text, is_active bool""",
    ),
    table(
        "exchange_messages",
        key="message_no",
        about="One row per message of the exchange plan whose changes are in the tables; empty "
        "without an exchange plan.",
        columns="""message_no bigint, node text not null, selected_at timestamptz not null,
            changed_count bigint, erased_count bigint""",
    ),
)
BY_NAME = {one.name: one for one in TABLES}
MESSAGES = "exchange_messages"
