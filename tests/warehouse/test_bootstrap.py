"""Roles, databases and grants, on the embedded server and on one of the company's own."""

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from warehouse import bootstrap as bootstrap_module
from warehouse import embedded, service
from warehouse.connections import Connections
from warehouse.errors import WarehouseError
from warehouse.settings import Settings

pytestmark = pytest.mark.integration

CATALOGUE = """
select
    (select array_agg(row(datname, datacl::text) order by datname)::text from pg_database),
    (select array_agg(row(nspname, nspacl::text) order by nspname)::text from pg_namespace),
    (select array_agg(row(defaclrole, defaclnamespace, defaclacl::text) order by oid)::text
     from pg_default_acl),
    (select array_agg(row(setrole, setconfig::text) order by setrole)::text
     from pg_db_role_setting)
"""


def run_as(postgres, role: str, *queries: str) -> list[tuple[object, ...]]:
    with psycopg.connect(postgres.url(role), autocommit=True) as connection:
        for query in queries:
            cursor = connection.execute(query)
        return cursor.fetchall() if cursor.description else []


def test_bootstrap_again_changes_nothing(postgres):
    before = run_as(postgres, "admin", CATALOGUE)
    service.up(postgres.settings)
    assert run_as(postgres, "admin", CATALOGUE) == before


def test_reader_sees_published_marts_and_nothing_else(clean_warehouse):
    run_as(
        clean_warehouse,
        "loader",
        "create schema raw_amocrm; create table raw_amocrm.leads as select 1 as id",
        "create table quality.check_results as select 1 as id",
        "create table alerting.log as select 1 as id",
    )
    run_as(
        clean_warehouse,
        "transformer",
        "create schema staging; create table staging.stg_leads as select 1 as id",
        "create schema build_mart_sales; create table build_mart_sales.deals as select 1 as id",
        "create schema mart_sales; create table mart_sales.unpublished as select 1 as id",
        # What publication does:
        "alter table build_mart_sales.deals set schema mart_sales",
        "grant usage on schema mart_sales to reader",
        "grant select on mart_sales.deals to reader",
    )
    assert run_as(clean_warehouse, "reader", "select id from mart_sales.deals") == [(1,)]
    closed = (
        "raw_amocrm.leads",
        "quality.check_results",
        "staging.stg_leads",
        "alerting.log",
        "mart_sales.unpublished",
    )
    for relation in closed:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            run_as(clean_warehouse, "reader", f"select id from {relation}")


def test_reader_can_make_nothing(postgres):
    for query in ("create schema mine", "create temporary table mine (id int)"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            run_as(postgres, "reader", "set default_transaction_read_only to off", query)
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        run_as(postgres, "reader", "create schema mine")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        run_as(postgres, "loader", "create table public.mine (id int)")


def test_transformer_and_loader_read_each_other_but_cannot_write_there(clean_warehouse):
    run_as(
        clean_warehouse,
        "loader",
        "create schema raw_onec; create table raw_onec.invoices as select 1 as id",
        "create table alerting.log as select 1 as id",
    )
    run_as(
        clean_warehouse,
        "transformer",
        "create schema mart_alerts; create table mart_alerts.alert_candidates as select 1 as id",
    )
    for role, relation in (
        ("transformer", "raw_onec.invoices"),
        ("transformer", "alerting.log"),
        ("loader", "mart_alerts.alert_candidates"),
    ):
        assert run_as(clean_warehouse, role, f"select id from {relation}") == [(1,)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            run_as(clean_warehouse, role, f"delete from {relation}")


def test_rights_lost_on_existing_tables_come_back_with_the_next_up(clean_warehouse):
    run_as(
        clean_warehouse,
        "loader",
        "create schema raw_exports; create table raw_exports.leads as select 1 as id",
        "revoke all on schema raw_exports from transformer",
        "revoke all on raw_exports.leads from transformer",
    )
    service.up(clean_warehouse.settings)
    assert run_as(clean_warehouse, "transformer", "select id from raw_exports.leads") == [(1,)]


def test_only_the_transformer_commits_without_waiting_for_the_disk(postgres):
    commits = {
        role: run_as(postgres, role, "show synchronous_commit")[0][0]
        for role in ("loader", "transformer")
    }
    assert commits == {"loader": "on", "transformer": "off"}


@pytest.mark.parametrize("role", ["loader", "transformer", "reader", "dagster"])
def test_every_role_lives_in_utc(postgres, role: str):
    assert run_as(postgres, role, "show timezone") == [("UTC",)]


def test_the_databases_are_closed_to_each_others_roles(postgres):
    for role, database in (("reader", "dagster"), ("dagster", "warehouse")):
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(postgres.connections.url(role, database))
    run_as(postgres, "dagster", "create table probe (id int)", "drop table probe")


def test_a_prefix_makes_schemas_of_its_own(clean_warehouse):
    service.up(replace(clean_warehouse.settings, prefix="olist_"))
    query = "select nspname from pg_namespace where nspname like 'olist%' order by 1"
    assert run_as(clean_warehouse, "admin", query) == [
        ("olist_alerting",),
        ("olist_quality",),
        ("olist_usage",),
    ]


# The company's own Postgres: a server of the wheel's older version, with an administrator who is
# not a superuser.


@pytest.fixture
def company_url(tmp_path: Path) -> Iterator[str]:
    """WAREHOUSE_URL of a Postgres 16 whose administrator may only create roles and databases."""
    with pytest.MonkeyPatch.context() as patch:
        newer = embedded.binary
        older = {
            name: newer("postgres").parents[2] / "pginstall" / "bin" / name
            for name in ("initdb", "pg_ctl", "postgres")
        }
        if not older["initdb"].exists():
            pytest.skip("the wheel brings no older Postgres any more")
        patch.setattr(embedded, "binary", older.__getitem__)
        patch.setattr(embedded.EmbeddedPostgres, "_run", run_older(embedded.EmbeddedPostgres._run))
        server = embedded.EmbeddedPostgres(tmp_path / "company", password="superuser")
        server.var_dir.mkdir()
        port = server.start()
        superuser = f"postgresql://postgres:superuser@127.0.0.1:{port}/postgres"
        with psycopg.connect(superuser, autocommit=True) as connection:
            connection.execute("create role boss login createrole createdb password 'b:/@ss'")
            connection.execute("create role clerk login password 'clerk'")
        yield f"postgresql://boss:b%3A%2F%40ss@127.0.0.1:{port}/postgres"
        server.stop()


def run_older(run):
    """initdb of Postgres 16 knows no builtin locale; a company's server has its own."""

    def without_builtin_locale(
        self: embedded.EmbeddedPostgres,
        account: embedded.Account,
        program: str,
        *arguments: str,
        output: int = subprocess.PIPE,
    ) -> subprocess.CompletedProcess[str]:
        known = [a for a in arguments if "builtin" not in a and a != "--locale=C"]
        if program == "initdb":
            known.append("--locale=C.UTF-8")
        return run(self, account, program, *known, output=output)

    return without_builtin_locale


def company(company_url: str, var_dir: Path) -> Settings:
    return Settings(var_dir=var_dir, admin_url=company_url)


def test_the_companys_own_postgres_is_used_by_an_administrator_who_is_no_superuser(
    company_url: str, var_dir: Path
):
    settings = company(company_url, var_dir)
    connections = service.up(settings)
    assert service.up(settings) == connections == service.find(settings)
    assert not (var_dir / "postgres").exists()
    with psycopg.connect(connections.url("transformer")) as transformer:
        assert transformer.execute("select lower('МОСКВА')").fetchone() == ("москва",)
        transformer.execute("create schema mart_director")
    with psycopg.connect(connections.url("dagster")) as dagster:
        dagster.execute("create table runs (id int)")
    assert service.down(settings) is False


def test_a_missing_right_is_named(company_url: str, var_dir: Path):
    clerk = company_url.replace("boss:b%3A%2F%40ss", "clerk:clerk")
    with pytest.raises(WarehouseError, match=r"A right is missing .*create role loader"):
        service.up(company(clerk, var_dir))


def test_a_wrong_password_is_said_without_showing_it(company_url: str, cli):
    wrong = company_url.replace("b%3A%2F%40ss", "guess")
    result = cli("up", WAREHOUSE_URL=wrong)
    assert result.returncode == 1
    assert "as boss: password authentication failed" in result.stderr
    assert "guess" not in result.stderr
    assert result.stderr.count("\n") == 1


def test_an_unreachable_server_is_said(cli):
    result = cli("up", WAREHOUSE_URL="postgresql://boss:secret@127.0.0.1:1/postgres")
    assert result.stderr == (
        "Cannot log in to Postgres at 127.0.0.1:1 as boss: Connection refused.\n"
    )
    assert result.returncode == 1


def test_an_older_server_is_said(company_url: str, var_dir: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bootstrap_module, "OLDEST_MAJOR_VERSION", 17)
    with pytest.raises(WarehouseError, match="is version 16: 17 or newer is needed"):
        service.up(company(company_url, var_dir))


def test_passwords_of_roles_that_exist_change_only_when_asked(
    company_url: str, var_dir: Path, tmp_path: Path
):
    first = service.up(company(company_url, var_dir))
    elsewhere = company(company_url, tmp_path / "another checkout")
    with pytest.raises(WarehouseError, match="up --reset-passwords"):
        service.up(elsewhere)
    psycopg.connect(first.url("loader")).close()
    second = service.up(elsewhere, reset_passwords=True)
    psycopg.connect(second.url("loader")).close()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(Connections(first.admin_url, first.passwords).url("loader"))
