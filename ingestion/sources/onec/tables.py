"""The raw tables of 1C (configuration «Бухгалтерия предприятия 3.0»). Field meanings: README.md
beside this file.
"""

from __future__ import annotations

from ingestion.catalog import table

_DOCUMENT = """ref_key text, data_version text, deletion_mark bool, posted bool, number text,
    document_at timestamptz, organisation_key text, counterparty_key text"""
_BANK_DOCUMENT = f"""{_DOCUMENT}, counterparty_type text, currency_key text, amount numeric,
    purpose text, operation_kind text, base_document_key text, comment text, lines json"""

TABLES = (
    table(
        "counterparties",
        key="ref_key",
        mode="snapshot",
        about="One row per counterparty or folder of counterparties.",
        columns="""ref_key text, data_version text, deletion_mark bool, is_folder bool, code text,
            description text, full_name text, inn text, kpp text, legal_kind text,
            contact_info json""",
    ),
    table(
        "currencies",
        key="ref_key",
        mode="snapshot",
        about="One row per currency.",
        columns="ref_key text, code text, description text",
    ),
    table(
        "invoices",
        key="ref_key",
        about="One row per invoice to a customer, posted or not.",
        columns=f"{_DOCUMENT}, currency_key text, amount numeric, comment text",
    ),
    table(
        "bank_receipts",
        key="ref_key",
        about="One row per bank receipt with its breakdown in lines.",
        columns=_BANK_DOCUMENT,
    ),
    table(
        "bank_write_offs",
        key="ref_key",
        about="One row per bank write-off; refunds to customers are among them.",
        columns=_BANK_DOCUMENT,
    ),
    table(
        "sales_documents",
        key="ref_key",
        about="One row per shipment (sale of goods and services) with its lines.",
        columns=f"""{_DOCUMENT}, currency_key text, invoice_key text, amount numeric, comment text,
            lines json""",
    ),
)
