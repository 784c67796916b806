"""The raw tables of Mango Office. Field meanings: README.md beside this file."""

from __future__ import annotations

from ingestion.catalog import table

TABLES = (
    table(
        "calls",
        key="entry_id",
        about="One row per call with its legs in context_calls; recording_urls open its recordings "
        "for whoever is logged in to Mango.",
        columns="""entry_id text, context_type bigint, context_status bigint, caller_id bigint,
            caller_name text, caller_number text, called_number text,
            context_start_time timestamptz not null, duration bigint, talk_duration bigint,
            context_init_type bigint, recall_status bigint, cost numeric, context_calls json,
            recording_urls json""",
    ),
    table(
        "users",
        key="user_id",
        mode="snapshot",
        about="One row per employee of the VPBX.",
        columns="""user_id bigint, name text, email text, department text, position text,
            extension text, outgoingline text, numbers json, groups json""",
    ),
)
BY_NAME = {one.name: one for one in TABLES}
