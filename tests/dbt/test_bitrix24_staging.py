"""The demo company's Bitrix24, landed and staged: people's meaning in the project's words."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from demo import company
from demo.world import World, build_world
from ingestion.pipeline import run_source
from ingestion.settings import Settings
from tests.ingestion.bitrix24_portal import AS_OF, serving

pytestmark = pytest.mark.integration

PREFIX = "b24_"


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(seed=3, months=3, scale=0.2, as_of=AS_OF)


@pytest.fixture(scope="module")
def staged(postgres, dbt_of, loopback, world, tmp_path_factory) -> Iterator[psycopg.Connection]:
    """The staging schema, built with all its tests."""
    folder: Path = tmp_path_factory.mktemp("var")
    with serving(loopback, world) as portal:
        variables = {
            "WAREHOUSE_LOADER_URL": postgres.url("loader"),
            "WAREHOUSE_PREFIX": PREFIX,
            "VAR_DIR": str(folder),
            **portal.variables(),
        }
        run_source("bitrix24", Settings.from_env(variables), clock=lambda: AS_OF)
    dbt_of(PREFIX).run("build", "-s", "path:models/staging/bitrix24")
    with psycopg.connect(postgres.url("transformer"), autocommit=True) as connection:
        connection.execute(f"set search_path to {PREFIX}staging")
        yield connection


def test_people_sources_and_reasons_are_words(staged, world):
    crm = world.store.amocrm
    won = next(
        number for number, record in crm["leads"].items()
        if record["status_id"] == company.WON and record["pipeline_id"] == company.SALES
    )  # fmt: skip
    [(name, stage, deleted)] = staged.execute(
        """
        select users.manager_name, stages.stage_name, deals.is_deleted
        from stg_bitrix24__deals as deals
        inner join stg_bitrix24__users as users using (manager_id)
        inner join stg_bitrix24__stages as stages using (stage_id)
        where deals.deal_id = %s
        """,
        [f"bitrix24:main:{won}"],
    ).fetchall()
    [manager] = [
        one.name for one in company.EMPLOYEES if one.id == crm["leads"][won]["responsible_user_id"]
    ]
    assert (name, stage, deleted) == (manager, "Успешно реализовано", False)

    reasons = Counter(
        reason for (reason,) in staged.execute("select loss_reason from stg_bitrix24__deals")
    )
    assert reasons.keys() - {None} <= set(company.LOSS_REASONS.values())
    sources = {word for (word,) in staged.execute("select source_word from stg_bitrix24__leads")}
    assert "CRM-форма" in sources


def test_every_deal_stands_in_a_known_stage_and_came_there_by_its_history(staged):
    [(apart,)] = staged.execute(
        """
        select count(*)
        from stg_bitrix24__deals as deals
        left join stg_bitrix24__stages as stages using (stage_id)
        where stages.stage_id is null
        """
    ).fetchall()
    assert apart == 0
    last = staged.execute(
        """
        select distinct on (deals.deal_id) deals.stage_id, moves.to_stage_id
        from stg_bitrix24__deals as deals
        inner join stg_bitrix24__stage_changes as moves using (deal_id)
        order by deals.deal_id, moves.changed_at desc
        """
    ).fetchall()
    assert len(last) > 100
    assert all(stands.replace("APOLOGY", "LOSE") == came for stands, came in last)


def test_a_converted_lead_and_its_deal_are_one_wish(staged):
    pairs = staged.execute(
        """
        select leads.is_converted, deals.deal_id is not null as has_deal, count(*)
        from stg_bitrix24__leads as leads
        left join stg_bitrix24__deals as deals using (crm_lead_id)
        group by leads.is_converted, deals.deal_id is not null
        """
    ).fetchall()
    assert {(converted, has_deal) for converted, has_deal, _ in pairs} == {
        (True, True),
        (False, False),
    }


def test_a_call_in_telephony_and_its_activity_have_one_key_and_one_phone(staged):
    together = staged.execute(
        """
        select notes.phone = calls.phone, notes.call_seconds = calls.call_seconds, count(*)
        from stg_bitrix24__notes as notes
        inner join stg_bitrix24__calls as calls using (call_key)
        group by notes.phone = calls.phone, notes.call_seconds = calls.call_seconds
        """
    ).fetchall()
    assert [row[:2] for row in together] == [(True, True)]
    assert together[0][2] > 200


def test_contacts_and_companies_keep_what_they_are_known_by(staged, world):
    reached = staged.execute(
        """
        select
            count(*) filter (where cardinality(phones) + unreadable_phones_count > 0),
            count(*) filter (where cardinality(emails) > 0)
        from stg_bitrix24__contacts
        """
    ).fetchall()
    written = [
        sum(
            any(field["field_id"] == kind for field in card["custom_fields_values"] or [])
            for card in world.store.amocrm["contacts"].values()
        )
        for kind in (company.CONTACT_PHONE_FIELD, company.CONTACT_EMAIL_FIELD)
    ]
    assert reached == [tuple(written)]
    numbers = {one for (one,) in staged.execute("select tax_number from stg_bitrix24__companies")}
    assert all(len(number) == 10 for number in numbers - {None})
    assert len(numbers) > 20
