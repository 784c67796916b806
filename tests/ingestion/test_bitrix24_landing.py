"""A Bitrix24 portal over real HTTP into a real Postgres: what runs leave in raw_bitrix24."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from demo import company
from demo.bitrix24_cards import Cards
from ingestion.errors import PartlyDoneError, SourceError
from ingestion.sweep import sweep
from tests.ingestion.bitrix24_portal import AS_OF, CODE, land

pytestmark = pytest.mark.integration

SAME_IN_BOTH = {
    "leads": "contact_ids, webform_id",
    "deals": "contact_ids, webform_id",
    "contacts": "company_ids, webform_id",
    "companies": "contact_ids, webform_id",
}
"""Tables of cards, with the columns that only the newer lists fill."""


def table(bench, name, order="id"):
    """All of a raw table but what differs from run to run."""
    rows = bench.rows(f"select to_jsonb(t) from t_raw_bitrix24.{name} as t order by {order}")
    return [{k: v for k, v in row.items() if not k.startswith("_dlt")} for (row,) in rows]


def test_rows_are_typed_whatever_the_portal_writes(portal, bench):
    land(bench, portal)

    number, record = next(
        (number, record)
        for number, record in portal.crm["leads"].items()
        if record["price"] and record["closed_at"] and record["_embedded"]["companies"]
    )
    [deal] = bench.rows(
        "select opportunity, closed, category_id, company_id, contact_id, lead_id, updated_at, "
        f"contact_ids from t_raw_bitrix24.deals where id = {number}"
    )
    assert deal == (
        Decimal(record["price"]),
        True,
        0,
        record["_embedded"]["companies"][0]["id"],
        record["_embedded"]["contacts"][0]["id"],
        number,
        datetime.fromtimestamp(record["updated_at"], UTC),
        [record["_embedded"]["contacts"][0]["id"]],
    )
    assert bench.rows(
        "select active, department_ids from t_raw_bitrix24.users where id = 9101"
    ) == [(True, [11])]
    assert bench.rows("select parent from t_raw_bitrix24.departments order by id limit 1") == [
        (None,)
    ]


def test_every_card_of_the_company_is_landed(portal, bench):
    result = land(bench, portal)

    cards = Cards(portal.world.store)
    assert result.tables["leads"] == len(list(cards.leads()))
    assert result.tables["deals"] == len(list(cards.deals()))
    assert result.tables["contacts"] == len(portal.crm["contacts"])
    assert result.tables["tasks"] == len(portal.crm["tasks"])
    [(held,)] = bench.rows(
        "select count(*) from t_raw_bitrix24.calls as c "
        "join t_raw_bitrix24.activities as a on a.id = c.crm_activity_id "
        "where a.communications #>> '{0,VALUE}' = c.phone_number"
    )
    [(linked,)] = bench.rows(
        "select count(*) from t_raw_bitrix24.calls where crm_activity_id is not null"
    )
    assert held == linked > 0


def test_both_families_of_lists_land_the_same_rows(portal, bench):
    land(bench, portal)
    items = {name: table(bench, name) for name in SAME_IN_BOTH}
    result = land(bench, portal, BITRIX24_LISTS="old", full_refresh=True)

    assert not portal.asked_of("crm.deal.list")[0]["filter"].keys() - {"<=DATE_MODIFY", ">ID"}
    for name, only_new in SAME_IN_BOTH.items():
        apart = set(only_new.split(", "))
        assert [{k: v for k, v in row.items() if k not in apart} for row in table(bench, name)] == [
            {k: v for k, v in row.items() if k not in apart} for row in items[name]
        ], name
    vanished = {f"bitrix24.{name}: column contact_ids vanished" for name in ("leads", "deals")}
    assert set(result.notices) == vanished


def test_a_second_run_reads_little_and_changes_nothing(portal, bench):
    land(bench, portal)
    before = len(portal.asked)
    result = land(bench, portal)

    assert sum(result.changed.values()) == 0
    assert result.tables["deals"] < 10
    assert len(portal.asked) - before < 30


def test_what_happened_since_is_read_by_the_portals_own_clock(portal, bench):
    """Ours is an hour ahead, then a year: nothing is skipped for it. The move is out of the inbox:
    a lead is converted into a deal.
    """
    land(bench, portal, now=AS_OF + timedelta(hours=1))
    portal.pass_time(1200)
    done = portal.happen("stage_move")
    portal.happen("call")
    result = land(bench, portal, now=AS_OF + timedelta(days=400))

    assert done["status_before"] == company.UNSORTED_STAGE
    assert (result.changed["leads"], result.changed["deals"]) == (1, 1)
    assert (result.changed["stage_history"], result.changed["activities"]) == (2, 1)
    moves = bench.rows(
        "select entity_type_id, type_id, stage_id, created_at from t_raw_bitrix24.stage_history "
        f"where owner_id = {done['deal_id']} order by created_at desc, entity_type_id"
    )
    at = AS_OF + timedelta(seconds=1200)
    assert moves[:2] == [(1, 3, "CONVERTED", at), (2, 1, "PREPARATION", at)]


def test_a_deal_moved_while_it_is_read_is_right_after_the_next_run(portal, bench):
    portal.break_down("crm.item.list", "happen", happening="stage_move", times=3, skip=1)
    portal.pass_time(60)
    land(bench, portal)
    portal.pass_time(60)
    land(bench, portal)

    stages = dict(bench.rows("select id, stage_id from t_raw_bitrix24.deals"))
    assert stages == {
        int(card["ID"]): card["STAGE_ID"] for card in Cards(portal.world.store).deals()
    }


def test_fields_that_people_add_arrive_and_a_field_of_the_vendor_becomes_a_column(portal, bench):
    land(bench, portal)
    for method in ("crm.item.list", "batch"):
        portal.break_down(method, "field", field="UF_CRM_17320", value=1111.5, times=0)
        portal.break_down(method, "field", field="priorityRank", value="high", times=0)
    result = land(bench, portal, full_refresh=True)

    assert bench.rows(
        "select distinct user_fields ->> 'UF_CRM_17320', priority_rank from t_raw_bitrix24.deals"
    ) == [("1111.5", "high")]
    assert any("deals: column priority_rank appeared" in notice for notice in result.notices)


def test_a_type_that_flips_stops_its_table_alone(portal, bench):
    land(bench, portal)
    portal.break_down("crm.category.list", "field", field="sort", becomes="text", times=0)
    with pytest.raises(PartlyDoneError) as caught:
        land(bench, portal)

    assert str(caught.value) == (
        "bitrix24.categories: column sort changed its type: declared bigint, arrived as text. The "
        "table keeps its rows; correct the field at the source or its declaration in "
        "ingestion/sources/bitrix24, then run again"
    )
    assert len(table(bench, "categories")) == 3


def test_a_permission_that_was_not_given_leaves_its_tables_empty(portal, bench):
    portal.switch(scopes=["crm", "user"])
    result = land(bench, portal)

    assert (result.tables["calls"], result.tables["tasks"], result.tables["departments"]) == (
        0,
        0,
        0,
    )
    assert result.tables["deals"]


def test_an_old_portal_is_told_which_list_to_set(portal, bench):
    portal.switch(has_item_lists=False)
    with pytest.raises(SourceError) as caught:
        land(bench, portal)
    assert "this portal has no crm.item.list: it is older (404, ERROR_METHOD_NOT_FOUND)" in str(
        caught.value
    )
    assert "Set BITRIX24_LISTS=old" in str(caught.value)

    assert land(bench, portal, BITRIX24_LISTS="old").tables["deals"]


def test_erased_cards_are_found_by_the_sweep_and_a_lost_right_is_not_believed(portal, bench):
    land(bench, portal)
    number = next(iter(portal.crm["contacts"]))
    del portal.crm["contacts"][number]
    portal.switch()
    settings = bench.settings(**portal.variables())

    swept = {one.table: one for one in sweep("bitrix24", settings)}
    assert {name: one.gone for name, one in swept.items() if one.gone} == {"contacts": 1}
    assert swept["deals"].asked == len(table(bench, "deals"))
    assert bench.rows("select id from t_raw_bitrix24.contacts where _gone_at is not null") == [
        (number,)
    ]

    portal.switch(visible_to=9101)
    with pytest.raises(PartlyDoneError, match="rather a lost right than deletions"):
        sweep("bitrix24", settings)
    assert len(bench.rows("select 1 from t_raw_bitrix24.deals where _gone_at is not null")) == 0


def test_a_card_in_the_bin_is_gone_and_comes_again(portal, bench):
    land(bench, portal)
    settings = bench.settings(**portal.variables())
    portal.pass_time(60)
    done = portal.happen("delete")
    sweep("bitrix24", settings)
    gone = f"select _gone_at is not null from t_raw_bitrix24.leads where id = {done['deal_id']}"
    assert bench.rows(gone) == [(True,)]

    portal.pass_time(60)
    portal.happen("restore_deal")
    land(bench, portal)
    assert bench.rows(gone) == [(False,)]


def test_no_sentence_and_no_table_holds_the_webhook(portal, bench, caplog):
    caplog.set_level("DEBUG")
    portal.break_down("crm.status.list", "status", status=500, times=5)
    with pytest.raises(SourceError) as caught:
        land(bench, portal)
    land(bench, portal)

    assert CODE not in str(caught.value)
    assert CODE not in caplog.text
    tables = bench.rows(
        "select table_name from information_schema.tables where table_schema = 't_raw_bitrix24'"
    )
    for (name,) in tables:
        text = bench.rows(
            f"select count(*) from t_raw_bitrix24.{name} as t where t::text like '%{CODE}%'"
        )
        assert text == [(0,)], name
