"""The raw tables of Zadarma. Field meanings: README.md beside this file."""

from __future__ import annotations

from ingestion.catalog import table

TABLES = (
    table(
        "calls",
        key="leg_id",
        about="One row per leg of a call: legs of one call share pbx_call_id.",
        columns="""leg_id text, pbx_call_id text not null, call_id text, sip text,
            callstart timestamptz not null, clid text, destination text, disposition text,
            seconds bigint, is_recorded bool""",
    ),
    table(
        "extensions",
        key="number",
        mode="snapshot",
        about="One row per extension of the PBX.",
        columns="number text, pbx_id bigint",
    ),
)
BY_NAME = {one.name: one for one in TABLES}
