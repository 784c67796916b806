"""The raw tables of Bitrix24. Field meanings: README.md beside this file."""

from __future__ import annotations

from ingestion.catalog import table

_CARD = """id bigint, assigned_by_id bigint, created_by_id bigint, modify_by_id bigint,
    created_at timestamptz, updated_at timestamptz, last_activity_at timestamptz, opened bool,
    source_id text, source_description text, comments text, originator_id text, origin_id text,
    utm_source text, utm_medium text, utm_campaign text, utm_content text, utm_term text,
    webform_id bigint, user_fields json"""
_SALE = """title text, opportunity numeric, currency_id text, is_manual_opportunity bool,
    moved_by_id bigint, moved_time timestamptz, company_id bigint, contact_id bigint,
    contact_ids json, is_return_customer bool"""
_REACHED = "phones json, emails json, messengers json"

TABLES = (
    table(
        "portal",
        key="web_url",
        mode="snapshot",
        about="One row: the portal. web_url is the base address for links to cards, scopes what we "
        "may ask it.",
        columns="web_url text, user_id bigint, is_admin bool, scopes json",
    ),
    table(
        "users",
        key="id",
        mode="snapshot",
        about="One row per user, also those who were dismissed; department_ids may be several.",
        columns="""id bigint, name text, last_name text, second_name text, email text, active bool,
            work_position text, department_ids json, user_type text, date_register timestamptz,
            uf_phone_inner text""",
    ),
    table(
        "departments",
        key="id",
        mode="snapshot",
        about="One row per department; the company itself is the one without a parent.",
        columns="id bigint, name text, sort bigint, parent bigint, uf_head bigint",
    ),
    table(
        "categories",
        key="id",
        mode="snapshot",
        about="One row per funnel of deals; 0 is the one every portal begins with.",
        columns="""id bigint, name text, sort bigint, is_default bool, entity_type_id bigint,
            origin_id text, originator_id text""",
    ),
    table(
        "statuses",
        key="entity_id, status_id",
        mode="snapshot",
        about="One row per word of a dictionary: stages of deals (DEAL_STAGE, DEAL_STAGE_<n>), "
        "statuses of leads (STATUS), sources (SOURCE). semantics: S won, F lost, null in work.",
        columns="""entity_id text, status_id text, id bigint, name text, name_init text,
            sort bigint, system bool, category_id bigint, color text, semantics text""",
    ),
    table(
        "fields",
        key="entity_type, name",
        mode="snapshot",
        about="One row per field of leads, deals, contacts and companies; title is people's word, "
        "items the choices of a list.",
        columns="""entity_type text, name text, title text, type text, is_required bool,
            is_read_only bool, is_multiple bool, is_dynamic bool, items json""",
    ),
    table(
        "leads",
        key="id",
        about="One row per lead; a converted one keeps its row beside its deal.",
        columns=f"""{_CARD}, {_SALE}, {_REACHED}, status_id text, status_semantic_id text,
            status_description text, name text, second_name text, last_name text,
            company_title text, post text, date_closed timestamptz""",
    ),
    table(
        "deals",
        key="id",
        about="One row per deal; lead_id is the lead it came of. user_fields holds what people "
        "added (UF_…).",
        columns=f"""{_CARD}, {_SALE}, category_id bigint, stage_id text, stage_semantic_id text,
            lead_id bigint, quote_id bigint, type_id text, probability numeric, tax_value numeric,
            begindate timestamptz, closedate timestamptz, closed bool, is_new bool,
            is_recurring bool, is_repeated_approach bool, additional_info text, location_id text""",
    ),
    table(
        "contacts",
        key="id",
        about="One row per contact; phones, emails, messengers are lists of {value, value_type}.",
        columns=f"""{_CARD}, {_REACHED}, name text, second_name text, last_name text, post text,
            type_id text, company_id bigint, company_ids json, lead_id bigint, export bool""",
    ),
    table(
        "companies",
        key="id",
        about="One row per company.",
        columns=f"""{_CARD}, {_REACHED}, title text, type_id text, industry text, lead_id bigint,
            contact_ids json, is_my_company bool""",
    ),
    table(
        "stage_history",
        key="entity_type_id, id",
        about="One row per stage a lead (entity_type_id 1) or a deal (2) came to. type_id: 1 made, "
        "2 moved, 3 closed, 5 put into another funnel.",
        columns="""entity_type_id bigint, id bigint, type_id bigint, owner_id bigint,
            created_at timestamptz, category_id bigint, stage_id text, stage_semantic_id text""",
    ),
    table(
        "activities",
        key="id",
        about="One row per activity of a card: call (type_id 2), letter (4), form or chat (6). "
        "direction: 1 to us, 2 from us.",
        columns="""id bigint, owner_id bigint, owner_type_id bigint, type_id bigint,
            provider_id text, provider_type_id text, associated_entity_id bigint, subject text,
            created_at timestamptz, updated_at timestamptz, start_time timestamptz,
            end_time timestamptz, deadline timestamptz, completed bool, status bigint,
            responsible_id bigint, author_id bigint, editor_id bigint, direction bigint,
            origin_id text, settings json, communications json, result_mark bigint""",
    ),
    table(
        "tasks",
        key="id",
        about="One row per task; status 5 is done, uf_crm_task names the cards it is about (D_7 is "
        "deal 7, L_ a lead, C_ a contact, CO_ a company).",
        columns="""id bigint, title text, status bigint, priority bigint, responsible_id bigint,
            created_by_id bigint, changed_by bigint, closed_by bigint, created_at timestamptz,
            updated_at timestamptz, closed_date timestamptz, deadline timestamptz,
            group_id bigint, uf_crm_task json""",
    ),
    table(
        "calls",
        key="id",
        about="One row per call in the statistics of telephony. call_type: 1 out, 2 and 3 in, 4 "
        "call back, 5 information; call_failed_code 200 is answered, 304 missed.",
        columns="""id bigint, call_id text, external_call_id text, call_type bigint,
            call_category text, call_start_date timestamptz not null, call_duration bigint,
            call_failed_code text, call_failed_reason text, portal_user_id bigint,
            portal_number text, phone_number text, crm_entity_type text, crm_entity_id bigint,
            crm_activity_id bigint, call_record_url text, record_file_id bigint,
            record_duration bigint, call_vote bigint, cost numeric, cost_currency text,
            rest_app_id bigint, rest_app_name text, session_id text, redial_attempt bigint,
            comment text, transcript_id bigint, transcript_pending bool""",
    ),
)
BY_NAME = {one.name: one for one in TABLES}
