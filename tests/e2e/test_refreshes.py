"""What a refresh of the demo company leaves, and what the next one makes of what happened since.

The last of the tests that share the company, in the order of the files: they change it.
"""

from collections import defaultdict
from typing import Any

import pytest
import yaml

from tests.e2e.conftest import ROOT, SECRETS, Company, DemoServer
from tests.e2e.leaks import found_in_logs
from tests.e2e.ledger import monthly_from_ledger, monthly_from_marts

pytestmark = pytest.mark.e2e


def test_every_decision_about_the_meaning_holds(demo_company: Company) -> None:
    demo_company.run("dbt", "test", "-s", "test_type:unit")


def test_every_model_is_described_by_the_columns_it_has_in_their_order(
    demo_company: Company,
) -> None:
    described = {
        model["name"]: [column["name"] for column in model["columns"]]
        for file in (ROOT / "dbt_project" / "models").rglob("*.yml")
        for model in yaml.safe_load(file.read_text("utf-8")).get("models", [])
    }
    made = demo_company.query(
        """
        select table_name, array_agg(column_name::text order by ordinal_position)
        from information_schema.columns
        where table_schema in ('staging', 'intermediate') or table_schema like 'mart\\_%'
        group by table_name
        """
    )
    assert described == dict(made)


def test_readers_find_every_mart_and_column_told_in_russian(demo_company: Company) -> None:
    untold = demo_company.query(
        """
        select attrelid::regclass::text, attname
        from pg_class
        inner join pg_attribute on pg_class.oid = attrelid
        where
            relkind = 'r' and relnamespace::regnamespace::text like 'mart\\_%'
            and attnum > 0 and not attisdropped
            and (
                obj_description(pg_class.oid, 'pg_class') ~ '^Строка — |^Одна строка'
                and col_description(pg_class.oid, attnum) ~ '[а-я]'
            ) is not true
        """
    )
    assert untold == []


def test_readers_see_marts_and_nothing_below(demo_company: Company) -> None:
    schemas = [
        schema
        for (schema,) in demo_company.query(
            "select nspname from pg_namespace"
            " where has_schema_privilege('reader', nspname, 'usage')"
            " and nspname !~ '^(pg_|information_schema)'"
        )
    ]
    assert "mart_director" in schemas
    assert all(schema.startswith("mart_") for schema in schemas)


def test_the_directors_page_is_complete(demo_company: Company) -> None:
    page = demo_company.run("python", "-m", "warehouse", "summary")
    for section in ("ПОКАЗАТЕЛИ ДИРЕКТОРА", "ПОЧЕМУ ЦИФРЫ РАСХОДЯТСЯ", "СВЕЖЕСТЬ ДАННЫХ"):
        assert section in page


def test_quality_outcomes_have_an_owner_and_a_share(demo_company: Company) -> None:
    rows = demo_company.query(
        "select check_id, status, checked_count, failing_count, failing_share, owner"
        " from quality.check_results"
    )
    assert len(rows) > 10
    assert {status for _, status, *_ in rows} <= {"passed", "failed", "nothing_to_check"}
    assert any(status == "failed" for _, status, *_ in rows)
    for check_id, status, checked, failing, share, owner in rows:
        assert owner, check_id
        if status != "nothing_to_check":
            assert float(share) == pytest.approx(failing / checked, abs=1e-4), check_id


def test_alerts_go_out_once(demo_company: Company) -> None:
    demo_company.run("python", "-m", "alerts", "send")
    sent = demo_company.query("select count(*) from alerting.deliveries where status = 'sent'")
    demo_company.run("python", "-m", "alerts", "send")
    assert sent[0][0] > 0
    assert sent == demo_company.query(
        "select count(*) from alerting.deliveries where status = 'sent'"
    )


def test_no_log_of_the_refresh_holds_a_secret_a_phone_or_an_e_mail(demo_company: Company) -> None:
    assert found_in_logs(demo_company.connections, demo_company.var_dir, *SECRETS) == []


def raw_fingerprints(company: Company) -> dict[str, Any]:
    tables = company.query(
        "select table_schema || '.' || table_name from information_schema.tables"
        " where table_schema in ('raw_amocrm', 'raw_onec') and table_name !~ '^_'"
    )
    return {
        table: company.query(
            f"select count(*), sum(hashtextextended(rows::text, 0)::numeric) from {table} as rows"
        )
        for (table,) in tables
    }


def test_a_second_refresh_changes_nothing(demo_company: Company) -> None:
    raw_before, marts_before = raw_fingerprints(demo_company), monthly_from_marts(demo_company)
    demo_company.run("python", "-m", "orchestration", "refresh")
    assert raw_fingerprints(demo_company) == raw_before
    assert monthly_from_marts(demo_company) == marts_before


def test_the_next_refresh_shows_each_manager_what_the_checks_found(demo_company: Company) -> None:
    found = dict(
        demo_company.query(
            "select check_id, failing_count from quality.check_results where severity = 'warning'"
        )
    )
    assert sum(found.values()) > 100
    assert found == dict(
        demo_company.query(
            "select check_id, sum(failing_records_count) from mart_quality.hygiene_checks_weekly"
            " group by check_id"
        )
    )
    assert {check: count for check, count in found.items() if count} == dict(
        demo_company.query(
            "select check_id, count(*) from mart_quality.hygiene_records group by check_id"
        )
    )
    kept: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for manager, weight, checked, failing in demo_company.query(
        "select manager_id, check_weight::float, checked_records_count, failing_records_count"
        " from mart_quality.hygiene_checks_weekly"
        " where repaired_by = 'manager' and checked_records_count > 0"
    ):
        kept[manager].append((weight, 1 - failing / checked))
    scores = dict(
        demo_company.query(
            "select manager_id, hygiene_score::float from mart_sales_head.hygiene_weekly"
        )
    )
    assert scores == {
        manager: pytest.approx(
            100 * sum(weight * share for weight, share in checks) / sum(w for w, _ in checks),
            abs=0.06,
        )
        for manager, checks in kept.items()
    }
    assert len(set(scores.values())) > 5
    own = demo_company.managers_seen_by("anna_gromova", "mart_manager.my_hygiene")
    assert {manager for manager, _ in own} == {"amocrm:main:9101"}
    assert demo_company.managers_seen_by("somebody_else", "mart_manager.my_hygiene") == set()


def test_what_happens_after_the_refresh_is_right_after_the_next_one(
    demo_company: Company, demo_server: DemoServer
) -> None:
    crm = ("new_lead", "stage_move", "call", "delete", "merge")
    books = ("payment", "cash_payment", "card_payment", "unpost")
    happened = [demo_server.happen(name) for name in (*crm, *books)]
    ledger = demo_server.ledger()
    demo_company.environment["BUSINESS_NOW"] = max(fact["at"] for fact in happened)
    demo_company.run("python", "-m", "orchestration", "refresh")
    assert monthly_from_marts(demo_company) == monthly_from_ledger(ledger)
