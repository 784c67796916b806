"""amoCRM over real HTTP into a real Postgres: what was deleted, merged, restored, erased without a
word or given a new shape at the source is right after the next run.
"""

import json
from datetime import UTC, datetime

import pytest
from dlt.common.versioned_state import decompress_state

from ingestion.errors import PartlyDoneError
from ingestion.sweep import sweep

pytestmark = pytest.mark.integration

START = 1_767_225_600  # 2026-01-01 00:00 UTC


def lead(number, updated_at=START, **fields):
    return {
        "id": number,
        "name": f"Сделка {number}",
        "price": 1000,
        "status_id": 31002,
        "pipeline_id": 3100,
        "created_at": START,
        "updated_at": updated_at,
        "is_deleted": False,
        **fields,
    }


def at(seconds):
    return lambda: datetime.fromtimestamp(seconds, UTC)


def asked_from(web, path):
    """The lower bounds that a list was asked with."""
    return [
        int(value)
        for a in web.asked
        if a.path.endswith(path)
        for name, value in a.query.items()
        if name in ("filter[updated_at][from]", "filter[created_at][from]")
    ]


# -- Deleted, merged, restored, erased without a word -------------------------------------------


def gone(bench, table):
    return bench.rows(f"select id, _gone_at is not null from t_raw_amocrm.{table} order by id")


def told(number, kind, entity_id, entity_type, created_at):
    return {
        "id": f"e{number}",
        "type": kind,
        "entity_id": entity_id,
        "entity_type": entity_type,
        "created_at": created_at,
    }


def test_the_only_lead_deleted_is_marked_although_no_row_came(serve, amo, bench):
    """field.md 13: an incremental run shows deletions."""
    amo.lists["leads"] = [lead(1)]
    web = serve(amo)
    bench.run("amocrm", bench.amocrm(web), clock=at(START + 600))
    amo.lists["leads"] = []
    amo.lists["events"] = [told(1, "lead_deleted", 1, "lead", START + 700)]

    bench.run("amocrm", bench.amocrm(web), clock=at(START + 900))

    assert gone(bench, "leads") == [(1, True)]


def test_a_lead_restored_from_the_bin_is_not_gone_any_more(serve, amo, bench):
    amo.lists["leads"] = [lead(1), lead(2)]
    web = serve(amo)
    bench.run("amocrm", bench.amocrm(web), clock=at(START + 600))
    deleted = amo.lists["leads"].pop(0)
    amo.lists["events"] = [told(1, "lead_deleted", 1, "lead", START + 700)]
    bench.run("amocrm", bench.amocrm(web), clock=at(START + 900))
    assert gone(bench, "leads") == [(1, True), (2, False)]
    amo.lists["leads"].append(deleted)
    amo.lists["events"].append(told(2, "lead_restored", 1, "lead", START + 1_000))

    bench.run("amocrm", bench.amocrm(web), clock=at(START + 1_800))

    assert gone(bench, "leads") == [(1, False), (2, False)]


def test_a_contact_merged_away_is_gone_with_the_run_that_reads_the_merge(serve, amo, bench):
    """field.md 14 and 27."""
    amo.lists["contacts"] = [lead(1), lead(2)]
    web = serve(amo)
    bench.run("amocrm", bench.amocrm(web), clock=at(START + 600))
    amo.lists["contacts"] = [lead(1, START + 700)]
    amo.lists["events"] = [told(1, "entity_merged", 2, "contact", START + 700)]

    bench.run("amocrm", bench.amocrm(web), clock=at(START + 900))

    assert gone(bench, "contacts") == [(1, False), (2, True)]


def test_what_was_erased_or_edited_without_a_word_is_found_by_the_sweep(serve, amo, bench):
    amo.lists["companies"] = [lead(n) for n in range(1, 61)]
    web = serve(amo)
    bench.run("amocrm", bench.amocrm(web), clock=at(START + 600))
    del amo.lists["companies"][0]
    amo.lists["companies"][0]["name"] = "переименована тайно"
    bench.run("amocrm", bench.amocrm(web), clock=at(START + 9_000))
    assert gone(bench, "companies")[0] == (1, False)

    swept = {done.table: done for done in sweep("amocrm", bench.settings(**bench.amocrm(web)))}

    assert (swept["companies"].asked, swept["companies"].gone) == (60, 1)
    assert gone(bench, "companies")[:2] == [(1, True), (2, False)]
    name = bench.rows("select name from t_raw_amocrm.companies where id = 2")
    assert name == [("переименована тайно",)]


def test_a_lost_right_is_not_mistaken_for_deletions(serve, amo, bench):
    amo.lists["leads"] = [lead(n) for n in range(1, 61)]
    web = serve(amo)
    bench.run("amocrm", bench.amocrm(web), clock=at(START + 600))
    del amo.lists["leads"][:30]

    with pytest.raises(
        PartlyDoneError, match=r"amocrm\.leads: 30 of 60 keys asked for are missing"
    ):
        sweep("amocrm", bench.settings(**bench.amocrm(web)))

    assert bench.rows("select count(*) from t_raw_amocrm.leads where _gone_at is null") == [(60,)]


# -- Associations, drift of the schema, accounts ------------------------------------------------


def test_an_incremental_load_gives_the_same_associations_as_a_full_one(serve, amo, bench):
    """field.md 16."""
    first, second = (
        {"_embedded": {"contacts": [{"id": n, "is_main": True}], "companies": [{"id": n}]}}
        for n in (5, 6)
    )
    amo.lists["leads"] = [lead(1, **first), lead(2, **first)]
    amo.lists["links"] = [{"entity_id": 1, "to_entity_id": 5, "to_entity_type": "contacts"}]
    web = serve(amo)
    bench.run("amocrm", bench.amocrm(web), clock=at(START + 600))
    amo.lists["leads"] = [lead(1, START + 700, **second), lead(2, **first)]
    amo.lists["links"] = [{"entity_id": 1, "to_entity_id": 6, "to_entity_type": "contacts"}]
    bench.run("amocrm", bench.amocrm(web), clock=at(START + 900))
    associations = (
        "select leads.id, contacts, companies, links.links from t_raw_amocrm.leads as leads "
        "inner join t_raw_amocrm.links as links on links.entity_id = leads.id order by leads.id"
    )
    incremental = bench.rows(associations)

    bench.run("amocrm", bench.amocrm(web), clock=at(START + 900), full_refresh=True)

    assert bench.rows(associations) == incremental
    assert incremental[0][2] == [{"id": 6}]
    assert [link["to_entity_id"] for link in incremental[0][3]] == [6]


def test_a_field_added_in_the_crm_becomes_a_column_and_loses_no_row(serve, amo, bench):
    """field.md 17 and 22."""
    amo.lists["leads"] = [lead(n) for n in range(1, 4)]
    web = serve(amo)
    bench.run("amocrm", bench.amocrm(web), clock=at(START + 600))
    amo.lists["leads"].append(lead(4, START + 700, is_vip=True))

    result = bench.run("amocrm", bench.amocrm(web), clock=at(START + 900))

    assert "amocrm.leads: column is_vip appeared as bool" in result.notices
    assert bench.rows("select id, is_vip from t_raw_amocrm.leads order by id") == [
        (1, None), (2, None), (3, None), (4, True),
    ]  # fmt: skip
    amo.lists["leads"].append(lead(5, START + 1_000, is_vip="да"))
    with pytest.raises(PartlyDoneError, match="field is_vip changed its type: it was bool"):
        bench.run("amocrm", bench.amocrm(web), clock=at(START + 1_200))
    assert bench.rows("select count(*) from t_raw_amocrm.leads") == [(4,)]


def test_two_accounts_with_the_same_ids_stay_apart_and_so_do_their_cursors(serve, amo, bench):
    other = type(amo)(lists={"leads": [lead(1, START + 5, name="в Казахстане")]})
    amo.lists["leads"] = [lead(1)]
    web, second = serve(amo), serve(other)
    variables = bench.amocrm(web, AMOCRM_ACCOUNT="main,kz") | {
        "AMOCRM_BASE_URL__KZ": f"{second.url}/amocrm"
    }
    bench.run("amocrm", variables, clock=at(START + 600))
    web.asked.clear()
    second.asked.clear()

    bench.run("amocrm", variables, clock=at(START + 900))

    names = "select account_name, name from t_raw_amocrm.leads order by 1"
    assert bench.rows(names) == [("kz", "в Казахстане"), ("main", "Сделка 1")]
    assert START - 600 in asked_from(web, "/leads")
    assert START + 5 - 600 in asked_from(second, "/leads")


def test_the_token_is_in_no_table_no_log_and_no_file(serve, amo, bench, caplog):
    caplog.set_level("DEBUG")
    amo.lists["leads"] = [lead(1)]
    web = serve(amo)

    bench.run("amocrm", bench.amocrm(web))

    token = bench.amocrm(web)["AMOCRM_TOKEN"]
    assert token not in caplog.text
    tables = bench.rows(
        "select format('%I.%I', schemaname, tablename) from pg_tables "
        "where schemaname like 't\\_raw\\_amocrm%'"
    )
    assert len(tables) > 20
    for (name,) in tables:
        assert token not in str(bench.rows(f"select t::text from {name} as t"))
    states = bench.rows("select state from t_raw_amocrm_incoming._dlt_pipeline_state")
    read = [json.dumps(decompress_state(state)) for (state,) in states]
    assert "read_until" in read[-1]
    assert not any(token in state for state in read)
    files = [path for path in bench.var_dir.rglob("*") if path.is_file()]
    assert not any(token.encode() in path.read_bytes() for path in files)
