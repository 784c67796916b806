"""The raw tables of Yandex Direct. Field meanings: README.md beside this file."""

from __future__ import annotations

from ingestion.catalog import table

TABLES = (
    table(
        "campaigns",
        key="id",
        mode="snapshot",
        about="One row per campaign, archived ones too; tracking_params is its template of tags.",
        columns="""id bigint, name text, type text, state text, status text, start_date text,
            end_date text, currency text, time_zone text, tracking_params text""",
    ),
    table(
        "ad_performance",
        key="date, campaign_id, ad_group_id",
        about="One row per day of the cabinet, campaign and ad group (0: the API names none), as "
        "last restated; cost is in the cabinet's currency. With goals set, goal_conversions has a "
        "number a goal and conversions is empty.",
        columns="""date text, campaign_id bigint, ad_group_id bigint, impressions bigint not null,
            clicks bigint not null, cost numeric not null, is_vat_included bool not null,
            conversions bigint, goal_conversions json, attribution_model text""",
    ),
)
BY_NAME = {one.name: one for one in TABLES}
